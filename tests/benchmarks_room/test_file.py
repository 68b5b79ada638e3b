"""`recipe=file`: a user's own rows become samples, or are refused with file and row named."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.benchmarks.file import FileBenchmark
from evalrun.benchmarks.template import fill
from evalrun.core.content import AudioPart, ImagePart, Message, TextPart
from evalrun.core.errors import ConfigError, DataError
from evalrun.core.exchange import Tool
from evalrun.core.hashing import sha256_of_file
from evalrun.core.options import to_options
from evalrun.core.sample import Sample


def benchmark(path: Path | None, **section: Any) -> FileBenchmark:
    section = {"name": "file", "path": None if path is None else str(path), **section}
    return FileBenchmark(to_options(section, FileBenchmark.Options, "benchmark"))


def written(folder: Path, *rows: Any, name: str = "mine.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def read(path: Path, **section: Any) -> list[Sample]:
    return list(benchmark(path, **section).samples())


def test_a_row_becomes_a_sample_of_one_turn(tmp_path) -> None:
    path = written(tmp_path, {"id": "a1", "input": "1+1?", "target": "2", "group": "sums", "x": 5})
    (sample,) = read(path)
    assert (sample.id, sample.row, sample.row_id) == ("a1", 0, "a1")
    assert (sample.task, sample.group, sample.metadata) == ("mine", "sums", {"x": 5})
    (turn,) = sample.turns
    assert (turn.query, turn.target, turn.choices) == ("1+1?", "2", ())


def test_rows_without_id_are_named_after_file_and_position(tmp_path) -> None:
    samples = read(written(tmp_path, {"input": "a"}, {"input": "b"}))
    assert [sample.id for sample in samples] == ["mine/0", "mine/1"]
    assert [sample.row_id for sample in samples] == [None, None]
    assert samples[0].turns[0].target is None


def test_messages_before_the_last_are_history(tmp_path) -> None:
    history = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"},
        {"role": "user", "content": "1+1?"},
    ]
    (sample,) = read(written(tmp_path, {"input": history}))
    assert sample.messages == (
        Message("system", "Be brief."),
        Message("user", "Hi"),
        Message("assistant", "Hello"),
    )
    assert sample.turns[0].query == "1+1?"


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ([], "the last message should be the user's"),
        ([{"role": "assistant", "content": "Hi"}], "the last message should be the user's"),
        ([{"role": "boss", "content": "Hi"}], "Invalid enum value 'boss'"),
        ([{"content": "Hi"}], "missing required field `role`"),
    ],
)
def test_messages_that_ask_nothing_are_refused(tmp_path, messages, reason) -> None:
    with pytest.raises(DataError, match=rf"mine\.jsonl, row 1: .*{reason}"):
        read(written(tmp_path, {"input": messages}))


@pytest.mark.parametrize(
    ("target", "read_as"),
    [("a", "a"), (["a", "b"], ["a", "b"]), (4, "4"), (0.5, "0.5"), ("", None)],
)
def test_targets_are_texts_or_lists_of_texts(tmp_path, target, read_as) -> None:
    (sample,) = read(written(tmp_path, {"input": "q", "target": target}))
    assert sample.turns[0].target == read_as


def test_choices_follow_the_question_as_lettered_lines(tmp_path) -> None:
    path = written(tmp_path, {"input": "Which?", "choices": ["red", "blue"], "target": "B"})
    (sample,) = read(path)
    assert sample.turns[0].query == "Which?\n\nA. red\nB. blue"
    assert sample.turns[0].choices == ("red", "blue")
    (hidden,) = read(path, show_choices=False)
    assert (hidden.turns[0].query, hidden.turns[0].choices) == ("Which?", ("red", "blue"))


@pytest.mark.parametrize(
    "text",
    [
        'input,choices\nWhich?,"[""red"", ""blue""]"\n',
        "input,A,B\nWhich?,red,blue\n",
        "input,A,B,C\nWhich?,red,blue,\n",
    ],
)
def test_csv_choices_are_a_json_list_or_columns(tmp_path, text) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(text)
    assert read(path)[0].turns[0].choices == ("red", "blue")


def test_a_choices_cell_that_is_no_list_is_refused(tmp_path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("input,choices\nWhich?,red;blue\n")
    with pytest.raises(DataError, match=r"mine\.csv, row 1: .*'choices' should hold a JSON list"):
        read(path)


def _write_table(path: Path, rows: list[dict[str, str]]) -> None:
    if path.suffix == ".parquet":
        pa = pytest.importorskip("pyarrow")
        pq = pytest.importorskip("pyarrow.parquet")
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif path.suffix == ".json":
        path.write_text(json.dumps(rows))
    elif path.suffix == ".jsonl":
        path.write_text("\n".join(map(json.dumps, rows)))
    else:
        separator = "\t" if path.suffix == ".tsv" else ","
        lines = [list(rows[0]), *(row.values() for row in rows)]
        path.write_text("\n".join(separator.join(line) for line in lines))


@pytest.mark.parametrize("ending", ["jsonl", "json", "csv", "tsv", "parquet"])
def test_all_kinds_of_files_give_the_same_samples(tmp_path, ending) -> None:
    path = tmp_path / f"mine.{ending}"
    _write_table(
        path, [{"id": "x", "input": "q1", "target": "1"}, {"id": "y", "input": "q2", "target": "2"}]
    )
    assert [(s.id, s.turns[0].query, s.turns[0].target) for s in read(path)] == [
        ("x", "q1", "1"),
        ("y", "q2", "2"),
    ]


def test_images_come_before_the_text_and_start_at_the_files_folder(tmp_path) -> None:
    (tmp_path / "a.png").write_bytes(b"png")
    web = "https://example.org/b.png"
    (sample,) = read(written(tmp_path, {"input": "What is it?", "images": ["a.png", web]}))
    assert sample.turns[0].query == (
        ImagePart(str(tmp_path / "a.png")),
        ImagePart(web),
        TextPart("What is it?"),
    )


def test_a_missing_image_is_named(tmp_path) -> None:
    with pytest.raises(DataError, match=r"mine\.jsonl, row 1: no image '.*none\.png'"):
        read(written(tmp_path, {"input": "What is it?", "images": ["none.png"]}))


def test_sounds_follow_the_images_and_come_before_the_text(tmp_path) -> None:
    for name in ("a.png", "b.wav"):
        (tmp_path / name).write_bytes(b"bytes")
    (sample,) = read(
        written(tmp_path, {"input": "What is it?", "images": "a.png", "audio": ["b.wav"]})
    )
    assert sample.turns[0].query == (
        ImagePart(str(tmp_path / "a.png")),
        AudioPart(str(tmp_path / "b.wav")),
        TextPart("What is it?"),
    )
    assert sample.metadata == {}


def test_a_missing_sound_is_named(tmp_path) -> None:
    with pytest.raises(DataError, match=r"mine\.jsonl, row 1: no sound '.*none\.wav'"):
        read(written(tmp_path, {"input": "What is it?", "audio": "none.wav"}))


SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}}
ADD = {"name": "add", "description": "Add up.", "parameters": SCHEMA}


@pytest.mark.parametrize("as_text", [False, True], ids=["object", "cell"])
def test_a_row_may_name_the_schema_of_its_reply(tmp_path, as_text) -> None:
    cell = json.dumps(SCHEMA) if as_text else SCHEMA
    (sample,) = read(written(tmp_path, {"input": "q", "reply_schema": cell}))
    assert sample.turns[0].reply_schema == SCHEMA
    assert sample.metadata == {}


@pytest.mark.parametrize("as_text", [False, True], ids=["list", "cell"])
@pytest.mark.parametrize("wrapped", [False, True], ids=["bare", "OpenAI's form"])
def test_a_row_may_offer_tools(tmp_path, as_text, wrapped) -> None:
    tools: list[Any] = [ADD, {"name": "now"}]
    if wrapped:
        tools = [{"type": "function", "function": {**tool, "strict": True}} for tool in tools]
    cell = json.dumps(tools) if as_text else tools
    (sample,) = read(written(tmp_path, {"input": "q", "tools": cell}))
    assert sample.turns[0].tools == (Tool("add", "Add up.", SCHEMA), Tool("now"))
    assert sample.metadata == {}


@pytest.mark.parametrize("empty", [None, ""])
def test_rows_without_schema_and_tools_ask_for_text(tmp_path, empty) -> None:
    (sample,) = read(written(tmp_path, {"input": "q", "tools": empty, "reply_schema": empty}))
    assert (sample.turns[0].reply_schema, sample.turns[0].tools) == (None, ())


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("reply_schema", "{", "'reply_schema' should hold JSON"),
        ("reply_schema", "[1]", r"'reply_schema' should hold a JSON schema, found \[1\]"),
        ("reply_schema", [1], "'reply_schema' should be dict or str, found list"),
        ("tools", "no JSON", "'tools' should hold JSON"),
        ("tools", '{"name": "add"}', "'tools' should hold a list of tools"),
        ("tools", 3, "'tools' should be list or str, found int"),
        ("tools", [ADD, "now"], "'tools', tool 2: Expected `object`, got `str`"),
        ("tools", [{"description": "x"}], "'tools', tool 1: .*missing required field `name`"),
        ("tools", [{"name": ""}], r"'tools', tool 1: .*length >= 1 - at `\$\.name`"),
        ("tools", [{"name": "add", "paramters": {}}], "tool 1: .*unknown field `paramters`"),
        ("tools", [{"name": "add", "parameters": "x"}], r"tool 1: .*at `\$\.parameters`"),
        ("tools", [{"type": "code", "function": ADD}], "tool 1: Invalid enum value 'code'"),
        ("tools", [{"function": ADD}], "tool 1: .*missing required field `type`"),
        ("tools", [ADD, ADD], "'tools' holds 2 tools called 'add'"),
    ],
)
def test_malformed_schemas_and_tools_are_refused_with_their_row(
    tmp_path, column, cell, reason
) -> None:
    rows = [{"input": "q"}, {"input": "q", column: cell}]
    with pytest.raises(DataError, match=rf"mine\.jsonl, row 2: .*{reason}"):
        read(written(tmp_path, *rows))


def test_csv_cells_hold_schemas_and_tools_as_json(tmp_path) -> None:
    path = tmp_path / "mine.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["input", "format", "functions"])
        writer.writerow(["q", json.dumps(SCHEMA), json.dumps([ADD])])
    (sample,) = read(path, reply_schema_field="format", tools_field="functions")
    assert sample.turns[0].reply_schema == SCHEMA
    assert sample.turns[0].tools == (Tool("add", "Add up.", SCHEMA),)


def test_other_column_names_can_be_mapped(tmp_path) -> None:
    path = written(tmp_path, {"key": 3, "question": "q", "gold": "g", "input": "not this"})
    (sample,) = read(path, id_field="key", input_field="question", target_field="gold")
    assert (sample.id, sample.turns[0].query, sample.turns[0].target) == ("3", "q", "g")
    assert sample.metadata == {"input": "not this"}


def test_a_missing_input_is_named_with_the_nearest_field(tmp_path) -> None:
    with pytest.raises(
        DataError, match=r"mine\.jsonl, row 2: missing field 'input'; did you mean 'inputs'\?"
    ):
        read(written(tmp_path, {"input": "q"}, {"inputs": "q"}))


def test_ids_that_come_twice_are_named_with_both_rows(tmp_path) -> None:
    rows = [{"id": name, "input": "q"} for name in ("a", "b", "a")]
    with pytest.raises(DataError, match=r"mine\.jsonl, row 3: id 'a' is already that of row 1"):
        read(written(tmp_path, *rows))


def test_an_empty_file_is_refused(tmp_path) -> None:
    with pytest.raises(DataError, match=r"mine\.jsonl: no rows"):
        read(written(tmp_path))


def test_the_first_sample_is_there_before_the_file_is_read(tmp_path) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text('{"input": "q"}\nnot JSON\n')
    samples = benchmark(path).samples()
    assert next(samples).turns[0].query == "q"
    with pytest.raises(DataError, match=r"mine\.jsonl, line 2"):
        next(samples)


def test_no_path_and_a_wrong_path_are_problems(tmp_path) -> None:
    (unnamed,) = benchmark(None).problems()
    assert "benchmark.path=FILE" in unnamed.remedy
    (absent,) = benchmark(tmp_path / "none.jsonl").problems()
    assert "none.jsonl: no such file" in absent.what
    assert benchmark(written(tmp_path, {"input": "q"})).problems() == ()


def test_the_file_is_identified_by_its_content(tmp_path) -> None:
    path = written(tmp_path, {"input": "q"})
    assert benchmark(path).provenance() == {"file": "mine.jsonl", "sha256": sha256_of_file(path)}


def test_an_unknown_option_is_named_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"benchmark.input_feild.*did you mean 'input_field'"):
        benchmark(None, input_feild="x")


def test_a_template_makes_the_question_of_columns(tmp_path) -> None:
    path = written(tmp_path, {"passage": "{x}", "q": "Who?", "n": 3})
    (sample,) = read(path, template="{passage}\nQ{n}: {q} {{literal}}")
    assert sample.turns[0].query == "{x}\nQ3: Who? {literal}"


def test_a_template_with_an_unknown_column_is_refused(tmp_path) -> None:
    path = written(tmp_path, {"question": "Who?"})
    with pytest.raises(DataError, match=r"row 1: the template asks for 'questoin'; .*'question'"):
        read(path, template="{questoin}")


def test_a_template_reaches_no_attributes() -> None:
    with pytest.raises(DataError, match=r"asks for 'a\.__class__'"):
        fill("{a.__class__}", {"a": 1}, "here")


@given(st.text(), st.text())
def test_what_is_filled_in_is_never_read_again(first: str, second: str) -> None:
    assert fill("<{a}|{b}>", {"a": first, "b": second}, "here") == f"<{first}|{second}>"
