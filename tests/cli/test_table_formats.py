"""`evalrun table` in its formats, and by layouts."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from command import COMMAND, evalrun
from rows import recorded_world

LAYOUT = """\
title: Mine & yours
rows: [model]
columns:
  - {name: accuracy, under: All}
  - {name: answers, under: All, statistic: count, scale: 1, digits: 0, unit: "", better: null,
     range: null}
"""
RECIPE_LAYOUT = "table.layouts={main: {title: Table 1, columns: [{name: accuracy}]}}"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the same four rows with two recorded models, one with a name that LaTeX would choke on.

    A layout called `main` belongs to the runs, another lies in mine.yaml.
    """
    folder = tmp_path_factory.mktemp("world")
    (folder / "mine.yaml").write_text(LAYOUT)
    overrides = [*recorded_world(folder, 4, wrong=[0]), RECIPE_LAYOUT, "model.name=one,'50%_&two'"]
    done = evalrun("--multirun", *overrides, cwd=folder, EVALRUN_CACHE=str(folder / "cache"))
    assert done.returncode == 0, done.stderr
    return folder


def table(world: Path, *options: str) -> str:
    """Return the table of all runs, which comes without a word on stderr."""
    done = evalrun("table", "outputs", *options, cwd=world)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def refusal(world: Path, *options: str) -> str:
    """Return the one line that refuses `options`."""
    done = evalrun("table", "outputs", *options, cwd=world)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    return done.stderr


def on_terminal(world: Path, *options: str, **environment: str) -> str:
    """Return what `evalrun table` shows, stderr included, when it runs on a terminal."""
    terminal, end = os.openpty()
    whole = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", **environment}
    process = subprocess.Popen(
        [COMMAND, "table", "outputs", *options], cwd=world, stdout=end, stderr=end, env=whole
    )
    os.close(end)
    text = b""
    try:
        while part := os.read(terminal, 4096):
            text += part
    except OSError:  # Linux says so that the other end is closed
        pass
    os.close(terminal)
    assert process.wait(60) == 0
    return text.decode().replace("\r\n", "\n")


def test_a_pipe_gets_markdown_and_no_hint(world: Path) -> None:
    assert table(world) == table(world, "--format", "md")
    assert "| one " in table(world)


def test_a_terminal_gets_a_drawn_table_and_a_hint_at_layouts(world: Path) -> None:
    text = on_terminal(world)
    assert "\x1b[1mmodel" in text
    assert "| one" not in text
    assert text.endswith("more tables of these runs: --layout main\n")


def test_the_format_asked_for_wins_on_a_terminal_too(world: Path) -> None:
    assert on_terminal(world, "--layout", "main", "--format", "md") == table(
        world, "--layout", "main"
    )


def test_no_color_is_honoured_on_a_terminal(world: Path) -> None:
    by_layout = ["--layout", "main"]
    assert "\x1b[2m" in on_terminal(world, *by_layout)
    assert "\x1b[3" not in on_terminal(world, *by_layout, NO_COLOR="1")


def test_a_terminal_format_in_a_pipe_has_no_control_sequences(world: Path) -> None:
    text = table(world, "--format", "terminal")
    assert "─" in text
    assert "\x1b" not in text


def test_a_layout_in_a_file_gives_its_columns(world: Path) -> None:
    text = table(world, "--layout", "mine.yaml", "--format", "csv")
    assert list(csv.reader(io.StringIO(text))) == [
        ["model", "All / accuracy %", "All / answers"],
        ["50%_&two", "75.0 [30.1, 95.4]", "4"],
        ["one", "75.0 [30.1, 95.4]", "4"],
    ]


def test_a_layout_of_the_recipe_is_called_by_its_name(world: Path) -> None:
    assert table(world, "--layout", "main").startswith("### Table 1 (kv: full)\n")


def test_json_has_the_numbers_of_a_layout_unrounded(world: Path) -> None:
    content = json.loads(table(world, "--layout", "mine.yaml", "--format", "json"))
    first = content["rows"][1]
    assert first["keys"] == {"model": "one"}
    assert first["cells"]["All / accuracy"]["value"] == 0.75
    assert first["cells"]["All / accuracy"]["low"] == pytest.approx(0.3006418)


def test_html_is_a_page_that_escapes_names(world: Path) -> None:
    page = table(world, "--layout", "mine.yaml", "--format", "html")
    assert page.startswith("<!DOCTYPE html>")
    assert '<th scope="row">50%_&amp;two</th>' in page


@pytest.mark.latex
def test_latex_of_runs_compiles(world: Path) -> None:
    if shutil.which("pdflatex") is None:
        pytest.skip("pdflatex is not installed")
    options = [[], ["--layout", "mine.yaml"]]
    for i, option in enumerate(options):
        (world / f"t{i}.tex").write_text(table(world, *option, "--format", "tex"))
    inputs = "".join(rf"\input{{t{i}}}" for i in range(len(options)))
    (world / "paper.tex").write_text(
        r"\documentclass{article}\usepackage[T1]{fontenc}\usepackage[utf8]{inputenc}"
        r"\IfFileExists{lmodern.sty}{\usepackage{lmodern}}{}"
        rf"\usepackage{{booktabs,graphicx}}\begin{{document}}{inputs}\end{{document}}"
    )
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper.tex"]
    done = subprocess.run(command, cwd=world, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-2000:]


def test_an_unknown_layout_is_refused_with_the_nearest(world: Path) -> None:
    assert "did you mean 'main'?" in refusal(world, "--layout", "mian")


def test_an_unknown_format_is_refused_with_the_nearest(world: Path) -> None:
    assert "unknown format 'latex': " in refusal(world, "--format", "latex")
    assert "did you mean 'html'?" in refusal(world, "--format", "htlm")


@pytest.mark.parametrize("other", [["--layout", "main"], ["--paper"]])
def test_kv_is_refused_beside_other_tables(world: Path, other: list[str]) -> None:
    assert "--kv is a table of its own" in refusal(world, "--kv", *other)


def test_paper_without_reported_numbers_names_the_layouts_there_are(world: Path) -> None:
    line = refusal(world, "--paper")
    assert line == "evalrun: no reported numbers (`reported`) in the layouts there are: main\n"


def test_paper_sets_reported_numbers_beside_those_of_the_runs(world: Path) -> None:
    (world / "paper.yaml").write_text(
        "title: Beside\ncolumns: [{name: Baseline, under: GSM8K}]\n"
        "reported: [{system: longgenbench, source: arXiv 2410.04199}]\n"
    )
    rows = list(csv.reader(io.StringIO(table(world, *PAPER, "--format", "csv"))))
    assert any("75.0 [30.1, 95.4]" in cell for row in rows for cell in row)
    gpt = next(row for row in rows if any("GPT-3.5-Turbo" in cell for cell in row))
    assert any("75.1" in cell for cell in gpt)
    assert "75.1" in table(world, *PAPER, "--format", "json")


PAPER = ("--layout", "paper.yaml", "--paper")
