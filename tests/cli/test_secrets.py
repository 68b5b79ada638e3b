"""No secret reaches a file or the screen, whatever goes wrong."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from command import COMMAND, evalrun
from marks import Marks
from rows import only_run
from served import LITELLM, arguments, environment, failures, number_of
from servers import answers
from servers.answers import Answer
from servers.certificates import self_signed
from servers.chat_server import ChatServer, bound_socket
from servers.proxy_server import ProxyServer
from servers.script import Script, text_of

SIZE = 3
COMMON = ("run.retries=1", "run.timeout_s=1", "run.max_outage_s=1", "run.max_connections=2")
VARIABLES = (
    "OPENAI_API_KEY",
    "LAB_ACCESS",  # a name that does not look like that of a secret
    "JUDGE_ACCESS",
    "HF_TOKEN",
    "ANTHROPIC_API_KEY",
)
PLACES = (
    *VARIABLES,
    "proxy password",
    "address password",
    "address query",
    "header X-Api-Key",
    "header X-Lab",
    "judge address",
    "judge header",
)


class World:
    """A folder in which everything that a run writes ends up, and commands that know secrets."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.marks = Marks(*PLACES)
        self.printed: dict[str, str] = {}
        self.variables = {name: self.marks[name] for name in VARIABLES}
        for name, variable in (("home", "HOME"), ("temp", "TMPDIR")):
            (folder / name).mkdir()
            self.variables[variable] = str(folder / name)

    def environment(self) -> dict[str, str]:
        return environment(self.folder, self.variables)

    def evalrun(self, *called: str) -> subprocess.CompletedProcess[str]:
        """Run the command, and keep what it prints."""
        done = evalrun(*called, cwd=self.folder, **self.environment())
        self.keep(" ".join(called[:2]), done.stdout, done.stderr)
        return done

    def keep(self, name: str, out: str, err: str) -> None:
        number = len(self.printed)
        self.printed |= {f"{number} {name}: stdout": out, f"{number} {name}: stderr": err}

    def assert_no_secret_is_left(self) -> None:
        leaks = self.marks.leaks(self.folder, self.printed)
        assert not leaks, "\n".join(leaks)


class Way(msgspec.Struct, frozen=True):
    """How a run is told secrets: `places` are those that the server gets to know."""

    name: str
    places: tuple[str, ...]
    overrides: Callable[[Marks, str], list[str]]

    def run(self, world: World, url: str, *overrides: str, size: int = SIZE) -> list[str]:
        """Return the arguments of a run that asks the server at `url`."""
        told = self.overrides(world.marks, url)
        return [*arguments(world.folder, url, size, *COMMON), *told, *overrides]

    def told(self, world: World) -> str:
        return " ".join(world.marks[place] for place in self.places)


def by_default(marks: Marks, url: str) -> list[str]:
    return [f"model.api_base={url}/v1"]


def by_key(marks: Marks, url: str) -> list[str]:
    headers = {"X-Api-Key": marks["header X-Api-Key"], "X-Lab": marks["header X-Lab"]}
    said = [f"model.headers.{name}='{value}'" for name, value in headers.items()]
    return [f"model.api_base={url}/v1", "model.api_key_env=LAB_ACCESS", *said]


def by_address(marks: Marks, url: str) -> list[str]:
    """Say a user's password and a key in the query, as they must be written in addresses."""
    scheme, _, host = url.partition("://")
    password, key = (quote(marks[f"address {part}"], safe="") for part in ("password", "query"))
    return [f"model.api_base='{scheme}://user:{password}@{host}/v1?key={key}'"]


WAYS = (
    Way("the default variable", ("OPENAI_API_KEY",), by_default),
    Way("own variable and headers", ("LAB_ACCESS", "header X-Api-Key", "header X-Lab"), by_key),
    Way("address", ("address password", "address query"), by_address),
)


@pytest.fixture(params=WAYS, ids=lambda way: way.name)
def way(request: pytest.FixtureRequest) -> Way:
    return request.param


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


Echo = Callable[[str, dict[str, str]], Answer]


def refusal(told: str, headers: dict[str, str]) -> Answer:
    return answers.failure(401, f"Incorrect key: {told}", code="invalid_api_key")


def server_error(told: str, headers: dict[str, str]) -> Answer:
    return answers.failure(500, f"headers were {headers}, keys {told}")


def bad_request(told: str, headers: dict[str, str]) -> Answer:
    return answers.failure(400, f"odd: {json.dumps(headers)} {told}")


def redirect(told: str, headers: dict[str, str]) -> Answer:
    safe = quote(told, safe="")
    location = f"http://user:{safe}@elsewhere.test/{safe}/v1/chat/completions?key={safe}&id={safe}"
    return answers.redirect(location)


def page(told: str, headers: dict[str, str]) -> Answer:
    return Answer(body=f"<html>{headers} {told}</html>".encode(), content_type="text/html")


def page_cut_by_an_excerpt(told: str, headers: dict[str, str]) -> Answer:
    """Return a page in which secrets lie across the places where an excerpt may end."""
    spread = "".join(f"{'-' * 185}{secret}" for secret in told.split())
    return Answer(body=spread.encode(), content_type="text/html")


