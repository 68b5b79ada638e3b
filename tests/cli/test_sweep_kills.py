"""kill -9 of jobs and of the background process, again and again, loses and repeats nothing."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest
from command import evalrun
from rows import recorded_world
from servers.chat_server import ChatServer
from swept import Swept

SIZE = 120
KILLS = 12


@pytest.mark.slow
def test_after_a_dozen_kills_every_sample_has_one_good_row(
    swept: Swept, chat_server: ChatServer
) -> None:
    recorded_world(swept.folder, SIZE)
    chat_server.delay_s = 0.4
    model = ["model=openai-compatible", "model.name=m", f"model.api_base={chat_server.api_base}"]
    options = ["run.cache=false", "run.max_connections=2", "launcher=local", "launcher.parallel=2"]
    called = ["recipe=file", "benchmark.path=rows.jsonl", *model, *options]
    submitted = evalrun("--multirun", *called, "generation.temperature=0,0.5,1", cwd=swept.folder)
    assert submitted.returncode == 0, submitted.stderr
    generator = random.Random(12)
    killed = 0
    for turn in range(KILLS):
        time.sleep(generator.uniform(0.0, 1.5))
        victims = ["local/.lock", *(f"jobs/{job}/.lock" for job in range(3))]
        killed += kill(swept, victims[0] if turn % 3 == 0 else generator.choice(victims[1:]))
        swept.sweep("retry")
    assert killed >= KILLS // 3, "the sweep is too short to be disturbed"
    chat_server.delay_s = 0.0
    evalrun("sweep", "wait", "--poll", "0.2", cwd=swept.folder)
    swept.sweep("retry")
    swept.wait()
    rows = swept.good_rows()
    assert len(rows) == len(set(rows)) == 3 * SIZE


def kill(swept: Swept, lock: str) -> bool:
    """Kill whoever holds a lock of the sweep, and tell whether anyone does."""
    path = swept.path / lock
    with suppress(OSError, ValueError):  # not there, not held, at the moment of signing
        pid = int(json.loads(path.read_text())["pid"])
        if b"evalrun" in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGKILL)
            return True
    return False
