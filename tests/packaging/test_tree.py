"""The layout that packaging relies on; a new room or sub-package is noticed here first."""

from __future__ import annotations

from pathlib import Path

import pytest
from source_tree import ROOMS, ROOT, files_of

CODE_FOLDERS = sorted(
    {path.parent for room in ROOMS for path in files_of(room) if path.suffix == ".py"}
)


def test_every_top_level_folder_with_modules_is_a_room() -> None:
    assert {path.parent.name for path in ROOT.glob("*/*.py")} - {"tests"} == set(ROOMS)


@pytest.mark.parametrize("folder", CODE_FOLDERS, ids=str)
def test_every_folder_with_modules_is_a_package(folder: Path) -> None:
    assert (ROOT / folder / "__init__.py").is_file()


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_tells_type_checkers_that_it_is_typed(room: str) -> None:
    # `evalrun` itself is a namespace without files, so each room carries the marker.
    assert (ROOT / room / "py.typed").is_file()
