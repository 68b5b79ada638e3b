"""How a scorer that runs code gets its sandbox, and what is said when there is none."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from evalrun.core.config import Config
from evalrun.core.errors import ConfigError, NotApplicableError
from evalrun.core.options import to_options
from evalrun.core.prediction import Prediction
from evalrun.core.sample import Sample, Turn
from evalrun.core.sandbox import Command, Sandbox, why_unavailable
from evalrun.core.schema import Options
from evalrun.core.score import Score
from evalrun.runners.build import build_scorer, sandbox_problems
from evalrun.runners.compose import Composer
from evalrun.runners.doctor import environment
from evalrun.runners.folder import folder_of
from evalrun.runners.grading import regrading_config
from evalrun.scorers.registry import SCORERS
from evalrun.scorers.turns import Rule, TurnReply, always, grade_turns
from evalrun.scorers.verdict import Verdict

ACCEPTED = "sandbox.unsandboxed=i_accept_that_model_written_code_runs_as_me"


class RunsOptions(Options, frozen=True):
    name: str = "runs"


class Runs:
    """Whether a shell script ends well: the least that a scorer of code can be."""

    Options = RunsOptions
    needs_sandbox = True
    label = "runs"

    def __init__(self, options: RunsOptions, *, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        rule = always(Rule(("pass",), self._grade, needs_target=False))
        return await grade_turns(sample, prediction, label=self.label, rule_of=rule)

    async def _grade(self, reply: TurnReply) -> Verdict:
        reason = await why_unavailable(self.sandbox, "sh")
        if reason:
            raise NotApplicableError(reason)
        outcome = await self.sandbox.run(Command(argv=("sh", "-c", reply.output)))
        return Verdict(scores={"pass": float(outcome.status == "ok")}, answer=outcome.status)


@pytest.fixture(autouse=True)
def a_scorer_that_runs_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SCORERS.builtin, "runs", f"{__name__}:Runs")  # type: ignore[arg-type]


def composed(*overrides: str) -> Config:
    return Composer().compose(
        ["recipe=file", "benchmark.path=rows.jsonl", "scorer.name=runs", *overrides]
    )


def with_scorer(config: Config) -> Config:
    return msgspec.structs.replace(config, scorer={"name": "runs"})


def verdict(scorer: object, output: str) -> Score:
    sample = Sample(id="s", task="t", row=0, turns=(Turn(query="", target=None),))
    prediction = Prediction(id="s#0", sample_id="s", epoch=0, task="t", outputs=(output,))
    return asyncio.run(scorer.score(sample, prediction))  # type: ignore[attr-defined]


def test_bubblewrap_contains_code_unless_told_otherwise() -> None:
    assert composed().sandbox["name"] == "bubblewrap"
    assert build_scorer(with_scorer(composed()), None).sandbox.label == "bubblewrap"  # type: ignore[attr-defined]


def test_another_engine_is_an_override() -> None:
    config = with_scorer(composed("sandbox=docker", "sandbox.image=java:17"))
    assert build_scorer(config, None).sandbox.label == "docker"  # type: ignore[attr-defined]


def test_no_sandbox_takes_the_words(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="with all your rights"):
        sandbox_problems(with_scorer(composed("sandbox=none")))
    assert sandbox_problems(with_scorer(composed("sandbox=none", ACCEPTED))) == []


def test_an_engine_without_its_image_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="image"):
        composed("sandbox=docker")


def test_replies_are_run(bubblewrap: Sandbox) -> None:
    scorer = build_scorer(with_scorer(composed()), None)
    assert verdict(scorer, "exit 0").scores == {"pass": 1.0}
    failed = verdict(scorer, "exit 1")
    assert (failed.scores, failed.answer, failed.status) == ({"pass": 0.0}, "exit", "ok")


def test_without_bubblewrap_runs_are_stopped_and_verdicts_are_not_applicable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = with_scorer(composed())
    monkeypatch.setenv("PATH", str(tmp_path))
    (problem,) = sandbox_problems(config)
    assert "apt-get install bubblewrap" in str(problem)
    score = verdict(build_scorer(config, None), "exit 0")
    assert (score.status, score.scores) == ("not_applicable", {"pass": None})
    assert score.turns[0].explanation == str(problem)


def test_a_scorer_that_runs_nothing_needs_no_sandbox(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert sandbox_problems(Composer().compose(["recipe=file"])) == []


class NoCode:
    """A benchmark, as far as it matters here."""

    asks_for_code = False


def test_a_scorer_that_can_run_code_needs_no_sandbox_where_none_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    config = with_scorer(composed())
    assert sandbox_problems(config, NoCode()) == []  # type: ignore[arg-type]
    assert sandbox_problems(config, object()) != []  # type: ignore[arg-type]


def test_the_sandbox_does_not_name_the_folder() -> None:
    default, docker = composed(), composed("sandbox=docker", "sandbox.image=i")
    assert folder_of(default, None, {}).path == folder_of(docker, None, {}).path


def test_a_run_made_before_there_were_sandboxes_is_graded_in_one() -> None:
    stored = msgspec.to_builtins(Composer().compose(["recipe=file"]))
    del stored["sandbox"]
    overrides = ["sandbox=podman", "sandbox.image=i"]
    config = regrading_config(to_options(stored, Config), Composer(), overrides)
    assert config.sandbox == {"name": "podman", "image": "i"}


def test_doctor_tells_whether_the_default_sandbox_works(bubblewrap: Sandbox) -> None:
    assert ("bubblewrap", "works") in environment().rows


def test_doctor_tells_how_to_install_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "apt-get install bubblewrap" in dict(environment().rows)["bubblewrap"]
