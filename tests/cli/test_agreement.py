"""`evalrun agreement`, from arguments to output."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from evalrun.cli.agreement import agreement
from evalrun.core.errors import EXIT_USAGE, ConfigError, DataError

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "benchbench"
SMALL = ("recipe=benchbench", f"data_dir={FIXTURES}", "aggregate.scenarios=[Alpha,beta]")
ALL = (*SMALL, "scenarios=[]", "n_models=0", str(FIXTURES / "mine.csv"))

app = typer.Typer()
app.command()(agreement)


def run(*arguments: str):
    return CliRunner().invoke(app, arguments)


def test_markdown_is_written_where_no_terminal_is() -> None:
    done = run(*ALL)
    assert done.exit_code == 0, done.exception
    assert done.stdout.startswith("### Agreement with the aggregate: Kendall's tau-b")
    assert "mine" in done.stdout


def test_csv_holds_a_row_a_benchmark() -> None:
    first = run(*ALL, "--format", "csv").stdout.split("\n\n")[0]
    rows = list(csv.DictReader(io.StringIO(first)))
    assert [row["rank"] for row in rows] == ["1", "1", "3", "4"]


def test_json_holds_numbers_as_they_are() -> None:
    content = json.loads(run(*ALL, "--format", "json").stdout)
    assert content["variant"] == "official"
    assert content["standings"][0]["z"] == pytest.approx(0.8630, abs=1e-4)


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ((), ConfigError, "nothing to compare"),
        ((*ALL, "--format", "pdf"), ConfigError, "unknown format 'pdf'"),
        (("recipe=scbench",), ConfigError, "unknown agreement 'scbench'"),
        (("nowhere.csv",), ConfigError, "nowhere.csv is no CSV file"),
        ((*SMALL[:1], "data_dir=nowhere"), DataError, "run `evalrun fetch benchbench`"),
    ],
)
def test_errors_are_one_line_and_end_with_2(arguments, kind, message: str) -> None:
    done = run(*arguments)
    assert isinstance(done.exception, kind)
    assert done.exception.exit_code == EXIT_USAGE
    assert message in str(done.exception)
    assert "\n" not in str(done.exception)