def long_error(told: str, headers: dict[str, str]) -> Answer:
    spread = "".join(f"{'-' * 385}{secret}" for secret in told.split())
    return answers.failure(500, spread)


def error_in_ok(told: str, headers: dict[str, str]) -> Answer:
    error = {"message": f"upstream said {told} {headers}", "code": 502}
    return Answer(body=json.dumps({"error": error}).encode())


def odd_shape(told: str, headers: dict[str, str]) -> Answer:
    return Answer(body=json.dumps({"choices": told, "headers": headers}).encode())


def nothing(told: str, headers: dict[str, str]) -> Answer:
    return answers.hung()


def reset(told: str, headers: dict[str, str]) -> Answer:
    return answers.reset("inside")


# What concerns one sample: each is met by one of them.
OF_A_SAMPLE: tuple[Echo, ...] = (
    server_error,
    bad_request,
    page,
    page_cut_by_an_excerpt,
    long_error,
    error_in_ok,
    odd_shape,
    nothing,
    reset,
)


def test_a_server_that_says_secrets_back_is_not_quoted(way: Way, world: World) -> None:
    def reply(messages: list[dict[str, Any]]) -> Answer:
        echo = OF_A_SAMPLE[number_of(text_of(messages))]
        return echo(way.told(world), server.headers[-1])

    with ChatServer(reply) as server:
        done = world.evalrun(*way.run(world, server.url, "run.retries=0", size=len(OF_A_SAMPLE)))
    assert done.returncode == 1, done.stderr
    assert len(failures(world.folder)) == len(OF_A_SAMPLE)
    world.assert_no_secret_is_left()


@pytest.mark.parametrize("echo", [refusal, redirect], ids=lambda echo: echo.__name__)
def test_nor_is_one_that_stops_the_run(echo: Echo, way: Way, world: World) -> None:
    with ChatServer() as server:
        server.reply = lambda messages: echo(way.told(world), server.headers[-1])
        done = world.evalrun(*way.run(world, server.url))
        assert server.requests
    assert done.returncode == 2, done.stderr
    world.assert_no_secret_is_left()


def test_nor_is_one_that_is_asked_through_litellm(world: World) -> None:
    way = WAYS[0]
    echoes = (server_error, page, page_cut_by_an_excerpt)
    with ChatServer() as server:
        server.reply = lambda messages: echoes[number_of(text_of(messages))](
            way.told(world), server.headers[-1]
        )
        failed = world.evalrun(
            *way.run(world, server.url, "run.timeout_s=20", "run.retries=0", *LITELLM)
        )
        server.reply = lambda messages: refusal(way.told(world), server.headers[-1])
        stopped = world.evalrun(*way.run(world, server.url, "run.timeout_s=20", *LITELLM))
    assert (failed.returncode, stopped.returncode) == (1, 2), failed.stderr + stopped.stderr
    world.assert_no_secret_is_left()


def test_a_server_that_is_not_there_or_not_trusted_learns_and_shows_nothing(
    way: Way, world: World
) -> None:
    with bound_socket() as held:
        done = world.evalrun(*way.run(world, f"http://127.0.0.1:{held.getsockname()[1]}"))
    assert done.returncode == 1
    (world.folder / "tls").mkdir()
    certificate = self_signed(world.folder / "tls")
    with ChatServer(tls=certificate.server_context()) as server:
        assert world.evalrun(*way.run(world, server.url)).returncode == 2
        assert server.requests == 0
    wrong = way.run(world, "http://no-such-host.invalid")
    assert world.evalrun(*wrong).returncode == 1
    world.assert_no_secret_is_left()


@pytest.fixture
def proxied(world: World) -> Iterator[World]:
    """Send all requests through a proxy that wants the password."""
    user_info = f"user:{quote(world.marks['proxy password'], safe='')}"
    with ProxyServer(user_info) as proxy:
        world.variables |= {"HTTP_PROXY": proxy.url, "http_proxy": proxy.url}
        yield world


def test_a_run_that_goes_well_writes_results_and_no_secrets(way: Way, proxied: World) -> None:
    script = Script()
    with ChatServer(script, sent=script.sent) as server:
        called = way.run(proxied, server.url, "run.save_inputs=full", "run.timeout_s=20")
        assert proxied.evalrun(*called, "run.dry=true").returncode == 0, proxied.printed
        assert script.asked.total() == 0
        assert proxied.evalrun(*called).returncode == 0
        said = [value for headers in server.headers for value in headers.values()]
    assert script.answered.total() == SIZE
    assert said
    folder = str(only_run(proxied.folder))
    for form in ("md", "csv", "json"):
        assert proxied.evalrun("table", folder, "--format", form).returncode == 0
    assert proxied.evalrun("rescore", folder, "scorer=includes").returncode == 0
    assert proxied.evalrun("ls", "runs").returncode == 0
    assert proxied.evalrun("cache").returncode == 0
    assert proxied.evalrun(*called).returncode == 0
    proxied.assert_no_secret_is_left()


