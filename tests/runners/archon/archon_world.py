"""Architectures played by scripts that answer each kind of component in its own way."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from scripted import ScriptedEndpoint

from evalrun.core.content import text_of
from evalrun.core.exchange import Prompt, Request, SampleKey, Sampling
from evalrun.core.interfaces import Actor, Play
from evalrun.core.sample import Sample, Turn
from evalrun.runners.archon.protocol import Archon, ArchonOptions
from evalrun.runners.archon.wording import text

KINDS = (
    "fuser", "ranker", "critic", "reasoning", "verdict", "unit_test_generator",
    "unit_test_evaluator",
)  # fmt: skip
_BY_SYSTEM = {text(f"{kind}_system"): kind for kind in KINDS}

Said = Callable[[str], str]


def kind_of(prompt: Prompt) -> str:
    """Return which component asks: helpers are told by their system messages."""
    system = text_of(prompt.messages[0].content)
    return _BY_SYSTEM.get(system, "generator")


class World:
    """One endpoint that plays every role, and what each kind of component was asked.

    Generators say g1, g2, ..., fusers f1, f2, ...; `said` tells what others reply to a prompt.
    """

    def __init__(self, *, delay_s: float = 0.0, **said: Said | Iterable[str] | str) -> None:
        self.said = {kind: _as_script(answer) for kind, answer in said.items()}
        self.counts = {kind: itertools.count(1) for kind in ("generator", "fuser")}
        self.endpoint = ScriptedEndpoint(self._reply, delay_s=delay_s)

    def asked(self, kind: str) -> list[str]:
        """Return the last message of every prompt of one kind of component."""
        prompts = (prompt for _, prompt, _ in self.endpoint.asked)
        return [text_of(p.messages[-1].content) for p in prompts if kind_of(p) == kind]

    def prompts(self, kind: str) -> list[Prompt]:
        return [prompt for _, prompt, _ in self.endpoint.asked if kind_of(prompt) == kind]

    def _reply(self, _key: SampleKey, prompt: Prompt, _request: Request) -> str:
        kind = kind_of(prompt)
        if kind in self.said:
            return self.said[kind](text_of(prompt.messages[-1].content))
        if kind == "reasoning":
            return "because"
        return f"{kind[0]}{next(self.counts[kind])}"


def critique(number: int) -> str:
    return f"[{number}]\nStrengths:\n- s{number}\nWeaknesses:\n- w{number}\n\n"


def critiques(count: int) -> str:
    return "".join(map(critique, range(1, count + 1)))


def candidate_in(prompt: str) -> str:
    """Return the candidate that a verifier or an evaluator is shown."""
    found = re.search(r"^Response: (.*)$", prompt, re.MULTILINE)
    assert found
    return found[1]


def component(kind: str, model: str = "model", **settings: Any) -> dict[str, Any]:
    return {"type": kind, "model": model, **settings}


def generators(samples: int) -> list[dict[str, Any]]:
    return [component("generator", samples=samples)]


def written(folder: Path, *layers: Any, name: str = "tried") -> Path:
    file = folder / f"{name}.yaml"
    file.write_text(yaml.safe_dump({"name": name, "layers": list(layers)}))
    return file


def sample_of(*queries: str, **fields: Any) -> Sample:
    turns = tuple(Turn(query=query) for query in queries or ("What is it?",))
    return Sample(id="t/0", task="t", turns=turns, **fields)


def played(
    world: World,
    arch: Path | str,
    *,
    sample: Sample | None = None,
    seed: int | None = 7,
    others: Mapping[str, ScriptedEndpoint] | None = None,
    **options: Any,
) -> Play:
    """Return the play of one sample, `others` in the roles beside the model under test."""
    protocol = Archon(ArchonOptions(name="archon", arch=str(arch), **options))
    cast = {role: Actor(role, end, Sampling()) for role, end in (others or {}).items()}
    sampling = Sampling(seed=seed, temperature=0.5, max_tokens=100, stop=("END",))
    asked = sample or sample_of()
    return asyncio.run(
        protocol.with_cast(cast).play(asked, SampleKey(asked.id), world.endpoint, sampling)
    )


def texts(play: Play) -> Sequence[str]:
    return [reply.text for reply in play.replies]


def _as_script(answer: Said | Iterable[str] | str) -> Said:
    if isinstance(answer, str):
        return lambda _prompt: answer
    if callable(answer):
        return answer
    replies = iter(answer)
    return lambda _prompt: next(replies)
