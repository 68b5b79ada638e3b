"""Replies made elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.core.errors import DataError, SampleError
from evalrun.core.exchange import Prompt, Request, SampleKey, Sampling
from evalrun.models.recorded import RecordedModel, RecordedOptions


def model_of(path: Path | None) -> RecordedModel:
    return RecordedModel(RecordedOptions(engine="recorded", path=str(path) if path else None))


def write(path: Path, *lines: dict[str, Any] | str) -> Path:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return path


async def replies(path: Path, key: SampleKey, turns: int = 1) -> list[str]:
    endpoint = model_of(path).endpoint(None)
    try:
        async with endpoint.open(Prompt(messages=()), key) as session:
            return [
                (await session.generate(Request(sampling=Sampling(), turn=turn))).text
                for turn in range(turns)
            ]
    finally:
        await endpoint.close()


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ({"id": "a"}, SampleKey("a")),
        ({"id": 17}, SampleKey("kv/17", row=5, row_id=17)),
        ({"id": "kv/17"}, SampleKey("kv/17", row=5, row_id=17)),
        ({"index": 5}, SampleKey("kv/17", row=5, row_id=17)),
    ],
)
async def test_a_reply_is_found_by_official_id_sample_id_or_row(
    tmp_path: Path, line: dict[str, Any], key: SampleKey
) -> None:
    path = write(tmp_path / "r.jsonl", {"index": 0, "output": "no"}, {**line, "output": "yes"})
    assert await replies(path, key) == ["yes"]


async def test_a_list_holds_a_reply_a_turn(tmp_path: Path) -> None:
    path = write(tmp_path / "r.jsonl", {"id": "a", "output": ["one", "two"]})
    assert await replies(path, SampleKey("a"), turns=2) == ["one", "two"]


@given(outputs=st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1))
async def test_any_text_comes_back_as_it_was_written(
    outputs: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("recorded") / "r.jsonl"
    write(path, *({"index": row, "output": output} for row, output in enumerate(outputs)))
    for row, output in enumerate(outputs):
        assert await replies(path, SampleKey(f"s{row}", row=row)) == [output]


async def test_a_missing_reply_is_told_with_file_and_sample(tmp_path: Path) -> None:
    path = write(tmp_path / "r.jsonl", {"id": "a", "output": "x"})
    with pytest.raises(SampleError, match=r"r\.jsonl: no reply to sample b \(row 3\)") as caught:
        await replies(path, SampleKey("b", row=3))
    assert (caught.value.kind, caught.value.passing) == ("missing_reply", False)


async def test_a_turn_too_many_is_a_missing_reply(tmp_path: Path) -> None:
    path = write(tmp_path / "r.jsonl", {"id": "a", "output": "only one"})
    with pytest.raises(SampleError, match="has 1 replies, none for turn 2") as caught:
        await replies(path, SampleKey("a"), turns=2)
    assert caught.value.kind == "missing_reply"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (['{"id": "a", "output": "x"', ""], r"r\.jsonl, line 1: .*"),
        ([{"id": "a", "output": "x"}, {"id": "b"}], r"line 2: .*`output`"),
        ([{"id": "a", "output": 3}], r"line 1: Expected `str \| array`"),
        ([{"output": "x"}], r'line 1: neither "id" nor "index"'),
        ([{"id": 1, "output": "x"}, {"id": "1", "output": "y"}], r"line 2: '1' .* line 1 too"),
        ([{"index": 1, "output": "x"}, "", {"index": 1, "output": "y"}], r"line 3: 1 .* line 1"),
    ],
)
def test_a_malformed_or_double_line_is_named(
    tmp_path: Path, lines: list[Any], message: str
) -> None:
    path = write(tmp_path / "r.jsonl", *lines)
    with pytest.raises(DataError, match=message):
        model_of(path).endpoint(None)


async def test_blank_lines_and_a_byte_order_mark_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"id": "a", "output": "x"}\n\n{"id": "b", "output": "y"}')
    assert await replies(path, SampleKey("a")) == ["x"]
    assert await replies(path, SampleKey("b")) == ["y"]


def test_problems_name_the_missing_file_and_the_useless_kv_method(tmp_path: Path) -> None:
    class SnapKV:
        label = "snapkv"

    assert str(model_of(None).problems(None)[0]).endswith("say model.path=FILE")
    assert "no such file" in str(model_of(tmp_path / "none").problems(None)[0])
    path = write(tmp_path / "r.jsonl", {"id": "a", "output": "x"})
    assert model_of(path).problems(None) == []
    assert "kv=snapkv" in str(model_of(path).problems(SnapKV())[0])


def test_provenance_is_the_content_of_the_file_not_its_place(tmp_path: Path) -> None:
    first = model_of(write(tmp_path / "a.jsonl", {"id": "a", "output": "x"})).provenance()
    second = model_of(write(tmp_path / "b.jsonl", {"id": "a", "output": "x"})).provenance()
    third = model_of(write(tmp_path / "c.jsonl", {"id": "a", "output": "y"})).provenance()
    assert first == second != third
