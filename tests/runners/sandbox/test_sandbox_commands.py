"""What commands find in the real bubblewrap, and what is told of them."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from evalrun.core.sandbox import Command, Limits, Sandbox, Setup, why_unavailable
from evalrun.runners import event_loop
from evalrun.runners.sandbox.registry import sandbox_of

GIB = 1 << 30
needs_java = pytest.mark.skipif(shutil.which("javac") is None, reason="no Java compiler")

HELLO = """
public class Hello {
    public static void main(String[] names) throws Exception {
        byte[] kept = new byte[64 << 20];
        Thread thread = new Thread(() -> System.out.println("Hello, " + names[0] + "!"));
        thread.start();
        thread.join();
    }
}
"""


async def test_output_code_and_files_are_told(bubblewrap: Sandbox) -> None:
    outcome = await bubblewrap.run(
        Command(
            argv=("sh", "-c", 'cat; echo "$NAME" >&2; pwd > made; exit 3'),
            cwd="a/b",
            stdin="given",
            env={"NAME": "value = with $signs"},
            collect=("a/b/made",),
        )
    )
    assert (outcome.status, outcome.exit_code) == ("exit", 3)
    assert (outcome.stdout, outcome.stderr) == ("given", "value = with $signs\n")
    assert outcome.files == {"a/b/made": b"/sandbox/a/b\n"}
    assert not outcome.is_cut


async def test_a_program_that_dies_of_a_signal_says_so(bubblewrap: Sandbox) -> None:
    outcome = await bubblewrap.run(Command(argv=("sh", "-c", "kill -SEGV $$")))
    assert (outcome.status, outcome.exit_code, outcome.detail) == ("signal", 139, "died of SIGSEGV")


async def test_a_file_larger_than_the_disk_ends_its_writer(bubblewrap: Sandbox) -> None:
    command = Command(argv=("truncate", "-s", "1G", "f"))
    assert (await bubblewrap.run(command)).status == "disk"


async def test_a_program_that_is_not_there_is_the_commands_failure(bubblewrap: Sandbox) -> None:
    outcome = await bubblewrap.run(Command(argv=("no-such-program",)))
    assert (outcome.status, outcome.exit_code) == ("exit", 127)


async def test_a_workspace_keeps_files_between_commands_and_none_afterwards(
    bubblewrap: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "src" / "deep").mkdir(parents=True)
    (tmp_path / "src" / "deep" / "data").write_text("copied")
    setup = Setup(folders={"project": tmp_path / "src"}, files={"project/note": b"written"})
    async with bubblewrap.open(setup) as workspace:
        change = "echo changed > deep/data; echo x > /tmp/left"
        await workspace.run(Command(argv=("sh", "-c", change), cwd="project"))
        look = Command(argv=("cat", "project/deep/data", "project/note", "/tmp/left"))
        assert (await workspace.run(look)).stdout == "changed\nwrittenx\n"
    assert (tmp_path / "src" / "deep" / "data").read_text() == "copied"
    assert (
        await bubblewrap.run(Command(argv=("ls", "-A", "/sandbox", "/tmp")))
    ).stdout.split() == [
        "/sandbox:",
        "/tmp:",
    ]


async def test_mounts_are_seen_and_cannot_be_changed(bubblewrap: Sandbox, tmp_path: Path) -> None:
    os.chmod(tmp_path, 0o755)  # noqa: PTH101
    (tmp_path / "library").write_text("read me")
    setup = Setup(mounts={"/opt/one/lib": tmp_path, "/opt/file": tmp_path / "library"})
    script = "cat /opt/one/lib/library /opt/file; echo x > /opt/one/lib/library"
    outcome = await bubblewrap.run(Command(argv=("sh", "-c", script)), setup)
    assert outcome.stdout == "read meread me"
    assert "Read-only file system" in outcome.stderr
    assert (tmp_path / "library").read_text() == "read me"


async def test_a_setup_that_cannot_be_made_refuses_its_commands(
    bubblewrap: Sandbox, tmp_path: Path
) -> None:
    command = Command(argv=("true",))
    absent = await bubblewrap.run(command, Setup(mounts={"/opt/x": tmp_path / "absent"}))
    too_large = await bubblewrap.run(
        command, Setup(files={"f": b"x" * 100_000}), Limits(disk_bytes=50_000)
    )
    assert absent.status == too_large.status == "refused"
    assert "absent" in (absent.detail or "")
    assert "No space left" in (too_large.detail or "")


@pytest.mark.skipif(os.geteuid() != 0, reason="others run commands as themselves")
async def test_what_root_alone_can_read_is_not_mounted(bubblewrap: Sandbox, tmp_path: Path) -> None:
    os.chmod(tmp_path, 0o700)  # noqa: PTH101
    outcome = await bubblewrap.run(Command(argv=("true",)), Setup(mounts={"/opt/x": tmp_path}))
    assert outcome.status == "refused"
    assert f"chmod -R o+rX {tmp_path}" in (outcome.detail or "")


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/../../x", "a\0b"])
async def test_paths_that_lead_out_are_refused(bubblewrap: Sandbox, path: str) -> None:
    with pytest.raises(ValueError, match="not a path in the workspace"):
        await bubblewrap.run(Command(argv=("true",), files={path: ""}))
    with pytest.raises(ValueError, match="not a path in the workspace"):
        await bubblewrap.run(Command(argv=("true",), cwd=path))


async def test_as_many_workspaces_are_open_as_there_are_processors() -> None:
    from evalrun.runners.sandbox.bubblewrap import Bubblewrap, BubblewrapOptions
    from evalrun.runners.sandbox.engine import EngineSandbox

    sandbox = EngineSandbox(Bubblewrap(BubblewrapOptions(name="bubblewrap")), 2)
    if sandbox.problems():
        pytest.skip(str(sandbox.problems()[0]))
    started = time.monotonic()
    outcomes = await asyncio.gather(
        *(sandbox.run(Command(argv=("sleep", "0.5"))) for _ in range(4))
    )
    assert [outcome.status for outcome in outcomes] == ["ok"] * 4
    assert time.monotonic() - started >= 1.0


async def test_cancelling_ends_a_command(bubblewrap: Sandbox, tmp_path: Path) -> None:
    task = asyncio.ensure_future(bubblewrap.run(Command(argv=("sleep", "61.25"))))
    await _until(lambda: _running("61.25"))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await _until(lambda: not _running("61.25"))


def test_commands_run_in_evalruns_own_event_loop(bubblewrap: Sandbox) -> None:
    async def both() -> list[str]:
        command = Command(argv=("cat",), stdin="from uvloop")
        return [(await bubblewrap.run(command)).stdout for _ in range(2)]

    assert event_loop.run(both()) == ["from uvloop"] * 2


async def test_nothing_is_left_of_a_killed_evalrun(bubblewrap: Sandbox) -> None:
    program = """
