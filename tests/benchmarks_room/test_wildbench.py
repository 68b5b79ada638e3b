"""Rows of WildBench as conversations, with labels for the groups of its tables."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks.wildbench import WildBench
from evalrun.benchmarks.wildbench.groups import CATEGORIES, GROUPS, labels_of
from evalrun.core.errors import ConfigError, DataError
from evalrun.core.options import to_options

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "wildbench"
ROWS = [json.loads(line) for line in (FIXTURES / "v2.jsonl").read_text().splitlines()]

Make = Callable[..., WildBench]


@pytest.fixture
def wildbench() -> Make:
    """Return a function that builds WildBench from a section, over our own rows."""

    def make(**section: Any) -> WildBench:
        section = {"name": "wildbench", "data_dir": str(FIXTURES), **section}
        return WildBench(to_options(section, WildBench.Options, "benchmark"))

    return make


def test_the_last_message_is_asked_behind_the_others(wildbench: Make) -> None:
    first, second, *_ = wildbench().samples()
    turns = ROWS[0]["conversation_input"]
    said = [(message.role, message.content) for message in first.messages]
    assert said == [(turn["role"], turn["content"]) for turn in turns[:-1]]
    assert first.turns[0].query == turns[-1]["content"]
    assert first.turns[0].metadata["checklist"] == ROWS[0]["checklist"]
    assert first.turns[0].max_tokens == 4096
    assert (second.messages, second.id, second.row, second.row_id) == (
        (),
        "v2/b2b2b2b2b2b2b2b2",
        1,
        "b2b2b2b2b2b2b2b2",
    )


def test_a_request_is_in_every_group_of_its_categories_once(wildbench: Make) -> None:
    samples = list(wildbench().samples())
    inside = [{g for g, there in s.labels.items() if there == "yes"} for s in samples]
    assert inside == [{"coding", "planning"}, {"creative"}, {"math"}, {"information"}]
    assert all(set(sample.labels) == set(GROUPS) for sample in samples)


def test_the_twelve_categories_are_in_one_of_five_groups_each() -> None:
    assert (len(GROUPS), len(CATEGORIES)) == (5, 12)
    for category in CATEGORIES:
        assert sorted(labels_of([category]).values()) == ["no"] * 4 + ["yes"]


@pytest.mark.parametrize("ending", ["parquet", "json", "jsonl"])
def test_rows_are_the_same_in_every_kind_of_file(
    wildbench: Make, tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"rows.{ending}"
    if ending == "parquet":
        pa = pytest.importorskip("pyarrow")
        import pyarrow.parquet as pq

        pq.write_table(pa.Table.from_pylist(ROWS), path)
    elif ending == "json":
        path.write_text(json.dumps(ROWS))
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    assert list(wildbench(path=str(path)).samples()) == list(wildbench().samples())


CHANGES: list[tuple[dict[str, Any], str]] = [
    ({"conversation_input": []}, "holds no turn"),
    ({"conversation_input": "Hello"}, "should be list, found str"),
    ({"conversation_input": ["Hello"]}, "turn 1: should be an object"),
    ({"conversation_input": [{"role": "user"}]}, "turn 1: missing field 'content'"),
    ({"conversation_input": [{"role": "bot", "content": "x"}]}, "unknown role 'bot'"),
    ({"conversation_input": [{"role": "assistant", "content": "x"}]}, "a turn of the user"),
    ({"checklist": [1]}, "'checklist' should be a list of texts"),
    ({"primary_tag": "Maths"}, "unknown category 'Maths'; did you mean 'Math'"),
    ({"secondary_tags": ["Poetry"]}, "unknown category 'Poetry'"),
    ({"session_id": 3}, "'session_id' should be str"),
]


@pytest.mark.parametrize(("change", "told"), CHANGES)
def test_a_malformed_row_is_named_by_file_and_line(
    wildbench: Make, tmp_path: Path, change: dict[str, Any], told: str
) -> None:
    path = tmp_path / "rows.jsonl"
    rows = [ROWS[1], {**ROWS[2], **change}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(DataError) as error:
        list(wildbench(path=str(path)).samples())
    assert f"{path}, row 2" in str(error.value)
    assert told in str(error.value)


def test_rows_that_are_not_there_are_to_be_fetched(wildbench: Make, tmp_path: Path) -> None:
    (problem,) = wildbench(data_dir=str(tmp_path)).problems()
    assert "evalrun fetch wildbench" in str(problem)
    with pytest.raises(ConfigError, match="unknown task"):
        wildbench(task="v1")


def test_provenance_tells_tasks_licence_and_rows(wildbench: Make) -> None:
    told = wildbench().provenance()
    assert (told["tasks"], told["licence"]) == (["v2"], "AI2 ImpACT Low-Risk")
    assert set(told["files"]) == {"v2.jsonl"}
