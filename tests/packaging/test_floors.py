"""Who may import whom: the rule that lets a room be read, tested and replaced on its own."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from source_tree import ROOMS, ROOT, files_of

MAY_IMPORT = {
    "core": set(),
    "scorers": {"core"},
    "benchmarks": {"core"},
    "models": {"core"},
    "recipes": set(),
    "runners": {"core", "scorers", "benchmarks", "models"},
    "cli": {"core", "runners"},
}
MODULES = [path for room in ROOMS for path in files_of(room) if path.suffix == ".py"]
DOTTED_NAME = re.compile(r"evalrun\.(\w+)(\.\w+)+(:\w+)?")


def imported_rooms(module: Path, source: str) -> Iterator[tuple[int, str]]:
    """Yield (line, room) for what `module` imports of ours, however it is written.

    A string such as "evalrun.models.recorded:RecordedModel" counts: registries import by name.
    """
    package = ("evalrun", *module.parent.parts)
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import():
                names = [alias.name for alias in node.names]
            case ast.ImportFrom():
                above = package[: len(package) - node.level + 1] if node.level else ()
                base = ".".join([*above, *filter(None, [node.module])])
                names = [f"{base}.{alias.name}" for alias in node.names]
            case ast.Constant(value=str(text)) if DOTTED_NAME.fullmatch(text):
                names = [text]
            case _:
                continue
        for name in names:
            top, _, inner = name.partition(".")
            if top == "evalrun":
                yield node.lineno, inner.partition(".")[0]


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_module_imports_only_the_rooms_below_it(module: Path) -> None:
    room = module.parts[0]
    allowed = MAY_IMPORT[room] | {room}
    imports = imported_rooms(module, (ROOT / module).read_text(encoding="utf-8"))
    assert not [f"line {line} imports {other}" for line, other in imports if other not in allowed]


@pytest.mark.parametrize(
    ("statement", "rooms"),
    [
        ("from ...core.sample import Sample", ["core"]),
        ("from ... import runners, core", ["runners", "core"]),
        ("from ..recorded import RecordedModel", ["models"]),
        ("from . import snapkv", ["models"]),
        ("import evalrun.cli.main", ["cli"]),
        ("from evalrun import scorers", ["scorers"]),
        ("def late():\n    from ...runners import engine", ["runners"]),
        ('import_module("evalrun.benchmarks.file:FileBenchmark")', ["benchmarks"]),
        ("from os import path\nimport json", []),
        ('entry_points(group="evalrun.models")', []),
    ],
)
def test_every_way_to_import_is_seen(statement: str, rooms: list[str]) -> None:
    seen = imported_rooms(Path("models/kv/knorm.py"), statement)
    assert [room for _, room in seen] == rooms
