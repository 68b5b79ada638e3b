"""What figures call runs, and that each looks the same everywhere."""

from __future__ import annotations

from pathlib import Path

from fabricated import cell, results
from figure_runs import runs_of, task

from evalrun.runners.report.figures.names import Subjects, subjects_of


def subjects(folder: Path, *settings: dict[str, str], name: str = "t") -> Subjects:
    return subjects_of(runs_of(folder, *(results(*task(name), **each) for each in settings)))


def called(found: Subjects) -> list[str]:
    return [run.name for run in found.runs]


def test_one_run_is_called_by_its_model_and_its_method(tmp_path: Path) -> None:
    assert called(subjects(tmp_path, {"model": "llama"})) == ["llama"]
    assert called(subjects(tmp_path, {"model": "llama", "kv": "tova"})) == ["llama + tova"]


def test_models_and_methods_are_named_as_far_as_they_differ(tmp_path: Path) -> None:
    assert called(subjects(tmp_path, {"model": "a"}, {"model": "b"})) == ["a", "b"]
    assert called(subjects(tmp_path, {"kv": "full"}, {"kv": "tova"})) == ["full", "tova"]
    both = subjects(tmp_path, {"model": "a"}, {"model": "b", "kv": "tova"})
    assert called(both) == ["a + full", "b + tova"]


def test_runs_over_other_tasks_or_protocols_are_one_series_of_one_look(tmp_path: Path) -> None:
    found = subjects(
        tmp_path,
        {"protocol": "multi_turn"},
        {"protocol": "multi_request"},
        {"protocol": "multi_turn", "kv": "tova"},
        {"protocol": "multi_request", "kv": "tova"},
    )
    assert [series.name for series in found.series] == ["full", "tova"]
    assert called(found) == [
        "full / multi_turn",
        "full / multi_request",
        "tova / multi_turn",
        "tova / multi_request",
    ]
    assert found.runs[0].look == found.runs[1].look == found.series[0].look
    assert found.runs[0].look != found.runs[2].look


def test_runs_that_claim_the_same_task_are_told_apart_by_scorer_or_folder(tmp_path: Path) -> None:
    scorers = subjects(tmp_path, {"scorer": "exact"}, {"scorer": "f1"})
    assert called(scorers) == ["m / exact", "m / f1"]
    again = subjects(tmp_path, {}, {})
    assert called(again) == ["m / run-2", "m / run-3"]
    assert again.runs[0].look != again.runs[1].look


def test_averages_of_the_same_name_keep_runs_apart(tmp_path: Path) -> None:
    runs = [results(*task(name), cell("all", "AVG")) for name in ("a", "b")]
    assert len(subjects_of(runs_of(tmp_path, *runs)).series) == 2


def test_the_full_cache_is_grey_beside_methods_and_not_beside_models(tmp_path: Path) -> None:
    full, tova = subjects(tmp_path, {"kv": "full"}, {"kv": "tova"}).series
    assert full.look.colour == "#808080"
    alone = subjects(tmp_path, {"kv": "full"}).series
    models = subjects(tmp_path, {"model": "a"}, {"model": "b"}).series
    assert full.look.colour not in {s.look.colour for s in (*alone, *models, tova)}


def test_runs_without_results_yet_are_named_too(tmp_path: Path) -> None:
    found = subjects_of(runs_of(tmp_path, results(), results(kv="tova")))
    assert called(found) == ["full", "tova"]
