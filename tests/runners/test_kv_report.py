"""KV methods compared, worked out by hand."""

from __future__ import annotations

import csv
import io
import math

import msgspec
import pytest
from fabricated import cell, results
from hypothesis import given
from hypothesis import strategies as st

from evalrun.runners.formats import rendered
from evalrun.runners.kv_report import KVRow, kv_rows, kv_table
from evalrun.runners.results import Measures, Results


def run(kv: str, quality: float | None = 0.5, **fields) -> Results:
    """One run; bytes of the cache and seconds to later first tokens are among its fields."""
    measured = Measures(
        cache_bytes=fields.pop("bytes_", None), ttft_later_s=fields.pop("later_s", None)
    )
    cells = [] if quality is None else [cell("task", "t", quality)]
    return results(*cells, kv=kv, **{"measures": measured, **fields})


def marks(*runs: Results) -> dict[str, bool | None]:
    return {row.kv: row.on_front for row in kv_rows(runs)}


def column(runs: list[Results], heading: str) -> list[str]:
    table = kv_table(runs)
    place = table.header.index(heading)
    return [row[place] for row in table.rows]


def test_a_row_shows_quality_beside_what_was_measured() -> None:
    measured = Measures(
        cache_bytes=5e6,
        tokens_seen=200,
        tokens_kept=100,
        tokens_read=64,
        prefill_s=0.5,
        ttft_first_s=0.75,
        ttft_later_s=0.25,
        decode_tokens_per_s=12.5,
        batch=4,
        peak_memory_bytes=3e9,
    )
    full = run("full", 0.9, bytes_=20e6)
    table = kv_table([full, results(cell("task", "t"), kv="snapkv-50%", measures=measured)])
    assert table.header == (
        "model",
        "kv",
        "quality %",
        "n",
        "tokens kept",
        "tokens read",
        "cache MB",
        "of full %",
        "prefill s",
        "first TTFT s",
        "later TTFT s",
        "decode tok/s",
        "batch",
        "peak MB",
        "front",
    )
    assert table.rows[1] == (
        "m",
        "snapkv-50%",
        "50.0 [40.0, 60.0]",
        "10",
        "100 of 200",
        "64",
        "5.00",
        "25.0",
        "0.500",
        "0.750",
        "0.250",
        "12.5",
        "4.0",
        "3000",
        "*",
    )


def test_what_no_run_measured_has_no_column() -> None:
    assert kv_table([run("full"), run("tova")]).header == ("model", "kv", "quality %", "n", "front")


def test_the_average_of_the_recipe_is_the_quality() -> None:
    averaged = results(cell("task", "a", 0.2), cell("task", "b", 0.4), cell("all", "AVG", 0.7))
    (row,) = kv_rows([averaged])
    assert row.quality is not None
    assert (row.quality.name, row.quality.value) == ("AVG", 0.7)


def test_without_an_average_the_mean_of_the_tasks_is_the_quality() -> None:
    """Standard errors of 0.05 each: the mean of two has sqrt(2 * 0.05^2) / 2."""
    (row,) = kv_rows([results(cell("task", "b", 0.4), cell("task", "a", 0.2))])
    assert row.quality is not None
    assert row.quality.name == "mean of a, b"
    assert row.quality.value == pytest.approx(0.3)
    assert row.quality.stderr == pytest.approx(math.sqrt(2 * 0.05**2) / 2)
    assert row.quality.n == 20


def test_runs_of_one_method_over_different_tasks_are_one_row() -> None:
    (row,) = kv_rows([results(cell("task", "a", 0.2)), results(cell("task", "b", 0.4))])
    assert row.tasks == ("a", "b")
    assert row.quality is not None
    assert row.quality.value == pytest.approx(0.3)


def test_runs_over_the_same_task_never_hide_each_other() -> None:
    assert len(kv_rows([run("full"), run("full")])) == 2


def test_the_front_is_what_no_other_row_beats() -> None:
    assert marks(
        run("full", 0.9, bytes_=10, later_s=1.0),
        run("small", 0.5, bytes_=2, later_s=1.0),
        run("fast", 0.5, bytes_=10, later_s=0.5),
        run("worse", 0.4, bytes_=2, later_s=1.0),
        run("as small, no better", 0.5, bytes_=2, later_s=1.5),
    ) == {
        "full": True,
        "small": True,
        "fast": True,
        "worse": False,
        "as small, no better": False,
    }


def test_what_was_not_measured_counts_as_worst() -> None:
    assert marks(run("known", 0.5, bytes_=9), run("unknown", 0.5)) == {
        "known": True,
        "unknown": False,
    }
    assert marks(run("known", 0.5, bytes_=9), run("better", 0.6)) == {"known": True, "better": True}


