"""The needle's grid, where the needle is hidden, and the text that it is hidden in."""

from __future__ import annotations

import random
import re
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.benchmarks.needle import NEEDLE, Needle
from evalrun.benchmarks.needle_filler import sentences
from evalrun.benchmarks.needle_haystack import hide, made_haystack
from evalrun.core.errors import ConfigError, DataError
from evalrun.core.hashing import sha256_of_file
from evalrun.core.options import to_options
from evalrun.core.sample import Sample

SHORT = {"start": 400, "stop": 600, "step": 100}
DEPTHS = (0, 11, 22, 33, 44, 56, 67, 78, 89, 100)
HIDDEN = f"\n{NEEDLE}\n"


def needle(**section: Any) -> Needle:
    return Needle(to_options({"name": "needle", **section}, Needle.Options, "benchmark"))


def haystack_of(sample: Sample) -> str:
    """Return the text between the tags, with the needle in it."""
    return sample.context.partition("<book>\n")[2]


def test_the_default_grid_is_that_of_the_papers_figure() -> None:
    cells = [(sample.metadata["length"], sample.metadata["depth"]) for sample in needle().samples()]
    assert cells == [(length, depth) for length in range(1000, 8001, 100) for depth in DEPTHS]


def test_a_cell_can_be_found_again_by_the_id_of_its_sample() -> None:
    for row, sample in enumerate(needle(lengths=SHORT, depths=[0, 50]).samples()):
        length, depth = sample.metadata["length"], sample.metadata["depth"]
        assert sample.id == f"needle/{length}/{depth}"
        assert (sample.task, sample.group, sample.row) == ("needle", f"needle/{length}", row)


def test_a_limit_takes_the_first_cells() -> None:
    samples = needle(lengths=SHORT, depths=[0, 100]).samples(3)
    assert [s.id for s in samples] == ["needle/400/0", "needle/400/100", "needle/500/0"]


def test_the_question_follows_the_text_and_the_needle_is_its_answer() -> None:
    (sample,) = needle(lengths=SHORT).samples(1)
    (turn,) = sample.turns
    assert turn.query == (
        "\n</book>\n\nAnswer with what the book says.\n"
        "Question: The best thing to do in San Francisco is: \nAnswer:"
    )
    assert (turn.target, turn.max_tokens) == (NEEDLE, 30)
    assert NEEDLE.startswith("The best thing to do in San Francisco is eat a sandwich and sit in")


def test_length_counts_text_and_needle_less_the_reserve() -> None:
    benchmark = needle(lengths=SHORT, chars_per_token=5.0, reserved_tokens=100)
    for sample in benchmark.samples():
        assert len(haystack_of(sample)) == (sample.metadata["length"] - 100) * 5


@pytest.mark.parametrize("depth", DEPTHS)
def test_a_depth_is_the_share_of_the_text_before_the_needle(depth) -> None:
    (sample,) = needle(lengths={"start": 8000}, depths=[depth]).samples(1)
    before, found, after = haystack_of(sample).partition(HIDDEN)
    assert found
    # A sentence of the made-up prose has less than 130 characters.
    assert len(before) / len(before + after) == pytest.approx(depth / 100, abs=130 / 30_000)


