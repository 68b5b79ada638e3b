"""Lines of predictions made elsewhere: what they may hold, and how they find their row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rows import write_jsonl

from evalrun.core.errors import ConfigError, DataError
from evalrun.core.exchange import SampleKey
from evalrun.core.sample import Sample, Turn
from evalrun.runners.given import NOT_GIVEN, GivenPredictions, parse_line

ONE = Sample(id="t/0", task="t", turns=(Turn(query="a"),), row=0, row_id="x")
TWO = Sample(id="t/1", task="t", turns=(Turn(query="a"), Turn(query="b")), row=1, row_id=7)


def read(folder: Path, *lines: Any) -> GivenPredictions:
    return GivenPredictions(write_jsonl(folder / "mine.jsonl", lines))


def test_a_line_is_of_the_row_with_its_id_or_its_number(tmp_path: Path) -> None:
    known = read(
        tmp_path, {"index": 1, "prediction": ["b", {"n": 1}]}, {"id": "x", "prediction": 4}
    )
    assert known.places(ONE) == [1]
    assert known.places(TWO) == [0]
    assert known.prediction(TWO, 0).outputs == ("b", '{"n": 1}')
    assert known.prediction(ONE, 1).outputs == ("4",)
    assert known.place_of(SampleKey("t/1", row=1, row_id=7)) == 0
    assert known.place_of(SampleKey("t/5", row=5)) is None


def test_ids_are_compared_as_texts_and_go_before_numbers(tmp_path: Path) -> None:
    known = read(tmp_path, {"id": "7", "prediction": ""}, {"index": 1, "prediction": ""})
    assert known.places(TWO) == [0]


def test_a_null_id_leaves_it_to_the_number(tmp_path: Path) -> None:
    known = read(tmp_path, {"id": None, "index": 0, "prediction": "a"})
    assert (known.keys, known.places(ONE)) == ([{"index": 0}], [0])


def test_a_reply_of_null_is_an_empty_one(tmp_path: Path) -> None:
    known = read(
        tmp_path, {"index": 0, "prediction": None}, {"index": 1, "prediction": ["b", None]}
    )
    assert known.prediction(ONE, 0).outputs == ("",)
    assert known.prediction(TWO, 1).outputs == ("b", "")


def test_a_reply_that_is_not_given_is_no_blank_one(tmp_path: Path) -> None:
    known = read(tmp_path, {"index": 1, "judge_reply": ["yes", "no"]})
    assert known.prediction(TWO, 0).outputs == (NOT_GIVEN, NOT_GIVEN)
    assert known.line(0).judge_replies == ("yes", "no")
    with pytest.raises(DataError, match="row 1: missing field 'prediction'"):
        known.refuse_unknown_replies()


def test_judge_replies_of_null_are_none(tmp_path: Path) -> None:
    known = read(tmp_path, {"index": 0, "prediction": "a", "judge_reply": None})
    assert not known.has_judge_replies


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ({"id": 1}, "missing field 'prediction'"),
        ({"id": 1, "judge_reply": None}, "missing field 'prediction'"),
        ({"id": 1, "judge_reply": 1}, "field 'judge_reply' should be a text or a list of texts"),
        ({"id": 1, "judge_reply": ["a", None]}, "field 'judge_reply' should be a text or a list"),
        ({"prediction": ""}, "needs 'id' .* or 'index'"),
        ({"index": True, "prediction": ""}, "needs 'id' .* or 'index'"),
        ({"index": 1.0, "prediction": ""}, "needs 'id' .* or 'index'"),
        ({"id": ["a"], "prediction": ""}, "field 'id' should be an official id"),
        ({"id": False, "prediction": ""}, "field 'id' should be an official id"),
        ({"id": 1, "epoch": True, "prediction": ""}, "field 'epoch' should be a number from 0"),
    ],
)
def test_a_line_that_says_too_little_is_refused_by_its_name(line: Any, wrong: str) -> None:
    with pytest.raises(DataError, match=f"^mine.jsonl, row 3: {wrong}"):
        parse_line(line, "mine.jsonl, row 3")


def test_a_second_prediction_for_a_row_is_refused(tmp_path: Path) -> None:
    lines = [{"id": 7, "prediction": "a"}, {"id": "7", "prediction": "b"}]
    with pytest.raises(DataError, match=r"row 2: a second prediction for \{'id': '7'\}"):
        read(tmp_path, *lines)


def test_a_line_is_of_the_first_of_samples_that_ask_for_the_same(tmp_path: Path) -> None:
    known = read(tmp_path, {"id": "x", "prediction": "a"})
    drawn = msgspec.structs.replace(ONE, id="t/0/otherwise")
    # Asked for again and again, the answer is the same.
    assert [known.claim(sample) for sample in (ONE, drawn, ONE)] == [[0], [], [0]]
    other = msgspec.structs.replace(ONE, id="u/0", task="u")
    with pytest.raises(ConfigError, match=r"row 1: id 'x' is of several samples, t/0 and u/0: "):
        known.claim(other)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)
fields = ("id", "index", "epoch", "prediction", "judge_reply")
lines = st.dictionaries(st.sampled_from(fields) | st.text(max_size=3), json_values, max_size=6)
ENOUGH = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def read_or_refused(path: Path) -> GivenPredictions | None:
    """Return the predictions; None where they were refused by a line that names the file."""
    try:
        return GivenPredictions(path)
    except DataError as error:
        named = str(error).startswith(f"{path}")
    assert named
    return None


@ENOUGH
@given(st.lists(lines | json_values, max_size=4))
def test_whatever_json_lines_hold_is_read_or_refused(tmp_path: Path, rows: list[Any]) -> None:
    known = read_or_refused(write_jsonl(tmp_path / "mine.jsonl", rows))
    for place, key in enumerate(known.keys if known else ()):
        name, value = next(iter(key.items()))
        of = {"row": value} if name == "index" else {"row_id": value}
        sample = msgspec.structs.replace(TWO, id="no such id", **{"row": -1, "row_id": None, **of})
        assert place in known.places(sample)
        assert all(isinstance(text, str) for text in known.prediction(sample, place).outputs)
        msgspec.json.encode(key)


@ENOUGH
@given(st.binary(max_size=80))
def test_whatever_bytes_a_file_holds_are_read_or_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bytes.jsonl"
    path.write_bytes(content)
    read_or_refused(path)


@pytest.mark.parametrize("depth", [100, 500, 900, 1_000, 100_000])
@pytest.mark.parametrize("inside", ["1", "NaN"])
def test_replies_of_any_depth_are_read_or_refused(tmp_path: Path, depth: int, inside: str) -> None:
    path = tmp_path / "deep.jsonl"
    nested = f"{'[' * depth}{inside}{']' * depth}"
    path.write_text(f'{{"id": 1, "prediction": {{"a": {nested}}}}}')
    known = read_or_refused(path)
    assert known is not None or depth > 100


@ENOUGH
@given(st.integers(min_value=0))
def test_numbers_of_any_size_are_found_again(tmp_path: Path, number: int) -> None:
    known = read(tmp_path, {"id": number, "prediction": number})
    assert known.places(msgspec.structs.replace(ONE, row_id=number)) == [0]
