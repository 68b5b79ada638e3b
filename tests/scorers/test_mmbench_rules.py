"""MMBench's groups of passes, by rules and by an extractor, worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import pytest

from evalrun.core.errors import ConfigError, EndpointError, SampleError
from evalrun.core.exchange import Prompt, Reply, ReplyTiming, Request, SampleKey, Usage
from evalrun.core.options import to_options
from evalrun.core.sample import Sample, Turn
from evalrun.scorers.mmbench import ExtractedMMBenchScorer, MMBenchScorer

COLOURS = ("red", "green", "blue")


def question(text: str = "Which colour?", *, answers: Sequence[str | None] = "ACB") -> Sample:
    """Return a question of three passes; red is right, whose letters are A, C and B."""
    turns = tuple(
        Turn(
            query="...",
            target=answer,
            choices=COLOURS[k:] + COLOURS[:k],
            row=k,
            row_id=5 + k * 1_000_000,
            metadata={"letters": "ABC", "base": k == 0, "question": text},
        )
        for k, answer in enumerate(answers)
    )
    return Sample(id="dev_en/5", task="dev_en", turns=turns, row_id=5)


SAMPLE = question()


def by_rules(variant: str = "official") -> MMBenchScorer:
    section = {"name": "mmbench", "variant": variant}
    return MMBenchScorer(to_options(section, MMBenchScorer.Options, "scorer"))


# Rules alone


@pytest.mark.parametrize(
    ("outputs", "circular", "passes"),
    [
        (["A", "(C)", "The answer is B."], 1.0, [1.0, 1.0, 1.0]),
        (["A", "C", "A"], 0.0, [1.0, 1.0, 0.0]),
        (["red", "It is red.", "RED"], 1.0, [1.0, 1.0, 1.0]),
        # What the rules cannot read is wrong.
        (["A", "C", "no idea"], 0.0, [1.0, 1.0, 0.0]),
        (["A", "C", "Cannot determine the answer"], 0.0, [1.0, 1.0, 0.0]),
        (["A", "", "B"], 0.0, [1.0, 0.0, 1.0]),
        ([], 0.0, [0.0, 0.0, 0.0]),
    ],
)
def test_a_question_is_right_if_every_pass_is(grade_sample, outputs, circular, passes) -> None:
    score = grade_sample(by_rules(), SAMPLE, outputs)
    assert score.scores["circular"] == circular
    assert [turn.scores["pass"] for turn in score.turns] == passes
    assert score.scores["vanilla"] == passes[0]
    assert score.scores["pass"] == pytest.approx(sum(passes) / 3)


def test_the_question_stands_on_the_turn_of_its_base_row(grade_sample) -> None:
    first, *others = grade_sample(by_rules(), SAMPLE, ["A", "C", "B"]).turns
    assert list(first.scores) == ["circular", "vanilla", "pass"]
    assert [list(turn.scores) for turn in others] == [["pass"]] * 2


def test_replies_have_their_status(grade_sample) -> None:
    outputs = ["no idea", "", "Z"]
    score = grade_sample(by_rules(), SAMPLE, outputs)
    assert [(turn.answer, turn.status) for turn in score.turns] == [
        (None, "unparsed"),
        (None, "empty"),
        ("Z", "ok"),
    ]
    assert score.status == "empty"


def test_of_an_incomplete_question_what_is_there_counts(grade_sample) -> None:
    two = Sample(id="q", task="t", turns=SAMPLE.turns[:2])
    assert grade_sample(by_rules(), two, ["A", "C"]).scores["circular"] == 1.0
    without_base = Sample(id="q", task="t", turns=SAMPLE.turns[1:])
    assert grade_sample(by_rules(), without_base, ["C", "B"]).scores == {"pass": 1.0}


def test_rows_without_an_answer_have_no_verdict(grade_sample) -> None:
    score = grade_sample(by_rules(), question(answers=[None] * 3), ["A", "C", "B"])
    assert score.scores == {"circular": None, "vanilla": None, "pass": None}
    assert score.status == "not_applicable"


def test_fixed_rules_mend_those_of_the_paper(grade_sample) -> None:
    for outputs in (["A", "c", "B"], ["A", "答案是C", "B"], ["A", "C是答案", "B"]):
        assert grade_sample(by_rules(), SAMPLE, outputs).scores["circular"] == 0.0
        assert grade_sample(by_rules("fixed"), SAMPLE, outputs).scores["circular"] == 1.0
    # The official rules take an article for a letter.
    article = ["A square, perhaps?", "C", "B"]
    assert grade_sample(by_rules(), SAMPLE, article).scores["circular"] == 1.0
    assert grade_sample(by_rules("fixed"), SAMPLE, article).scores["circular"] == 0.0
    refusal = ["I can't process this file. A", "C", "B"]
    assert grade_sample(by_rules("fixed"), SAMPLE, refusal).turns[0].answer == "Z"


def test_the_label_names_the_variant() -> None:
    assert by_rules().label == "mmbench[variant=official]"
    with pytest.raises(ConfigError, match="variant"):
        by_rules("lenient")


# Rules, then an extractor


class Extractor:
    """Answers from a list, and keeps what it was asked."""

    max_concurrency = None

    def __init__(self, *replies: str | Exception) -> None:
        self.replies = list(replies)
        self.keys: list[SampleKey] = []
        self.prompts: list[Prompt] = []
        self.requests: list[Request] = []

    def open(self, prompt: Prompt, key: SampleKey) -> Any:
        self.prompts.append(prompt)
        self.keys.append(key)
        return nullcontext(self)

    async def generate(self, request: Request) -> Reply:
        self.requests.append(request)
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return Reply(
            text=reply,
            stop_reason="stop",
            timing=ReplyTiming(latency_s=0.0),
            usage=Usage(input_tokens=10, output_tokens=1),
        )

    @property
    def asked(self) -> list[str | int | None]:
        return [key.row_id for key in self.keys]


def extracted(extractor: Extractor, **section: Any) -> ExtractedMMBenchScorer:
    section = {"name": "mmbench_extracted", **section}
    options = to_options(section, ExtractedMMBenchScorer.Options, "scorer")
    return ExtractedMMBenchScorer(options, extractor)


def test_only_what_the_rules_cannot_read_is_asked_about(grade_sample) -> None:
    extractor = Extractor("C")
    score = grade_sample(extracted(extractor), SAMPLE, ["A", "the warm one", "B"])
    assert score.scores == {"circular": 1.0}
    assert extractor.asked == [1_000_005]
    assert (extractor.keys[0].row, extractor.requests[0].turn) == (1, 1)
    assert [turn.answer for turn in score.turns] == ["A", "C", "B"]
    assert score.turns[1].usage == Usage(input_tokens=10, output_tokens=1)
    assert (score.turns[1].explanation, score.turns[1].status) == ("C", "ok")


def test_a_question_that_the_rules_find_lost_is_not_asked_about(grade_sample) -> None:
    extractor = Extractor()
    score = grade_sample(extracted(extractor), SAMPLE, ["no idea", "C", "A"])
    assert (score.scores, extractor.asked) == ({"circular": 0.0}, [])
    assert score.turns[0].status == "unparsed"


def test_a_blank_reply_loses_the_question_unasked(grade_sample) -> None:
    for outputs in (["no idea", "C", " "], ["no idea", "C"]):
        extractor = Extractor()
        assert grade_sample(extracted(extractor), SAMPLE, outputs).scores == {"circular": 0.0}
        assert extractor.asked == []


def test_the_first_wrong_pass_ends_the_asking(grade_sample) -> None:
    extractor = Extractor("A", "B")
    score = grade_sample(extracted(extractor), SAMPLE, ["one", "two", "three"])
    assert (score.scores, extractor.asked) == ({"circular": 0.0}, [5, 1_000_005])


def test_with_all_passes_every_unread_one_is_asked_about(grade_sample) -> None:
    extractor = Extractor("A", "Z", "B")
    score = grade_sample(extracted(extractor, passes="all"), SAMPLE, ["one", "two", "three"])
    assert extractor.asked == [5, 1_000_005, 2_000_005]
    assert score.scores == {"circular": 0.0, "vanilla": 1.0, "pass": pytest.approx(2 / 3)}
    assert [turn.answer for turn in score.turns] == ["A", "Z", "B"]


def test_an_answer_without_a_letter_is_asked_for_three_times(grade_sample) -> None:
    extractor = Extractor("hm", "well", "(C)")
    score = grade_sample(extracted(extractor), SAMPLE, ["A", "the warm one", "B"])
    assert score.scores == {"circular": 1.0}
    assert [request.sampling.seed for request in extractor.requests] == [0, 1, 2]
    assert score.turns[1].usage == Usage(input_tokens=30, output_tokens=3)
    assert score.turns[1].explanation == "hm\nwell\n(C)"


def test_then_an_option_is_drawn_by_the_seed(grade_sample) -> None:
    drawn: dict[int, set[Any]] = {seed: set() for seed in range(40)}
    for seed, letters in drawn.items():
        for _ in range(2):
            scorer = extracted(Extractor(*["hm"] * 3), seed=seed)
            verdict = grade_sample(scorer, SAMPLE, ["A", "the warm one", "B"]).turns[1]
            letters.add(verdict.answer)
            assert verdict.status == "unparsed"
            assert f"No letter in 3 answers; drawn at random: {verdict.answer}." in str(
                verdict.explanation
            )
    assert all(len(letters) == 1 for letters in drawn.values())
    assert set.union(*drawn.values()) == {"A", "B", "C", "Z"}


def test_fixed_counts_that_as_wrong(grade_sample) -> None:
    scorer = extracted(Extractor(*["hm"] * 3), variant="fixed")
    score = grade_sample(scorer, SAMPLE, ["A", "the warm one", "B"])
    assert score.scores == {"circular": 0.0}
    assert (score.turns[1].answer, score.turns[1].status) == (None, "unparsed")
    assert "left unread" in str(score.turns[1].explanation)


def test_the_extractor_is_shown_question_options_and_reply(grade_sample) -> None:
    extractor = Extractor("C")
    grade_sample(extracted(extractor), SAMPLE, ["A", "Reply with Z.", "B"])
    assert extractor.prompts == []
    grade_sample(extracted(extractor), SAMPLE, ["A", "the warm one", "B"])
    (message,) = extractor.prompts[0].messages
    shown = str(message.content)
    for part in (
        "Which colour?",
        "A. green\nB. blue\nC. red",
        "the warm one",
        "one capital letter",
    ):
        assert part in shown


def test_questions_in_chinese_are_asked_about_in_chinese(grade_sample) -> None:
    extractor = Extractor("C")
    grade_sample(extracted(extractor), question("什么颜色"), ["A", "暖色", "B"])
    assert "只写一个大写字母" in str(extractor.prompts[0].messages[0].content)


def test_an_extractor_that_fails_is_a_scorer_error_of_the_sample(grade_sample) -> None:
    extractor = Extractor(SampleError("no reply", kind="server"))
    score = grade_sample(extracted(extractor), SAMPLE, ["A", "the warm one", "B"])
    assert (score.status, score.scores) == ("scorer_error", {"circular": None})
    assert len(extractor.asked) == 1
    broken = Extractor(EndpointError("wrong key"))
    with pytest.raises(EndpointError, match="wrong key"):
        grade_sample(extracted(broken), SAMPLE, ["A", "the warm one", "B"])


def test_the_label_tells_what_was_read() -> None:
    assert extracted(Extractor()).label == "mmbench_extracted[variant=official]"
    assert extracted(Extractor(), passes="all", seed=1).label == (
        "mmbench_extracted[variant=official,passes=all,seed=1]"
    )
