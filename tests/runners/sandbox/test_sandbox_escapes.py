"""Code that tries to get out of the real bubblewrap, or to take more than it may."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
from pathlib import Path

import msgspec
import pytest

from evalrun.core.sandbox import Command, Limits, Outcome, Sandbox

PYTHON = "/usr/bin/python3"
MIB = 1 << 20
SMALL = Limits(wall_s=20, memory_bytes=200 * MIB, processes=60, disk_bytes=32 * MIB)

pytestmark = pytest.mark.skipif(not Path(PYTHON).exists(), reason="no Python of the system's own")


def python(code: str, **command: object) -> Command:
    return Command(argv=(PYTHON, "-c", code), **command)


async def still_works(sandbox: Sandbox) -> bool:
    outcome = await sandbox.run(python("print(6 * 7)"))
    return outcome.status == "ok" and outcome.stdout == "42\n"


async def run(sandbox: Sandbox, code: str, limits: Limits = SMALL) -> Outcome:
    outcome = await sandbox.run(python(code), limits=limits)
    assert await still_works(sandbox)
    return outcome


async def test_a_server_of_this_machine_cannot_be_reached(bubblewrap: Sandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        port = server.getsockname()[1]
        code = f"import socket; socket.create_connection(('127.0.0.1', {port}), 3)"
        outcome = await run(bubblewrap, code)
        with pytest.raises(TimeoutError):
            server.accept()
    assert (outcome.status, outcome.exit_code) == ("exit", 1)
    assert "ConnectionRefusedError" in outcome.stderr


async def test_there_is_no_network_but_the_loopback(bubblewrap: Sandbox) -> None:
    outcome = await run(bubblewrap, "import socket; print(socket.if_nameindex())")
    assert outcome.stdout == "[(1, 'lo')]\n"


async def test_abstract_sockets_of_this_machine_cannot_be_reached(bubblewrap: Sandbox) -> None:
    name = f"evalrun-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("\0" + name)
        server.listen()
        code = f"import socket; socket.socket(socket.AF_UNIX).connect(chr(0) + {name!r})"
        outcome = await run(bubblewrap, code)
    assert "ConnectionRefusedError" in outcome.stderr


async def test_secrets_in_the_environment_are_in_no_process_inside(
    bubblewrap: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-of-mine")
    code = """
import glob, os
for file in glob.glob('/proc/[0-9]*/environ') + glob.glob('/proc/[0-9]*/cmdline'):
    try:
        print(open(file, 'rb').read())
    except OSError as error:
        print(file, error)
print(dict(os.environ))
"""
    outcome = await run(bubblewrap, code)
    assert outcome.status == "ok"
    assert "PATH" in outcome.stdout
    assert "sk-secret" not in outcome.stdout


@pytest.mark.parametrize("path", ["/etc/shadow", "/root", "/home", "/run", "/var", "/sys", "/work"])
async def test_folders_of_this_machine_are_not_there(bubblewrap: Sandbox, path: str) -> None:
    outcome = await run(bubblewrap, f"import os; os.stat({path!r})")
    assert "FileNotFoundError" in outcome.stderr


async def test_files_of_this_user_are_not_there(bubblewrap: Sandbox, tmp_path: Path) -> None:
    secret = tmp_path / "run.json"
    secret.write_text("{}")
    outcome = await run(bubblewrap, f"open({str(secret)!r})")
    assert "FileNotFoundError" in outcome.stderr


@pytest.mark.parametrize("folder", ["/", "/usr", "/usr/bin", "/etc", "/dev", "/proc/sys/kernel"])
async def test_nothing_can_be_written_but_in_the_workspace(
    bubblewrap: Sandbox, folder: str
) -> None:
    outcome = await run(bubblewrap, f"open({folder!r} + '/core_pattern', 'w').write('x')")
    assert "Error" in outcome.stderr
    assert outcome.status == "exit"


async def test_code_is_nobody_without_rights_and_cannot_gain_any(bubblewrap: Sandbox) -> None:
    code = """
import os, re, subprocess
status = open('/proc/self/status').read()
print(os.getuid(), os.getgid(), set(re.findall(r'Cap(?:Prm|Eff|Bnd):\\s+(\\w+)', status)))
print(re.search(r'NoNewPrivs:\\s+(\\d)', status)[1], re.search(r'Seccomp:\\s+(\\d)', status)[1])
print(subprocess.run(['unshare', '--user', 'true'], capture_output=True).returncode != 0)
print(os.uname().nodename)
"""
    outcome = await run(bubblewrap, code)
    assert outcome.stdout.splitlines() == [
        "65534 65534 {'0000000000000000'}",
        "1 2",
        "True",
        "sandbox",
    ]


async def test_other_processes_cannot_be_seen(bubblewrap: Sandbox) -> None:
    code = "import os; print(sorted(int(n) for n in os.listdir('/proc') if n.isdigit()))"
    outcome = await run(bubblewrap, code)
    assert max(eval(outcome.stdout)) < 10


async def test_signals_reach_neither_evalrun_nor_other_sandboxes(bubblewrap: Sandbox) -> None:
    code = f"""
