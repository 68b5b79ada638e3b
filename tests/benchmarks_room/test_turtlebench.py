"""Cases, stories, prompts and provenance of TurtleBench."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.benchmarks.turtlebench import TurtleBench
from evalrun.benchmarks.turtlebench.cases import read_cases, skipped_lines
from evalrun.core.content import Message
from evalrun.core.errors import DataError
from evalrun.core.options import to_options

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "turtlebench"

Make = Callable[..., TurtleBench]


@pytest.fixture
def turtlebench() -> Make:
    """Return a function that builds TurtleBench from a section, over our own rows."""

    def make(**section: Any) -> TurtleBench:
        section = {"name": "turtlebench", "data_dir": str(FIXTURES), **section}
        return TurtleBench(to_options(section, TurtleBench.Options, "benchmark"))

    return make


# Cases


def test_both_lists_are_read_each_in_its_own_form(turtlebench: Make) -> None:
    samples = list(turtlebench().samples())
    assert Counter(sample.task for sample in samples) == {"en": 5, "zh": 5}
    english, chinese = samples[:5], samples[5:]
    assert [s.turns[0].target for s in english] == [
        "Correct", "Incorrect", "Unknown", "Incorrect", "Correct",
    ]  # fmt: skip
    assert [s.turns[0].target for s in chinese] == ["T", "F", "N", "F", "T"]
    # A bar within a guess is text; spaces of a Chinese line are not.
    assert english[3].turns[0].query == "It rained | a little"
    assert chinese[1].turns[0].query == "他遇到了朋友"
    assert [s.row for s in english] == [s.row for s in chinese] == [0, 1, 2, 3, 4]
    assert english[0].id == "en/0"


def test_samples_are_labelled_by_their_story_and_belong_together_by_it(turtlebench: Make) -> None:
    samples = list(turtlebench(task="en").samples())
    assert [s.labels["story"] for s in samples] == ["The Empty Boat"] * 3 + ["The Wet Letter"] * 2
    assert len({s.group for s in samples}) == 2


def test_a_limit_counts_the_guesses_of_each_language(turtlebench: Make) -> None:
    assert [sample.id for sample in turtlebench().samples(2)] == ["en/0", "en/1", "zh/0", "zh/1"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_language_of_a_file_is_told_by_its_labels(turtlebench: Make, language: str) -> None:
    path = FIXTURES / language / "cases.list"
    samples = list(turtlebench(path=str(path)).samples())
    assert {sample.task for sample in samples} == {language}
    assert samples == list(turtlebench(task=language).samples())


def test_an_archived_log_is_a_file_of_cases(turtlebench: Make, tmp_path: Path) -> None:
    shutil.copytree(FIXTURES / "en", tmp_path / "en")
    case = {"sample": 1, "story_title": "The Wet Letter", "input": "Is it ink?"}
    log = {"info": {}, "overall": {}, "cases": [{**case, "ground_truth": "Unknown"}]}
    (tmp_path / "log.json").write_text(json.dumps(log))
    (sample,) = turtlebench(path=str(tmp_path / "log.json"), data_dir=str(tmp_path)).samples()
    assert (sample.task, sample.turns[0].query, sample.turns[0].target) == (
        "en", "Is it ink?", "Unknown",
    )  # fmt: skip
    # Logs number their cases from 1, lists not at all.
    assert (sample.row, sample.row_id) == (0, 1)
    assert {s.row_id for s in turtlebench(task="en").samples()} == {None}


LINES = [
    "fine\t|\tThe Empty Boat\t|\tCorrect",
    "",
    "no label\t|\tThe Empty Boat",
    "wrong label\t|\tThe Empty Boat\t|\tTrue",
    "fine, too\t|\tThe Empty Boat\t|\tUnknown",
    "four\t|\tcells\t|\tThe Empty Boat\t|\tCorrect",
    "\t|\tThe Empty Boat\t|\tCorrect",
]


def test_lines_that_are_no_case_are_left_out_and_reported(
    turtlebench: Make, tmp_path: Path
) -> None:
    shutil.copy(FIXTURES / "en" / "stories.json", tmp_path)
    (tmp_path / "cases.list").write_text("\n".join(LINES))
    benchmark = turtlebench(path=str(tmp_path / "cases.list"))
    assert [sample.row for sample in benchmark.samples()] == [0, 4]
    assert benchmark.provenance()["skipped_lines"] == {"en": [3, 4, 6, 7]}
    assert turtlebench().provenance()["skipped_lines"] == {}


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("a\t|\tNo Such Story\t|\tCorrect", "row 1: there is no story 'No Such Story'"),
        ("a\tThe Empty Boat\tT", "row 1: 'T' is no label of en"),
    ],
)
def test_a_case_without_story_or_of_another_language_is_named(
    turtlebench: Make, tmp_path: Path, cell: str, message: str
) -> None:
    shutil.copy(FIXTURES / "en" / "stories.json", tmp_path)
    (tmp_path / "cases.list").write_text(cell)
    with pytest.raises(DataError, match=message):
        list(turtlebench(path=str(tmp_path / "cases.list"), task="en").samples())


@pytest.mark.parametrize("field", ["input", "story_title", "ground_truth"])
def test_a_log_without_a_field_is_named(turtlebench: Make, tmp_path: Path, field: str) -> None:
    case = {"input": "a", "story_title": "The Empty Boat", "ground_truth": "Correct"}
    del case[field]
    (tmp_path / "log.json").write_text(json.dumps({"cases": [case]}))
    with pytest.raises(DataError, match=f"missing field '{field}'"):
        list(turtlebench(path=str(tmp_path / "log.json"), task="en").samples())


@given(st.lists(st.text(alphabet="ab \t|TFNCorrect\u3000", max_size=20), max_size=6))
def test_every_line_is_a_case_or_reported_or_empty(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.list"
    path.write_text("\n".join(lines), encoding="utf-8")
    cases = dict(read_cases(path))
    skipped = skipped_lines(path)
    filled = [number for number, line in enumerate(lines, start=1) if line.strip()]
    assert sorted([*(index + 1 for index in cases), *skipped]) == filled


# The prompt


@pytest.mark.parametrize("shots", [0, 2])
def test_the_referee_is_told_the_story_in_the_system_message(turtlebench: Make, shots: int) -> None:
    for sample in turtlebench(shots=shots).samples():
        (message,) = sample.messages
        assert message.role == "system"
        story = next(
            s
            for s in json.loads((FIXTURES / sample.task / "stories.json").read_text("utf-8"))
            if s["title"] == sample.labels["story"]
        )
        for text in (story["surface"], story["bottom"]):
            assert text in message.content
        marks = message.content.count(" Judgement: ") + message.content.count(" 评判")
        assert marks == (9 if shots else 0)
        assert "{" not in message.content.replace("{thieves}", "")


def test_two_worked_stories_hold_every_judgement(turtlebench: Make) -> None:
    english, chinese = (next(turtlebench(task=t, shots=2).samples()) for t in ("en", "zh"))
    told = str(english.messages[0].content), str(chinese.messages[0].content)
    for word in ("Correct", "Incorrect", "Unknown"):
        assert f"Judgement: {word}" in told[0]
    for word in ("对", "错", "不知道"):
        assert re.search(f" 评判.{word}\n", told[1])


def test_the_chinese_prompt_with_examples_leaves_the_perspective_out(turtlebench: Make) -> None:
    plain, shown = (next(turtlebench(task="zh", shots=n).samples()) for n in (0, 2))
    assert "玩家只看得到汤面" in str(plain.messages[0].content)
    assert "玩家只看得到汤面" not in str(shown.messages[0].content)


def test_o1_models_are_told_all_in_one_message(turtlebench: Make) -> None:
    apart, together = (next(turtlebench(single_message=one).samples()) for one in (False, True))
    assert together.messages == ()
    assert together.turns[0].query == (
        f"{apart.messages[0].content}\n\nUser: {apart.turns[0].query}"
    )


def test_published_prompts_are_used_where_they_were_fetched(
    turtlebench: Make, tmp_path: Path
) -> None:
    shutil.copytree(FIXTURES, tmp_path / "data")
    (tmp_path / "prompts").mkdir()
    for language in ("en", "zh"):
        text = f"Judge ({language}): {{surface}} / {{bottom}}"
        (tmp_path / "prompts" / f"simple_prompt_{language}.txt").write_text(text)
    benchmark = turtlebench(data_dir=str(tmp_path))
    assert benchmark.provenance()["prompts"] == "published"
    first = next(benchmark.samples())
    assert first.messages == (
        Message(
            "system",
            "Judge (en): A man rows out alone and comes back with company. Who is it? / "
            "His dog had swum after him, and he pulled it into the boat.",
        ),
    )
    # Those with two worked stories are not there.
    two = turtlebench(data_dir=str(tmp_path), shots=2)
    assert two.provenance()["prompts"] == "evalrun wording"
    (problem,) = turtlebench(prompts=str(tmp_path / "prompts"), shots=2).problems()
    assert "no prompt_2shots_en.txt, prompt_2shots_zh.txt" in str(problem)


# Files


def test_missing_files_are_problems_that_name_the_command(
    turtlebench: Make, tmp_path: Path
) -> None:
    (problem,) = turtlebench(data_dir=str(tmp_path)).problems()
    assert "evalrun fetch turtlebench" in str(problem)
    (tmp_path / "cases.list").write_text(LINES[0])
    (problem,) = turtlebench(data_dir=str(tmp_path), path=str(tmp_path / "cases.list")).problems()
    assert "no stories.json of en" in str(problem)
    assert not turtlebench().problems()


def test_other_stories_make_another_provenance(turtlebench: Make, tmp_path: Path) -> None:
    shutil.copytree(FIXTURES, tmp_path, dirs_exist_ok=True)
    same = turtlebench(data_dir=str(tmp_path)).provenance()
    path = tmp_path / "en" / "stories.json"
    path.write_text(path.read_text().replace("dog", "cat"))
    assert turtlebench(data_dir=str(tmp_path)).provenance() != same


def test_the_official_lists_are_read_whole_and_aligned(
    turtlebench: Make, shared_data: Path
) -> None:
    folder = shared_data / "turtlebench"
    samples = {
        language: list(turtlebench(path=str(folder / language / "cases.first800.list")).samples())
        for language in ("en", "zh")
    }
    assert {name: len(found) for name, found in samples.items()} == {"en": 800, "zh": 800}
    pairs = zip(samples["en"], samples["zh"], strict=True)
    classes = {"T": "Correct", "F": "Incorrect", "N": "Unknown"}
    differing = [e.row for e, z in pairs if e.turns[0].target != classes[z.turns[0].target]]
    assert len(differing) <= 1
