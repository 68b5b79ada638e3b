"""The model: answers by rule, through the interface that an API of one's own would have.

A `Client` answers one whole conversation at a time. What stands in front of it (limits, retries,
the cache of replies) is evalrun's, as for any API.
"""

from __future__ import annotations

import re
import time
from typing import Any

from evalrun.core.config import Options
from evalrun.core.content import text_of
from evalrun.core.exchange import Call, Reply, ReplyTiming, Usage
from evalrun.core.interfaces import KVMethod, Problem
from evalrun.models.chat import ChatEndpoint
from evalrun.models.forms import refuse_form

ENGINE = "vowel_counter"
RULE = 1  # counted up when replies change, so that none is taken from a cache of before

_VOWELS = frozenset("aeiou")
_QUOTED = re.compile(r'"(\w+)"')


class CounterOptions(Options, frozen=True):
    """The section `model` of `model=vowel_counter`: `overlooks` are letters that are not seen."""

    engine: str
    name: str = ENGINE
    overlooks: str | None = None


class CounterModel:
    """Counts the vowels of the last word in quotes."""

    Options = CounterOptions

    def __init__(self, options: CounterOptions) -> None:
        self._options = options

    def problems(self, kv: KVMethod | None) -> list[Problem]:
        """Say that a KV method has no cache to work on."""
        if kv is None or kv.label == "full":
            return []
        return [Problem(f"{ENGINE} has no KV cache for kv={kv.label}", "say kv=full")]

    def provenance(self) -> dict[str, Any]:
        """Return what determines the replies beside the options."""
        return {"rule": RULE}

    def endpoint(self, kv: KVMethod | None) -> ChatEndpoint:
        """Return the endpoint; an API would open its connection here."""
        return ChatEndpoint(CountingClient(self._options.overlooks or ""))

    def release(self) -> None:
        """Hold nothing between endpoints."""


class CountingClient:
    """Answers one call."""

    def __init__(self, overlooks: str = "") -> None:
        self._seen = _VOWELS - frozenset(overlooks)
        self._overlooks = overlooks

    async def call(self, call: Call) -> Reply:
        """Answer the last question that names a word."""
        refuse_form(call.form, f"model.engine={ENGINE}")
        started = time.perf_counter()
        said = " ".join(text_of(message.content) for message in call.messages)
        text = self._answer(said)
        return Reply(
            text=text,
            stop_reason="stop",
            usage=Usage(input_tokens=len(said.split()), output_tokens=len(text.split())),
            timing=ReplyTiming(latency_s=time.perf_counter() - started),
        )

    def identity(self) -> dict[str, Any]:
        """Return what, beside the call, determines the reply."""
        return {"engine": ENGINE, "rule": RULE, "overlooks": self._overlooks}

    def environment(self) -> dict[str, Any]:
        """Return nothing: no machine has a part in it."""
        return {}

    async def close(self) -> None:
        """Hold no connection."""

    def _answer(self, said: str) -> str:
        words = _QUOTED.findall(said)
        if not words:
            return "I see no word."
        count = sum(letter in self._seen for letter in words[-1].lower())
        return f'There are {count} vowels in "{words[-1]}".'
