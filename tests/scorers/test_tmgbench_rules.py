"""The rules of TMGBench: pairs in a list, frequencies of outcomes, composed tasks."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.core.errors import ConfigError, DataError
from evalrun.core.sample import Sample, Turn
from evalrun.scorers.tmgbench import TMGBenchOptions, TMGBenchScorer
from evalrun.scorers.tmgbench.answers import last_answer, numbered_answers

SCORER = TMGBenchScorer(TMGBenchOptions())


# Answers


@pytest.mark.parametrize(
    ("reply", "outcomes"),
    [
        ('answer = [("A1", "B1")]', {1}),
        ('answer = [("A1", "B2"), ("A2", "B1")]', {2, 3}),
        ("answer = []", set()),
        ("answer=[ ]", set()),
        # Either order of the players, any quotes, lists or tuples, one pair a line, a comma more.
        ("answer = [('B2', 'A1')]", {2}),
        ("answer = [(A2, B2)]", {4}),
        ('answer = [["A1", "B1"], ["A2", "B2"],]', {1, 4}),
        ('```python\nanswer = [\n    ("A1", "B1"),\n    ("A2", "B2"),\n]\n```', {1, 4}),
        ('answer = [("A1", "B1"), ("B1", "A1")]', {1}),
        # The last one counts.
        ('answer = [("A1", "B1")]\nNo: answer = []', set()),
        ('The form is answer = [("A1", "B2"), ...], so\nanswer = [("A2", "B2")]', {4}),
        ('answer = [("A2", "B2")] as in answer = both', {4}),
        ('Answer = [("A1", "B1")]', {1}),
        # What cannot be read is no answer.
        ("", None),
        ("(A1, B1)", None),
        ('the answer is [("A1", "B1")]', None),
        ('my_answers = [("A1", "B1")]', None),
        ('answer = [("A1", "B2"), ...]', None),
        ('answer = [("A1", "A2")]', None),
        ('answer = [("A3", "B1")]', None),
        ('answer = ["A1", "B1"]', None),
        ('answer = [("A1", "B1")', None),
        ('answer = ("A1", "B1")', None),
        ('answer = [("A1", "B1")]\nanswer = [none]', None),
        ('answer = [("A1", "B1") for _ in range(9**9**9)]', None),
    ],
)
def test_the_last_list_that_is_assigned_is_read(reply, outcomes) -> None:
    assert last_answer(reply) == outcomes


@pytest.mark.parametrize(
    ("reply", "answers"),
    [
        ('answer_1 = [("A1", "B1")]\nanswer_2 = []', ({1}, set())),
        ('answer_2 = []\nanswer_1 = [("A1", "B1")]', ({1}, set())),
        ('answer1 = [("A1", "B1")]\nanswer2 = []', ({1}, set())),
        ('answer_1 = []\nanswer_1 = [("A1", "B1")]\nanswer_2 = []', ({1}, set())),
        ("answer_2 = []", (None, set())),
        ("answer_1 = [x]\nanswer_2 = []", (None, set())),
        # Without numbers, in order, if there are as many as games.
        ('answer = [("A1", "B1")]\nanswer = []', ({1}, set())),
        ("answer = []", (None, None)),
        ("answer = []\nanswer = []\nanswer = []", (None, None)),
        ("", (None, None)),
    ],
)
def test_answers_to_several_games_are_told_apart_by_number(reply, answers) -> None:
    assert numbered_answers(reply, 2) == answers


# One game


def game(target: list[int], sister: str | None = "first", **metadata) -> Sample:
    turn = Turn(
        query="?",
        target=target,
        answers=4,
        metadata={"outcomes": [1, 2, 3, 4], **({"sister": sister} if sister else {}), **metadata},
    )
    return Sample(id="g", task="classic", turns=(turn,), group="s", labels={"equilibria": "1"})


def values(score, metric: str) -> list[float | None]:
    return [turn.scores[metric] for turn in score.turns]


@pytest.mark.parametrize(
    ("target", "reply", "perfect", "wrong"),
    [
        ([1], 'answer = [("A1", "B1")]', 1, [0, 0, 0, 0]),
        # No partial credit.
        ([1], 'answer = [("A1", "B1"), ("A2", "B2")]', 0, [0, 0, 0, 1]),
        ([1, 4], 'answer = [("A1", "B1")]', 0, [0, 0, 0, 1]),
        ([1, 4], 'answer = [("A2", "B2"), ("A1", "B1")]', 1, [0, 0, 0, 0]),
        # The empty list is right where there is no equilibrium, and only there.
        ([], "answer = []", 1, [0, 0, 0, 0]),
        ([2], "answer = []", 0, [0, 1, 0, 0]),
        # A reply without answer gives no outcome, and is not the empty list.
        ([], "There is none.", 0, [0, 0, 0, 0]),
        ([3], "Cannot say.", 0, [0, 0, 1, 0]),
        ([3], "", 0, [0, 0, 1, 0]),
    ],
)
def test_an_answer_is_perfect_if_it_is_just_the_equilibria(
    grade_sample, target, reply, perfect, wrong
) -> None:
    score = grade_sample(SCORER, game(target), [reply])
    assert score.scores["perfect"] == perfect
    assert values(score, "perfect") == [perfect] * 4
    assert values(score, "wrong") == wrong


@pytest.mark.parametrize(
    ("sister", "bias"),
    [("first", [2, 0, 2, 0]), ("second", [0, 0, -2, -2]), ("self", [1, 0, 0, -1])],
)
def test_bias_sets_outcomes_against_what_they_are_in_the_sister(grade_sample, sister, bias) -> None:
    score = grade_sample(SCORER, game([1], sister), ['answer = [("A1", "B1"), ("A2", "B1")]'])
    assert values(score, "bias") == bias


def test_several_replies_to_a_game_are_tests_of_it(grade_sample) -> None:
    """Frequencies .75, 0, .25, 0 of a game whose equilibrium is 1, as in the paper's example."""
    right, other = 'answer = [("A1", "B1")]', 'answer = [("A2", "B1")]'
    score = grade_sample(SCORER, game([1]), [right, right, other, right])
    assert score.scores["perfect"] == 0.75
    assert values(score, "wrong") == [0.25, 0, 0.25, 0]
    assert values(score, "bias") == [1.5, 0, 0.5, 0]
    assert (score.answer, score.status) == ([[1], [1], [3], [1]], "ok")
    assert grade_sample(SCORER, game([1]), [right, "?"]).scores["perfect"] == 0.5
    assert grade_sample(SCORER, game([1]), [right, "?"]).status == "unparsed"


