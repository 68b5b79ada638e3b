"""LOGICOM from the command line: debates of recorded and of real models, cut short and graded."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import pytest
from command import evalrun
from killed import killed_after
from layout_rows import layout_values
from rows import only_run, read_jsonl, write_jsonl

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "logicom"
CLAIMS = FIXTURES / "all-claim-not-claim.csv"
KEEP = "<KEEP-TALKING>"
# A round of one moderator without the check of the topic: what it says of both questions.
NO, YES = [KEEP, "FALSE"], [KEEP, "TRUE"]
HELPED = "{'fallacy': 'f', 'fallacious argument': 'a', 'response': 'You must be very tired.'}"


def recorded(folder: Path, role: str, replies: dict[str, list[str]]) -> list[str]:
    """Write what `role` says, and return how the command line names it."""
    lines = [{"id": sample, "output": said} for sample, said in replies.items()]
    write_jsonl(folder / f"{role}.jsonl", lines)
    place = "model" if role == "model" else f"roles.{role}"
    return [f"{place}=recorded", f"{place}.path={role}.jsonl"]


def test_recorded_debates_give_the_tables(tmp_path: Path) -> None:
    # Two claims, two scenarios: who is convinced, and in which round.
    rounds = {
        "No_Helper/own_1": [NO, YES],
        "No_Helper/own_2": [NO, [KEEP, "no"], ["<TERMINATE>", "FALSE"]],
        "Fallacy_Helper/own_1": [YES],
        "Fallacy_Helper/own_2": [NO, NO, YES],
    }
    talk = {sample: [f"turn {i}" for i in range(3)] for sample in rounds}
    moderated = {sample: list(chain.from_iterable(said)) for sample, said in rounds.items()}
    done = evalrun(
        "recipe=logicom",
        f"benchmark.data_dir={FIXTURES}",
        "benchmark.task=No_Helper,Fallacy_Helper",
        "protocol.moderators=1",
        "protocol.topic_check=false",
        "run.epochs=1",
        *recorded(tmp_path, "model", talk),
        *recorded(tmp_path, "persuader", talk),
        *recorded(tmp_path, "helper", {sample: [HELPED] * 3 for sample in rounds}),
        *recorded(tmp_path, "moderator", moderated),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    run = only_run(tmp_path)
    found = layout_values(run, "susceptibility")
    assert found["No_Helper"] == 0.5
    assert found["Fallacy_Helper"] == 1.0
    # Of three debates that begin with disagreement two end in agreement.
    assert layout_values(run, "change_of_mind")["disagree to agree"] == pytest.approx(2 / 3)
    (row,) = (
        r for r in read_jsonl(run / "predictions.jsonl") if r["id"] == "Fallacy_Helper/own_2#0"
    )
    assert row["outcome"]["number_of_rounds"] == 3
    assert [step["role"] for step in row["intermediate"][:4]] == [
        "persuader",
        "helper",
        "moderator",
        "moderator",
    ]


def test_published_logs_are_graded(tmp_path: Path) -> None:
    logs = [{"Convinced?": True, "log": []}, {"Convinced?": False, "number_of_rounds": 13}]
    lines = [{"index": i, "prediction": log} for i, log in enumerate(logs)]
    write_jsonl(tmp_path / "logs.jsonl", lines)
    done = evalrun(
        "score",
        "recipe=logicom",
        "benchmark.task=Vanilla_Helper",
        f"rows={CLAIMS}",
        "predictions=logs.jsonl",
        "--out",
        "graded.jsonl",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    graded = read_jsonl(tmp_path / "graded.jsonl")
    assert [row["scores"]["success"] for row in graded] == [1.0, 0.0]
    assert [row["answer"] for row in graded] == [True, False]


def test_an_unknown_role_is_refused_with_the_nearest(tmp_path: Path) -> None:
    done = evalrun(
        "recipe=logicom", f"benchmark.data_dir={FIXTURES}", "roles.persuador=smollm2", cwd=tmp_path
    )
    assert done.returncode == 2
    assert "roles.persuador" in done.stderr
    assert "did you mean 'persuader'" in done.stderr


def test_a_dry_run_counts_every_role(tmp_path: Path) -> None:
    done = evalrun(
        "recipe=logicom",
        f"benchmark.data_dir={FIXTURES}",
        "model=openai",
        "model.name=gpt-4o",
        "roles.moderator=openai",
        "roles.moderator.name=gpt-4o-mini",
        "run.dry=true",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert "logicom, moderator" in done.stdout


@pytest.mark.model
def test_a_small_model_debates_with_itself_and_a_kill_repeats_no_call(tmp_path: Path) -> None:
    arguments = [
        "recipe=logicom",
        f"benchmark.data_dir={FIXTURES}",
        "benchmark.task=Fallacy_Helper",
        "model=smollm2",
        # In half precision, replies depend on what else is decoded at the same time.
        "model.dtype=float32",
        "run.limit=1",
        "run.epochs=1",
        "protocol.max_rounds=2",
        "protocol.moderators=1",
        "protocol.helper_attempts=2",
        "generation.max_tokens=8",
    ]
    killed = killed_after(4, arguments, tmp_path)
    assert len(killed.before) >= 4
    assert killed.after[: len(killed.before)] == killed.before
    assert sorted(killed.after) == sorted(killed.whole)
    assert killed.outcomes[0] == killed.outcomes[1]
