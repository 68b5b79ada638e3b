"""Spots, examples and provenance of PokerBench."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks.pokerbench import PokerBench
from evalrun.benchmarks.pokerbench.shots import read_examples
from evalrun.benchmarks.pokerbench.stages import STAGES
from evalrun.core.errors import ConfigError, DataError
from evalrun.core.options import to_options

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "pokerbench"

Make = Callable[..., PokerBench]

# What the authors' script draws of the training files below.
EXPECTED_PREFLOP = [13, 2, 25, 9, 6]
EXPECTED_POSTFLOP = [358, 362, 25, 279, 41]
EXPECTED_FIVE = [4, 3, 2, 0, 1]


@pytest.fixture
def pokerbench() -> Make:
    """Return a function that builds PokerBench from a section, over our own rows."""

    def make(**section: Any) -> PokerBench:
        section = {"name": "pokerbench", "data_dir": str(FIXTURES), **section}
        return PokerBench(to_options(section, PokerBench.Options, "benchmark"))

    return make


def rows_of(stage: str) -> list[dict[str, str]]:
    return json.loads((FIXTURES / STAGES[stage].test).read_text())


def write_train(folder: Path, stage: str, outputs: list[str]) -> Path:
    """Write a training file whose spots are numbered, with these outputs."""
    path = folder / STAGES[stage].train
    rows = [{"instruction": f"spot {i}:", "output": out} for i, out in enumerate(outputs)]
    path.write_text(json.dumps(rows))
    return path


# Spots


def test_a_spot_is_asked_as_the_row_has_it(pokerbench: Make) -> None:
    samples = list(pokerbench().samples())
    assert [sample.task for sample in samples] == ["preflop"] * 5 + ["postflop"] * 5
    for stage, found in (("preflop", samples[:5]), ("postflop", samples[5:])):
        assert [(s.turns[0].query, s.turns[0].target) for s in found] == [
            (row["instruction"], row["output"]) for row in rows_of(stage)
        ]
        assert [s.row for s in found] == [0, 1, 2, 3, 4]
    assert len({sample.id for sample in samples}) == 10


def test_the_stage_of_a_file_by_another_name_is_told_by_its_board(
    pokerbench: Make, tmp_path: Path
) -> None:
    rows = [rows_of("postflop")[0], rows_of("preflop")[0]]
    (tmp_path / "mine.json").write_text(json.dumps(rows))
    samples = pokerbench(path=str(tmp_path / "mine.json")).samples()
    assert [sample.task for sample in samples] == ["postflop", "preflop"]


def test_an_official_file_is_of_its_stage(pokerbench: Make) -> None:
    path = str(FIXTURES / STAGES["postflop"].test)
    assert {sample.task for sample in pokerbench(path=path).samples()} == {"postflop"}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"instruction": "x"}, "missing field 'output'"),
        ({"output": "fold"}, "missing field 'instruction'"),
        ({"instruction": "x", "output": 3}, "'output' should be str"),
    ],
)
def test_a_malformed_row_is_named(
    pokerbench: Make, tmp_path: Path, row: dict[str, Any], message: str
) -> None:
    path = tmp_path / "rows.json"
    path.write_text(json.dumps([row]))
    with pytest.raises(DataError, match=message) as error:
        list(pokerbench(path=str(path), task="preflop").samples())
    assert str(error.value).startswith(f"{path}, row 1")


# Examples


def test_examples_are_those_that_the_official_script_draws(tmp_path: Path) -> None:
    """Worked out with the authors' script: 60 spots, the action of spot i being i modulo 5."""
    actions = ["raise 5.0", "fold", "call", "all in", "check"]
    path = write_train(tmp_path, "preflop", [actions[i % 5] for i in range(60)])
    assert [spot.instruction for spot in read_examples(path, STAGES["preflop"])] == [
        f"spot {i}:" for i in EXPECTED_PREFLOP
    ]


def test_examples_behind_the_flop_have_a_bet_in_place_of_all_in(tmp_path: Path) -> None:
    actions = ["raise 30", "fold", "call", "check", "bet 3"]
    path = write_train(tmp_path, "postflop", [actions[i % 5] for i in range(400)])
    spots = read_examples(path, STAGES["postflop"])
    assert [spot.instruction for spot in spots] == [f"spot {i}:" for i in EXPECTED_POSTFLOP]
    assert sorted(spot.output for spot in spots) == sorted(actions)


def test_every_question_of_a_stage_has_the_same_examples_and_loses_two_characters(
    pokerbench: Make, tmp_path: Path
) -> None:
    outputs = ["raise 5.0", "fold", "call", "all in", "check"]
    path = write_train(tmp_path, "preflop", outputs)
    samples = list(pokerbench(task="preflop", shots=5, train=str(path)).samples())
    shown = [f"spot {i}: {outputs[i]}\n" for i in EXPECTED_FIVE]
    for sample, row in zip(samples, rows_of("preflop"), strict=True):
        assert sample.turns[0].query == "\n".join([*shown, row["instruction"][:-2]])


def test_an_action_without_example_is_named(pokerbench: Make, tmp_path: Path) -> None:
    path = write_train(tmp_path, "preflop", ["raise 5.0", "fold", "call", "check"])
    with pytest.raises(DataError, match="no example of 'all in'"):
        list(pokerbench(task="preflop", shots=5, train=str(path)).samples())


def test_examples_need_training_files_and_zero_shots_do_not(
    pokerbench: Make, tmp_path: Path
) -> None:
    assert not pokerbench().problems()
    problems = pokerbench(shots=5).problems()
    assert [STAGES[stage].train in str(p) for stage, p in zip(STAGES, problems, strict=True)] == [
        True,
        True,
    ]
    for stage in STAGES:
        write_train(tmp_path, stage, ["fold"])
    assert not pokerbench(shots=5, train=str(tmp_path)).problems()


def test_a_file_of_one_stage_serves_no_two(pokerbench: Make, tmp_path: Path) -> None:
    path = write_train(tmp_path, "preflop", ["fold"])
    with pytest.raises(ConfigError, match="is a file of one stage"):
        pokerbench(shots=5, train=str(path))


def test_shots_and_training_data_are_part_of_the_provenance(
    pokerbench: Make, tmp_path: Path
) -> None:
    zero = pokerbench().provenance()
    assert (zero["shots"], zero["train"], zero["licence"]) == (0, {}, "none stated")
    for stage in STAGES:
        write_train(tmp_path, stage, ["fold"])
    five = pokerbench(shots=5, train=str(tmp_path)).provenance()
    assert (five["shots"], len(five["train"])) == (5, 2)


def test_missing_data_is_a_problem_that_names_the_command(pokerbench: Make, tmp_path: Path) -> None:
    shutil.copy(FIXTURES / STAGES["preflop"].test, tmp_path)
    (problem,) = pokerbench(data_dir=str(tmp_path)).problems()
    assert "no data of postflop" in str(problem)
    assert "evalrun fetch pokerbench" in str(problem)
