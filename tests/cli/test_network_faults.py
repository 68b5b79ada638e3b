"""Whatever servers and networks do, every sample is answered once or recorded with its reason."""

from __future__ import annotations

import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from served import (
    KEY,
    LITELLM,
    assert_complete,
    assert_nothing_is_lost_or_mixed_up,
    failures,
    good_rows,
    number_of,
    question,
    questions,
    run,
    said_by_evalrun,
)
from servers import answers
from servers.answers import Answer
from servers.certificates import Certificate, self_signed
from servers.chat_server import ChatServer
from servers.proxy_server import ProxyServer
from servers.script import Fault, Script, text_of

SIZE = 30
COMMON = ("run.timeout_s=20", "run.max_connections=8", "run.retries=1")
# So few failures in a row as there are here are no outage to this many connections.
MANY = ("run.adaptive=false", "run.max_connections=64", "run.retries=1", "run.timeout_s=20")
# Samples that meet a fault once in all, and samples that meet it in every attempt of the first
# start and in the first attempt of the second.
ONCE = (3, 6, 12, 15, 21, 24)
STUBBORN = (0, 9, 18, 27)
STUBBORN_ATTEMPTS = 3


class Passing(msgspec.Struct, frozen=True):
    """Up to four faults that may pass, each with the kind under which it is recorded."""

    name: str
    faults: tuple[tuple[str, Fault], ...]
    overrides: tuple[str, ...] = ()

    def fault_of(self, number: int) -> tuple[str, Fault] | None:
        """Return the fault that sample `number` meets."""
        places = ONCE if number in ONCE else STUBBORN
        return self.faults[places.index(number) % len(self.faults)] if number in places else None

    def plan(self, asked: str, attempt: int) -> Answer | None:
        number = number_of(asked)
        found = self.fault_of(number)
        attempts = STUBBORN_ATTEMPTS if number in STUBBORN else 1
        return found[1](asked) if found is not None and attempt < attempts else None


def _each(kind: str, *found: Answer) -> tuple[tuple[str, Fault], ...]:
    return tuple((kind, _always(answer)) for answer in found)


def _always(answer: Answer) -> Fault:
    return lambda asked: answer


def _dripping(asked: str) -> Answer:
    return answers.dripping(answers.echoed(asked), 0.02)


def _limited_until(asked: str) -> Answer:
    return answers.rate_limited(answers.http_date(0))


PASSING = (
    Passing(
        "rate limits",
        (
            *_each("rate_limit", answers.rate_limited("0"), answers.rate_limited("0.2")),
            *_each("rate_limit", answers.rate_limited_ms(50)),
            ("rate_limit", _limited_until),
        ),
    ),
    Passing(
        "server errors",
        (
            *_each("server", answers.server_error(), answers.failure(502, "Bad gateway")),
            *_each("server", answers.failure(504, "Gateway timeout"), answers.error_in_ok()),
        ),
    ),
    Passing(
        "overload",
        _each("overloaded", answers.overloaded("0"), answers.failure(529, "Overloaded", after="0")),
    ),
    Passing(
        "no end",
        (*_each("timeout", answers.hung()), ("timeout", _dripping)),
        ("run.timeout_s=1",),
    ),
    Passing(
        "closed",
        _each(
            "connection",
            answers.cut_before(),
            answers.cut_inside(),
            answers.chunked(answers.cut_inside()),
        ),
    ),
    Passing(
        "reset",
        _each(
            "connection",
            answers.reset("before"),
            answers.reset("headers"),
            answers.reset("inside"),
            answers.chunked(answers.reset("inside")),
        ),
    ),
    Passing(
        "bad JSON",
        _each(
            "bad_reply",
            answers.truncated_json(),
            answers.garbage(),
            Answer(),
            answers.no_choices(),
        ),
    ),
    Passing("no JSON", _each("bad_reply", answers.web_page(), answers.mislabelled_gzip())),
    Passing(
        "litellm",
        (
            *_each("rate_limit", answers.rate_limited("0")),
            *_each("overloaded", answers.overloaded("0")),
            *_each("connection", answers.reset("inside")),
            *_each("bad_reply", answers.garbage()),
        ),
        LITELLM,
    ),
)


