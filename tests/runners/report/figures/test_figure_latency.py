"""How long replies took: histograms in one pass, and what is drawn of them."""

from __future__ import annotations

import math
import statistics
from pathlib import Path

import pytest
from fabricated import results
from figure_runs import figure, names, predicted, record, run_of
from hypothesis import given
from hypothesis import strategies as st

from evalrun.core.errors import DataError
from evalrun.runners.report.figures.latencies import latencies
from evalrun.runners.report.figures.log_histogram import LogHistogram

seconds = st.floats(1e-4, 1e4)


def histogram(*values: float) -> LogHistogram:
    found = LogHistogram()
    for value in values:
        found.add(value)
    return found


@given(st.lists(seconds, min_size=1), st.floats(0, 1))
def test_a_quantile_is_within_1_percent_of_the_value_of_its_rank(
    values: list[float], share: float
) -> None:
    expected = sorted(values)[math.floor(1 + share * (len(values) - 1)) - 1]
    assert histogram(*values).quantile(share) == pytest.approx(expected, rel=0.01)


@given(st.lists(seconds, min_size=1))
def test_each_value_lies_in_one_bar_that_holds_it(values: list[float]) -> None:
    bars = histogram(*values).bars()
    assert sum(bar.n for bar in bars) == len(values)
    for bar in bars:
        held = [v for v in values if bar.low * (1 - 1e-9) < v <= bar.high * (1 + 1e-9)]
        assert len(held) >= bar.n
        assert bar.high / bar.low == pytest.approx(10 ** (1 / 20))


def test_memory_grows_with_the_range_and_not_with_the_number_of_values() -> None:
    found = histogram(*(1 + i / 1e5 for i in range(20_000)))
    assert len(found._counts) <= math.ceil(120 * math.log10(1.2)) + 1
    assert found.n == 20_000


def test_what_took_no_time_counts_as_a_millionth() -> None:
    assert histogram(0.0, -1.0).quantile(0.5) == pytest.approx(1e-6, rel=0.01)


def test_no_values_have_no_quantile() -> None:
    with pytest.raises(ValueError, match="no values"):
        histogram().quantile(0.5)


def test_replies_from_the_reply_cache_are_left_out_and_counted(tmp_path: Path) -> None:
    run = predicted(
        run_of(tmp_path, results()),
        [record(1.0, 0.1), record(2.0)],
        [record(9.0, 9.0, from_cache=True)],
    )
    found = latencies(run)
    assert (found.latency.n, found.ttft.n, found.from_cache) == (2, 1, 1)
    assert found.latency.quantile(1.0) == pytest.approx(2.0, rel=0.01)


def test_recorded_replies_took_no_time_and_are_not_drawn(tmp_path: Path) -> None:
    run = predicted(run_of(tmp_path, results()), [record(0.0)], [record(0.0)])
    assert latencies(run).latency.n == 0
    assert "latency" not in names([run])


def test_failed_predictions_have_no_latency_and_a_torn_line_is_left_out(tmp_path: Path) -> None:
    run = predicted(run_of(tmp_path, results()), [], [record(1.0)])
    with run.folder.predictions.open("ab") as file:
        file.write(b'{"turns": [{"timing"')
    assert latencies(run).latency.n == 1


def test_a_line_that_is_no_row_is_named(tmp_path: Path) -> None:
    run = run_of(tmp_path, results())
    run.folder.predictions.write_bytes(b'{"turns": 3}\n')
    with pytest.raises(DataError, match=r"predictions\.jsonl, line 1"):
        latencies(run)


def test_each_run_has_bars_and_its_median_and_95th_percentile(tmp_path: Path) -> None:
    values = [0.1 * (i + 1) for i in range(100)]
    run = predicted(run_of(tmp_path, results()), *([record(v)] for v in values))
    drawn = figure([run], "latency")
    bars, marks, *key = drawn.data
    assert [each["name"] for each in key] == ["median", "95th percentile"]
    median, high = marks["x"]
    assert median == pytest.approx(statistics.median_low(values), rel=0.01)
    assert high == pytest.approx(9.5, rel=0.01)
    assert min(bars["y"]) == -0.8
    assert "(n = 100)" in drawn.note
    assert drawn.layout["xaxis"]["type"] == "log"
    assert "xaxis2" not in drawn.layout


def test_first_tokens_have_a_panel_where_they_were_timed(tmp_path: Path) -> None:
    timed = predicted(run_of(tmp_path, results()), [record(2.0, 0.5)])
    untimed = predicted(run_of(tmp_path, results(kv="tova")), [record(2.0)])
    drawn = figure([timed, untimed], "latency")
    assert drawn.layout["yaxis"]["ticktext"] == ["full", "tova"]
    assert drawn.layout["yaxis2"]["ticktext"] == ["full"]


def test_runs_without_timed_replies_have_no_histogram(tmp_path: Path) -> None:
    run = predicted(run_of(tmp_path, results()), [record(1.0, from_cache=True)])
    assert "latency" not in names([run])