import asyncio
from evalrun.core.sandbox import Command
from evalrun.runners.sandbox.registry import sandbox_of
sandbox = sandbox_of({"name": "bubblewrap"})
asyncio.run(sandbox.run(Command(argv=("sh", "-c", "setsid sleep 62.75 & sleep 62.75"))))
"""
    runner = subprocess.Popen([sys.executable, "-c", program])  # noqa: ASYNC220
    await _until(lambda: len(_running("62.75")) >= 2)
    held = _running("exec cat >/dev/null", runner.pid)
    runner.send_signal(signal.SIGKILL)
    runner.wait()
    await _until(lambda: not _running("62.75"))
    await _until(lambda: not any(Path("/proc", str(process)).exists() for process in held))


async def _until(holds: object) -> None:
    for _ in range(100):
        if holds():  # type: ignore[operator]
            return
        await asyncio.sleep(0.1)
    pytest.fail("it did not come to that")


def _running(words: str, parent: int | None = None) -> list[int]:
    """Return the processes with `words` among their arguments, below `parent` if one is given."""
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal() or int(entry.name) == os.getpid():
            continue
        try:
            said = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            above = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if words in said and "asyncio" not in said and parent in (None, above):
            found.append(int(entry.name))
    return found


@needs_java
async def test_java_is_compiled_and_run_in_a_gibibyte(bubblewrap: Sandbox) -> None:
    setup = Setup(files={"src/Hello.java": HELLO})
    async with bubblewrap.open(setup, Limits(wall_s=120, memory_bytes=GIB)) as workspace:
        javac = ("javac", "-d", "out", "src/Hello.java")
        compiled = await workspace.run(Command(argv=javac, collect=("out/Hello.class",)))
        ran = await workspace.run(Command(argv=("java", "-cp", "out", "Hello", "sandbox")))
    assert compiled.status == "ok", compiled
    assert compiled.files["out/Hello.class"].startswith(b"\xca\xfe\xba\xbe")
    assert (ran.status, ran.stdout, ran.stderr) == ("ok", "Hello, sandbox!\n", "")
    assert ran.cpu_s > 0


@needs_java
async def test_java_that_does_not_compile_exits(bubblewrap: Sandbox) -> None:
    setup = Setup(files={"Hello.java": HELLO.replace("join()", "join(")})
    outcome = await bubblewrap.run(Command(argv=("javac", "Hello.java")), setup)
    assert (outcome.status, outcome.exit_code) == ("exit", 1)
    assert "1 error" in outcome.stderr


async def test_this_python_runs_with_its_packages(bubblewrap: Sandbox) -> None:
    code = "import msgspec, sys; print(sys.executable)"
    places = {Path(sys.prefix), Path(sys.base_prefix)}
    own = {str(place): place for place in places if not place.is_relative_to("/usr")}
    setup = Setup(mounts=own)
    outcome = await bubblewrap.run(Command(argv=(sys.executable, "-c", code)), setup)
    assert (outcome.status, outcome.stdout) == ("ok", sys.executable + "\n"), outcome.stderr


async def test_it_is_told_which_programs_are_missing(bubblewrap: Sandbox) -> None:
    assert await why_unavailable(bubblewrap, "sh", "cat") is None
    reason = await why_unavailable(bubblewrap, "sh", "no-such-compiler", "nor-this")
    assert reason == "not installed in the sandbox: no-such-compiler, nor-this"


async def test_without_bubblewrap_every_verdict_has_the_same_reason(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    sandbox = sandbox_of({"name": "bubblewrap"})
    (problem,) = sandbox.problems()
    assert "bwrap is not installed" in str(problem)
    assert "apt-get install bubblewrap" in problem.remedy
    assert await why_unavailable(sandbox) == str(problem)
    outcome = await sandbox.run(Command(argv=("true",)))
    assert (outcome.status, outcome.exit_code) == ("refused", None)


async def test_a_bubblewrap_that_may_not_make_namespaces_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    (problem,) = sandbox_of({"name": "bubblewrap"}).problems()
    assert "No permissions to create new namespace" in problem.what
    assert "user namespaces" in problem.remedy