@pytest.mark.parametrize("case", PASSING, ids=lambda case: case.name)
def test_faults_that_pass_are_healed_or_recorded_and_mended_by_the_next_start(
    case: Passing, tmp_path: Path
) -> None:
    script = Script(case.plan)
    with ChatServer(script, sent=script.sent) as server:
        first = run(tmp_path, server.api_base, *MANY, *case.overrides, size=SIZE)
        assert first.returncode == 1, first.stderr
        assert_nothing_is_lost_or_mixed_up(tmp_path, SIZE)
        kinds = {f"q{n}": fault[0] for n in STUBBORN if (fault := case.fault_of(n))}
        assert failures(tmp_path) == kinds
        for kind, count in Counter(kinds.values()).items():
            assert f"{count} {kind}" in first.stdout
        second = run(tmp_path, server.api_base, *MANY, *case.overrides, size=SIZE)
    assert second.returncode == 0, second.stderr
    assert_complete(tmp_path, SIZE, script)
    expected = dict.fromkeys(questions(SIZE), 1)
    expected |= {question(n): 2 for n in ONCE}
    expected |= {question(n): STUBBORN_ATTEMPTS + 1 for n in STUBBORN}
    assert script.asked == expected


def test_a_burst_of_errors_and_limits_without_a_word_of_when_is_survived(tmp_path: Path) -> None:
    script = Script()
    burst = [answers.server_error()] * 12 + [answers.rate_limited()] * 2
    with ChatServer(script, sent=script.sent, faults=burst) as server:
        done = run(tmp_path, server.api_base, *COMMON, "run.retries=4", size=SIZE)
        assert server.requests == SIZE + len(burst)
    assert done.returncode == 0, done.stderr
    assert_complete(tmp_path, SIZE, script)


@pytest.mark.parametrize(
    ("limited", "least_s"),
    [
        (lambda: answers.rate_limited("1"), 1.0),
        (lambda: answers.rate_limited_ms(1000), 1.0),
        # A date has whole seconds.
        (lambda: answers.rate_limited(answers.http_date(2)), 1.0),
        (lambda: _on_a_server_two_hours_ahead(1), 0.9),
        (lambda: answers.overloaded("1"), 1.0),
    ],
    ids=["seconds", "milliseconds", "a date", "a date of a wrong clock", "overloaded"],
)
def test_everybody_waits_as_long_as_the_server_asks(
    limited: Callable[[], Answer], least_s: float, tmp_path: Path
) -> None:
    times: list[float] = []

    def plan(asked: str, attempt: int) -> Answer | None:
        times.append(time.monotonic())
        return limited() if len(times) == 1 else None

    script = Script(plan)
    with ChatServer(script, sent=script.sent) as server:
        done = run(tmp_path, server.api_base, "run.max_connections=1", size=4)
    assert done.returncode == 0, done.stderr
    assert_complete(tmp_path, 4, script)
    assert least_s <= times[1] - times[0] < 5


def _on_a_server_two_hours_ahead(seconds: float) -> Answer:
    at = {"Date": answers.http_date(0, clock_off_s=7200)}
    at["Retry-After"] = answers.http_date(seconds, clock_off_s=7200)
    return answers.failure(429, "Rate limit reached", headers=at)


def test_odd_but_whole_answers_are_taken_as_they_are(tmp_path: Path) -> None:
    ways: tuple[Callable[[Answer], Answer], ...] = (
        answers.gzipped,
        answers.chunked,
        lambda answer: answers.chunked(answers.gzipped(answer)),
        lambda answer: answers.dripping(answer, 0.001),
        lambda answer: msgspec.structs.replace(answer, content_type="text/plain"),
        lambda answer: msgspec.structs.replace(answer, delay_s=0.3),
    )
    script = Script(lambda asked, _: ways[number_of(asked) % len(ways)](answers.echoed(asked)))
    with ChatServer(script) as server:
        done = run(tmp_path, server.api_base, "run.max_connections=8", size=SIZE)
        assert server.requests == SIZE
    assert done.returncode == 0, done.stderr
    assert_nothing_is_lost_or_mixed_up(tmp_path, SIZE)
    assert failures(tmp_path) == {}


def test_replies_of_ten_megabytes_arrive_whole(tmp_path: Path) -> None:
    padding = " ~" * 5_000_000

    def reply(messages: list[dict[str, Any]]) -> Answer:
        return answers.completion(text_of(messages) + padding)

    with ChatServer(reply) as server:
        done = run(tmp_path, server.api_base, "run.max_connections=2", size=3)
        assert server.requests == 3
    assert done.returncode == 0, done.stderr
    outputs = {row["sample_id"]: row["outputs"] for row in good_rows(tmp_path)}
    assert outputs == {f"q{n}": [question(n) + padding] for n in range(3)}


class Permanent(msgspec.Struct, frozen=True):
    """A fault that would meet every sample, and the words that name the way out."""

    name: str
    answer: Answer
    way_out: str
    overrides: tuple[str, ...] = ()


