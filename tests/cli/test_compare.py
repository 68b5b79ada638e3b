"""`evalrun compare`, on runs of a recorded model."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path

import pytest
from command import evalrun
from rows import recorded_world, write_jsonl

from evalrun.core.errors import MissingExtraError
from evalrun.runners.comparison.shown import comparison_shown

SIZE = 12


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Leave two runs on the same rows: `good` has one answer wrong, `bad` has nine."""
    where = tmp_path_factory.mktemp("compared")
    for name, wrong in (("good", [0]), ("bad", range(3, SIZE))):
        overrides = [*recorded_world(where, SIZE, wrong), f"model.name={name}"]
        done = evalrun(*overrides, cwd=where, EVALRUN_CACHE=str(where / "cache"))
        assert done.returncode == 0, done.stderr
    return where


def test_it_says_in_words_which_run_is_better(folder: Path) -> None:
    done = evalrun("compare", "outputs/file/good", "outputs/file/bad", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("### bad against good\n")
    assert "\n- good is better than bad by 66.7 points (95% interval " in done.stdout
    assert (
        "on 12 samples. Chance hardly explains so much (p = 0.021, McNemar, exact).\n"
        in done.stdout
    )
    assert "### Samples that changed most\n" in done.stdout


def test_csv_and_json_are_for_programs(folder: Path) -> None:
    runs = ("outputs/file/good", "outputs/file/bad")
    text = evalrun("compare", *runs, "--format", "csv", cwd=folder).stdout
    (row,) = csv.DictReader(io.StringIO(text.partition("\n\n")[0]))
    assert (row["good"], row["bad"], row["difference"]) == ("91.7", "25.0", "-66.7")
    assert (row["wins"], row["losses"], row["ties"], row["pairs"]) == ("1", "9", "2", "12")
    content = json.loads(evalrun("compare", *runs, "--format", "json", cwd=folder).stdout)
    assert content["overall"]["paired"]["interval"]["mean"] == pytest.approx(-2 / 3)
    assert [one["sample_id"] for one in content["gained"]] == ["q0"]
    assert len(content["lost"]) == 9


@pytest.mark.parametrize("form", ["tex", "html"])
def test_papers_and_pages_get_it_too(folder: Path, form: str) -> None:
    runs = ("outputs/file/good", "outputs/file/bad")
    done = evalrun("compare", *runs, "--format", form, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "66.7" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["outputs", "outputs/file/bad"], "outputs holds 2 runs; name one of outputs/file/bad/"),
        (["nowhere", "outputs/file/bad"], "no run at or below nowhere; `evalrun ls runs` lists"),
        (["outputs/file/bad", "outputs/file/bad"], "are the same run; name another"),
        (
            ["outputs/file/good", "outputs/file/bad", "--metric", "accurcy"],
            "did you mean 'accuracy'",
        ),
        (["outputs/file/good", "outputs/file/bad", "--format", "txt"], "unknown format 'txt'"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_one_line(
    folder: Path, arguments: list[str], message: str
) -> None:
    done = evalrun("compare", *arguments, cwd=folder)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_runs_on_other_rows_are_refused(folder: Path) -> None:
    (folder / "other").mkdir()
    write_jsonl(folder / "other" / "rows.jsonl", [{"id": "x", "input": "say 1", "target": "1"}])
    write_jsonl(folder / "said.jsonl", [{"id": "x", "output": "1"}])
    other = ["recipe=file", "benchmark.path=other/rows.jsonl", "outputs=elsewhere"]
    assert evalrun(*other, "model=recorded", "model.path=said.jsonl", cwd=folder).returncode == 0
    done = evalrun("compare", "outputs/file/good", "elsewhere", cwd=folder)
    assert done.returncode == 2
    assert "have verdicts on no sample in common; compare runs of the same recipe" in done.stderr


def test_without_the_extra_it_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "evalrun.runners.comparison.compare", None)
    runs = [folder / "outputs" / "file" / name for name in ("good", "bad")]
    with pytest.raises(MissingExtraError, match=r"comparing runs needs .*evalrun\[stats\]"):
        comparison_shown(runs[0], runs[1], None)
