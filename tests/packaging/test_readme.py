"""The README's targets, extras, keys and links exist; `test_examples_in_docs` has its commands."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import msgspec
import pytest
from source_tree import ROOT

from evalrun.core.config import Generation, RunOptions

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)
LINES = [line for language, block in BLOCKS if not language for line in block.splitlines()]
PAGES = [Path("README.md"), *(path.relative_to(ROOT) for path in ROOT.glob("docs/*.md"))]


def commands(program: str) -> list[list[str]]:
    """Return the arguments of every line that calls `program`, comments left out."""
    words = (shlex.split(line, comments=True) for line in LINES)
    return [line[1:] for line in words if line[:1] == [program]]


@pytest.mark.parametrize("arguments", commands("make"), ids=" ".join)
def test_every_make_target_of_the_readme_exists(arguments: list[str]) -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    assert arguments[0] in targets


def test_every_extra_of_the_readme_is_declared() -> None:
    declared = re.findall(r"^(\w+) = \[", (ROOT / "pyproject.toml").read_text(), flags=re.MULTILINE)
    table = README.partition("| extra | brings |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, flags=re.MULTILINE)) <= set(declared)


@pytest.mark.parametrize(("section", "options"), [("run", RunOptions), ("generation", Generation)])
def test_every_key_of_the_readme_is_an_option(section: str, options: type[msgspec.Struct]) -> None:
    named = set(re.findall(rf"`{section}\.(\w+)", README))
    assert named
    assert named <= set(options.__struct_fields__)


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    local = [link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link]
    missing = [link for link in local if not (ROOT / page.parent / link).exists()]
    assert not missing