PERMANENT = (
    Permanent("bad key", answers.unauthorized(), "export OPENAI_API_KEY=KEY"),
    Permanent("no access", answers.forbidden(), "OPENAI_API_KEY"),
    Permanent("unknown model", answers.unknown_model(), "model.name"),
    Permanent("no credit", answers.no_quota(), "quota"),
    Permanent("a refused setting", answers.unsupported("temperature"), "generation"),
    Permanent("litellm bad key", answers.unauthorized(), "export OPENAI_API_KEY=KEY", LITELLM),
)


@pytest.mark.parametrize("case", PERMANENT, ids=lambda case: case.name)
def test_a_fault_that_would_meet_all_is_said_once_and_keeps_what_is_done(
    case: Permanent, tmp_path: Path
) -> None:
    """The server turns bad after half of the samples, and is mended for the second start."""
    script = Script(lambda asked, _: case.answer if number_of(asked) >= SIZE // 2 else None)
    with ChatServer(script, sent=script.sent) as server:
        first = run(tmp_path, server.api_base, *COMMON, *case.overrides, size=SIZE)
        _assert_stopped(first, case.way_out)
        assert script.asked.total() - script.answered.total() <= 8
        good = {row["sample_id"] for row in good_rows(tmp_path)}
        assert failures(tmp_path) == {}
        assert good <= {f"q{n}" for n in range(SIZE // 2)}
        script.plan = lambda asked, attempt: None
        before = script.asked.copy()
        second = run(tmp_path, server.api_base, *COMMON, *case.overrides, size=SIZE)
    assert second.returncode == 0, second.stderr
    assert_nothing_is_lost_or_mixed_up(tmp_path, SIZE)
    assert not (script.asked - before).keys() & {question(int(id_[1:])) for id_ in good}


def _assert_stopped(done: subprocess.CompletedProcess[str], way_out: str) -> None:
    """The command ended with 2 and one line that names the way out."""
    assert done.returncode == 2, done.stderr
    (line,) = said_by_evalrun(done.stderr)
    assert way_out in line
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_takes_the_key_nowhere(status: int, tmp_path: Path) -> None:
    with ChatServer() as other:
        away = answers.redirect(f"{other.api_base}/chat/completions", status)
        with ChatServer(lambda _: away) as server:
            done = run(tmp_path, server.api_base, *COMMON, size=SIZE)
            assert server.requests <= 8
        assert other.connections == 0
        _assert_stopped(done, f"model.api_base={other.api_base}")


def test_a_redirect_takes_the_key_nowhere_through_litellm_either(tmp_path: Path) -> None:
    with ChatServer() as other:
        away = answers.redirect(f"{other.api_base}/chat/completions")
        with ChatServer(lambda _: away) as server:
            done = run(tmp_path, server.api_base, *COMMON, *LITELLM, size=SIZE)
        seen = [*other.headers, *(headers for _, headers in other.strays)]
        assert not [value for headers in seen for value in headers.values() if KEY in value]
        _assert_stopped(done, f"model.api_base={other.api_base}")


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return self_signed(tmp_path)


@pytest.mark.parametrize("engine", [(), LITELLM], ids=["fast", "litellm"])
def test_a_certificate_of_nobodys_is_refused_until_it_is_trusted(
    engine: tuple[str, ...], certificate: Certificate, tmp_path: Path
) -> None:
    script = Script()
    with ChatServer(script, sent=script.sent, tls=certificate.server_context()) as server:
        refused = run(tmp_path, server.api_base, *COMMON, *engine, size=SIZE)
        assert server.requests == 0
        _assert_stopped(refused, "export SSL_CERT_FILE=FILE")
        trusted = {"SSL_CERT_FILE": str(certificate.path)}
        done = run(tmp_path, server.api_base, *COMMON, *engine, size=SIZE, changes=trusted)
    assert done.returncode == 0, done.stderr
    assert_complete(tmp_path, SIZE, script)


def test_tls_to_a_server_without_it_names_the_address(tmp_path: Path) -> None:
    with ChatServer() as server:
        done = run(tmp_path, server.api_base.replace("http:", "https:"), *COMMON, size=SIZE)
    _assert_stopped(done, "model.api_base")


def test_plain_http_to_a_server_with_tls_fails_without_an_answer(
    certificate: Certificate, tmp_path: Path
) -> None:
    with ChatServer(tls=certificate.server_context()) as server:
        plain = server.api_base.replace("https:", "http:")
        done = run(tmp_path, plain, *COMMON, "run.max_outage_s=1", size=2)
    assert done.returncode == 1
    assert set(failures(tmp_path).values()) == {"connection"}


@pytest.mark.parametrize("engine", [(), LITELLM], ids=["fast", "litellm"])
def test_the_proxy_of_the_environment_is_used_and_its_password_said_to_nobody_else(
    engine: tuple[str, ...], tmp_path: Path
) -> None:
    script = Script()
    with ProxyServer("user:pass-word-of-the-proxy") as proxy:
        with ChatServer(script, sent=script.sent) as server:
            changes = {"HTTP_PROXY": proxy.url, "http_proxy": proxy.url}
            done = run(tmp_path, server.api_base, *COMMON, *engine, size=SIZE, changes=changes)
            assert all("proxy-authorization" not in headers for headers in server.headers)
        assert proxy.targets == [f"POST {server.api_base}/chat/completions"] * SIZE
    assert done.returncode == 0, done.stderr
    assert_complete(tmp_path, SIZE, script)
    assert "pass-word-of-the-proxy" not in done.stdout + done.stderr


def test_tls_passes_the_proxy_in_a_tunnel(certificate: Certificate, tmp_path: Path) -> None:
    script = Script()
    with ProxyServer() as proxy:
        with ChatServer(script, sent=script.sent, tls=certificate.server_context()) as server:
            trusted = {"SSL_CERT_FILE": str(certificate.path)}
            changes = {"HTTPS_PROXY": proxy.url, "https_proxy": proxy.url, **trusted}
            done = run(tmp_path, server.api_base, *COMMON, size=SIZE, changes=changes)
        host = server.url.removeprefix("https://")
        assert set(proxy.targets) == {f"CONNECT {host}"}
    assert done.returncode == 0, done.stderr
    assert_complete(tmp_path, SIZE, script)


def test_no_proxy_is_respected(tmp_path: Path) -> None:
    script = Script()
    with ProxyServer() as proxy, ChatServer(script, sent=script.sent) as server:
        changes = {"HTTP_PROXY": proxy.url, "http_proxy": proxy.url}
        changes |= {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
        done = run(tmp_path, server.api_base, *COMMON, size=SIZE, changes=changes)
        assert proxy.targets == []
    assert done.returncode == 0, done.stderr
    assert_complete(tmp_path, SIZE, script)


def test_a_proxy_that_wants_other_credentials_is_said_once(tmp_path: Path) -> None:
    with ProxyServer("user:right") as proxy, ChatServer() as server:
        wrong = proxy.url.replace("right", "wrong-pass-word")
        changes = {"HTTP_PROXY": wrong, "http_proxy": wrong}
        done = run(tmp_path, server.api_base, *COMMON, size=SIZE, changes=changes)
        assert server.connections == 0
    _assert_stopped(done, "HTTP_PROXY")
    assert "wrong-pass-word" not in done.stdout + done.stderr


def test_why_samples_failed_is_said_once_on_stderr(tmp_path: Path) -> None:
    """A run that finishes with failed samples leaves nobody to look into files for the reason."""
    script = Script(lambda asked, _: answers.garbage() if number_of(asked) % 3 == 0 else None)
    with ChatServer(script) as server:
        done = run(tmp_path, server.api_base, *COMMON, size=9)
    assert done.returncode == 1
    assert done.stderr.count("the reply cannot be read") == 1


JUMPING_CLOCK = """
import datetime, itertools, time

# Hours forth and back, at each look.
offsets = itertools.cycle((0.0, 7200.0, -7200.0, 36000.0, -36000.0))
right = time.time
time.time = lambda: right() + next(offsets)
time.time_ns = lambda: int(time.time() * 1e9)


class Jumping(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(time.time(), tz)


datetime.datetime = Jumping
"""


def test_a_clock_that_jumps_by_hours_delays_and_expires_nothing(tmp_path: Path) -> None:
    (tmp_path / "shim").mkdir()
    (tmp_path / "shim" / "sitecustomize.py").write_text(JUMPING_CLOCK)
    script = Script(
        lambda asked, attempt: (
            _on_a_server_two_hours_ahead(0) if attempt == 0 and number_of(asked) % 10 == 0 else None
        )
    )
    with ChatServer(script, sent=script.sent) as server:
        started = time.monotonic()
        changes = {"PYTHONPATH": str(tmp_path / "shim")}
        done = run(tmp_path, server.api_base, *COMMON, size=SIZE, changes=changes)
        assert time.monotonic() - started < 30
        again = run(tmp_path, server.api_base, *COMMON, size=SIZE, changes=changes)
    assert done.returncode == 0, done.stderr
    assert again.returncode == 0, again.stderr
    assert_complete(tmp_path, SIZE, script)
