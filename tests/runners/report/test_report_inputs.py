"""What was asked is read again from the benchmark's data, while these are the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from report.run_folders import config

from evalrun.core.config import Config
from evalrun.core.options import to_options
from evalrun.core.sample import Sample, Turn
from evalrun.runners.build import build_benchmark
from evalrun.runners.report.inputs import Questions, asked, read_questions


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    lines = ({"id": f"q{n}", "input": f"say {n}", "target": str(n)} for n in range(3))
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def configured(path: Path, **run: Any) -> Config:
    return to_options(config(benchmark={"name": "file", "path": str(path)}, run=run), Config)


def identity(path: Path) -> Any:
    return json.loads(json.dumps(build_benchmark(configured(path)).provenance()))


def test_samples_are_found_by_their_id(rows: Path) -> None:
    questions = Questions()
    assert read_questions(configured(rows), identity(rows), questions) is None
    known = questions.get("q1")
    assert known is not None
    assert (known[0].turns[0].query, known[0].turns[0].target) == ("say 1", "1")
    assert questions.get("q9") is None


def test_only_what_the_run_asks_is_read(rows: Path) -> None:
    questions = Questions()
    assert read_questions(configured(rows, limit=1), identity(rows), questions) is None
    assert [questions.get(f"q{n}") is not None for n in range(2)] == [True, False]


def test_data_that_are_not_there_are_told(rows: Path) -> None:
    of_then = identity(rows)
    rows.unlink()
    note = read_questions(configured(rows), of_then, Questions())
    assert note is not None
    assert note.startswith("questions and targets are left out: ")
    assert str(rows) in note


def test_data_that_changed_are_told_and_not_shown(rows: Path) -> None:
    of_then = identity(rows)
    rows.write_text(rows.read_text().replace("say", "tell"))
    questions = Questions()
    note = read_questions(configured(rows), of_then, questions)
    assert note is not None
    assert note.endswith("the benchmark's data are not those of the run any more")
    assert questions.get("q1") is None


def test_a_malformed_row_is_told_and_those_before_it_are_kept(rows: Path) -> None:
    rows.write_text(rows.read_text() + '{"id": "q3"}\n')
    questions = Questions()
    note = read_questions(configured(rows), identity(rows), questions)
    assert note is not None
    assert "input" in note
    assert questions.get("q1") is not None


def test_a_benchmark_that_is_not_known_is_told(rows: Path) -> None:
    unknown = to_options(config(benchmark={"name": "nosuch"}), Config)
    note = read_questions(unknown, {}, Questions())
    assert note is not None
    assert "nosuch" in note


def test_texts_that_no_json_can_hold_are_kept_with_a_mark() -> None:
    questions = Questions()
    questions.put(Sample(id="a\ud800", task="t", turns=(Turn(query="b\ud800c"),)))
    known = questions.get("a\ud800")
    assert known is not None
    assert known[0].turns[0].query == "b\N{REPLACEMENT CHARACTER}c"


def test_a_sample_keeps_the_beginning_of_its_context() -> None:
    book = asked(Sample(id="a", task="t", turns=(Turn(query="?"),), context="x" * 3000))
    assert (len(book.context), book.context_chars) == (2000, 3000)
