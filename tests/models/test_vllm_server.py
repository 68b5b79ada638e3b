"""A server of evalrun's own: how it starts, is told apart, and ends, whatever happens."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from lookalike import CHILD, THIS
from processes import are_gone, arguments_of, comes_true, group_of, parent_of, with_argument

from evalrun.core.content import Message
from evalrun.core.errors import EndpointError, SampleError
from evalrun.core.exchange import Call, Reply, Sampling
from evalrun.models.api_errors import Caller
from evalrun.models.on_vllm import process as vllm_process
from evalrun.models.on_vllm import server as vllm_server
from evalrun.models.on_vllm.client import ServedClient
from evalrun.models.on_vllm.server import Launch, VLLMServer
from evalrun.models.openai_api.address import address_of
from evalrun.models.openai_api.chat import ChatApi
from evalrun.models.openai_api.client import OpenAIClient, Target
from evalrun.models.openai_api.settings import ApiSettings

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc"),
    pytest.mark.timeout(120),
]

CALL = Call(messages=(Message("user", "2+2?"),), sampling=Sampling(max_tokens=4))


@pytest.fixture(autouse=True)
def _working_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Have lookalikes see files of this test, and keep logs that are left behind out of /tmp."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.fixture
def servers() -> Iterator[list[VLLMServer]]:
    """Stop what a test puts in here."""
    started: list[VLLMServer] = []
    yield started
    for server in started:
        server.stop()


@pytest.fixture
def server(servers: list[VLLMServer]) -> VLLMServer:
    servers.append(VLLMServer(launch()))
    return servers[0]


def launch(behaviour: str = "", port: int | None = None, timeout_s: float = 60.0) -> Launch:
    def command(port: int, mark: str) -> list[str]:
        return [sys.executable, str(THIS), str(port), mark, *filter(None, [behaviour])]

    return Launch(command=command, port=port, timeout_s=timeout_s)


def guard_of(server: VLLMServer) -> int:
    return server._process._guard.pid


def main_process_of(server: VLLMServer) -> int:
    """Return the process that vLLM would serve from."""
    (pid,) = group_of(guard_of(server)) & with_argument(server._mark) - {guard_of(server)}
    return pid


def client_of(server: VLLMServer) -> ServedClient:
    target = Target(
        name="chat",
        address=address_of(server.base_url),
        caller=Caller("m", server.base_url, key_env=None, secrets=(server.key,)),
        headers={"Authorization": f"Bearer {server.key}"},
    )
    return ServedClient(OpenAIClient(ChatApi(ApiSettings(model="m")), target), server, {}, {})


def servers_of(pid: int) -> set[int]:
    """Return the processes of the servers that a process has started."""
    guards = with_argument(str(vllm_process._GUARD))
    groups = [group_of(guard) for guard in guards if parent_of(guard) == pid]
    return {member for group in groups for member in group}


def write(name: str, text: str = "") -> None:
    """Write a file that lookalikes see."""
    Path(name).write_text(text)


def logs() -> list[Path]:
    return list(Path().resolve().glob("evalrun-vllm-*.log"))


async def test_a_server_that_is_ready_answers_who_has_its_key(server: VLLMServer) -> None:
    write("reply", "4")
    client = client_of(server)

    reply = await client.call(CALL)
    await client.close()

    assert reply.text == "4"
    assert server.max_length == 1024


def test_a_server_does_not_answer_who_has_no_key(server: VLLMServer) -> None:
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(f"{server.base_url}/models")


def test_the_key_stands_on_no_command_line(server: VLLMServer) -> None:
    group = group_of(guard_of(server))

    assert len(group) == 3
    assert not any(server.key in argument for pid in group for argument in arguments_of(pid))


def test_what_went_wrong_at_the_start_is_told_in_one_line_with_the_log() -> None:
    with pytest.raises(EndpointError) as caught:
        VLLMServer(launch("broken"))

    (log,) = logs()
    assert str(caught.value) == (
        f"the vLLM server did not start: ValueError: no such weights; its log: {log}"
    )
    assert comes_true(lambda: not servers_of(os.getpid()))


def test_a_server_that_is_not_ready_in_time_is_ended_and_its_log_kept() -> None:
    with pytest.raises(EndpointError) as caught:
        VLLMServer(launch("silent", timeout_s=5.0))

    (log,) = logs()
    assert str(caught.value) == (
        "the vLLM server was not ready within 5 s (model.start_timeout_s): "
        f"INFO loading weights; its log: {log}"
    )
    assert comes_true(lambda: not servers_of(os.getpid()))


def test_a_long_start_is_told_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(vllm_server, "_SILENT_S", 0.3)

    with pytest.raises(EndpointError):
        VLLMServer(launch("silent", timeout_s=1.0))

    assert capsys.readouterr().err == (
        "evalrun: waiting for the vLLM server to load the model ...\n"
    )


@pytest.fixture
def foreign(servers: list[VLLMServer]) -> int:
    """Return the port of a server that is ready, and not the one that is started next."""
    servers.append(VLLMServer(launch()))
    return servers[0]._port


def test_another_port_is_taken_when_one_is_lost_to_another_server(
    foreign: int, servers: list[VLLMServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    free = vllm_server._free_port()
    monkeypatch.setattr(vllm_server, "_free_port", iter([foreign, free]).__next__)

    servers.append(VLLMServer(launch()))

    assert servers[-1].base_url == f"http://127.0.0.1:{free}/v1"


def test_a_port_that_was_asked_for_and_is_taken_is_refused(foreign: int) -> None:
    with pytest.raises(EndpointError, match=r"did not start: .*Address already in use"):
        VLLMServer(launch(port=foreign))


def test_a_port_that_was_asked_for_is_used(servers: list[VLLMServer]) -> None:
    free = vllm_server._free_port()

    servers.append(VLLMServer(launch(port=free)))

    assert servers[0].base_url == f"http://127.0.0.1:{free}/v1"


def test_stopping_ends_all_processes_and_removes_the_log(server: VLLMServer) -> None:
    group = group_of(guard_of(server))
    assert any(CHILD in arguments_of(pid) for pid in group)

    server.stop()
    server.stop()

    assert comes_true(lambda: are_gone(group))
    assert logs() == []


def test_a_server_that_does_not_end_when_asked_is_killed(
    monkeypatch: pytest.MonkeyPatch, servers: list[VLLMServer]
) -> None:
    monkeypatch.setattr(vllm_process, "_GRACE_S", 0.2)
    servers.append(VLLMServer(launch("stubborn")))
    group = group_of(guard_of(servers[0]))

    servers[0].stop()

    assert comes_true(lambda: are_gone(group))


def test_a_server_ends_when_its_guard_is_told_to(server: VLLMServer) -> None:
    group = group_of(guard_of(server))

    os.kill(guard_of(server), signal.SIGTERM)

    assert comes_true(lambda: are_gone(group))
    assert server.is_dead


def test_a_server_whose_guard_was_killed_counts_as_dead_and_is_ended(server: VLLMServer) -> None:
    group = group_of(guard_of(server))

    os.kill(guard_of(server), signal.SIGKILL)

    assert comes_true(lambda: server.is_dead)
    server.stop()
    assert comes_true(lambda: are_gone(group))


async def test_a_server_that_is_killed_is_told_apart_from_one_that_does_not_answer(
    server: VLLMServer,
) -> None:
    client = client_of(server)
    group = group_of(guard_of(server))
    calls = [asyncio.create_task(client.call(CALL)) for _ in range(8)]
    await asyncio.sleep(0.5)

    os.kill(main_process_of(server), signal.SIGKILL)
    errors = await asyncio.gather(*calls, return_exceptions=True)
    await client.close()

    (log,) = logs()
    message = f"the vLLM server has ended: the server was ended by SIGKILL; its log: {log}"
    assert [str(error) for error in errors] == [message] * 8
    assert {type(error) for error in errors} == {EndpointError}
    assert comes_true(lambda: are_gone(group))


async def test_what_may_pass_may_pass_while_the_server_lives(server: VLLMServer) -> None:
    write("overloaded")
    client = client_of(server)

    with pytest.raises(SampleError) as caught:
        await client.call(CALL)
    await client.close()

    assert (caught.value.kind, caught.value.passing) == ("overloaded", True)


async def test_a_connection_that_breaks_while_the_server_lives_may_be_asked_again(
    server: VLLMServer,
) -> None:
    class Broken:
        async def call(self, call: Call) -> Reply:
            raise SampleError("broke", kind="connection", passing=True)

    with pytest.raises(SampleError, match="broke"):
        await ServedClient(Broken(), server, {}, {}).call(CALL)  # pyright: ignore[reportArgumentType]


def script(body: str) -> subprocess.Popen[str]:
    """Run an evalrun of its own; it has a server in `server` when it has written `ready`."""
    preamble = f"""
        import asyncio, signal, sys, time
        sys.path[:0] = {[str(THIS.parent)]!r}
        from lookalike import THIS
        from evalrun.models.on_vllm.server import Launch, VLLMServer

        # A shell that started the tests in the background may have had SIGINT ignored.
        signal.signal(signal.SIGINT, signal.default_int_handler)

        def launch(*behaviour):
            command = lambda port, mark: [sys.executable, str(THIS), str(port), mark, *behaviour]
            return Launch(command=command, timeout_s=60.0)
    """
    source = textwrap.dedent(preamble) + textwrap.dedent(body)
    return subprocess.Popen(
        [sys.executable, "-c", source],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        # The log of a server outlives an evalrun that is killed.
        env={**os.environ, "TMPDIR": str(Path.cwd())},
    )


def ready(process: subprocess.Popen[str]) -> set[int]:
    """Return the processes of the server when it is there."""
    assert process.stdout is not None
    group = group_of(int(process.stdout.readline()))
    assert len(group) == 3
    return group


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_server_ends_with_an_evalrun_that_is_killed(number: int) -> None:
    process = script("""
        server = VLLMServer(launch())
        print(server._process._guard.pid, flush=True)
        time.sleep(600)
    """)
    group = ready(process)

    process.send_signal(number)

    assert comes_true(lambda: are_gone(group))
    process.communicate()


@pytest.mark.parametrize("end", ["", "raise SystemExit(1)", "server.stop()"])
def test_a_server_ends_with_an_evalrun_that_ends(end: str) -> None:
    process = script(f"""
        server = VLLMServer(launch())
        print(server._process._guard.pid, flush=True)
        sys.stdin.read()
        {end}
    """)
    group = ready(process)

    process.communicate()

    assert comes_true(lambda: are_gone(group))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_wait_for_a_server_at_once(number: int) -> None:
    # As a run does: the loop takes the signals, and the server is started inside it.
    process = script("""
        async def run():
            loop, task = asyncio.get_running_loop(), asyncio.current_task()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, task.cancel)
            print("starting", flush=True)
            VLLMServer(launch("silent"))

        try:
            asyncio.run(run())
        except KeyboardInterrupt:
            print("interrupted", flush=True)
    """)
    assert process.stdout is not None
    assert process.stdout.readline() == "starting\n"
    assert comes_true(lambda: len(servers_of(process.pid)) == 3)
    servers = servers_of(process.pid)

    process.send_signal(number)
    said, _ = process.communicate(timeout=20)

    assert said == "interrupted\n"
    assert comes_true(lambda: are_gone(servers))