def test_a_row_without_quality_is_not_compared() -> None:
    failed = run("tova", None, bytes_=1)
    assert marks(run("full", bytes_=9), failed) == {"full": True, "tova": None}
    assert column([run("full"), failed], "front") == ["*", "-"]


@pytest.mark.parametrize(
    "differing",
    [{"model": "other"}, {"recipe": "other"}, {"protocol": "other"}, {"scorer": "other"}],
    ids=lambda fields: next(iter(fields)),
)
def test_only_rows_that_differ_in_the_kv_method_alone_are_compared(differing) -> None:
    runs = [run("full", 0.9, bytes_=5), run("tova", 0.1, bytes_=10, **differing)]
    rows = kv_rows(runs)
    assert [row.on_front for row in rows] == [True, True]
    assert rows[1].share_of_full is None
    (name,) = differing
    assert name in kv_table(runs).header


def test_rows_over_other_samples_are_not_compared() -> None:
    few = results(cell("task", "t", 0.1, n=3, n_missing=1), kv="tova")
    assert [row.on_front for row in kv_rows([run("full", 0.9), few])] == [True, True]


def test_failed_samples_do_not_keep_rows_from_being_compared() -> None:
    failing = results(cell("task", "t", 0.1, n=7, n_missing=3), kv="tova")
    assert [row.on_front for row in kv_rows([run("full", 0.9), failing])] == [True, False]


def test_rows_that_are_compared_stand_together() -> None:
    runs = [run(kv, protocol=p) for kv in ("full", "tova") for p in ("multi_turn", "single")]
    assert column(runs, "protocol") == ["multi_turn", "multi_turn", "single", "single"]
    assert column(runs, "kv") == ["full", "tova", "full", "tova"]


def test_the_share_is_of_the_full_cache_on_the_same_samples() -> None:
    runs = [
        run("full", bytes_=8, protocol="multi_turn"),
        run("tova", bytes_=2, protocol="multi_turn"),
        run("tova", bytes_=2, protocol="multi_request"),
    ]
    assert [row.share_of_full for row in kv_rows(runs)] == [1.0, 0.25, None]


def test_notes_state_the_quality_and_the_rule_and_what_went_wrong() -> None:
    failed = run("tova", failed={"timeout": 2}, predicted=8, prompts="evalrun wording")
    counted, rule, warning = kv_table([run("full"), failed]).notes
    assert counted == "quality: t, with 95% intervals; prompts: evalrun wording"
    assert "what was not measured counts as worst" in rule
    assert warning == "m+tova multi_turn: failed samples, counted as missing: 2 timeout"


def test_it_comes_in_every_format() -> None:
    runs = [run("full", 1 / 3, bytes_=8), run("tova", 0.2, bytes_=2)]
    tables, content = [kv_table(runs)], kv_rows(runs)
    assert "| m     | tova |" in rendered(tables, content, "md")
    text = rendered(tables, content, "csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["of full %"] for row in rows] == ["100.0", "25.0"]
    text = rendered(tables, content, "json")
    assert msgspec.json.decode(text, type=list[KVRow]) == kv_rows(runs)


MAYBE = st.sampled_from([None, 1.0, 2.0, 3.0])
RUNS = st.lists(
    st.builds(
        lambda quality, bytes_, later_s, protocol: run(
            "kv", quality, bytes_=bytes_, later_s=later_s, protocol=protocol
        ),
        st.sampled_from([None, 0.2, 0.5, 0.8]),
        MAYBE,
        MAYBE,
        st.sampled_from(["multi_turn", "multi_request"]),
    ),
    max_size=10,
)


def beaten(row: KVRow, other: KVRow) -> bool:
    """Tell, measure by measure, whether `other` dominates `row`."""
    assert row.quality is not None
    if other.protocol != row.protocol or other.quality is None:
        return False
    mine = (-row.quality.value, row.measures.cache_bytes, row.measures.ttft_later_s)
    theirs = (-other.quality.value, other.measures.cache_bytes, other.measures.ttft_later_s)
    known = [(a, b) for a, b in zip(mine, theirs, strict=True) if (a, b) != (None, None)]
    if any(b is None or (a is not None and b > a) for a, b in known):
        return False
    return any(a is None or b < a for a, b in known)


@given(RUNS)
def test_no_marked_row_is_dominated_and_every_unmarked_one_is(runs: list[Results]) -> None:
    rows = kv_rows(runs)
    assert all((row.on_front is None) == (row.quality is None) for row in rows)
    for row in rows:
        if row.quality is not None:
            assert row.on_front is not any(beaten(row, other) for other in rows)