def test_without_a_sister_there_is_no_bias_and_without_an_area_no_significance(
    grade_sample,
) -> None:
    score = grade_sample(SCORER, game([1], None), ["answer = []"])
    assert set(score.turns[0].scores) == {"perfect", "wrong"}


@pytest.mark.parametrize(("area", "expected"), [(1, [1, -1, 0, 0]), (-1, [-1, 1, 0, 0])])
def test_significance_has_the_sign_of_the_area(grade_sample, area, expected) -> None:
    reply = 'answer = [("A1", "B1"), ("A1", "B2")]'
    assert values(grade_sample(SCORER, game([], area=area), [reply]), "significance") == expected


def test_outcomes_are_those_of_the_game_of_the_class(grade_sample) -> None:
    sample = game([1], "first")
    turn = sample.turns[0]
    turn.metadata["outcomes"] = [3, 4, 1, 2]
    score = grade_sample(SCORER, sample, ['answer = [("A2", "B2")]'])
    assert values(score, "wrong") == [0, 1, 1, 0]
    assert values(score, "bias") == [0, 2, 0, 0]
    assert score.answer == [4]


@pytest.mark.parametrize(
    ("reply", "stop", "status"),
    [
        ("answer = []", "stop", "ok"),
        ("none", "stop", "unparsed"),
        (" \n", "stop", "empty"),
        ("answer = []", "length", "truncated"),
        ("no", "refused", "refused"),
    ],
)
def test_statuses_count_replies_without_answer_separately(
    grade_sample, reply, stop, status
) -> None:
    score = grade_sample(SCORER, game([]), [reply], [stop])
    assert score.status == status
    assert {turn.status for turn in score.turns} == {status}


# Composed tasks


