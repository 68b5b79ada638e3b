"""Which plots a report has, what they show, and that Plotly takes them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fabricated import cell, results
from figure_runs import (
    configured,
    figure,
    measured,
    names,
    predicted,
    record,
    run_of,
    runs_of,
    spent,
    task,
    turned,
    verdict,
)
from test_needle_map import line

from evalrun.core.exchange import Usage
from evalrun.runners.report.figures import figures
from evalrun.runners.report.model import Figure
from evalrun.runners.results import Results, StoredRun

HOSTILE = '<a href="https://evil.example">name</a><img src=x onerror=alert(1)> %{y} \u202e'


def everything(folder: Path, name: str = "m") -> list[StoredRun]:
    """Two runs that have the data of every figure, `name` wherever a user's text may be."""
    found: list[StoredRun] = []
    for kv in ("full", name):
        run = turned(0.9, 0.5, 0.4, kv=kv, recipe=name, model=name, protocol="likelihood")
        cells = [cell(c.level, name, c.value, turn=c.turn) for c in run.cells]
        more = measured(0.9, 1e9, 0.1).measures
        usage = Usage(input_tokens=len(kv), output_tokens=9, cost_usd=len(kv))
        fields = {"failed": {"timeout": 1}, "statuses": {"ok": 5, "empty": 1}}
        whole = {**fields, "cells": (*cells, *task("t")), "measures": more, "usage": usage}
        lines = [line(f"needle/{n}/50", 0.5) for n in (1, 2)]
        run = msgspec.structs.replace(run, **whole)
        stored = run_of(folder, run, scores=[*lines, verdict(0, 1.0)])
        found.append(configured(predicted(stored, [record(1.0, 0.1, [-0.1, -2.5])])))
    return found


ALL = [
    "categories",
    "turns",
    "needle",
    "pareto",
    "calibration",
    "latency",
    "cost",
    "cost-quality",
    "statuses",
]


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts(item)


def test_runs_with_everything_have_every_figure_and_plotly_takes_it(tmp_path: Path) -> None:
    graph_objects = pytest.importorskip("plotly.graph_objects")
    found = figures(everything(tmp_path))
    assert [each.id for each in found] == ALL
    for each in found:
        narrow = each.layout["meta"]["narrow"]
        graph_objects.Figure(data=list(each.data), layout=each.layout)
        graph_objects.Figure(data=list(each.data), layout={**each.layout, **narrow})


def test_figures_are_plain_data_with_words_for_all_they_show(tmp_path: Path) -> None:
    for each in figures(everything(tmp_path)):
        assert msgspec.json.decode(msgspec.json.encode(each), type=Figure) == each
        assert each.title
        assert each.note.endswith(".")
        assert each.alt.endswith(".")
        assert any(character.isdigit() for character in each.alt)


def test_no_runs_and_runs_without_results_have_no_figure(tmp_path: Path) -> None:
    assert figures([]) == ()
    assert figures(runs_of(tmp_path, results(statuses={}))) == ()


def test_one_verdict_of_one_run_is_no_figure(tmp_path: Path) -> None:
    assert names(runs_of(tmp_path, results(*task("t")))) == []


def test_texts_of_users_are_never_markup(tmp_path: Path) -> None:
    for each in figures(everything(tmp_path, HOSTILE)):
        for text in texts([each.data, each.layout]):
            assert "<" not in re.sub("</?b>|<br>", "", text)
            assert "\u202e" not in text
            assert "%{" not in text or text == "%{z:.0f}"
        assert any("&#60;a href" in text for text in texts(each.data)) or each.id == "statuses"


def test_a_run_has_one_colour_in_all_figures(tmp_path: Path) -> None:
    shown = {each.id: each for each in figures(everything(tmp_path, "tova"))}
    colours = [
        {t["line"]["color"] for t in shown["turns"].data if t.get("name") == "tova"},
        {t["marker"]["line"]["color"] for t in shown["pareto"].data if t.get("name") == "tova"},
        {t["marker"]["line"]["color"] for t in shown["categories"].data if t["name"] == "tova"},
        {t["line"]["color"] for t in shown["calibration"].data if t["name"].startswith("tova:")},
        {shown["latency"].data[3]["marker"]["color"]},
    ]
    assert colours == [{"#0072B2"}] * 5


def test_turns_have_a_line_a_method_with_its_interval_as_a_band(tmp_path: Path) -> None:
    drawn = figure(runs_of(tmp_path, turned(0.9, 0.5), turned(0.4, 0.3, kv="tova")), "turns")
    band, curve, _, other = drawn.data
    assert curve["x"] == [1, 2]
    assert curve["y"] == pytest.approx([90, 50])
    assert (curve["name"], other["name"]) == ("full", "tova")
    assert band["x"] == [1, 2, 2, 1]
    assert band["y"] == pytest.approx([100, 60, 40, 80])
    assert "n = 10 verdicts" in drawn.note
    assert "t, full: 90.0% [80.0, 100.0] to 50.0% [40.0, 60.0] in 2 turns" in drawn.alt


