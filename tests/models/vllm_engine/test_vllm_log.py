"""The output of vLLM's processes goes to a file, and says there what went wrong."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator

import pytest

from evalrun.models.on_vllm.log import EngineLog


@pytest.fixture
def log() -> Iterator[EngineLog]:
    log = EngineLog()
    yield log
    log.remove()


def run(script: str) -> subprocess.CompletedProcess[str]:
    """Run `script` in a process of its own: pytest stands before this one's terminal."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], check=True, capture_output=True, text=True
    )


def test_nothing_printed_while_the_engine_starts_reaches_the_terminal() -> None:
    script = """
        import os, subprocess, sys
        from evalrun.models.on_vllm.log import EngineLog

        log = EngineLog()
        print("before")
        with log.taking_output():
            print("from Python")
            os.write(2, b"from C++")
            subprocess.run([sys.executable, "-c", "print(' from a child')"], check=True)
        print("after")
        print(sorted(log.path.read_text().split()), file=sys.stderr)
        log.remove()
    """

    shown = run(script)

    assert shown.stdout == "before\nafter\n"
    assert shown.stderr == "['C++', 'Python', 'a', 'child', 'from', 'from', 'from']\n"


def test_children_keep_writing_to_the_file_when_the_terminal_is_back() -> None:
    script = """
        import subprocess, sys
        from evalrun.models.on_vllm.log import EngineLog

        log = EngineLog()
        with log.taking_output():
            command = [sys.executable, "-c", "input(); print('later')"]
            child = subprocess.Popen(command, stdin=subprocess.PIPE)
        child.communicate(b"now")
        print("in the file:", log.path.read_text(), end="")
        log.remove()
    """

    assert run(script).stdout == "in the file: later\n"


def test_the_terminal_is_back_after_a_failure() -> None:
    script = """
        from contextlib import suppress
        from evalrun.models.on_vllm.log import EngineLog

        log = EngineLog()
        with suppress(RuntimeError), log.taking_output():
            raise RuntimeError
        print("after")
        log.remove()
    """

    assert run(script).stdout == "after\n"


def test_the_error_told_is_the_one_that_happened_and_not_those_that_point_back_at_it(
    log: EngineLog,
) -> None:
    log.path.write_text(
        "(Worker pid=7) INFO 11-24 [loader.py:81] Loading weights\n"
        "(Worker pid=7) ERROR 11-24 [core.py:12] Traceback (most recent call last):\n"
        "(Worker pid=7) ERROR 11-24 [core.py:12]     raise OutOfMemoryError\n"
        "(Worker pid=7) ERROR 11-24 [core.py:12] torch.OutOfMemoryError: tried to allocate 2 GiB\n"
        "Exception: WorkerProc initialization failed. See stack trace for root cause.\n"
        "RuntimeError: Worker failed, please check the stack trace above for the root cause\n"
        "RuntimeError: Engine core initialization failed. See root cause above.\n"
    )

    assert log.last_error() == "torch.OutOfMemoryError: tried to allocate 2 GiB"


def test_a_plain_exception_is_an_error_too(log: EngineLog) -> None:
    log.path.write_text("Traceback (most recent call last):\nException: out of luck\n")

    assert log.last_error() == "Exception: out of luck"


def test_a_log_without_an_error_tells_none(log: EngineLog) -> None:
    log.path.write_text("INFO no ValueError so far\n")

    assert log.last_error() is None


def test_a_command_line_that_is_refused_is_an_error(log: EngineLog) -> None:
    log.path.write_text(
        "usage: api_server.py [-h] [--dtype {auto,float32}]\n"
        "api_server.py: error: argument --dtype: invalid choice: 'float8'\n"
        "the server ended with exit code 2\n"
    )

    assert log.last_error() == "argument --dtype: invalid choice: 'float8'"


def test_the_last_line_is_the_last_that_says_something(log: EngineLog) -> None:
    log.path.write_text("INFO loading weights\nthe server was ended by SIGKILL\n\n  \n")

    assert log.last_line() == "the server was ended by SIGKILL"


def test_an_empty_log_has_no_last_line(log: EngineLog) -> None:
    assert log.last_line() is None