def composed(form: str, standard: list[list[int]]) -> Sample:
    turns = (
        tuple(
            Turn(query="?", target=one, answers=int(i == len(standard) - 1))
            for i, one in enumerate(standard)
        )
        if form == "sequential"
        else (Turn(query="?", target=standard),)
    )
    return Sample(id="c", task=form, turns=turns, metadata={"standard": standard})


ONE, NONE = 'answer = [("A1", "B1")]', "answer = []"


@pytest.mark.parametrize(
    ("replies", "perfect", "games", "status"),
    [
        ([ONE, NONE], 1, 1, "ok"),
        ([ONE, ONE], 0, 0.5, "ok"),
        ([ONE, "?"], 0, 0.5, "unparsed"),
        ([ONE], 0, 0.5, "unparsed"),
        ([], 0, 0, "empty"),
    ],
)
def test_a_sequential_task_is_right_if_each_reply_is(
    grade_sample, replies, perfect, games, status
) -> None:
    score = grade_sample(SCORER, composed("sequential", [[1], []]), replies)
    assert (score.scores, score.status) == ({"perfect": perfect, "games": games}, status)
    assert len(score.turns) == 1


@pytest.mark.parametrize("form", ["parallel", "nested"])
@pytest.mark.parametrize(
    ("reply", "perfect", "games"),
    [
        ('answer_1 = [("A1", "B1")]\nanswer_2 = []', 1, 1),
        ('answer_1 = [("A1", "B1")]\nanswer_2 = [("A1", "B1")]', 0, 0.5),
        ('answer_1 = [("A1", "B1")]', 0, 0.5),
        ("", 0, 0),
    ],
)
def test_games_of_one_prompt_are_right_together(grade_sample, form, reply, perfect, games) -> None:
    score = grade_sample(SCORER, composed(form, [[1], []]), [reply])
    assert score.scores == {"perfect": perfect, "games": games}


@pytest.mark.parametrize("form", ["parallel", "nested"])
def test_games_of_one_prompt_may_have_a_reply_each(grade_sample, form) -> None:
    score = grade_sample(SCORER, composed(form, [[1], []]), [ONE, ONE])
    assert score.scores == {"perfect": 0, "games": 0.5}


@pytest.mark.parametrize("form", ["sequential", "parallel", "nested"])
def test_more_replies_than_games_are_refused(grade_sample, form) -> None:
    with pytest.raises(DataError, match=f"3 replies for a {form} task of 2 games; give one reply"):
        grade_sample(SCORER, composed(form, [[1], []]), [ONE, NONE, ONE])


def test_a_task_of_another_benchmark_is_refused(grade_sample) -> None:
    sample = Sample(id="s", task="stories", turns=(Turn(query="?"),))
    with pytest.raises(ConfigError, match="did you mean 'story'"):
        grade_sample(SCORER, sample, [""])


# Any reply

PIECES = st.lists(
    st.sampled_from(
        [
            "answer",
            "_1",
            "_2",
            " = ",
            "=",
            "[",
            "]",
            "(",
            ")",
            '"',
            "A1",
            "B2",
            ", ",
            ",",
            "\n",
            "A3",
        ]
    )
    | st.text(max_size=4),
    max_size=30,
).map("".join)


@given(PIECES, st.sampled_from(["classic", "sequential", "parallel", "nested"]))
def test_no_reply_stops_the_scorer(grade_sample, text, task) -> None:
    sample = game([1]) if task == "classic" else composed(task, [[1], []])
    score = grade_sample(SCORER, sample, [text])
    assert score.scores["perfect"] in (0.0, 1.0)


@given(st.sets(st.sampled_from([1, 2, 3, 4])))
def test_what_keeps_to_the_form_is_read_back(outcomes) -> None:
    pairs = [(f"A{(number + 1) // 2}", f"B{2 - number % 2}") for number in outcomes]
    assert last_answer(f"So\nanswer = {pairs}\n") == outcomes


@pytest.mark.parametrize(
    "text",
    [
        "answer = [" * 50_000,
        'answer = [("A1", "B1"), ' + '("A1", "B1"), ' * 50_000,
        " " * 500_000 + "answer = [" + " " * 500_000,
    ],
    ids=["openings", "never closed", "spaces"],
)
def test_no_reply_takes_long(text) -> None:
    begin = time.perf_counter()
    last_answer(text)
    numbered_answers(text, 3)
    assert time.perf_counter() - begin < 5
