"""The engine, the store and the tables know nothing of any published system."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SYSTEMS = sorted({path.stem for path in (ROOT / "recipes" / "papers").glob("*.csv")})
# Methods that any recipe can be played by are in packages of their own, called after them.
METHODS = {"archon", "dialogue", "tools"}
ROOMS = ("core", "runners")

ENGINE_STORE_TABLES = (
    "engine",
    "company",
    "journal.endpoint",
    "ledger",
    "log",
    "plan",
    "recording",
    "results",
    "layouts",
    "tables.grid",
    "tables.results",
    "formats.markdown",
    "papers",
)


def sources() -> Iterator[Path]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            apart = METHODS & set(path.relative_to(ROOT).parts)
            if not apart:
                yield path


def said(path: Path) -> Iterator[str]:
    """Yield the names and texts of a module, but no docstrings, which may say what rules are of."""
    tree = ast.parse(path.read_text())
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if id(node) not in documentation:
                yield node.value
        elif isinstance(node, ast.Name | ast.alias | ast.FunctionDef | ast.ClassDef):
            yield node.id if isinstance(node, ast.Name) else node.name
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.parametrize("path", list(sources()), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_names_a_system(path: Path) -> None:
    systems = re.compile("|".join(SYSTEMS), re.IGNORECASE)
    assert [text for text in said(path) if systems.search(text)] == []


def test_they_are_imported_without_any_system() -> None:
    lines = [f"import evalrun.runners.{module}" for module in ENGINE_STORE_TABLES]
    program = "\n".join([*lines, "import sys", "print('\\n'.join(sys.modules))"])
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd="/"
    )
    modules = [name for name in done.stdout.splitlines() if name.startswith("evalrun.")]
    named = re.compile(rf"\.({'|'.join(SYSTEMS)})(\.|$)", re.IGNORECASE)
    assert [name for name in modules if named.search(name)] == []


def test_there_are_systems_to_look_for() -> None:
    assert {"scbench", "processbench", "logicom"} <= set(SYSTEMS)
