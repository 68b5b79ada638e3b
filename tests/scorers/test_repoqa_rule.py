"""RepoQA: the function in a reply, and the most similar function of its repository."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.core.errors import DataError
from evalrun.core.sample import Sample, Turn
from evalrun.scorers.scbench import SCBenchOptions, SCBenchScorer
from evalrun.scorers.scbench.functions import fenced_blocks, function_in
from evalrun.scorers.scbench.repoqa import Function, most_similar

OFFICIAL = SCBenchScorer(SCBenchOptions())
FIXED = SCBenchScorer(SCBenchOptions(variant="fixed"))

AREA = "def area(width, height):\n    result = width * height\n    return result"
MEAN = "def mean(values):\n    total = sum(values)\n    return total / len(values)"

# Per language: code around the function, and the function alone.
CODE = {
    "python": ("import os\n\n{}\n\nprint(area(1, 2))", AREA),
    "java": (
        "class Shapes {{\n    {}\n    int side;\n}}",
        "int area(int w, int h) {\n        return w * h;\n    }",
    ),
    "typescript": (
        'import x from "y";\nexport {}\nconst z = 1;',
        "function area(w: number, h: number): number {\n  return w * h;\n}",
    ),
    "rust": (
        "use std::fmt;\n#[inline]\n{}\nstruct S;",
        "pub fn area(w: u32, h: u32) -> u32 {\n    w * h\n}",
    ),
    "cpp": (
        "#include <vector>\nint Shape::side() {{ return 1; }}\n{}\nint x;",
        "int area(int w, int h) {\n  return w * h;\n}",
    ),
    "go": (
        "package shapes\n\nfunc (s Shape) Side() int {{ return 1 }}\n\n{}",
        "func Area(w int, h int) int {\n\treturn w * h\n}",
    ),
}


def row(
    *functions: str, task: str = "scbench_repoqa", language: str = "python", **metadata: object
) -> Sample:
    """Return a row whose turns ask for `functions`, named by their first word after `def`."""
    turns = tuple(
        Turn(
            query="?",
            target=source,
            subtask="scbench_repoqa",
            metadata={"name": re.findall(r"def (\w+)", source)[0]},
        )
        for source in functions
    )
    return Sample(
        id="s", task=task, turns=turns, metadata={"repo": "r", "lang": language, **metadata}
    )


def fenced(code: str, language: str = "") -> str:
    return f"Here it is:\n```{language}\n{code}\n```\nDone."


@pytest.mark.parametrize("language", sorted(CODE))
def test_the_first_function_of_a_block_is_taken(language):
    around, function = CODE[language]
    assert function_in(fenced(around.format(function), language), language) == function


@pytest.mark.parametrize("language", sorted(CODE))
def test_code_without_function_is_taken_whole(language):
    assert function_in(fenced("x ;", language), language) == "x ;\n"


@pytest.mark.parametrize("language", sorted(CODE))
def test_a_golden_function_in_a_block_is_right_in_every_language(grade_sample, language):
    around, function = CODE[language]
    turns = (Turn(query="?", target=function, metadata={"name": "area"}),)
    metadata = {"repo": "r", "lang": language}
    sample = Sample(id="s", task="scbench_repoqa", turns=turns, metadata=metadata)
    scorer = OFFICIAL.prepared([sample])
    score = grade_sample(scorer, sample, [fenced(around.format(function), language)])
    assert (score.scores, score.answer) == ({"pass@1": 1.0}, "area")


def test_a_later_block_counts_when_the_first_has_no_function():
    assert function_in(f"```\nx = 1\n```\n\n```python\n{AREA}\n```", "python") == AREA


def test_of_two_functions_in_a_block_the_first_is_taken():
    assert function_in(fenced(f"{AREA}\n\n{MEAN}"), "python") == AREA


def test_functions_inside_classes_and_decorators_are_found():
    code = "class A:\n    @cached\n    def m(self):\n        return 1"
    assert function_in(fenced(code), "python") == "def m(self):\n        return 1"


@pytest.mark.parametrize(
    "reply",
    [
        AREA,
        f"```python\n{AREA}",
        f"  text ```python\n{AREA}\n```",
        f"```python title\n{AREA}",
    ],
)
def test_without_a_closed_block_the_reply_is_taken_as_it_is(reply):
    assert function_in(reply, "python") == reply.strip()


def test_an_unknown_language_is_named():
    with pytest.raises(DataError, match=r"no language 'pyton'; did you mean 'python'"):
        function_in("x", "pyton")


@given(st.lists(st.sampled_from(["```", "```py", "``` x", "\n", " ", "a", "\t\n", "`"])))
def test_blocks_are_those_of_the_published_pattern(pieces):
    text = "".join(pieces)
    pattern = r"^```(?:\w+)?\s*\n(.*?)(?=^```)```"
    assert list(fenced_blocks(text)) == re.findall(pattern, text, re.DOTALL | re.MULTILINE)


def test_similarity_is_smoothed_bleu():
    match = most_similar("a b c d e", [Function("f", "a b c d x")])
    # Precisions 4/5, 3/4, 2/3 and 1/2; no brevity penalty; no smoothing needed.
    assert match.similarity == pytest.approx((4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25)


def test_short_matches_are_smoothed_by_the_length_of_the_reply():
    match = most_similar("a b x y", [Function("f", "a b c d")])
    # Precisions 2/4, 1/3, then ln(4)/(2*5) over 2 and ln(4)/(4*5) over 1 in place of zeros.
    log4 = 1.3862943611198906
    expected = (2 / 4 * 1 / 3 * (log4 / 10 / 2) * (log4 / 20)) ** 0.25
    assert match.similarity == pytest.approx(expected)


def test_of_equal_candidates_the_first_wins_and_nothing_similar_has_no_name():
    twins = [Function("first", "a b c d"), Function("second", "a b c d")]
    assert most_similar("a b c d", twins).name == "first"
    assert most_similar("x", twins) == most_similar("", twins)
    assert (most_similar("x", twins).name, most_similar("x", twins).similarity) == (None, 0)


def test_comments_count_against_a_reply(grade_sample):
    sample = row(AREA)
    commented = AREA.replace("\n", "  # a remark of several more words\n", 1)
    score = grade_sample(OFFICIAL.prepared([sample]), sample, [fenced(commented)])
    assert (score.scores, score.answer) == ({"pass@1": 0.0}, "area")


def test_another_function_of_the_repository_is_wrong(grade_sample):
    sample = row(AREA, MEAN)
    score = grade_sample(OFFICIAL.prepared([sample]), sample, [fenced(MEAN), fenced(MEAN)])
    assert [turn.scores for turn in score.turns] == [{"pass@1": 0.0}, {"pass@1": 1.0}]
    assert score.answer == ["mean", "mean"]
    assert score.turns[0].explanation == "most similar: mean, BLEU 1.0000"


def test_candidates_come_from_all_rows_of_the_same_repository_and_task(grade_sample):
    # The reply is nearer to the twin: whether it is right depends on the rows that are graded.
    twin = AREA.replace("def area", "def area2").replace("result", "product")
    reply = twin.replace("def area2", "def area")
    alone, other = row(AREA), row(twin)
    unlike = [row(twin, task="scbench_repoqa_and_kv"), row(twin, repo="elsewhere")]
    assert grade_sample(OFFICIAL.prepared([alone, *unlike]), alone, [reply]).answer == "area"
    assert grade_sample(OFFICIAL.prepared([alone, other]), alone, [reply]).answer == "area2"


def test_the_fixed_variant_takes_candidates_from_the_whole_file(grade_sample):
    twin = AREA.replace("def area", "def area2").replace("result", "product")
    reply = twin.replace("def area2", "def area")
    sample = row(AREA, repo_functions={"area": AREA, "area2": twin})
    assert grade_sample(OFFICIAL.prepared([sample]), sample, [reply]).answer == "area"
    assert grade_sample(FIXED.prepared([sample]), sample, [reply]).answer == "area2"
    bare = row(AREA)
    assert grade_sample(FIXED.prepared([bare]), bare, [AREA]).scores == {"pass@1": 1.0}


def test_mixed_rows_have_a_metric_for_each_subtask(grade_sample):
    function = row(AREA).turns[0]
    key = Turn(query="?", target="v1", subtask="scbench_kv")
    metadata = {"repo": "r", "lang": "python"}
    sample = Sample(id="s", task="scbench_repoqa_and_kv", turns=(function, key), metadata=metadata)
    score = grade_sample(OFFICIAL.prepared([sample]), sample, [AREA, "v2"])
    assert score.scores == {"pass@1": 1.0, "accuracy": 0.0}


def test_a_blank_reply_passes_nothing(grade_sample):
    sample = row(AREA)
    score = grade_sample(OFFICIAL.prepared([sample]), sample, [""])
    assert (score.scores, score.status) == ({"pass@1": 0.0}, "empty")


def test_functions_cannot_be_graded_before_all_samples_are_seen(grade_sample):
    score = grade_sample(OFFICIAL, row(AREA), [AREA])
    assert (score.scores, score.status) == ({"pass@1": None}, "scorer_error")


@pytest.mark.parametrize(
    ("sample", "message"),
    [
        (row(AREA, language="cobol"), "no language 'cobol'"),
        (row(AREA, repo=None), "'repo'"),
        (
            Sample(
                id="s",
                task="scbench_repoqa",
                turns=(Turn(query="?", target=AREA),),
                metadata={"repo": "r", "lang": "go"},
            ),
            "'name'",
        ),
    ],
)
def test_rows_that_lack_what_grading_needs_are_refused_before_the_run(sample, message):
    with pytest.raises(DataError, match=message):
        OFFICIAL.prepared([sample])


@given(output=st.text() | st.lists(st.sampled_from(["```\n", AREA, "\n", "def", "x"])).map("".join))
def test_any_reply_passes_or_fails(grade_sample, output):
    sample = row(AREA, MEAN)
    score = grade_sample(OFFICIAL.prepared([sample]), sample, [output, output])
    assert score.status in ("ok", "empty")
    assert score.scores["pass@1"] in (0.0, 0.5)


def test_a_lone_surrogate_does_not_break_the_grading(grade_sample):
    sample = row(AREA)
    score = grade_sample(OFFICIAL.prepared([sample]), sample, [fenced(AREA + "\ud800")])
    assert score.status == "ok"
