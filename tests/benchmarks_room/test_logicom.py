"""Claims to debates."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

from evalrun.benchmarks.logicom import Logicom
from evalrun.benchmarks.logicom.prompts import missing_prompts
from evalrun.core.dialogue import DebateScript
from evalrun.core.errors import ConfigError, DataError
from evalrun.core.sample import Sample

FILE = "all-claim-not-claim.csv"
FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "logicom"


def made(folder: Path = FIXTURES, **options: Any) -> list[Sample]:
    benchmark = Logicom(Logicom.Options(data_dir=str(folder), **options))
    assert not benchmark.problems()
    return list(benchmark.samples())


def script(sample: Sample) -> DebateScript:
    return msgspec.convert(sample.metadata["debate"], DebateScript)


def test_every_claim_is_debated_in_every_scenario() -> None:
    samples = made()
    assert [sample.id for sample in samples] == [
        "No_Helper/own_1",
        "No_Helper/own_2",
        "Vanilla_Helper/own_1",
        "Vanilla_Helper/own_2",
        "Fallacy_Helper/own_1",
        "Fallacy_Helper/own_2",
    ]
    assert {(sample.row, sample.row_id) for sample in samples} == {(0, "own_1"), (1, "own_2")}


def test_a_claim_and_its_negation_belong_together() -> None:
    assert {sample.group for sample in made()} == {"Should Offices Serve Tea?"}


def test_scenarios_differ_in_the_helper_alone() -> None:
    none, fair, foul = (script(sample) for sample in made()[::2])
    assert none.helper is None
    assert fair.helper is not None
    assert foul.helper is not None
    assert "fallacy" in foul.helper.system
    assert "fair" in fair.helper.system
    assert msgspec.structs.replace(fair, helper=None) == none


def test_only_the_opening_tells_the_debater_the_reason() -> None:
    told = script(made()[0])
    reason = "Tea keeps people awake without making them nervous."
    assert reason in told.opening
    assert reason in told.persuader
    assert reason not in told.debater
    assert "Offices should serve tea" in told.debater


def test_nothing_is_left_to_fill_in_but_what_a_debate_brings() -> None:
    for sample in made():
        text = msgspec.json.encode(sample.metadata["debate"]).decode()
        assert not {"<TOPIC>", "<CLAIM>", "<REASON>"} & set(text.split())
        assert "<HISTORY>" in text


def test_the_published_texts_are_used_where_they_are_there(tmp_path: Path) -> None:
    shutil.copy(FIXTURES / FILE, tmp_path)
    for name in missing_prompts(tmp_path / "prompts"):
        path = tmp_path / "prompts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            f"==== SYSTEM ====\n {path.stem} <CLAIM>\n==== ASSISTANT ====\nask <TOPIC>\n"
        )
    benchmark = Logicom(Logicom.Options(data_dir=str(tmp_path)))
    told = script(next(benchmark.samples()))
    assert told.persuader == "persuader_claim_reason_instruction Offices should serve tea"
    assert told.opening == "ask Should Offices Serve Tea?"
    assert benchmark.provenance()["prompts"] == "published"
    own = Logicom(Logicom.Options(data_dir=str(FIXTURES))).provenance()
    assert own["prompts"] == "evalrun wording"


def test_a_file_without_its_marks_is_named(tmp_path: Path) -> None:
    shutil.copy(FIXTURES / FILE, tmp_path)
    for name in missing_prompts(tmp_path / "prompts"):
        path = tmp_path / "prompts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("no marks")
    with pytest.raises(DataError, match=r"persuader_claim_reason_instruction\.txt: should hold"):
        next(Logicom(Logicom.Options(data_dir=str(tmp_path))).samples())


def test_a_folder_that_lacks_published_texts_is_a_problem(tmp_path: Path) -> None:
    benchmark = Logicom(Logicom.Options(data_dir=str(FIXTURES), prompts=str(tmp_path)))
    (problem,) = benchmark.problems()
    assert "persuader_claim_reason_instruction.txt" in problem.what


@pytest.mark.parametrize(
    ("row", "message"),
    [(",own_1,,,0,r,c", "row 1: not as many cells"), ("0,x,y", "row 1: not as many cells")],
)
def test_a_malformed_row_is_named(tmp_path: Path, row: str, message: str) -> None:
    header = (FIXTURES / FILE).read_text().splitlines()[0]
    (tmp_path / FILE).write_text(f"{header}\n{row}\n")
    with pytest.raises(DataError, match=message):
        list(Logicom(Logicom.Options(data_dir=str(tmp_path))).samples())


def test_a_file_without_claims_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("id,title\n1,t\n")
    with pytest.raises(DataError, match="row 1: missing field 'claim'"):
        list(Logicom(Logicom.Options(data_dir=str(tmp_path))).samples())


def test_an_unknown_scenario_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean 'Fallacy_Helper'"):
        made(task="Falacy_Helper")


def test_the_official_claims_are_read(shared_data: Path) -> None:
    samples = made(shared_data / "logicom", task="No_Helper")
    assert len(samples) == len({sample.id for sample in samples}) > 0
    assert all(script(sample).opening for sample in samples)
