"""Which servers a run asks while it runs, told from its configuration."""

from __future__ import annotations

import pytest

from evalrun.runners.compose import Composer
from evalrun.runners.prefetch.network import needs_network

ROWS = ["recipe=file", "benchmark.path=rows.jsonl"]
SERVER = ["model=openai-compatible", "model.name=m"]


def asked(*overrides: str) -> tuple[str, ...]:
    return needs_network(Composer().compose(overrides))


@pytest.mark.parametrize(
    "model", [["model=smollm2"], ["model=recorded", "model.path=x"], ["model=constant"]]
)
def test_a_run_that_stays_on_its_machine_asks_nobody(model: list[str]) -> None:
    assert asked(*ROWS, *model) == ()


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://api.example.com/v1", "api.example.com"),
        ("http://node7:8000/v1", "node7"),
        ("http://user:secret@10.0.0.7:8000", "10.0.0.7"),
        ("http://[2001:db8::1]:8000", "2001:db8::1"),
    ],
)
def test_the_host_of_an_address_is_named_and_nothing_else_of_it(address: str, host: str) -> None:
    assert asked(*ROWS, *SERVER, f"model.api_base='{address}'") == (host,)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "[::1]"])
def test_servers_of_the_same_machine_do_not_count(host: str) -> None:
    assert asked(*ROWS, *SERVER, f"model.api_base='http://{host}:8000/v1'") == ()


def test_an_address_that_is_none_names_no_host() -> None:
    assert asked(*ROWS, *SERVER, "model.api_base=nonsense") == ()


def test_a_provider_stands_for_its_servers() -> None:
    assert asked(*ROWS, "model=anthropic", "model.name=m") == ("anthropic",)
    compatible = "model.api_base=https://proxy.example.com"
    assert asked(*ROWS, "model=anthropic", "model.name=m", compatible) == ("proxy.example.com",)


def test_judges_and_roles_are_asked_too_each_once() -> None:
    judge = ["scorer=judge", "judge=openai", "judge.name=j"]
    assert asked(*ROWS, "model=smollm2", *judge) == ("api.openai.com",)
    assert asked(*ROWS, "model=openai", "model.name=m", *judge) == ("api.openai.com",)
    roles = ["roles.helper=gemini", "roles.helper.name=g", "roles.moderator=smollm2"]
    assert asked("recipe=logicom", "model=smollm2", *roles) == ("gemini",)


def test_a_judge_that_no_scorer_asks_does_not_count() -> None:
    assert asked(*ROWS, "model=smollm2", "scorer=exact", "judge=openai", "judge.name=j") == ()


def test_live_tools_are_asked() -> None:
    tools = ["protocol.tools.url=https://tools.example.com/call", "protocol.tools.cache=here"]
    live = ["recipe=toolllm", "model=smollm2", "judge=constant", *tools]
    assert asked(*live, "protocol.tools.sources=[replay,live]") == ("tools.example.com",)
    assert asked(*live, "protocol.tools.sources=[replay]") == ()