def test_many_lines_have_no_bands_that_would_hide_each_other(tmp_path: Path) -> None:
    methods = [f"kv-{i}" for i in range(7)]
    drawn = figure(runs_of(tmp_path, *(turned(0.9, 0.5, kv=kv) for kv in methods)), "turns")
    assert [trace["name"] for trace in drawn.data] == methods
    assert "hover texts" in drawn.note


def test_models_and_protocols_have_panels_of_their_own(tmp_path: Path) -> None:
    runs = [turned(0.9, 0.5, protocol=p) for p in ("multi_turn", "multi_request")]
    drawn = figure(runs_of(tmp_path, *runs), "turns")
    titles = [note["text"] for note in drawn.layout["annotations"]]
    assert titles == ["<b>multi_turn: t</b>", "<b>multi_request: t</b>"]
    assert [trace["showlegend"] for trace in drawn.data] == [False, True, False, False]


def pareto_runs() -> list[Results]:
    return [
        measured(0.9, 16e9, 0.05, kv="full"),
        measured(0.7, 1e9, 0.03, kv="tova"),
        measured(0.6, 2e9, 0.04, kv="quest"),
    ]


def test_the_front_steps_through_the_points_that_none_beats(tmp_path: Path) -> None:
    drawn = figure(runs_of(tmp_path, *pareto_runs()), "pareto")
    cache, later = (t for t in drawn.data if t["mode"] == "lines")
    assert cache["x"] == pytest.approx([1000, 16000, 16000])
    assert cache["y"] == pytest.approx([70, 70, 90])
    assert later["x"] == pytest.approx([0.03, 0.05, 0.05])
    points = {t["name"]: t for t in drawn.data if t["mode"] == "markers" and t["xaxis"] == "x"}
    assert points["tova"]["marker"]["color"] == "#0072B2"
    assert points["quest"]["marker"]["color"].startswith("rgba")
    assert "beaten by another" in points["quest"]["hovertext"][0]
    assert "cache MB: 2000.00" in points["quest"]["hovertext"][0]
    assert drawn.layout["xaxis"]["type"] == "log"


def test_more_speed_is_better(tmp_path: Path) -> None:
    runs = [
        msgspec.structs.replace(
            run, measures=msgspec.structs.replace(run.measures, decode_tokens_per_s=speed)
        )
        for run, speed in zip(pareto_runs(), (30.0, 20.0, 40.0), strict=True)
    ]
    drawn = figure(runs_of(tmp_path, *runs), "pareto")
    front = next(t for t in drawn.data if t["mode"] == "lines" and t["xaxis"] == "x3")
    assert front["x"] == [40, 30, 30]
    assert front["y"] == pytest.approx([60, 60, 90])


def test_speed_alone_has_no_figure_of_memory_and_time(tmp_path: Path) -> None:
    run = results(*task("t"), measures=measured(0.9, 1, 1).measures)
    speed = msgspec.structs.replace(
        run.measures, cache_bytes=None, ttft_later_s=None, decode_tokens_per_s=3.0
    )
    found = names(runs_of(tmp_path, msgspec.structs.replace(run, measures=speed)))
    assert "pareto" not in found


def test_a_needle_map_has_depth_0_above_and_numbers_where_they_are_few(tmp_path: Path) -> None:
    lines = [line(f"needle/{n}/{d}", d / 100) for n in (1000, 2000) for d in (0, 50, 100)]
    drawn = figure([run_of(tmp_path, results(), scores=lines[1:])], "needle")
    (heat,) = drawn.data
    assert heat["x"] == ["1,000", "2,000"]
    assert heat["y"] == ["0", "50", "100"]
    assert heat["z"] == [[None, 0], [50, 50], [100, 100]]
    assert heat["texttemplate"] == "%{z:.0f}"
    assert drawn.layout["yaxis"]["autorange"] == "reversed"
    assert "mean 60.0%, lowest 0.0% at 2,000 tokens and depth 0%" in drawn.alt


def test_a_large_needle_map_has_no_numbers(tmp_path: Path) -> None:
    lines = [line(f"needle/{n}/{d}", 1.0) for n in range(1, 10) for d in range(10)]
    (heat,) = figure([run_of(tmp_path, results(), scores=lines)], "needle").data
    assert "texttemplate" not in heat


def test_bars_stand_in_the_order_of_the_table(tmp_path: Path) -> None:
    cells = [
        cell("subtask", "a", 0.8, subtask="x"),
        cell("subtask", "a", 0.1, subtask="x", metric="second"),
        cell("subtask", "a", 0.6, subtask="y"),
        *task("b", 0.4),
        cell("task", "a", 0.7),
        cell("group", "G", 0.55),
        cell("group", "alone", 0.4),
        cell("all", "AVG", 0.5),
    ]
    groups = {"G": ("a", "b"), "alone": ("b",)}
    drawn = figure(runs_of(tmp_path, results(*cells, groups=groups)), "categories")
    assert drawn.layout["yaxis"]["ticktext"] == [
        "a / x",
        "a / y",
        "b",
        "a (mean of subtasks)",
        "G (mean of tasks)",
        "AVG (mean of groups)",
    ]
    (bars,) = drawn.data
    assert bars["x"] == pytest.approx([80, 60, 40, 70, 55, 50])
    assert bars["error_x"]["array"] == pytest.approx([10] * 6)
    assert "accuracy, n = 10, 0 missing" in bars["hovertext"][0]
    assert not drawn.layout["showlegend"]


