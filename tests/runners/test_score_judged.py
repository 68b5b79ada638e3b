"""`evalrun score` where a judge grades: its words are given, or it is asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from rows import read_jsonl, write_jsonl
from servers.answers import Answer
from servers.chat_server import ChatServer

from evalrun.core.content import Message
from evalrun.core.errors import ConfigError, DataError, EndpointError, EvalrunError
from evalrun.core.exchange import Prompt, Request, SampleKey, Sampling
from evalrun.runners.compose import Composer
from evalrun.runners.given import GivenPredictions
from evalrun.runners.given_judge import GivenJudge
from evalrun.runners.grading import grade_command

CORRECT, PARTLY, WRONG = (f"Because.\nGRADE: {grade}" for grade in "CPI")
ROWS = [
    {"id": "a", "input": "2+2?", "target": "4"},
    {"id": "b", "input": "3+3?", "target": "6"},
    {"id": "c", "input": "4+4?", "target": "8"},
]
JUDGED = ("recipe=file", "scorer=judge")


def score(folder: Path, lines: Sequence[Any], *overrides: str, rows: Any = None) -> dict[str, Any]:
    """Return what the command shows, as programs get it."""
    if rows is None:
        rows = write_jsonl(folder / "rows.jsonl", ROWS)
    mine = write_jsonl(folder / "mine.jsonl", lines)
    arguments = [f"rows={rows}", f"predictions={mine}", *(overrides or JUDGED)]
    shown = grade_command(Composer(), arguments, folder / "graded.jsonl", "json")
    return json.loads(shown)


def graded(folder: Path) -> dict[str, Any]:
    """Return the scores that were written, by id."""
    return {line["id"]: line["scores"] for line in read_jsonl(folder / "graded.jsonl")}


def asked_of(server: ChatServer, *more: str) -> tuple[str, ...]:
    judge = ("judge=openai-compatible", "judge.name=j", f"judge.api_base={server.api_base}")
    return (*JUDGED, *judge, *more)


# --- the words of a judge stand in the file


def test_the_judges_words_are_parsed_and_aggregated(tmp_path: Path) -> None:
    lines = [
        {"id": "a", "prediction": "4", "judge_reply": CORRECT},
        {"id": "b", "prediction": "7", "judge_reply": [PARTLY]},
        {"id": "c", "prediction": "8", "judge_reply": "No grade."},
    ]
    content = score(tmp_path, lines)
    assert graded(tmp_path) == {
        "a": {"accuracy": 1.0},
        "b": {"accuracy": 0.5},
        "c": {"accuracy": None},
    }
    (task,) = [cell for cell in content["cells"] if cell["level"] == "task"]
    assert (task["value"], task["n"], task["n_missing"]) == (0.75, 2, 1)
    assert content["judge_usage"]["output_tokens"] == 0


def test_the_reply_itself_need_not_be_given(tmp_path: Path) -> None:
    score(tmp_path, [{"id": "a", "judge_reply": CORRECT}, {"id": "b", "judge_reply": WRONG}])
    assert graded(tmp_path) == {"a": {"accuracy": 1.0}, "b": {"accuracy": 0.0}}


def test_a_blank_reply_is_graded_without_the_words_that_were_given(tmp_path: Path) -> None:
    score(tmp_path, [{"id": "a", "prediction": " ", "judge_reply": CORRECT}])
    (line,) = read_jsonl(tmp_path / "graded.jsonl")
    assert (line["scores"], line["status"]) == ({"accuracy": 0.0}, "empty")


def test_votes_have_a_judge_reply_each_in_their_order(tmp_path: Path) -> None:
    replies = [WRONG, CORRECT, CORRECT]
    score(tmp_path, [{"id": "a", "prediction": ["5", "4", "4"], "judge_reply": replies}])
    assert graded(tmp_path) == {"a": {"accuracy": 1.0}}


def test_epochs_have_judge_replies_of_their_own(tmp_path: Path) -> None:
    lines = [
        {"id": "a", "epoch": 1, "prediction": "4", "judge_reply": CORRECT},
        {"id": "a", "epoch": 0, "prediction": "5", "judge_reply": WRONG},
    ]
    score(tmp_path, lines)
    values = [line["scores"]["accuracy"] for line in read_jsonl(tmp_path / "graded.jsonl")]
    assert values == [1.0, 0.0]


def test_too_few_judge_replies_are_an_error_that_counts_them(tmp_path: Path) -> None:
    lines = [{"id": "a", "prediction": ["5", "4"], "judge_reply": [WRONG]}]
    with pytest.raises(EndpointError) as error:
        score(tmp_path, lines)
    said = "mine.jsonl, row 1: 1 reply in 'judge_reply', and the scorer asks for 2 or more"
    assert str(error.value).endswith(said)


def test_a_line_without_judge_reply_beside_others_that_have_one_is_an_error(tmp_path: Path) -> None:
    lines = [{"id": "a", "prediction": "4", "judge_reply": CORRECT}, {"id": "b", "prediction": "6"}]
    with pytest.raises(EndpointError, match=r"row 2: 0 replies in 'judge_reply', .* for 1 or more"):
        score(tmp_path, lines)


def test_more_judge_replies_than_questions_are_an_error_for_their_order_is_unknown(
    tmp_path: Path,
) -> None:
    lines = [{"id": "a", "prediction": "4", "judge_reply": [CORRECT, WRONG]}]
    with pytest.raises(DataError, match=r"row 1: 2 replies in 'judge_reply', .* asks for 1: give"):
        score(tmp_path, lines)


def test_words_in_the_file_go_before_a_judge_that_is_named(
    tmp_path: Path, chat_server: ChatServer
) -> None:
    rows = write_jsonl(tmp_path / "rows.jsonl", ROWS)
    mine = write_jsonl(
        tmp_path / "mine.jsonl", [{"id": "a", "prediction": "4", "judge_reply": WRONG}]
    )
    arguments = [f"rows={rows}", f"predictions={mine}", *asked_of(chat_server)]
    shown = grade_command(Composer(), arguments, None, "md")
    assert "words are those of the predictions' 'judge_reply'; judge=j was not asked" in shown
    assert chat_server.requests == 0


def test_a_scorer_without_judge_takes_no_notice_of_its_words(tmp_path: Path) -> None:
    lines = [{"id": "a", "prediction": "4", "judge_reply": WRONG}]
    score(tmp_path, lines, "recipe=file", "scorer=includes")
    assert graded(tmp_path)["a"] == {"accuracy": 1.0}
    with pytest.raises(DataError, match="row 1: missing field 'prediction'"):
        score(tmp_path, [{"id": "a", "judge_reply": WRONG}], "recipe=file", "scorer=includes")


def test_without_words_and_without_a_judge_both_ways_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        score(tmp_path, [{"id": "a", "prediction": "4"}])
    assert "scorer=judge needs a judge" in str(error.value)
    assert "'judge_reply'" in str(error.value)
    assert "judge=NAME judge.name=MODEL" in str(error.value)


def test_questions_asked_at_once_are_answered_in_the_order_of_their_beginning(
    tmp_path: Path,
) -> None:
    texts = [f"text {number}" for number in range(5)]
    path = write_jsonl(tmp_path / "mine.jsonl", [{"index": 0, "judge_reply": texts}])
    judge = GivenJudge(GivenPredictions(path))

    async def ask(number: int) -> str:
        prompt = Prompt(messages=(Message("user", f"question {number}"),))
        async with judge.open(prompt, SampleKey("t/0")) as session:
            return (await session.generate(Request(sampling=Sampling()))).text

    async def ask_all() -> list[str]:
        return await asyncio.gather(*(ask(number) for number in range(5)))

    assert asyncio.run(ask_all()) == texts


# --- a judge is asked


def test_a_judge_is_asked_as_in_a_run_and_its_replies_are_kept(
    tmp_path: Path, chat_server: ChatServer
) -> None:
    chat_server.reply = lambda messages: CORRECT if "\n4\n" in messages[-1]["content"] else WRONG
    lines = [{"id": "a", "prediction": "4"}, {"id": "b", "prediction": "7"}]
    content = score(tmp_path, lines, *asked_of(chat_server))
    assert graded(tmp_path) == {"a": {"accuracy": 1.0}, "b": {"accuracy": 0.0}}
    assert content["judge_usage"]["output_tokens"] > 0
    assert chat_server.requests == 2
    content = score(tmp_path, lines, *asked_of(chat_server))
    assert chat_server.requests == 2
    assert content["judge_usage"]["output_tokens"] == 0


def test_the_judge_is_asked_again_when_a_failure_may_pass(
    tmp_path: Path, chat_server: ChatServer
) -> None:
    chat_server.reply = lambda messages: CORRECT
    chat_server.faults.append(Answer(status=503, headers=(("Retry-After", "0.01"),)))
    score(tmp_path, [{"id": "a", "prediction": "4"}], *asked_of(chat_server))
    assert graded(tmp_path) == {"a": {"accuracy": 1.0}}
    assert chat_server.requests == 2


def test_grading_stops_when_the_budget_is_spent(tmp_path: Path, chat_server: ChatServer) -> None:
    chat_server.reply = lambda messages: CORRECT
    rows = write_jsonl(
        tmp_path / "rows.jsonl", ({"id": n, "input": "?", "target": "4"} for n in range(300))
    )
    lines = [{"id": n, "prediction": f"4 {n}"} for n in range(300)]
    with pytest.raises(EvalrunError, match=r"the budget of 1 tokens is spent"):
        score(tmp_path, lines, *asked_of(chat_server, "run.budget_tokens=1"), rows=rows)
    assert chat_server.requests < 300


def test_a_judge_that_lacks_something_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no address"):
        score(
            tmp_path,
            [{"id": "a", "prediction": "4"}],
            *JUDGED,
            "judge=openai-compatible",
            "judge.name=j",
        )


# --- judged benchmarks


def test_ugmathbench_asks_about_what_its_rules_find_wrong(tmp_path: Path) -> None:
    pytest.importorskip("sympy")
    rows = Path(__file__).resolve().parents[1] / "fixtures" / "ugmathbench" / "Algebra.json"
    yes = "## Equivalence Judgement\nTRUE\n## Justification\nso"
    lines = [
        {"id": "Algebra_0001/v1", "prediction": "\\boxed{none}", "judge_reply": yes},
        {"id": "Algebra_0001/v2", "judge_reply": yes},
        {"id": "Algebra_0001/v3", "judge_reply": yes.replace("TRUE", "FALSE")},
    ]
    recipe = ("recipe=ugmathbench", "scorer=ugmathbench_judged")
    score(tmp_path, lines, *recipe, rows=rows)
    assert [scores["accuracy"] for scores in graded(tmp_path).values()] == [1.0, 1.0, 0.0]


def test_a_row_that_its_scorer_decides_without_the_judge_needs_the_reply_itself(
    tmp_path: Path,
) -> None:
    pytest.importorskip("sympy")
    rows = Path(__file__).resolve().parents[1] / "fixtures" / "livebench" / "math.jsonl"
    (row,) = [row for row in read_jsonl(rows) if row["task"] == "AMPS_Hard"][:1]
    recipe = ("recipe=livebench", "scorer=livebench_judged")
    line = {"id": row["question_id"], "judge_reply": "yes"}
    with pytest.raises(DataError, match="row 1: the scorer grades this row without its judge"):
        score(tmp_path, [line], *recipe, rows=rows)
    reply = "\\boxed{\\text{something else entirely}}"
    score(tmp_path, [{**line, "prediction": reply}], *recipe, rows=rows)
    assert graded(tmp_path)[row["question_id"]] == {"score": 1.0}
