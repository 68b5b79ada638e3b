"""A long run through all kinds of faults: nothing is lost, and nothing piles up.

CI runs a minute of it; `EVALRUN_SOAK_S=1800 pytest -m soak` half an hour.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from command import COMMAND
from process import Look, Watch
from rows import only_run
from served import arguments, assert_complete, environment, number_of
from servers import answers
from servers.answers import Answer
from servers.chat_server import ChatServer
from servers.script import Fault, Script, at_random

DURATION_S = float(os.environ.get("EVALRUN_SOAK_S", "60"))
CONCURRENCY = 64
SAMPLES = int(min(40_000, 200 * DURATION_S))
# What 64 connections then need to be busy all the time.
DELAY_S = CONCURRENCY * DURATION_S / SAMPLES
TIMEOUT_S = 2 * DELAY_S + 4
SHARE = 0.01
# The last samples meet no fault: what is left of earlier ones then is a leak.
QUIET = SAMPLES - 10 * CONCURRENCY


def _always(answer: Answer) -> Fault:
    return lambda asked: answer


FAULTS: tuple[Fault, ...] = tuple(
    _always(answer)
    for answer in (
        answers.rate_limited("0"),
        answers.rate_limited_ms(10),
        answers.overloaded("0"),
        answers.server_error(),
        answers.error_in_ok(),
        answers.hung(),
        answers.cut_before(),
        answers.cut_inside(),
        answers.reset("before"),
        answers.reset("headers"),
        answers.reset("inside"),
        answers.chunked(answers.cut_inside()),
        answers.truncated_json(),
        answers.garbage(),
        answers.no_choices(),
        answers.web_page(),
        answers.mislabelled_gzip(),
    )
)


@pytest.mark.slow
@pytest.mark.soak
@pytest.mark.timeout(4 * DURATION_S + 120)
@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="looks into /proc")
def test_through_faults_of_all_kinds_memory_and_sockets_stay_bounded(tmp_path: Path) -> None:
    plan = at_random(FAULTS, SHARE, seed=7)
    script = Script(
        lambda asked, attempt: plan(asked, attempt) if number_of(asked) < QUIET else None
    )
    with ChatServer(script, sent=script.sent, delay_s=DELAY_S, record=False) as server:
        looks, process = _watched(tmp_path, server.api_base)
    assert process.returncode == 0, process.stderr
    assert script.asked.total() > SAMPLES * (1 + SHARE * len(FAULTS) / 2), "there were no faults"
    assert_complete(tmp_path, SAMPLES, script)
    results = json.loads((only_run(tmp_path) / "results.json").read_text())
    (task,) = [cell for cell in results["cells"] if cell["level"] == "task"]
    assert (task["value"], task["n"], task["n_missing"]) == (1.0, SAMPLES, 0)
    _assert_bounded(looks)


def _watched(folder: Path, api_base: str) -> tuple[list[Look], subprocess.CompletedProcess[str]]:
    called = arguments(
        folder,
        api_base,
        SAMPLES,
        f"run.max_connections={CONCURRENCY}",
        "run.adaptive=false",
        "run.retries=8",
        f"run.timeout_s={TIMEOUT_S}",
    )
    process = subprocess.Popen(
        [COMMAND, *called],
        cwd=folder,
        env={**os.environ, **environment(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with Watch(process) as watch:
        out, err = process.communicate()
    return watch.looks, subprocess.CompletedProcess(called, process.returncode, out, err)


def _assert_bounded(looks: Sequence[Look]) -> None:
    third = len(looks) // 3
    assert third >= 10, "too short to tell"
    before = statistics.median(look.rss for look in looks[third : 2 * third])
    after = statistics.median(look.rss for look in looks[2 * third :])
    assert after <= 1.1 * before + 5e6
    assert max(look.sockets for look in looks) <= CONCURRENCY + 16
    # While others are served, a connection that the server closed is closed here in no time.
    assert max(look.close_wait for look in looks) <= 8
    assert looks[-1].close_wait == 0
