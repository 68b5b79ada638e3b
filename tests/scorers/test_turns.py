"""How verdicts on turns become the score of a prediction."""

from __future__ import annotations

import pytest

from evalrun.core.errors import DataError, EndpointError, SampleError
from evalrun.core.sample import Sample, Turn
from evalrun.scorers.choice import ChoiceOptions, ChoiceScorer
from evalrun.scorers.exact import ExactOptions, ExactScorer
from evalrun.scorers.numeric import NumericOptions, NumericScorer
from evalrun.scorers.scbench import SCBenchOptions, SCBenchScorer
from evalrun.scorers.turns import Rule, TurnReply, Verdict, always, grade_turns, label_of

EXACT = ExactScorer(ExactOptions())
CHOICE = ChoiceScorer(ChoiceOptions())


def sample_of(*targets: object) -> Sample:
    turns = tuple(Turn(query="?", target=target) for target in targets)
    return Sample(id="s", task="t", turns=turns, group="g")


class RuleScorer:
    """Grades every reply by one rule."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule

    async def score(self, sample, prediction):
        return await grade_turns(sample, prediction, label="rule", rule_of=always(self._rule))


def test_the_score_says_what_was_graded_and_by_what(grade_sample):
    score = grade_sample(EXACT, sample_of("a"), ["a"])
    assert (score.id, score.sample_id, score.epoch) == ("s#0", "s", 0)
    assert (score.task, score.group, score.scorer) == ("t", "g", "exact")
    assert (score.scores, score.answer, score.status) == ({"accuracy": 1.0}, "a", "ok")


def test_several_turns_give_their_mean_and_a_list_of_answers(grade_sample):
    score = grade_sample(EXACT, sample_of("a", "b", "c"), ["a", "x", "c"])
    assert score.scores == {"accuracy": pytest.approx(2 / 3)}
    assert score.answer == ["a", "x", "c"]
    assert [turn.scores["accuracy"] for turn in score.turns] == [1, 0, 1]
    assert [turn.turn for turn in score.turns] == [0, 1, 2]


def test_a_metric_is_averaged_over_the_turns_that_have_it(grade_sample):
    turns = (
        Turn(query="?", target="a cat sat", subtask="scbench_summary"),
        Turn(query="?", target="7", subtask="scbench_passkey"),
        Turn(query="?", target="8", subtask="scbench_passkey"),
    )
    sample = Sample(id="s", task="scbench_summary_with_needles", turns=turns)
    score = grade_sample(SCBenchScorer(SCBenchOptions()), sample, ["a cat sat", "7", "9"])
    assert score.scores == {"rouge_lsum": 1.0, "accuracy": 0.5}
    assert [turn.subtask for turn in score.turns] == [turn.subtask for turn in turns]


@pytest.mark.parametrize(
    ("output", "stop", "status", "value"),
    [
        ("a", "stop", "ok", 1),
        ("a", None, "ok", 1),
        ("a", "length", "truncated", 1),
        ("b", "length", "truncated", 0),
        ("a", "refused", "refused", 1),
        ("", "refused", "refused", 0),
        ("", "stop", "empty", 0),
        (" \n", None, "empty", 0),
        ("", "length", "empty", 0),
    ],
)
def test_the_status_tells_how_a_reply_ended_and_leaves_the_value(
    grade, output, stop, status, value
):
    turn = grade(EXACT, output, "a", stop=stop)
    assert (turn.status, turn.scores) == (status, {"accuracy": value})


def test_a_reply_without_an_answer_is_unparsed_even_when_it_was_cut_off(grade):
    turn = grade(NumericScorer(NumericOptions()), "no idea", "4", stop="length")
    assert (turn.status, turn.scores, turn.answer) == ("unparsed", {"accuracy": 0}, None)


def test_missing_replies_count_as_empty(grade_sample):
    score = grade_sample(EXACT, sample_of("a", "b"), ["a"])
    assert [turn.status for turn in score.turns] == ["ok", "empty"]
    assert (score.scores, score.status) == ({"accuracy": 0.5}, "empty")
    assert grade_sample(EXACT, sample_of("a", "b"), []).scores == {"accuracy": 0.0}


def test_more_replies_than_turns_are_a_mistake_in_the_data(grade_sample):
    with pytest.raises(DataError, match=r"s#0: 3 replies for a sample of 2 turn"):
        grade_sample(EXACT, sample_of("a", "b"), ["a", "b", "c"])


def test_several_replies_to_one_question_are_votes(grade_sample):
    score = grade_sample(CHOICE, sample_of("A"), ["B", "A", "A"])
    assert (score.scores, score.answer, len(score.turns)) == ({"accuracy": 1}, "A", 1)
    assert grade_sample(CHOICE, sample_of("A"), ["B", "A", "B"]).scores == {"accuracy": 0}


def test_of_equal_votes_the_first_answer_counts_and_replies_without_one_do_not_vote(grade_sample):
    assert grade_sample(CHOICE, sample_of("A"), ["A", "B"]).scores == {"accuracy": 1}
    score = grade_sample(CHOICE, sample_of("A"), ["", "it depends", "A"])
    assert (score.scores, score.status) == ({"accuracy": 1}, "ok")


def test_a_vote_without_any_answer_has_the_status_of_its_first_reply(grade_sample):
    score = grade_sample(CHOICE, sample_of("A"), ["it depends", ""])
    assert (score.scores, score.status) == ({"accuracy": 0}, "unparsed")


def test_a_vote_in_which_a_rule_failed_is_a_scorer_error(grade_sample):
    def fails(reply: TurnReply) -> Verdict:
        return Verdict(scores={"m": 1.0 / len(reply.output.strip("x"))}, answer=reply.output)

    score = grade_sample(RuleScorer(Rule(("m",), fails)), sample_of("t"), ["ab", "xx"])
    assert (score.scores, score.status) == ({"m": None}, "scorer_error")


def test_an_answer_is_always_text_that_can_be_written(grade_sample):
    score = grade_sample(EXACT, sample_of("a"), ["a \ud800"])
    assert score.answer == "a \ufffd"


@pytest.mark.parametrize("target", [None, []])
def test_a_row_without_target_cannot_be_graded(grade, target):
    turn = grade(EXACT, "a", target)
    assert (turn.status, turn.scores) == ("not_applicable", {"accuracy": None})


def test_a_failing_rule_gives_no_value_and_says_why(grade_sample):
    def fails(reply: TurnReply) -> Verdict:
        if reply.index == 1:
            raise ZeroDivisionError("by zero")
        return Verdict(scores={"m": 1.0})

    score = grade_sample(RuleScorer(Rule(("m",), fails)), sample_of("a", "b"), ["x", "y"])
    assert [turn.status for turn in score.turns] == ["ok", "scorer_error"]
    assert score.turns[1].scores == {"m": None}
    assert score.turns[1].explanation == "ZeroDivisionError('by zero')"
    assert (score.scores, score.status) == ({"m": 1.0}, "scorer_error")


def test_a_row_without_any_value_has_none_rather_than_zero(grade_sample):
    assert grade_sample(EXACT, sample_of(None, None), ["a", "b"]).scores == {"accuracy": None}


def test_a_judge_that_can_serve_no_sample_stops_the_grading(grade_sample):
    async def judge(reply: TurnReply) -> Verdict:
        raise EndpointError("wrong key")

    with pytest.raises(EndpointError, match="wrong key"):
        grade_sample(RuleScorer(Rule(("m",), judge)), sample_of("a"), ["x"])


def test_a_judge_that_fails_on_one_sample_does_not(grade_sample):
    async def judge(reply: TurnReply) -> Verdict:
        raise SampleError("too long", kind="context_length")

    score = grade_sample(RuleScorer(Rule(("m",), judge)), sample_of("a"), ["x"])
    assert (score.status, score.turns[0].explanation) == ("scorer_error", "too long")


# Several answers in one reply


def _each_word(reply: TurnReply) -> list[Verdict]:
    words = reply.output.split()
    pairs = zip(words, reply.turn.target, strict=False)
    return [Verdict(scores={"m": float(word == target)}, answer=word) for word, target in pairs]


def asking_for(*targets: list[str]) -> Sample:
    turns = tuple(Turn(query="?", target=t, answers=len(t)) for t in targets)
    return Sample(id="s", task="t", turns=turns)


def test_each_answer_of_a_reply_has_a_verdict_of_its_own(grade_sample):
    sample = asking_for(["a", "b"], ["c"])
    score = grade_sample(RuleScorer(Rule(("m",), _each_word)), sample, ["a x", "c"])
    assert [turn.turn for turn in score.turns] == [0, 1, 2]
    assert [turn.scores["m"] for turn in score.turns] == [1, 0, 1]
    assert (score.scores, score.answer) == ({"m": pytest.approx(2 / 3)}, ["a", "x", "c"])


def test_a_rule_that_forgets_an_answer_gives_no_value_to_any(grade_sample):
    scorer = RuleScorer(Rule(("m",), _each_word))
    score = grade_sample(scorer, asking_for(["a", "b", "c"]), ["a b"])
    assert [turn.status for turn in score.turns] == ["scorer_error"] * 3
    assert score.scores == {"m": None}
    assert "2 verdict(s) on 3 answer(s)" in score.turns[0].explanation


@pytest.mark.parametrize("blank", [0.0, None])
def test_a_rule_says_what_each_answer_of_a_blank_reply_counts(grade_sample, blank):
    scorer = RuleScorer(Rule(("m",), _each_word, blank=blank))
    score = grade_sample(scorer, asking_for(["a", "b"]), [" "])
    assert [(turn.status, turn.scores["m"]) for turn in score.turns] == [("empty", blank)] * 2
    assert score.scores == {"m": blank}


def test_labels_show_the_options_that_are_not_default():
    assert label_of(ExactOptions()) == "exact"
    assert label_of(ExactOptions(ignore_case=True)) == "exact[ignore_case=true]"
    numeric = NumericOptions(absolute_tolerance=0.5, relative_tolerance=0.01)
    assert label_of(numeric) == "numeric[absolute_tolerance=0.5,relative_tolerance=0.01]"


def test_the_variant_of_scbench_is_always_shown():
    assert SCBenchScorer(SCBenchOptions()).label == "scbench[variant=official]"
    assert SCBenchScorer(SCBenchOptions(variant="fixed")).label == "scbench[variant=fixed]"


def test_answers_of_a_reply_may_be_of_different_subtasks(grade_sample):
    turn = Turn(query="?", target=["a", "b"], answers=2, subtasks=("first", "second"))
    sample = Sample(id="s", task="t", turns=(turn,))
    score = grade_sample(RuleScorer(Rule(("m",), _each_word)), sample, ["a x"])
    assert [(one.subtask, one.scores["m"]) for one in score.turns] == [("first", 1), ("second", 0)]
