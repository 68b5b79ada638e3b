"""Rows of MMBench as samples: circular passes, images, prompts, labels."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks.mmbench import MMBench
from evalrun.core.content import ImagePart, TextPart
from evalrun.core.errors import ConfigError, DataError
from evalrun.core.media import NoImageError, decoded_image, image_type
from evalrun.core.options import to_options
from evalrun.core.rows import read_rows
from evalrun.core.sample import Sample

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "mmbench"
DEV = FIXTURES / "MMBench_DEV_EN.tsv"
Row = dict[str, str]


def mmbench(**section: Any) -> MMBench:
    section = {"name": "mmbench", "data_dir": str(FIXTURES), **section}
    return MMBench(to_options(section, MMBench.Options, "benchmark"))


def samples(**section: Any) -> list[Sample]:
    return list(mmbench(**section).samples())


def changed(folder: Path, change: Callable[[list[Row]], object]) -> Path:
    """Write the rows of our own file after a `change`."""
    rows: list[Row] = [row for _, row in read_rows(DEV)]
    change(rows)
    path = folder / "rows.tsv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter="\t")
        writer.writeheader()
        writer.writerows(rows)
    return path


def image_of(sample: Sample) -> ImagePart:
    (image,) = (part for part in sample.context if isinstance(part, ImagePart))
    return image


# Passes


def test_the_passes_of_a_question_are_one_sample() -> None:
    first, second, third = samples()
    assert [s.id for s in (first, second, third)] == ["dev_en/3", "dev_en/5", "dev_en/8"]
    assert [len(s.turns) for s in (first, second, third)] == [4, 2, 3]
    assert [turn.row_id for turn in first.turns] == [3, 1_000_003, 2_000_003, 3_000_003]
    assert [turn.row for turn in first.turns] == [0, 3, 6, 8]
    assert (first.row, first.row_id) == (0, 3)
    assert [turn.target for turn in first.turns] == ["A", "D", "C", "B"]
    assert first.turns[1].choices == ("green", "blue", "yellow", "red")
    assert [turn.metadata["base"] for turn in first.turns] == [True, False, False, False]
    assert {turn.max_tokens for turn in first.turns} == {1024}


def test_options_that_are_not_there_have_no_letter() -> None:
    _, two, three = samples()
    assert two.turns[0].metadata["letters"] == "AB"
    assert three.turns[1].choices == ("angry", "None of these", "calm")


@pytest.mark.parametrize("missing", ["", "nan", "NaN", "None", "N/A"])
def test_cells_that_pandas_takes_for_missing_are(tmp_path: Path, missing: str) -> None:
    path = changed(tmp_path, lambda rows: rows[0].update(D=missing, hint=missing))
    first, *_ = samples(path=str(path))
    assert first.turns[0].metadata["letters"] == "ABC"
    assert "Hint" not in str(first.context)


def test_a_column_names_the_group_where_it_is_there(tmp_path: Path) -> None:
    def regroup(rows: list[Row]) -> None:
        for number, row in enumerate(rows):
            row["g_index"] = str(int(row["index"]) % 1_000_000)
            row["index"] = row["g_index"] if row["index"] == row["g_index"] else str(50 + number)

    first, *_ = samples(path=str(changed(tmp_path, regroup)))
    assert [turn.row_id for turn in first.turns] == [3, 53, 56, 58]


def test_rows_in_any_order_give_the_passes_in_theirs(tmp_path: Path) -> None:
    path = changed(tmp_path, lambda rows: rows.reverse())
    assert [s.id for s in samples(path=str(path))] == ["dev_en/8", "dev_en/5", "dev_en/3"]
    assert [turn.row_id for turn in samples(path=str(path))[2].turns][:2] == [3, 1_000_003]


def test_the_limit_counts_questions_of_each_task() -> None:
    found = list(mmbench(task=["dev_en", "ccbench"]).samples(1))
    assert [s.id for s in found] == ["dev_en/3", "ccbench/0"]
    assert Counter(s.task for s in mmbench(task="dev_en,ccbench").samples(2)) == {
        "dev_en": 2,
        "ccbench": 2,
    }


# Images


def test_the_image_of_the_base_row_serves_all_passes() -> None:
    types = [image_type(decoded_image(image_of(sample).url)) for sample in samples()]
    assert types == ["image/png", "image/jpeg", "image/png"]
    assert image_of(samples()[1]).url.startswith("data:image/jpeg;base64,/9j/")


def test_legacy_rows_that_repeat_the_image_are_the_same(tmp_path: Path) -> None:
    def repeat(rows: list[Row]) -> None:
        images = {row["index"]: row["image"] for row in rows}
        for row in rows:
            row["image"] = images.get(row["image"], row["image"])

    assert samples(path=str(changed(tmp_path, repeat))) == samples(path=str(DEV))


def test_a_question_may_refer_to_the_image_of_another(tmp_path: Path) -> None:
    path = changed(tmp_path, lambda rows: rows[0].update(image="8"))
    by_id = {sample.id: sample for sample in samples(path=str(path))}
    assert list(by_id) == ["dev_en/5", "dev_en/3", "dev_en/8"]
    assert image_of(by_id["dev_en/3"]) == image_of(by_id["dev_en/8"])


@pytest.mark.parametrize("image", ["", "!" * 80, "A" * 80, "iVBORw0KGgo" * 10])
def test_a_broken_image_is_the_samples_own_affair(tmp_path: Path, image: str) -> None:
    path = changed(tmp_path, lambda rows: rows[0].update(image=image))
    first, *_ = samples(path=str(path))
    with pytest.raises(NoImageError):
        decoded_image(image_of(first).url)


# Prompts


def test_image_hint_and_question_are_shared_and_options_are_not() -> None:
    _, second, _ = samples()
    image, text = second.context
    assert isinstance(image, ImagePart)
    assert text == TextPart(
        "Hint: The letters\tof the alphabet\nare in order.\n"
        'Question: What follows in the row "A, B, ..."?\n'
    )
    query = str(second.turns[1].query)
    assert query.startswith("Options:\nA. the letter D\nB. the letter C\n")
    assert query.endswith(".\n")


def test_the_image_can_stand_behind_the_text() -> None:
    first, *_ = samples(image="last")
    assert first.context == "Question: What colour is the square?\n"
    text, image = first.turns[2].query
    assert isinstance(text, TextPart)
    assert text.text.startswith("Options:\nA. blue\n")
    assert image == image_of(samples()[0])


def test_lmms_eval_has_another_order_of_parts() -> None:
    _, second, _ = samples(form="lmms_eval")
    text = second.context[1]
    assert isinstance(text, TextPart)
    assert text.text.endswith('are in order. What follows in the row "A, B, ..."? ')
    assert str(second.turns[0].query).startswith(
        "There are several options:\nA. the letter C\nB. the letter D\n"
    )


# Labels and provenance


def test_samples_carry_the_levels_of_the_taxonomy() -> None:
    assert [sample.labels for sample in samples()] == [
        {"split": "dev", "category": category, "ability": ability, "level_1": level}
        for category, ability, level in (
            ("attribute_recognition", "FP-S", "Perception"),
            ("future_prediction", "LR", "Reasoning"),
            ("image_emotion", "CP", "Perception"),
        )
    ]
    assert samples(task="ccbench")[0].labels == {"category": "scenery_building"}


def test_an_ability_that_is_not_known_keeps_its_name(tmp_path: Path) -> None:
    path = changed(tmp_path, lambda rows: rows[0].update({"l2-category": "smell"}))
    assert samples(path=str(path))[0].labels["ability"] == "smell"


def test_rows_without_answers_are_asked_all_the_same(tmp_path: Path) -> None:
    path = changed(tmp_path, lambda rows: [row.pop("answer") for row in rows])
    assert {turn.target for sample in samples(path=str(path)) for turn in sample.turns} == {None}


def test_provenance_names_the_files_by_their_content() -> None:
    told = mmbench(task="all", path=None).provenance()
    assert told["tasks"][:2] == ["dev_en", "test_en"]
    assert (told["licence"], told["prompts"]) == ("Apache-2.0", "evalrun wording")
    assert set(told["files"]) == {"MMBench_DEV_EN.tsv", "CCBench.tsv"}


# Faults


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"index": "three"}, r"rows\.tsv, row 1: field 'index' should be a number, found 'three'"),
        ({"answer": "red"}, r"rows\.tsv, row 1: field 'answer' should be a capital letter"),
        (dict.fromkeys("ABCD", ""), r"rows\.tsv, row 1: no option has a text"),
        ({"image": "red.png"}, r"rows\.tsv, row 1: field 'image' should be a number"),
        ({"image": "99"}, r"rows\.tsv, row 1: field 'image' refers to row 99, which holds no"),
        ({"image": "1000005"}, r"row 1: field 'image' refers to row 1000005, which holds no image"),
        ({"index": "5"}, r"rows\.tsv, row 2: index 5 stands in .*rows\.tsv, row 1 too"),
        ({"index": "4000003"}, r"rows\.tsv, row 1: there is no row 3, of which this is a pass"),
    ],
)
def test_a_malformed_row_is_named(tmp_path: Path, fields: Row, message: str) -> None:
    path = changed(tmp_path, lambda rows: rows[0].update(fields))
    with pytest.raises(DataError, match=message):
        samples(path=str(path))


def test_a_column_that_is_missing_is_named(tmp_path: Path) -> None:
    path = changed(tmp_path, lambda rows: [row.pop("question") for row in rows])
    with pytest.raises(DataError, match=r"row 1: missing field 'question'"):
        samples(path=str(path))


def test_missing_files_are_told_with_the_way_out(tmp_path: Path) -> None:
    (problem,) = mmbench(data_dir=str(tmp_path)).problems()
    assert "no data of dev_en" in str(problem)
    assert "`evalrun fetch mmbench`" in str(problem)
    assert mmbench().problems() == ()
    with pytest.raises(ConfigError, match="unknown task 'dev'; did you mean 'dev_en'"):
        mmbench(task="dev")


# The published samples


@pytest.mark.parametrize(
    ("name", "task", "questions", "rows"),
    [
        ("mmbench_sample_en", "dev_en", 11, 42),
        ("mmbench_sample_cn", "dev_cn", 11, 42),
        ("ccbench_sample", "ccbench", 4, 16),
    ],
)
def test_the_published_samples_are_read(shared_data: Path, name, task, questions, rows) -> None:
    path = shared_data / "mmbench" / f"{name}.tsv"
    found = samples(path=str(path), task=task)
    assert (len(found), sum(len(sample.turns) for sample in found)) == (questions, rows)
    for sample in found:
        assert image_type(decoded_image(image_of(sample).url)) == "image/jpeg"
        # Pass k shows at place j the option that was at (j + k) mod N, and the answer moves along.
        base = sample.turns[0]
        right = base.choices[base.metadata["letters"].index(base.target)]
        for k, turn in enumerate(sample.turns):
            assert turn.choices == base.choices[k:] + base.choices[:k]
            assert turn.choices[turn.metadata["letters"].index(turn.target)] == right


def test_the_published_images_are_those_of_their_rows(shared_data: Path) -> None:
    folder = shared_data / "mmbench"
    files = {path.read_bytes() for path in (folder / "images").iterdir()}
    found = samples(path=str(folder / "mmbench_sample_en.tsv"))
    assert {decoded_image(image_of(sample).url) for sample in found} <= files
