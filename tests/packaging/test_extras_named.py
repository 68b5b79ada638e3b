"""Extras that messages send the user to are extras that there are."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
from source_tree import ROOMS, ROOT, files_of

MODULES = [path for room in ROOMS for path in files_of(room) if path.suffix == ".py"]


def declared() -> set[str]:
    """Return the names of the extras in pyproject.toml; Python 3.10 reads no TOML."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    section = text.partition("[project.optional-dependencies]\n")[2].partition("\n[")[0]
    return set(re.findall(r"^([\w-]+) = \[", section, flags=re.MULTILINE))


def named() -> Iterator[tuple[str, int, ast.expr]]:
    """Yield the file, line and extra of every MissingExtraError that is made."""
    for path in MODULES:
        for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            if node.func.id == "MissingExtraError":
                given = {word.arg: word.value for word in node.keywords}
                yield str(path), node.lineno, given.get("extra") or node.args[1]


NAMED = list(named())


def test_errors_that_name_an_extra_are_found() -> None:
    assert len(NAMED) > 30


@pytest.mark.parametrize(
    ("path", "line", "extra"), NAMED, ids=[f"{path}:{line}" for path, line, _ in NAMED]
)
def test_a_missing_extra_is_one_of_pyproject(path: str, line: int, extra: ast.expr) -> None:
    assert isinstance(extra, ast.Constant), f"{path}:{line} names an extra that is computed"
    assert extra.value in declared(), f"{path}:{line} names an extra that is not there"


def test_installation_hints_in_messages_name_extras_of_pyproject() -> None:
    texts = ((ROOT / path).read_text(encoding="utf-8") for path in MODULES)
    hints = {hint for text in texts for hint in re.findall(r"evalrun\[([\w,-]+)\]", text)}
    assert {extra for hint in hints for extra in hint.split(",")} <= declared()
