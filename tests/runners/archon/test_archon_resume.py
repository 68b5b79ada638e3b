"""Plays that are begun anew: nothing is asked twice, and the play is the undisturbed one."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest
from archon_world import component, generators, kind_of, sample_of, written
from scripted import ScriptedEndpoint

from evalrun.core.errors import SampleError
from evalrun.core.exchange import SampleKey, Sampling
from evalrun.core.interfaces import MODEL, Play
from evalrun.runners.archon.protocol import Archon, ArchonOptions
from evalrun.runners.journal.endpoint import JournaledEndpoint
from evalrun.runners.journal.journal import Journal

LAYERS = (generators(3), [component("critic")], [component("verifier")], [component("fuser")])
# Three answers; one critique; reasons for and verdicts on three answers; the fused answer.
CALLS = 3 + 1 + 6 + 1


def reply(_key: Any, prompt: Any, request: Any) -> str:
    """Answer by the seed of a request, so that no two calls get the same."""
    told = f"{kind_of(prompt)} {request.sampling.seed}"
    match kind_of(prompt):
        case "critic":
            return "".join(f"[{i}]\nStrengths: {told}\nWeaknesses: none\n" for i in (1, 2, 3))
        case "verdict":
            return f"{told} [Correct]"
        case _:
            return told


class Failing(ScriptedEndpoint):
    """Answers so many calls and then none."""

    def __init__(self, good: int) -> None:
        self.good = good
        super().__init__(self._answer, delay_s=0.001)

    def _answer(self, *asked: Any) -> str | Exception:
        if len(self.asked) > self.good:
            return SampleError("the endpoint is dead", kind="server")
        return reply(*asked)


def play(arch: Path, endpoint: ScriptedEndpoint, calls: Path) -> Play:
    async def played() -> Play:
        journal = Journal(calls)
        protocol = Archon(ArchonOptions(name="archon", arch=str(arch)))
        try:
            return await protocol.play(
                sample_of(),
                SampleKey("t/0"),
                JournaledEndpoint(endpoint, journal, MODEL),
                Sampling(seed=3, temperature=1.0),
            )
        finally:
            await journal.close()

    return asyncio.run(played())


@pytest.mark.parametrize("good", range(CALLS))
def test_an_endpoint_that_dies_anywhere_is_asked_only_what_is_new(
    tmp_path: Path, good: int
) -> None:
    arch = written(tmp_path, *LAYERS)
    undisturbed = ScriptedEndpoint(reply)
    expected = play(arch, undisturbed, tmp_path / "undisturbed.jsonl")
    assert len(undisturbed.asked) == CALLS
    calls = tmp_path / "calls.jsonl"
    with pytest.raises(SampleError, match="the endpoint is dead"):
        play(arch, Failing(good), calls)
    second = ScriptedEndpoint(reply)
    again = play(arch, second, calls)
    assert len(second.asked) == CALLS - good
    assert msgspec.to_builtins(again) == msgspec.to_builtins(expected)
