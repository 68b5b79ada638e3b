"""Coding in LiveBench: the fixture's questions, answered well and badly, in a real sandbox."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest
from sandboxes import real_bubblewrap

from evalrun.benchmarks.livebench import LiveBench
from evalrun.benchmarks.livebench.options import LiveBenchOptions as RowOptions
from evalrun.core.prediction import Prediction
from evalrun.core.sample import Sample
from evalrun.core.score import Score
from evalrun.runners.sandbox.registry import sandbox_of
from evalrun.scorers.livebench import LiveBenchOptions, LiveBenchScorer

ROWS = Path(__file__).resolve().parents[1] / "fixtures" / "livebench" / "coding.jsonl"
ADD, ENDS, LARGER, VOWELS, REPAIR = (
    sample for sample in LiveBench(RowOptions(task="coding", path=str(ROWS))).samples()
)

ENDS_RIGHT = """\
class Solution:
    def ends(self, numbers: List[int]) -> List[int]:
        return numbers[0], numbers[-1]"""
VOWELS_RIGHT = "def count_vowels(text):\n    return len(re.findall('[aeiou]', text))"


@pytest.fixture(scope="module")
def scorer() -> LiveBenchScorer:
    return LiveBenchScorer(LiveBenchOptions(), sandbox=real_bubblewrap())


def graded(scorer: LiveBenchScorer, sample: Sample, reply: str) -> Score:
    prediction = Prediction(
        id=f"{sample.id}#0", sample_id=sample.id, epoch=0, task=sample.task, outputs=(reply,)
    )
    return asyncio.run(scorer.score(sample, prediction))


def fenced(code: str) -> str:
    return f"Here it is:\n```python\n{code}\n```"


@pytest.mark.parametrize(
    ("sample", "code", "score"),
    [
        (ADD, "print(sum(map(int, input().split())))", 1),
        (ADD, "print(float(sum(map(int, input().split()))))", 1),
        # Right for the public test alone.
        (ADD, "print(3)", 0),
        (ADD, "print(sum(map(int, input().split())))\nraise ValueError", 0),
        (ENDS, ENDS_RIGHT, 1),
        (ENDS, ENDS_RIGHT.replace("numbers[-1]", "3"), 0),
        (ENDS, "def ends(numbers): return [numbers[0], numbers[-1]]", 1),
        (LARGER, "print(max(a, b))", 1),
        (LARGER, "a, b = map(int, input().split())\nprint(max(a, b))", 1),
        # The beginning is there, but not as it was given: both of them read.
        (LARGER, "a, b = [int(n) for n in input().split()]\nprint(max(a, b))", 0),
        (VOWELS, VOWELS_RIGHT.replace("def", "import re\ndef", 1), 1),
        (VOWELS, "    return len(re.findall('[aeiou]', text))", 1),
        (VOWELS, "    return 3", 0),
    ],
)
def test_code_that_passes_all_tests_counts_one(
    scorer, sample: Sample, code: str, score: int
) -> None:
    found = graded(scorer, sample, fenced(code))
    assert (found.scores, found.status) == ({"score": float(score)}, "ok")


def test_what_stopped_the_code_is_told(scorer) -> None:
    (turn,) = graded(scorer, ADD, fenced("print(6 // (int(input()[0]) + 1))")).turns
    assert turn.explanation == (
        "1 of 3 tests; error: ValueError(\"invalid literal for int() with base 10: '-'\")"
    )
    assert turn.answer == "print(6 // (int(input()[0]) + 1))"
    (turn,) = graded(scorer, VOWELS, fenced("def count_vowels(text): return 3")).turns
    assert turn.explanation == "error: test_none: AssertionError: 3 != 0"


def test_thoughts_are_no_code(scorer) -> None:
    reply = "<think>\n```\nprint(3)\n```\n</think>" + fenced(
        "print(sum(map(int, input().split())))"
    )
    assert graded(scorer, ADD, reply).scores == {"score": 1.0}


@pytest.mark.parametrize("reply", ["", "  \n", "I would rather not.", "```", "```\n```"])
@pytest.mark.parametrize("sample", [ADD, ENDS, VOWELS])
def test_replies_without_code_count_nothing(scorer, sample: Sample, reply: str) -> None:
    assert graded(scorer, sample, reply).scores == {"score": 0.0}


def test_repositories_have_no_verdict(scorer) -> None:
    score = graded(scorer, REPAIR, "a patch")
    assert (score.scores, score.status) == ({"score": None}, "not_applicable")
    assert "container image" in score.turns[0].explanation


def test_without_a_sandbox_code_has_no_verdict() -> None:
    score = graded(LiveBenchScorer(LiveBenchOptions()), ADD, fenced("print(3)"))
    assert (score.scores, score.status) == ({"score": None}, "not_applicable")


def test_an_interpreter_that_is_not_there_gives_no_verdict(scorer) -> None:
    options = LiveBenchOptions(python="/opt/none/bin/python")
    other = LiveBenchScorer(options, sandbox=sandbox_of({"name": "bubblewrap"}))
    score = graded(other, ADD, fenced("print(3)"))
    assert score.status == "not_applicable"
    assert "/opt/none/bin/python" in score.turns[0].explanation
    assert "python=/opt/none/bin/python" in other.label


def test_an_expected_value_that_is_no_json_is_an_error_of_the_data(scorer) -> None:
    (turn,) = ENDS.turns
    tests = {**turn.metadata["tests"], "cases": [{"input": "[1]", "output": "one"}]}
    turn = msgspec.structs.replace(turn, metadata={**turn.metadata, "tests": tests})
    sample = msgspec.structs.replace(ENDS, turns=(turn,))
    score = graded(scorer, sample, fenced(ENDS_RIGHT))
    assert score.status == "scorer_error"
    assert "test 1 is no JSON" in score.turns[0].explanation