def test_runs_stand_side_by_side_and_one_may_lack_a_task(tmp_path: Path) -> None:
    runs = [results(*task("a"), *task("b")), results(*task("b"), kv="tova")]
    full, tova = figure(runs_of(tmp_path, *runs), "categories").data
    assert (full["name"], full["y"]) == ("full", [0, 1])
    assert (tova["name"], tova["y"]) == ("tova", [1])


def test_of_too_many_bars_averages_stay_and_the_note_counts_the_others(tmp_path: Path) -> None:
    tasks = [cell for i in range(300) for cell in task(f"t{i}")]
    run = results(*tasks, cell("all", "AVG"))
    drawn = figure(runs_of(tmp_path, run), "categories")
    shown = drawn.layout["yaxis"]["ticktext"]
    assert len(shown) == 240
    assert shown[-1] == "AVG (mean of groups)"
    assert "61 more rows stand in the table only" in drawn.note


def test_tokens_and_dollars_are_told_by_parts_that_do_not_overlap(tmp_path: Path) -> None:
    usage = Usage(
        input_tokens=1000, output_tokens=200, cached_tokens=600, reasoning_tokens=150, cost_usd=2.0
    )
    judge = Usage(input_tokens=30, output_tokens=3, cost_usd=0.5)
    drawn = figure(runs_of(tmp_path, spent(0, usage=usage, judge_usage=judge)), "cost")
    assert {t["name"]: t["x"] for t in drawn.data} == {
        "input": [400],
        "input, cached": [600],
        "output": [50],
        "output, reasoning": [150],
        "judge, in and out": [33],
        "model, USD": [2.0],
        "judge, USD": [0.5],
    }
    assert "m: 1,233 tokens and $2.5000" in drawn.alt


def test_without_money_quality_stands_against_tokens(tmp_path: Path) -> None:
    few, many = (Usage(input_tokens=n) for n in (100, 900))
    runs = [spent(0, 0.5, usage=few), spent(0, 0.4, usage=many, model="large")]
    drawn = figure(runs_of(tmp_path, *runs), "cost-quality")
    assert drawn.layout["xaxis"]["title"]["text"] == "tokens"
    cheap, dear = (t for t in drawn.data if t["mode"] == "markers")
    assert (cheap["x"], dear["x"]) == ([100], [900])
    assert not cheap["marker"]["color"].startswith("rgba")
    assert dear["marker"]["color"].startswith("rgba")


def test_with_money_quality_stands_against_dollars(tmp_path: Path) -> None:
    drawn = figure(runs_of(tmp_path, spent(1.0), spent(3.0, model="large")), "cost-quality")
    assert drawn.layout["xaxis"]["title"]["text"] == "USD"
    assert "m: 50.0% [40.0, 60.0] for $1.0000" in drawn.alt


def test_equal_costs_are_no_tradeoff_and_other_samples_no_comparison(tmp_path: Path) -> None:
    alike = runs_of(tmp_path, spent(1.0), spent(1.01, model="large"))
    assert "cost-quality" not in names(alike)
    others = runs_of(tmp_path, spent(1.0), spent(3.0, model="large", recipe="other"))
    assert "cost-quality" not in names(others)


def test_statuses_and_failures_are_shares_of_answers_and_samples(tmp_path: Path) -> None:
    run = results(
        *task("t"),
        planned=20,
        predicted=12,
        failed={"timeout": 3},
        statuses={"unparsed": 1, "ok": 9},
    )
    drawn = figure(runs_of(tmp_path, run), "statuses")
    assert {t["name"]: (t["xaxis"], t["x"]) for t in drawn.data} == {
        "ok": ("x", [90]),
        "unparsed": ("x", [10]),
        "answered": ("x2", [60]),
        "failed: timeout": ("x2", [15]),
        "not yet asked": ("x2", [25]),
    }
    assert "1 of 10 answers (10.0%)" in drawn.data[1]["hovertext"][0]
    assert "m: 9 ok, 1 unparsed; m: 12 answered, 3 failed: timeout, 5 not yet asked" in drawn.alt


def test_where_all_is_well_statuses_say_nothing(tmp_path: Path) -> None:
    assert "statuses" not in names(runs_of(tmp_path, results(*task("t"), *task("u"))))


def test_nothing_heavy_is_imported() -> None:
    heavy = ("plotly", "matplotlib", "numpy", "pandas")
    program = (
        "import sys; import evalrun.runners.report.figures; "
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stderr
