"""ToolBench: questions, the functions that they offer, and where those come from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.benchmarks.toolllm import ToolLLM
from evalrun.benchmarks.toolllm.benchmark import TASKS, ToolLLMOptions
from evalrun.benchmarks.toolllm.names import function_name, parameter_name, standardize
from evalrun.core.content import text_of
from evalrun.core.errors import ConfigError, DataError
from evalrun.core.sample import Sample
from evalrun.core.tools import origin_of

QUERIES = Path(__file__).resolve().parents[1] / "fixtures" / "toolllm" / "queries"


def bench(**options: Any) -> ToolLLM:
    return ToolLLM(ToolLLMOptions(**{"data_dir": str(QUERIES), **options}))


def samples(**options: Any) -> dict[str, Sample]:
    return {sample.id: sample for sample in bench(**options).samples()}


def written(folder: Path, name: str, content: Any) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


ROW: dict[str, Any] = json.loads((QUERIES / "G1_instruction.json").read_text())[0]


def without_descriptions(api: dict[str, Any]) -> dict[str, Any]:
    return {key: api[key] for key in ("category_name", "tool_name", "api_name")}


@pytest.mark.parametrize(
    ("name", "standard"),
    [
        ("TheClique", "theclique"),
        ("Songkick concert", "songkick_concert"),
        ("/offices/search/:service/:id", "offices_search_service_id"),
        ("24 Trains!", "get_24_trains"),
        ("__a--b__", "a_b"),
        ("天气 now", "天气_now"),
        ("a^b", "a^b"),
        ("!!!", ""),
        ("", ""),
    ],
)
def test_names_are_standardised(name: str, standard: str) -> None:
    assert standardize(name) == standard


@given(st.text())
def test_a_standard_name_stays_as_it_is(name: str) -> None:
    assert standardize(standardize(name)) == standardize(name)


@pytest.mark.parametrize("word", ["from", "class", "return", "false", "true", "id", "and", "ID"])
def test_words_of_python_get_a_prefix(word: str) -> None:
    assert parameter_name(word) == f"is_{word.lower()}"


def test_of_a_long_name_the_last_64_characters_count() -> None:
    name = function_name("a" * 60, "tool")
    assert len(name) == 64
    assert name.endswith("a_for_tool")


def test_every_test_set_has_its_rows_in_the_order_of_the_evaluator() -> None:
    found = samples()
    assert list(dict.fromkeys(sample.task for sample in found.values())) == list(TASKS)
    assert len(found) == 11
    assert list(found)[:3] == ["G1_instruction/100", "G1_instruction/101", "G1_category/102"]
    assert [sample.task for sample in bench(task="G3_instruction").samples()] == ["G3_instruction"]
    assert len(list(bench().samples(limit=1))) == 6


def test_an_api_is_a_function() -> None:
    (tool,) = samples()["G1_instruction/100"].turns[0].tools
    assert tool.name == "weather_for_skies"
    # The name of the API becomes that of the function, before it is cut.
    assert 'tool "skies"' in tool.description
    assert "The weather_for_skies of a city.\nUp to ten days on." in tool.description
    assert tool.parameters == {
        "type": "object",
        "properties": {
            "city": {"type": "string", "description": "A name", "example_value": "Oslo"},
            "day": {"type": "integer", "description": "Days from now", "example_value": 0},
        },
        "required": ["city"],
        "optional": ["day"],
    }


def test_optional_parameters_are_offered_only_beside_required_ones() -> None:
    alerts = samples()["G1_category/102"].turns[0].tools[0]
    assert alerts.name == "alerts_id_for_skies"
    assert alerts.parameters["properties"] == {}
    assert "What it does" not in alerts.description


def test_unknown_types_are_strings_and_long_descriptions_are_cut() -> None:
    (trains,) = samples()["G2_instruction/107"].turns[0].tools
    assert trains.name == "get_class_for_get_24_trains"
    number = trains.parameters["properties"]["is_id"]
    assert number == {"type": "string", "description": "x" * 256, "example_value": "7"}
    assert trains.parameters["properties"]["is_class"]["type"] == "boolean"


def test_a_function_is_known_to_servers_by_the_names_of_its_api() -> None:
    turn = samples()["G2_instruction/107"].turns[0]
    origin = origin_of(turn, turn.tools[0])
    assert (origin.category, origin.tool, origin.api) == (
        "News, Media",
        "get_24_trains",
        "get_class",
    )
    assert origin.documentation["method"] == "POST"


def test_the_task_lists_the_tools_once_each() -> None:
    (system,) = samples()["G3_instruction/110"].messages
    text = text_of(system.content)
    assert "1. get_24_trains: None\n2. skies: None" in text
    assert text.count("skies") == 1


def test_functions_that_are_called_the_same_are_offered_once(tmp_path: Path) -> None:
    api = ROW["api_list"][0]
    row = {**ROW, "api_list": [api, {**api, "api_name": "Weather!", "method": "PUT"}]}
    written(tmp_path, "G1_tool.json", [row])
    (sample,) = bench(data_dir=str(tmp_path), task="G1_tool").samples()
    turn = sample.turns[0]
    assert [tool.name for tool in turn.tools] == ["weather_for_skies"]
    assert origin_of(turn, turn.tools[0]).documentation["method"] == "GET"


TOOL_FILE = {
    "tool_name": "Skies",
    "tool_description": "All of the sky.\n" + "y" * 600,
    "api_list": [
        {
            "name": "Weather",
            "description": "From the file.",
            "required_parameters": [],
            "optional_parameters": [],
        }
    ],
}


def test_files_of_tools_say_more_than_the_questions(tmp_path: Path) -> None:
    row = {**ROW, "api_list": [without_descriptions(ROW["api_list"][0])]}
    path = written(tmp_path, "G1_tool.json", [row])
    written(tmp_path, "tools/Weather/skies.json", TOOL_FILE)
    options = {"path": str(path), "task": "G1_tool"}
    (sample,) = bench(tools=str(tmp_path / "tools"), **options).samples()
    assert "From the file." in sample.turns[0].tools[0].description
    listed = text_of(sample.messages[0].content)
    # 512 characters, of which the line end goes.
    assert "1. skies: All of the sky." + "y" * (512 - len("All of the sky.\n")) in listed
    assert "y" * 500 not in listed
    provenance = bench(tools=str(tmp_path / "tools"), **options).provenance()
    assert list(provenance["tools"]) == ["Weather/skies.json"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"query": "x", "query_id": 1}, "an open-domain query, without 'api_list'"),
        ({**ROW, "api_list": []}, "names no API"),
        ({**ROW, "api_list": [3]}, r"api_list\[0\]: should be an object"),
        ({**ROW, "api_list": [without_descriptions(ROW["api_list"][0])]}, "benchmark.tools=FOLDER"),
        ({**ROW, "query": None}, "field 'query' should be str"),
        (
            {**ROW, "api_list": [{**ROW["api_list"][0], "required_parameters": [{"nome": 1}]}]},
            "field 'required_parameters'",
        ),
        ({**ROW, "api_list": [{"tool_name": "a"}]}, "missing field 'category_name'"),
    ],
)
def test_a_malformed_row_is_named(tmp_path: Path, row: dict[str, Any], message: str) -> None:
    path = written(tmp_path, "G1_tool.json", [ROW, row])
    with pytest.raises(DataError, match=message) as raised:
        list(bench(path=str(path)).samples())
    assert "G1_tool.json, row 2" in str(raised.value)


def test_the_full_split_takes_the_ids_of_a_test_set_out_of_all_questions(tmp_path: Path) -> None:
    rows = [{**ROW, "query_id": number} for number in (1, 2, 3)]
    written(tmp_path, "instruction/G1_query.json", rows)
    written(tmp_path, "test_query_ids/G1_tool.json", {"3": 0, "1": 0})
    options = {"split": "full", "task": "G1_tool", "data_dir": str(tmp_path)}
    assert list(samples(**options)) == ["G1_tool/1", "G1_tool/3"]
    assert [sample.row for sample in bench(**options).samples(limit=1)] == [0]


def test_missing_files_and_tools_are_problems_with_a_way_out(tmp_path: Path) -> None:
    (problem,) = bench(data_dir=str(tmp_path)).problems()
    assert "evalrun fetch toolllm" in str(problem)
    (problem,) = bench(data_dir=str(tmp_path), split="full").problems()
    assert "unpack the archive" in str(problem)
    (problem,) = bench(tools=str(tmp_path / "no")).problems()
    assert "benchmark.tools" in str(problem)
    with pytest.raises(ConfigError, match=r"unknown task 'G4'"):
        bench(task="G4")


def test_provenance_names_split_wording_and_files() -> None:
    provenance = bench(task="G1_tool").provenance()
    assert provenance["split"] == "stable"
    assert provenance["prompts"] == "evalrun wording"
    assert list(provenance["files"]) == ["G1_tool.json"]


@pytest.mark.parametrize("task", TASKS)
def test_official_stable_rows_are_read(shared_data: Path, task: str) -> None:
    path = shared_data / "toolllm" / "stabletoolbench_solvable" / f"{task}.first3.json"
    rows = json.loads(path.read_text())
    found = list(bench(path=str(path), task=task).samples())
    assert [sample.row_id for sample in found] == [row["query_id"] for row in rows]
    for sample in found:
        assert sample.turns[0].tools
        assert all(len(tool.name) <= 64 for tool in sample.turns[0].tools)


@pytest.mark.parametrize("group", ["G1", "G2", "G3"])
def test_official_example_queries_are_read(shared_data: Path, group: str) -> None:
    path = shared_data / "toolllm" / f"{group}_query.json"
    task = f"{group}_instruction"
    found = list(bench(path=str(path), task=task).samples())
    assert len(found) == len(json.loads(path.read_text()))


def test_the_official_demo_of_inference_needs_the_files_of_tools(shared_data: Path) -> None:
    path = shared_data / "toolllm" / "inference_query_demo.json"
    with pytest.raises(DataError, match="'Love Quote' of 'Olato Quotes'"):
        list(bench(path=str(path), task="G1_tool").samples())
