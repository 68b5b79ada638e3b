"""What a judge is worth: the null model's run, and verdicts on pairs turned around."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from rows import only_run, write_jsonl

from evalrun.core.config import Config
from evalrun.core.errors import ConfigError, EvalrunError
from evalrun.runners.batch import run_all
from evalrun.runners.compose import Composer
from evalrun.runners.console import Console
from evalrun.runners.runs import Finished, Prepared
from evalrun.runners.selfcheck.null_model import NULL_REPLY, with_null_models
from evalrun.runners.selfcheck.position import position_table
from evalrun.runners.tables.table import Table

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "wildbench"
SESSIONS = [f"{name}{number}" * 8 for number, name in enumerate("abcd", 1)]
ALWAYS_A = json.dumps({"choice": "A++"})
TIES = json.dumps({"choice": "A=B"})


def config(folder: Path, said: str, *overrides: str) -> Config:
    """Return a run of our own rows with recorded replies, whose judge always says `said`."""
    replies = [{"id": session, "output": f"my reply {session}"} for session in SESSIONS]
    path = write_jsonl(folder / "replies.jsonl", replies)
    composed = Composer().compose(
        [
            "recipe=wildbench",
            f"benchmark.data_dir={FIXTURES}",
            "model=recorded",
            f"model.path={path}",
            f"outputs={folder / 'outputs'}",
            "judge=constant",
            *overrides,
        ]
    )
    judge = {**composed.judge, "text": said}
    scorer = {**composed.scorer, "data_dir": str(FIXTURES)}
    return msgspec.structs.replace(composed, judge=judge, scorer=scorer)


def reward(folder: Path, said: str, *overrides: str) -> Config:
    return config(folder, said, "scorer=wildbench_reward", *overrides)


def performed(*configs: Config) -> tuple[int, list[Prepared], list[Table | EvalrunError]]:
    """Return the exit code, the runs that ended, and what was found of judges."""
    runs: list[Prepared] = []
    found: list[Table | EvalrunError] = []

    def ended(run: Prepared, outcome: Finished | EvalrunError) -> None:
        assert isinstance(outcome, Finished), outcome
        runs.append(run)

    code = run_all(configs, quiet=True, begun=lambda _: None, ended=ended, checked=found.append)
    return code, runs, found


def shares(table: Table | EvalrunError) -> dict[str, str]:
    assert isinstance(table, Table)
    return {row[0]: row[-1] for row in table.rows}


# --- null model


def test_the_null_model_has_a_run_of_its_own_that_differs_in_the_model_alone(
    tmp_path: Path,
) -> None:
    asked = reward(tmp_path, TIES, "selfcheck=[null_model]")
    first, null = with_null_models([asked])
    assert first == asked
    assert null.model["text"] == NULL_REPLY
    same = msgspec.structs.replace(null, model=asked.model, kv=asked.kv, selfcheck=asked.selfcheck)
    assert same == asked
    _, runs, _ = performed(first, null)
    assert [run.folder.path.parent.name for run in runs] == ["recorded", "null-model"]


def test_any_judged_recipe_can_be_checked(tmp_path: Path) -> None:
    rows = write_jsonl(tmp_path / "rows.jsonl", [{"id": "a", "input": "2+2?", "target": "4"}])
    replies = write_jsonl(tmp_path / "replies.jsonl", [{"id": "a", "output": "4"}])
    asked = Composer().compose(
        [
            "recipe=file",
            f"benchmark.path={rows}",
            "scorer=judge",
            "judge=constant",
            'judge.text="GRADE: C"',
            "model=recorded",
            f"model.path={replies}",
            f"outputs={tmp_path / 'outputs'}",
            "selfcheck=[null_model,position]",
        ]
    )
    code, runs, (table,) = performed(*with_null_models([asked]))
    assert (code, len(runs)) == (0, 2)
    null = json.loads(runs[1].folder.results.read_text())
    assert (null["model"], null["cells"][0]["value"]) == ("null model", 1.0)
    assert isinstance(table, Table)
    assert "scorer=judge has no order to swap" in table.notes[0]


def test_runs_that_differ_in_the_model_share_one_null_model(tmp_path: Path) -> None:
    asked = reward(tmp_path, TIES, "selfcheck=[null_model,position]")
    other = msgspec.structs.replace(asked, model={**asked.model, "name": "other"})
    plain = msgspec.structs.replace(asked, selfcheck=())
    assert [c.model["name"] for c in with_null_models([asked, other, plain])] == [
        "recorded",
        "other",
        "recorded",
        "null model",
    ]


def test_a_check_changes_no_folder(tmp_path: Path) -> None:
    _, plain, _ = performed(reward(tmp_path, TIES))
    _, checked, _ = performed(reward(tmp_path, TIES, "selfcheck=[position]"))
    assert plain[0].folder == checked[0].folder


def test_unknown_checks_are_refused() -> None:
    with pytest.raises(ConfigError, match="selfcheck"):
        Composer().compose(["recipe=wildbench", "selfcheck=[null]"])


# --- position


def test_a_judge_that_always_prefers_the_first_is_found_out(tmp_path: Path) -> None:
    code, runs, (table,) = performed(reward(tmp_path, ALWAYS_A, "selfcheck=[position]"))
    assert code == 0
    found = shares(table)
    assert (found["reward"], found["reward_gpt4t"]) == ("100.0%", "100.0%")
    # One baseline's reply is empty, and is judged without being shown.
    assert found["reward_haiku"] == "75.0%"
    assert isinstance(table, Table)
    means = {row[0]: row[1:3] for row in table.rows}
    assert means["reward_gpt4t"] == ("0.500", "-0.500")
    assert "100.0%" in runs[0].folder.selfcheck.read_text()


def test_a_judge_that_sees_no_order_is_cleared(tmp_path: Path) -> None:
    _, _, (table,) = performed(reward(tmp_path, TIES, "selfcheck=[position]"))
    assert set(shares(table).values()) == {"0.0%"}


def test_a_judge_that_cannot_be_read_has_no_share(tmp_path: Path) -> None:
    baselines = "scorer.baselines=[gpt4t]"
    _, _, (table,) = performed(reward(tmp_path, "hm", baselines, "selfcheck=[position]"))
    assert shares(table) == {"-": "-"}


def test_the_runs_own_results_stay_as_they_are(tmp_path: Path) -> None:
    _, runs, _ = performed(reward(tmp_path, ALWAYS_A))
    before = runs[0].folder.results.read_bytes(), runs[0].folder.table.read_bytes()
    performed(reward(tmp_path, ALWAYS_A, "selfcheck=[position]"))
    assert (runs[0].folder.results.read_bytes(), runs[0].folder.table.read_bytes()) == before


def test_a_second_check_asks_the_judge_nothing(tmp_path: Path) -> None:
    _, _, (first,) = performed(reward(tmp_path, ALWAYS_A, "selfcheck=[position]"))
    calls = only_run(tmp_path) / "calls.jsonl"
    asked = calls.read_bytes()
    # Three baselines, one of whose four replies is empty, in two orders.
    assert len(asked.splitlines()) == 2 * 11
    _, _, (second,) = performed(reward(tmp_path, ALWAYS_A, "selfcheck=[position]"))
    assert (second, calls.read_bytes()) == (first, asked)


@pytest.mark.parametrize("overrides", [["scorer=wildbench"], ["scorer.order=both"]])
def test_where_there_is_no_order_to_swap_a_line_says_so(
    tmp_path: Path, overrides: list[str]
) -> None:
    said = json.dumps({"choice": "A++", "score": "5"})
    make: Any = config if overrides == ["scorer=wildbench"] else reward
    _, runs, (table,) = performed(make(tmp_path, said, *overrides, "selfcheck=[position]"))
    assert isinstance(table, Table)
    assert (table.rows, len(table.notes)) == ((), 1)
    assert "no order to swap" in table.notes[0]
    assert not runs[0].folder.selfcheck.exists()


def test_a_table_can_be_made_of_a_finished_run(tmp_path: Path) -> None:
    _, runs, _ = performed(reward(tmp_path, ALWAYS_A))
    assert shares(position_table(runs[0], quiet=True))["reward"] == "100.0%"


def test_a_person_sees_what_was_found_unless_quiet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, _, (table,) = performed(reward(tmp_path, ALWAYS_A, "selfcheck=[position]"))
    note = Table("T", ("metric",), (), ("nothing to swap",))
    for quiet in (True, False):
        console = Console(several=False, quiet=quiet)
        for found in (table, note, ConfigError("no judge")):
            console.checked(found)
        shown = capsys.readouterr()
        assert ("verdicts when pairs are swapped" in shown.out) == (not quiet)
        assert ("nothing to swap" in shown.err) == (not quiet)
        assert "evalrun: no judge" in shown.err