import os, signal
for target in (os.getppid(), {os.getpid()}, -1):
    try:
        os.kill(target, signal.SIGKILL)
    except OSError as error:
        print(error)
"""
    other = asyncio.ensure_future(bubblewrap.run(python("import time; time.sleep(1)")))
    outcome = await run(bubblewrap, code)
    assert outcome.status == "ok"
    assert (await other).status == "ok"


async def test_a_fork_bomb_is_ended(bubblewrap: Sandbox) -> None:
    code = """
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
"""
    outcome = await run(bubblewrap, code)
    assert outcome.status == "processes"
    assert outcome.wall_s < 10


async def test_threads_count_as_processes(bubblewrap: Sandbox) -> None:
    code = """
import threading, time
while True:
    try:
        threading.Thread(target=time.sleep, args=(60,)).start()
    except RuntimeError:
        time.sleep(0.1)
"""
    # Their stacks are mapped, and hardly touched.
    limits = Limits(wall_s=20, memory_bytes=1024 * MIB, processes=60)
    assert (await run(bubblewrap, code, limits)).status == "processes"


async def test_a_memory_hog_is_ended(bubblewrap: Sandbox) -> None:
    code = """
import time
kept = []
while True:
    try:
        kept.append(b'x' * (1 << 20))
    except MemoryError:
        time.sleep(0.1)
"""
    outcome = await run(bubblewrap, code)
    assert outcome.status == "memory"
    assert outcome.wall_s < 10


async def test_memory_is_summed_over_processes(bubblewrap: Sandbox) -> None:
    code = """
import os, time
for _ in range(5):
    if os.fork() == 0:
        kept = b'x' * (60 << 20)
        time.sleep(60)
time.sleep(60)
"""
    outcome = await run(bubblewrap, code)
    assert outcome.status == "memory"
    assert outcome.wall_s < 10


async def test_memory_that_processes_share_counts_once(bubblewrap: Sandbox) -> None:
    code = """
import os, time
kept = b'x' * (60 << 20)
for _ in range(5):
    if os.fork() == 0:
        time.sleep(1)
        os._exit(0)
time.sleep(1)
"""
    assert (await run(bubblewrap, code)).status == "ok"


@pytest.mark.parametrize(
    "call", ["os.memfd_create('x')", "ctypes.CDLL(None).shmget(0, 4096, 0o1600) != -1 or 1 / 0"]
)
async def test_memory_that_belongs_to_no_process_cannot_be_had(
    bubblewrap: Sandbox, call: str
) -> None:
    outcome = await run(bubblewrap, f"import os, ctypes\n{call}")
    assert outcome.status == "exit"


@pytest.mark.parametrize("folder", ["/sandbox", "/tmp", "/dev/shm"])
async def test_filling_the_disk_ends_at_the_limit(bubblewrap: Sandbox, folder: str) -> None:
    code = f"""
import itertools
for n in itertools.count():
    open({folder!r} + f'/{{n}}', 'wb').write(bytes(1 << 20))
"""
    assert (await run(bubblewrap, code)).status == "disk"


async def test_a_deleted_file_that_is_open_takes_room_too(bubblewrap: Sandbox) -> None:
    code = """
import os
file = open('f', 'wb')
os.unlink('f')
while True:
    file.write(bytes(1 << 20))
"""
    outcome = await run(bubblewrap, code)
    assert outcome.status in ("disk", "exit")
    assert outcome.wall_s < 10


async def test_very_many_files_end_at_a_limit(bubblewrap: Sandbox) -> None:
    code = """
import itertools
for n in itertools.count():
    open(f'{n}', 'w').close()
"""
    assert (await run(bubblewrap, code, Limits(wall_s=60))).status == "disk"


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
async def test_endless_output_is_cut_and_ended(bubblewrap: Sandbox, stream: str) -> None:
    code = f"import sys\nwhile True: sys.{stream}.write('x' * 65536)"
    limits = Limits(wall_s=20, output_bytes=100_000)
    outcome = await run(bubblewrap, code, limits)
    assert outcome.status == "output"
    assert outcome.is_cut
    assert len(getattr(outcome, stream)) == 100_000


async def test_a_process_that_ignores_signals_is_ended_in_time(bubblewrap: Sandbox) -> None:
    code = """
import signal
for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)
while True: pass
"""
    outcome = await run(bubblewrap, code, Limits(wall_s=1))
    assert outcome.status == "timeout"
    assert 1 <= outcome.wall_s < 10
    assert outcome.exit_code is None


async def test_processor_time_is_summed_over_processes(bubblewrap: Sandbox) -> None:
    code = """
