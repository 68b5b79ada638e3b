"""A folder of one's own recipes, in every command that reads recipes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from command import evalrun
from rows import recorded_world

RECIPE = """\
# @package _global_
defaults:
  - override /benchmark: file
  - override /model: said
  - override /scorer: includes

recipe: {name: own, title: Rows of our own}

table:
  layouts:
    mine:
      title: Ours
      columns:
        - {name: all, metric: accuracy}
      reported:
        - {system: ours, source: a note}
"""
MODEL = "engine: recorded\nname: said\npath: replies.jsonl\n"
CARD = """\
measures: What we want to know.
commands: [{run: evalrun recipe=own, note: all rows}]
tasks: [{names: [default], asks: a sum, rows: 2}]
licence: CC0-1.0
source: A note.
"""
NUMBERS = """\
system,source,table,seen,model,method,setting,where,column,value,note
ours,a note,Table 1,the note,said,,,,all,50.0,
"""


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """Write rows with replies, and a folder `mine` with one file of each group."""
    recorded_world(tmp_path, 2)
    for place, text in (
        ("recipe/own.yaml", RECIPE),
        ("model/said.yaml", MODEL),
        ("cards/own.yaml", CARD),
        ("papers/ours.csv", NUMBERS),
    ):
        path = tmp_path / "mine" / place
        path.parent.mkdir(parents=True)
        path.write_text(text)
    return tmp_path


OWN = ("recipe=own", "benchmark.path=rows.jsonl")
COMMANDS = (
    (("ls", "recipes"), "Rows of our own"),
    (("ls", "models"), "recorded said"),
    (("show", "own"), "# measures  What we want to know."),
    (("doctor", *OWN), "nothing would stop this run"),
    (("fetch", "own"), "own needs no official files"),
    (("score", *OWN[:1], "rows=rows.jsonl", "predictions=mine.jsonl"), "| accuracy |"),
    (("run", *OWN), "| accuracy |"),
    (("rescore", "outputs/own", *OWN[2:]), "| accuracy |"),
    (("table", "outputs/own", "--paper"), "reported: said, Table 1"),
    (("report", "outputs/own", "--out", "page.html"), "page.html"),
)


def said(world: Path, *arguments: str, **variables: str) -> str:
    done = evalrun(*arguments, cwd=world, **variables)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("by_variable", [False, True], ids=["option", "variable"])
def test_every_command_finds_ones_own_recipes(world: Path, by_variable: bool) -> None:
    (world / "mine.jsonl").write_text('{"index": 0, "prediction": "x"}\n')
    option = () if by_variable else ("--recipes", "mine")
    variables = {"EVALRUN_RECIPES": "mine"} if by_variable else {}
    for arguments, told in COMMANDS:
        assert told in said(world, *arguments, *option, **variables)
    assert "reported: said, Table 1" in (world / "page.html").read_text(encoding="utf-8")


def test_the_variable_may_name_several_folders(world: Path) -> None:
    (world / "more" / "kv").mkdir(parents=True)
    (world / "more" / "kv" / "everything.yaml").write_text("method: full\n")
    both = os.pathsep.join(("mine", "more"))
    assert "method: full" in said(world, "show", "own", "kv=everything", EVALRUN_RECIPES=both)


def test_the_option_takes_the_place_of_the_variable(world: Path) -> None:
    assert "Rows of our own" in said(
        world, "ls", "recipes", "--recipes", "mine", EVALRUN_RECIPES="nowhere"
    )


@pytest.mark.parametrize(
    ("folder", "told"),
    [
        ("mime", "evalrun: mime: no such folder of recipes; did you mean mine?"),
        (
            ".",
            "evalrun: .: no recipes in it; it should hold folders recipe/, model/, kv/, ...; "
            "did you mean mine?",
        ),
    ],
)
@pytest.mark.parametrize("command", [("ls",), ("show", "own"), ("run", "recipe=own")])
def test_a_folder_without_recipes_is_one_line(
    world: Path, command: tuple[str, ...], folder: str, told: str
) -> None:
    done = evalrun(*command, "--recipes", folder, cwd=world)
    assert done.returncode == 2
    assert done.stderr == told + "\n"


def test_ones_own_numbers_are_only_read_where_they_are_named(world: Path) -> None:
    said(world, *OWN, "--recipes", "mine")
    done = evalrun("table", "outputs/own", "--paper", cwd=world)
    assert done.returncode == 2
    assert "no reported numbers of 'ours'" in done.stderr
    shown = json.loads(
        said(world, "table", "outputs/own", "--paper", "--format", "json", "--recipes", "mine")
    )
    assert shown["rows"][0]["beside"][0]["model"] == "said"
