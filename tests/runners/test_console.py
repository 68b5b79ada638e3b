"""What a person sees when several runs have ended."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from fabricated import cell, results

from evalrun.core.config import Config, RecipeInfo, RunOptions
from evalrun.runners.console import Console
from evalrun.runners.folder import RunFolder
from evalrun.runners.results import Measures, Results
from evalrun.runners.runs import Finished, Prepared


class Run(msgspec.Struct, frozen=True):
    """Of a prepared run, what the console asks for."""

    folder: RunFolder
    config: Config


def configured(seed: int) -> Config:
    """Return a configuration that differs from others in its seed alone."""
    parts = ("benchmark", "protocol", "model", "kv", "scorer", "judge")
    sections: dict[str, Any] = {part: {} for part in parts}
    return Config(recipe=RecipeInfo(name="r", title="R"), run=RunOptions(seed=seed), **sections)


def printed(capsys: pytest.CaptureFixture[str], *runs: Results, **options: Any) -> str:
    console = Console(**{"several": True, "quiet": False, **options})
    folder = RunFolder(Path("outputs/r/m/0123"))
    for seed, run in enumerate(runs):
        prepared = cast("Prepared", Run(folder, configured(seed)))
        console.ended(prepared, Finished(folder, run, 0))
    console.conclude(())
    return capsys.readouterr().out


def run(kv: str, **fields: Any) -> Results:
    measured = Measures(cache_bytes=1e6, ttft_later_s=0.5)
    return results(cell("task", "t"), kv=kv, **{"measures": measured, **fields})


def test_a_sweep_over_kv_methods_ends_in_their_comparison(
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = printed(capsys, run("full"), run("tova"))
    side_by_side, comparison = out.index("### r\n"), out.index("### r: KV methods\n")
    assert side_by_side < comparison
    assert "later TTFT s" in out[comparison:]


def test_a_sweep_over_anything_else_has_one_table(capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(capsys, run("tova", protocol="multi_turn"), run("tova", protocol="single_turn"))
    assert out.count("###") == 1


def test_what_went_wrong_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(capsys, run("full"), run("tova", failed={"timeout": 1}, predicted=9))
    assert out.count("failed samples, counted as missing: 1 timeout") == 1


def test_a_quiet_sweep_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, run("full"), run("tova"), quiet=True) == ""


def test_runs_that_differ_in_a_key_alone_are_told_apart_by_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = printed(capsys, run("full"), run("full"))
    assert "| model | kv   | run.seed |" in out
