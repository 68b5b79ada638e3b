"""Layers, one after another: what components write, and what the next layer finds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from ...core.errors import SampleError
from ..side_by_side import all_of
from .architecture import Architecture, Component, Fuser, Generator, Layer
from .calls import Calls
from .components import Scene, answering, answers, helping
from .conversation import Dialogue
from .parsing import Variant
from .rankers import PluginRanker
from .state import Candidate, State, Written, following


class Layers(msgspec.Struct, frozen=True):
    """An architecture, ready to answer."""

    architecture: Architecture
    variant: Variant
    plugins: Mapping[str, PluginRanker] = {}

    async def candidates(
        self, dialogue: Dialogue, turn: int, calls: Calls
    ) -> tuple[Candidate, ...]:
        """Return the candidates behind the last layer, one at least. Raises SampleError."""
        state = State()
        for number, layer in enumerate(self.architecture.layers):
            scene = Scene(dialogue, state, (turn, number), self.variant)
            written, dialogue = await self._layer(layer, scene, calls)
            if any(one.candidates == () for one in written):
                _check_candidates(written, number)
            state = following(state, written, keeps_stale=self.variant == "official")
        return state.candidates

    async def _layer(
        self, layer: Layer, scene: Scene, calls: Calls
    ) -> tuple[list[Written], Dialogue]:
        """Return what the components of a layer write, and the conversation as they leave it.

        They run side by side, but for those behind a unit test generator, which see the tests that
        it puts behind the query.
        """
        written: list[Written] = []
        dialogue = scene.dialogue
        for together in _side_by_side(layer):
            scenes = [
                msgspec.structs.replace(scene, dialogue=dialogue, place=(*scene.place, number))
                for number in range(len(written), len(written) + len(together))
            ]
            written += await self._written(together, scenes, calls)
            tests = written[-1].unit_tests
            if tests is not None:
                dialogue = dialogue.tested(tests)
        return written, dialogue

    async def _written(self, components: Layer, scenes: list[Scene], calls: Calls) -> list[Written]:
        """Return what each component writes; those that tell a model the same share a session."""
        asks = {
            place: answering(component, scene)
            for place, (component, scene) in enumerate(zip(components, scenes, strict=True))
            if isinstance(component, (Generator, Fuser))
        }

        async def answered() -> dict[int, Written]:
            replies = iter(await calls.ask([ask for each in asks.values() for ask in each]))
            return {place: answers([next(replies) for _ in each]) for place, each in asks.items()}

        async def helped(place: int, component: Component) -> dict[int, Written]:
            return {place: await helping(component, scenes[place], calls, self.plugins)}

        work = [helped(place, c) for place, c in enumerate(components) if place not in asks]
        found: dict[int, Written] = {}
        for part in await all_of([answered(), *work]):
            found |= part
        return [found[place] for place in range(len(components))]


def _side_by_side(layer: Layer) -> Iterator[Layer]:
    """Yield the components of a layer that see the same query: up to a unit test generator."""
    start = 0
    for end, component in enumerate(layer, start=1):
        if component.type == "unit_test_generator" or end == len(layer):
            yield layer[start:end]
            start = end


def _check_candidates(written: list[Written], number: int) -> None:
    if not any(one.candidates for one in written):
        raise SampleError(f"no candidate is left behind layer {number + 1}", kind="bad_reply")