import os
os.fork()
while True: pass
"""
    outcome = await run(bubblewrap, code, Limits(wall_s=20, cpu_s=1))
    assert outcome.status == "timeout"
    assert outcome.cpu_s >= 1
    assert "processor time" in (outcome.detail or "")


async def test_a_daemon_does_not_outlive_the_command(bubblewrap: Sandbox) -> None:
    code = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(1)
        open('/sandbox/late', 'w').write('I am still here')
        time.sleep(600)
    os._exit(0)
print('done')
"""
    async with bubblewrap.open() as workspace:
        first = await workspace.run(python(code))
        second = await workspace.run(python("import time; time.sleep(1.5)", collect=("late",)))
    assert (first.status, first.stdout) == ("ok", "done\n")
    assert second.files == {}


async def test_files_are_brought_back_but_links_out_are_not_followed(
    bubblewrap: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("mine")
    code = f"""
import os
open('good', 'w').write('mine to give')
os.symlink('good', 'inner')
os.symlink({str(tmp_path / "secret")!r}, 'link')
os.symlink({str(tmp_path)!r}, 'folder')
os.mkfifo('pipe')
os.mkdir('directory')
open('large', 'wb').write(bytes(200_000))
"""
    names = ("good", "inner", "link", "folder/secret", "pipe", "directory", "large", "absent")
    outcome = await bubblewrap.run(
        python(code, collect=names), limits=Limits(wall_s=10, output_bytes=100_000)
    )
    assert outcome.status == "ok"
    assert outcome.files == {"good": b"mine to give"}


async def test_files_are_not_written_through_links_of_an_earlier_command(
    bubblewrap: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "kept").write_text("mine")
    code = f"""
import os
os.symlink({str(tmp_path)!r}, 'tests')
os.symlink({str(tmp_path / "kept")!r}, 'link')
"""
    async with bubblewrap.open() as workspace:
        assert (await workspace.run(python(code))).status == "ok"
        through_folder = await workspace.run(python("", files={"tests/kept": "theirs"}))
        through_link = await workspace.run(python("", files={"link": "new"}, collect=("link",)))
    assert (through_folder.status, through_folder.exit_code) == ("exit", 126)
    assert through_link.files == {"link": b"new"}
    assert (tmp_path / "kept").read_text() == "mine"


async def test_a_workspace_made_unusable_is_not_the_sandboxs_fault(bubblewrap: Sandbox) -> None:
    async with bubblewrap.open() as workspace:
        await workspace.run(python("import os; os.mkdir('src'); os.chmod('src', 0)", cwd="."))
        locked = await workspace.run(python("print(1)", cwd="src"))
        await workspace.run(python("import os; os.rmdir('src'); os.symlink('/', 'src')"))
        linked = await workspace.run(python("print(1)", cwd="src"))
        await workspace.run(python("import os; os.chmod('/sandbox', 0)"))
        closed = await workspace.run(python("print(1)"))
    assert locked.stdout == "1\n"
    assert linked.status == "exit"
    assert closed.stdout == "1\n"


async def test_there_is_no_terminal_to_type_into(bubblewrap: Sandbox) -> None:
    code = """
import fcntl, sys, termios
print(repr(sys.stdin.read()))
try:
    fcntl.ioctl(open('/dev/tty'), termios.TIOCSTI, 'x')
except OSError as error:
    print('no terminal')
"""
    outcome = await run(bubblewrap, code)
    assert outcome.stdout == "''\nno terminal\n"


async def test_a_command_that_reads_no_stdin_ends_all_the_same(bubblewrap: Sandbox) -> None:
    outcome = await bubblewrap.run(python("print(1)", stdin="x" * 10_000_000))
    assert (outcome.status, outcome.stdout) == ("ok", "1\n")


@pytest.mark.skipif(os.geteuid() != 0, reason="becoming somebody else needs root")
def test_an_ordinary_user_has_the_same_sandbox() -> None:
    bomb = "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass"
    program = f"""
import site
site.addsitedir({str(Path(msgspec.__file__).parents[1])!r})
import asyncio
from evalrun.core.sandbox import Command, Limits
from evalrun.runners.sandbox.registry import sandbox_of
sandbox = sandbox_of({{"name": "bubblewrap"}})
for problem in sandbox.problems():
    raise SystemExit(f"not here: {{problem}}")
limits = Limits(processes=40, disk_bytes=1 << 24)
def outcome(*argv):
    return asyncio.run(sandbox.run(Command(argv=argv, files={{"a/b": "x"}}), limits=limits))
print(outcome("cat", "/sandbox/a/b").stdout, outcome({PYTHON!r}, "-c", {bomb!r}).status,
      outcome("dd", "if=/dev/zero", "of=f", "bs=1M").status, outcome("id", "-u").stdout)
"""
    done = subprocess.run(
        [PYTHON, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        user=65534,
        group=65534,
        extra_groups=[],
        cwd="/",
    )
    if "ModuleNotFoundError" in done.stderr or "ImportError" in done.stderr:
        pytest.skip("the system's Python cannot read the packages of this one")
    if done.stderr.startswith("not here: "):
        pytest.skip(done.stderr)
    assert done.stdout.split() == ["x", "processes", "disk", "65534"], done.stderr
