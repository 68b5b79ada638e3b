"""The reference is whole and current: every command, every key with a meaning."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import pytest
import typer.main
from source_tree import ROOT

from evalrun.cli.main import app
from evalrun.cli.reference.pages import pages
from evalrun.core.config import Config
from evalrun.runners.reference.keys import keys_of
from evalrun.runners.reference.kinds import KINDS, Kind

DOCS = ROOT / "docs"
REMEDY = "the reference is made of the code: run `python -m evalrun.cli.reference docs`"
NAMES = ["commands.md", "configuration.md", *(f"configuration/{kind.page}.md" for kind in KINDS)]


@cache
def made() -> dict[str, str]:
    return pages()


def rows_of(text: str) -> list[list[str]]:
    """Return the cells of all lines of tables of keys."""
    lines = [line.replace("\\|", "") for line in text.splitlines() if line.startswith("| `")]
    cells = ([cell.strip() for cell in line.strip("|").split(" | ")] for line in lines)
    return [row for row in cells if len(row) == 4]


@pytest.mark.parametrize("name", NAMES)
def test_every_page_of_the_reference_is_current(name: str) -> None:
    path = DOCS / name
    assert path.is_file(), REMEDY
    assert path.read_text(encoding="utf-8") == made()[name], f"{path}: {REMEDY}"


def test_there_is_a_page_of_every_kind_of_part_and_of_nothing_else() -> None:
    there = {f"configuration/{path.name}" for path in (DOCS / "configuration").iterdir()}
    assert {*there, "commands.md", "configuration.md"} == set(NAMES) == set(made())


@pytest.mark.parametrize("name", NAMES[1:])
def test_every_key_has_a_meaning(name: str) -> None:
    told = rows_of(made()[name])
    assert told
    silent = [row[0] for row in told if not row[3]]
    assert not silent, f"{name}: say what these keys mean in the docstrings of their schemas"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.page)
def test_every_registered_part_has_a_section_with_all_its_keys(kind: Kind) -> None:
    page = made()[f"configuration/{kind.page}.md"]
    sections = dict(re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))
    for name in kind.registry.builtin:
        keys = set(kind.registry.load(name).Options.__struct_fields__) - {kind.selector}
        told = {row[0].strip("`").split(".")[1] for row in rows_of(sections[name])}
        assert keys == told, name


def test_the_page_of_the_configuration_has_every_key_of_it() -> None:
    told = {row[0].strip("`") for row in rows_of(made()["configuration.md"])}
    assert {key.path for key in keys_of(Config, "", {})} <= told


def test_every_option_of_a_command_says_what_it_takes() -> None:
    # `--help` and the page would otherwise name a type of Python, differently in releases of typer.
    waiting = [typer.main.get_command(app)]
    while waiting:
        command: Any = waiting.pop()
        waiting += getattr(command, "commands", {}).values()
        for parameter in command.params:
            if parameter.param_type_name == "option" and not parameter.is_flag:
                assert parameter.metavar, f"{command.name}: {parameter.name} needs a metavar"


@pytest.mark.parametrize("name", NAMES)
def test_every_anchor_of_the_reference_is_a_heading(name: str) -> None:
    headings = re.findall(r"^## (.+)$", made()[name], flags=re.MULTILINE)
    anchors = {heading.lower().replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\]\(#([^)]+)\)", made()[name])) <= anchors
