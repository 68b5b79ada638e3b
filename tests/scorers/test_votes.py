"""How several verdicts become one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from evalrun.core.exchange import Usage
from evalrun.scorers.verdict import Verdict
from evalrun.scorers.votes import plurality, strict_majority


def on(*answers: str | None, right: str = "a") -> list[Verdict]:
    return [
        Verdict(scores={"m": float(answer == right)}, answer=answer, parsed=answer is not None)
        for answer in answers
    ]


def test_the_most_frequent_answer_wins_and_of_equal_ones_the_first() -> None:
    assert plurality(on("b", "a", "a")).answer == "a"
    assert plurality(on("b", "a", "a", "b")).answer == "b"


def test_replies_without_an_answer_do_not_vote() -> None:
    assert plurality(on(None, None, "a")).scores == {"m": 1.0}
    assert not plurality(on(None, None)).parsed


def test_a_strict_majority_is_more_than_half_of_the_replies_with_an_answer() -> None:
    assert strict_majority(on("a", "a", "b")).scores == {"m": 1.0}
    assert strict_majority(on("a", None, None)).scores == {"m": 1.0}
    tied = strict_majority(on("a", "b"))
    assert (tied.scores, tied.answer) == ({"m": 0.0}, None)
    assert tied.explanation == "no majority: 1 of 2 replies agree"
    assert strict_majority(on("a", "a", "b", "c")).scores == {"m": 0.0}


def test_answers_of_any_shape_can_vote_and_what_judges_spent_is_summed() -> None:
    spent = Usage(input_tokens=2, output_tokens=1)
    verdicts = [Verdict(scores={"m": 1.0}, answer=[1, {"x": 2}], usage=spent) for _ in range(3)]
    winner = plurality([Verdict(scores={"m": 0.0}, answer=[1]), *verdicts])
    assert winner.scores == {"m": 1.0}
    assert winner.usage == Usage(input_tokens=6, output_tokens=3)


@given(st.lists(st.sampled_from(["a", "b", None]), min_size=1))
def test_a_strict_majority_is_also_the_most_frequent_answer(answers: list[str | None]) -> None:
    majority = strict_majority(on(*answers))
    if majority.answer is not None:
        assert majority.answer == plurality(on(*answers)).answer


def test_answers_that_are_no_valid_text_can_vote() -> None:
    assert plurality(on("\ud800", "\ud800", "a")).answer == "\ud800"
