"""A model that stands in for tools, shown their documentation and earlier responses."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from ...core.content import Message
from ...core.exchange import Prompt, Reply, Request, Sampling
from ...core.interfaces import Actor, RoleReply
from ...core.tools import Observation, ToolRequest
from ..votes import seeded
from .replay import Replay
from .responses import failed, parse_arguments
from .wording import wording

SIMULATED = "simulated"
SIMULATOR = "simulator"

# As StableToolBench's server does it (server/main.py).
_ATTEMPTS = 3
_EXAMPLES = 5
_EXAMPLE_CHARACTERS = 2048


class Simulated:
    """Responses that a model makes up, in the role `simulator`.

    It is asked up to three times for a JSON object with `response`; then the call has failed.
    """

    def __init__(self, actor: Actor, stored: Replay | None) -> None:
        self._actor = actor
        self._stored = stored

    async def call(self, request: ToolRequest) -> Observation | None:
        """Return a made-up response, and what the model said. Raises SampleError."""
        if parse_arguments(request.arguments) is None:
            return failed(0, "Tool input parse error...\n", SIMULATED)
        sampling = msgspec.structs.replace(self._actor.sampling, seed=request.seed)
        replies: list[Reply] = []
        async with self._actor.endpoint.open(self._prompt(request), request.key) as session:
            for attempt in range(_ATTEMPTS):
                asked = Request(sampling=_limited(seeded(sampling, attempt)))
                replies.append(await session.generate(asked))
                response = _parsed(replies[-1].text)
                if response is not None:
                    break
            else:
                response = {"error": "Failed to generate fake response", "response": ""}
        said = tuple(RoleReply(reply, SIMULATOR) for reply in replies)
        text = json.dumps(response)
        return Observation(status=0, text=text, source=SIMULATED, replies=said)

    def _prompt(self, request: ToolRequest) -> Prompt:
        origin = request.origin
        stored = self._stored
        examples = stored.examples(origin, _EXAMPLES, _EXAMPLE_CHARACTERS) if stored else []
        shown = [{"input": given, "response": response} for given, response in examples]
        asked = wording(
            "simulated_call",
            documentation=json.dumps(_documentation(request)),
            examples=json.dumps(shown)[:_EXAMPLE_CHARACTERS],
            arguments=request.arguments or "{}",
        )
        messages = (Message("system", wording("simulator")), Message("user", asked))
        return Prompt(messages=messages, requests=_ATTEMPTS)


def _documentation(request: ToolRequest) -> dict[str, Any]:
    origin = request.origin
    return {"tool": origin.tool, "name": origin.api, **origin.documentation}


def _limited(sampling: Sampling) -> Sampling:
    if sampling.max_tokens is not None:
        return sampling
    return msgspec.structs.replace(sampling, max_tokens=1024)


def _parsed(text: str) -> dict[str, Any] | None:
    """Return the response, out of a Markdown fence if it stands in one; None if it is none."""
    bare = text.replace("```json", "").replace("```", "").strip()
    response = parse_arguments(bare) if bare else None
    return response if response is not None and "response" in response else None