def test_looking_around_shows_no_secrets(way: Way, proxied: World) -> None:
    called = way.run(proxied, "http://127.0.0.1:9")
    assert proxied.evalrun("show", "file", *called[1:]).returncode == 0
    assert proxied.evalrun("doctor", *called).returncode == 0
    assert proxied.evalrun("doctor", *called, "model.name=null").returncode == 2
    assert proxied.evalrun(*called, "model.api_base=null").returncode == 2
    # A slip in a key or a value is quoted back.
    assert proxied.evalrun(*[c.replace("model.api", "model.apy") for c in called]).returncode == 2
    assert proxied.evalrun(*[c.replace("http://", "htp://") for c in called]).returncode == 2
    proxied.assert_no_secret_is_left()


def test_a_proxy_that_refuses_or_is_not_there_shows_nothing(proxied: World) -> None:
    with ChatServer() as server:
        called = WAYS[0].run(proxied, server.url)
        right = proxied.variables["HTTP_PROXY"]
        proxied.variables |= dict.fromkeys(("HTTP_PROXY", "http_proxy"), right.replace("@", "x@"))
        assert proxied.evalrun(*called).returncode == 2
        with bound_socket() as held:
            gone = f"{right.rpartition(':')[0]}:{held.getsockname()[1]}"
            proxied.variables |= dict.fromkeys(("HTTP_PROXY", "http_proxy"), gone)
            assert proxied.evalrun(*called).returncode == 1
        assert server.connections == 0
    proxied.assert_no_secret_is_left()


@pytest.mark.parametrize("echo", [None, refusal, server_error, page])
def test_a_judges_secrets_are_kept_like_a_models(echo: Echo | None, world: World) -> None:
    told = f"{world.marks['JUDGE_ACCESS']} {world.marks['judge header']}"
    address = quote(world.marks["judge address"], safe="")
    with ChatServer(Script()) as server, ChatServer() as judge:
        judge.reply = lambda messages: (
            echo(told, judge.headers[-1]) if echo else answers.completion("GRADE: C")
        )
        judging = [
            "scorer=judge",
            "judge=openai-compatible",
            "judge.name=judging",
            f"judge.api_base='{judge.url}/v1?key={address}'",
            "judge.api_key_env=JUDGE_ACCESS",
            f"judge.headers.X-Lab='{world.marks['judge header']}'",
        ]
        done = world.evalrun(*WAYS[0].run(world, server.url, *judging))
        assert judge.requests
        assert any(world.marks["JUDGE_ACCESS"] in h["authorization"] for h in judge.headers)
    assert done.returncode == 0 if echo is None else done.returncode in (1, 2), done.stderr
    world.evalrun("rescore", str(only_run(world.folder)), "scorer=exact")
    world.assert_no_secret_is_left()


CRASHING = """
import os

from evalrun.core.config import Options


class CrashingOptions(Options, frozen=True):
    name: str
    ignore_case: bool
    ignore_whitespace: bool
    ignore_punctuation: bool


class Crashing:
    Options = CrashingOptions
    label = "crashing"

    def __init__(self, options):
        pass

    async def score(self, sample, prediction):
        raise RuntimeError(f"key: {os.environ[os.environ['CRASH_WITH']]}")
"""


def test_a_crash_of_evalrun_itself_shows_its_traceback_without_keys(way: Way, world: World) -> None:
    plugins = world.folder / "plugins"
    (plugins / "crashing-1.dist-info").mkdir(parents=True)
    (plugins / "crashing.py").write_text(CRASHING)
    (plugins / "crashing-1.dist-info" / "METADATA").write_text("Name: crashing\nVersion: 1\n")
    announced = "[evalrun.scorers]\ncrashing = crashing:Crashing\n"
    (plugins / "crashing-1.dist-info" / "entry_points.txt").write_text(announced)
    world.variables["PYTHONPATH"] = str(plugins)
    # The keys that a run may know of: that of its model, and those whose names tell.
    world.variables["CRASH_WITH"] = "LAB_ACCESS" if way.overrides is by_key else "OPENAI_API_KEY"
    script = Script()
    with ChatServer(script, sent=script.sent) as server:
        done = world.evalrun(*way.run(world, server.url, "scorer.name=crashing"))
    assert done.returncode == 1
    assert "RuntimeError" in done.stderr
    assert "this is a fault of evalrun" in done.stderr
    world.assert_no_secret_is_left()


def test_a_kill_in_the_middle_leaves_no_secrets(way: Way, world: World) -> None:
    script = Script(lambda asked, _: answers.hung() if asked == "say 2" else None)
    with ChatServer(script) as server:
        process = subprocess.Popen(
            [COMMAND, *way.run(world, server.url, "run.timeout_s=60")],
            cwd=world.folder,
            env={**world.environment(), "PATH": ""},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        deadline = time.monotonic() + 30
        while server.requests < SIZE and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        world.keep("killed", *process.communicate())
    assert server.requests == SIZE
    world.assert_no_secret_is_left()