@given(
    text=st.text(alphabet="ab .", min_size=1, max_size=80),
    depth=st.integers(0, 100),
)
def test_a_needle_stands_behind_a_full_stop_or_first_or_last(text: str, depth: int) -> None:
    before, _, after = hide("NEEDLE", text, depth).partition("NEEDLE")
    assert before + after == text
    assert not before or before.endswith(".") or depth == 100
    if depth < 100:
        assert len(before) <= len(text) * depth / 100
        # There is no later full stop that would still be in the share.
        assert "." not in text[len(before) : len(text) * depth // 100]
    else:
        assert not after


@pytest.mark.parametrize(
    ("depth", "hidden"),
    [
        (0, "|One two. Three four. Five"),
        (30, "|One two. Three four. Five"),
        (40, "One two.| Three four. Five"),
        (99, "One two. Three four.| Five"),
        (100, "One two. Three four. Five|"),
    ],
)
def test_hiding_by_hand(depth, hidden) -> None:
    assert hide("|", "One two. Three four. Five", depth) == hidden


def test_made_up_prose_depends_on_the_seed_alone_and_grows_at_its_end() -> None:
    assert made_haystack(1, 5000) == made_haystack(1, 9000)[:5000]
    assert len(made_haystack(1, 5000)) == 5000
    assert made_haystack(1, 5000) != made_haystack(2, 5000)


@pytest.mark.parametrize("seed", range(3))
def test_made_up_sentences_repeat_rarely_and_never_speak_of_the_needle(seed) -> None:
    # As many as the longest context of the default grid has.
    made = [s.strip() for s in islice(sentences(random.Random(seed)), 450)]
    assert len(set(made)) > 0.99 * len(made)
    words = set(re.findall(r"\w+", " ".join(made).lower()))
    assert not words & {"san", "francisco", "sandwich", "dolores", "sunny", "best", "thing"}
    assert all(re.fullmatch(r"[A-Z][^.]{20,129}\.", sentence) for sentence in made)


def test_samples_without_texts_of_ones_own_are_synthetic(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("A sentence.")
    assert next(needle().samples()).metadata["synthetic"] is True
    assert next(needle(haystack=str(tmp_path)).samples()).metadata["synthetic"] is False


def test_the_texts_of_a_folder_are_put_together_by_name_and_start_again(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("Second. ")
    (tmp_path / "a.txt").write_text("First. ")
    (tmp_path / "c.md").write_text("Not a text.")
    benchmark = needle(haystack=str(tmp_path), lengths={"start": 300}, depths=[100])
    text = haystack_of(next(benchmark.samples())).removesuffix(HIDDEN)
    assert text == ("First. Second. " * 100)[: len(text)]
    assert benchmark.problems() == ()
    assert benchmark.provenance()["files"] == {
        name: sha256_of_file(tmp_path / name) for name in ("a.txt", "b.txt")
    }


def test_a_single_text_may_be_the_haystack(tmp_path: Path) -> None:
    path = tmp_path / "essay.md"
    path.write_text("An essay. " * 1000)
    sample = next(needle(haystack=str(path), depths=[50]).samples())
    assert haystack_of(sample).startswith("An essay. An essay. ")


def test_a_haystack_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        (problem,) = needle(haystack=str(path)).problems()
        assert str(path) in problem.what
        assert "benchmark.haystack" in problem.remedy


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"a\.txt: no text to hide the needle in"),
        (b"\xff", r"a\.txt: cannot be read as UTF-8"),
    ],
)
def test_a_haystack_without_text_is_named(tmp_path: Path, content, message) -> None:
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(DataError, match=message):
        list(needle(haystack=str(tmp_path)).samples(1))


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"depths": [101]}, r"benchmark\.depths"),
        ({"depths": []}, "must each name at least one"),
        ({"depths": [5, 5]}, "names a depth twice"),
        ({"lengths": {"start": 9000}}, "must each name at least one"),
        ({"lengths": {"start": 210}}, r"lengths\.start=210 leaves no room for the needle"),
        ({"lengths": {"sart": 1}}, r"'benchmark\.lengths\.sart': did you mean 'start'"),
        ({"chars_per_token": 0}, r"benchmark\.chars_per_token"),
    ],
)
def test_a_grid_that_cannot_be_is_refused(section, message) -> None:
    with pytest.raises(ConfigError, match=message):
        needle(**section)


def test_the_wording_can_be_ones_own() -> None:
    own = needle(template="{context} Q: {question}", question="Where?", needle="Here.")
    sample = next(own.samples())
    assert sample.turns[0].query == " Q: Where?"
    assert "\nHere.\n" in sample.context
    assert own.provenance()["prompts"] == "benchmark.template"
    assert needle().provenance()["prompts"] == "evalrun wording"


@pytest.mark.parametrize("template", ["{question}", "{context}{context}", "{context} {qestion}"])
def test_a_template_that_does_not_fit_is_named(template) -> None:
    with pytest.raises(DataError, match=r"benchmark\.template"):
        next(needle(template=template).samples())
