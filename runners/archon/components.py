"""What each kind of component does with the state before its layer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial

import msgspec

from ...core.errors import SampleError
from . import wording
from .architecture import (
    Component,
    Critic,
    Fuser,
    Generator,
    Ranker,
    UnitTestEvaluator,
    UnitTestGenerator,
    Verifier,
)
from .calls import Answered, Ask, Calls, Place, as_needed
from .conversation import Dialogue, Messages
from .parsing import Variant, critiques, is_correct, ranking, unit_tests, verdicts_on_tests
from .rankers import PluginRanker
from .state import Candidate, State, Written
from .wording import text

_STALE = "say protocol.variant=fixed, which drops critiques of candidates that were replaced"


class Scene(msgspec.Struct, frozen=True):
    """What one component works on, and where it stands."""

    dialogue: Dialogue
    state: State
    place: Place
    variant: Variant

    def ask(self, component: Component, *more: int, system: str, prompt: str) -> Ask:
        """Return the call of a helper; `more` is its place within the component."""
        told = self.dialogue.told(text(system), prompt)
        return Ask((*self.place, *more), component, _with_system(component, told))


def answering(component: Generator | Fuser, scene: Scene) -> list[Ask]:
    """Return the calls of a component whose replies become candidates. Raises SampleError."""
    if isinstance(component, Generator):
        told = _with_system(component, scene.dialogue.messages)
        return [Ask((*scene.place, number), component, told) for number in range(component.samples)]
    _check_critiques(scene.state, "fuser")
    prompt = wording.fuser_prompt(
        scene.dialogue.question,
        scene.state.texts,
        scene.state.critiques,
        length_control=component.length_control,
    )
    return [
        scene.ask(component, number, system="fuser_system", prompt=prompt)
        for number in range(component.samples)
    ]


def answers(answered: Sequence[Answered]) -> Written:
    """Return replies as candidates."""
    found = tuple(Candidate(one.reply, one.role, one.reply.text) for one in answered)
    return Written(candidates=found)


async def helping(
    component: Component, scene: Scene, calls: Calls, plugins: Mapping[str, PluginRanker]
) -> Written:
    """Return what a component writes that makes no candidates. Raises SampleError."""
    match component:
        case Critic():
            return await _criticised(component, scene, calls)
        case Ranker():
            return await _ranked(component, scene, calls, plugins)
        case Verifier():
            return await _verified(component, scene, calls)
        case UnitTestGenerator():
            return await _tests_written(component, scene, calls)
        case UnitTestEvaluator():
            return await _tested(component, scene, calls)
        case _:
            raise TypeError(f"{component.type} makes candidates")


async def _criticised(component: Critic, scene: Scene, calls: Calls) -> Written:
    texts = scene.state.texts
    prompt = wording.critic_prompt(scene.dialogue.question, texts)
    ask = scene.ask(component, system="critic_system", prompt=prompt)
    found = await calls.read(ask, lambda reply: critiques(reply, len(texts)), ("",) * len(texts))
    if found is None:
        raise _unreadable("critic", f"no critique of each of {len(texts)} candidates")
    return Written(critiques=found)


async def _ranked(
    component: Ranker, scene: Scene, calls: Calls, plugins: Mapping[str, PluginRanker]
) -> Written:
    state, question = scene.state, scene.dialogue.question
    if component.model in plugins:
        ranker = plugins[component.model]
        order = await asyncio.to_thread(ranker.order, question, state.texts)
        return Written(candidates=tuple(state.candidates[i] for i in order[: component.top_k]))
    if component.use_critiques or len(state.critiques) < len(state.candidates):
        _check_critiques(state, "ranker")
    prompt = wording.ranker_prompt(question, state.texts, state.critiques)
    (answered,) = await calls.ask([scene.ask(component, system="ranker_system", prompt=prompt)])
    order = ranking(answered.reply.text, len(state.candidates), scene.variant)[: component.top_k]
    return _chosen(state, [number - 1 for number in order])


async def _verified(component: Verifier, scene: Scene, calls: Calls) -> Written:
    """Keep what is judged correct, or everything that was judged if nothing is.

    As officially, `first_k` looks at one candidate after another, and a candidate without a verdict
    is left out. Where nothing is correct, all critiques officially stay.
    """
    state, first = scene.state, component.first_k
    _check_critiques(state, "verifier")
    verdicts = await as_needed(
        [partial(_verdict_on, component, scene, calls, place) for place in _places(state)],
        (lambda found: found.count(True) == first) if first else None,
    )
    correct = [place for place, verdict in enumerate(verdicts) if verdict]
    incorrect = [place for place, verdict in enumerate(verdicts) if verdict is False]
    if correct or scene.variant == "fixed":
        return _chosen(state, correct or incorrect)
    written = _chosen(state, incorrect)
    return msgspec.structs.replace(written, critiques=state.critiques or None)


async def _verdict_on(component: Verifier, scene: Scene, calls: Calls, place: int) -> bool | None:
    """Return whether one candidate is judged correct: by reasons for it, and a verdict on both."""
    told = {"query": scene.dialogue.question, "candidate": scene.state.texts[place]}
    prompt = text("reasoning", **told)
    ask = scene.ask(component, place, 0, system="reasoning_system", prompt=prompt)
    (reasons,) = await calls.ask([ask])
    prompt = text("verdict", **told, reasoning=reasons.reply.text)
    ask = scene.ask(component, place, 1, system="verdict_system", prompt=prompt)
    return await calls.read(ask, is_correct, assumed=True)


async def _tests_written(component: UnitTestGenerator, scene: Scene, calls: Calls) -> Written:
    cap = component.unit_test_cap
    prompt = wording.unit_test_generator_prompt(scene.dialogue.question.strip(), cap)
    ask = scene.ask(component, system="unit_test_generator_system", prompt=prompt)
    assumed = ("",) * (cap or 1)
    found = await calls.read(ask, lambda reply: unit_tests(reply, cap), assumed)
    if found is None:
        wanted = "unit tests" if cap is None else f"{cap} unit tests"
        raise _unreadable("unit_test_generator", f"no list of {wanted}")
    return Written(unit_tests=found)


async def _tested(component: UnitTestEvaluator, scene: Scene, calls: Calls) -> Written:
    """Order candidates by unit tests passed, ties by the text that comes later, and keep the best.

    As officially, texts lose white space at their ends, and `first_k` looks at one candidate after
    another and keeps those alone that passed everything.
    """
    state, enough, all_tests = scene.state, component.enough, len(scene.state.unit_tests)
    counts = await as_needed(
        [partial(_passes, component, scene, calls, place) for place in _places(state)],
        (lambda found: found.count(all_tests) == enough) if enough else None,
    )
    perfect = [place for place, count in enumerate(counts) if count == all_tests]
    if enough and len(perfect) == enough:
        return _stripped(state, perfect, scene.variant)
    texts = [candidate.strip() for candidate in state.texts]
    order = sorted(_places(state), key=lambda i: (counts[i], texts[i]), reverse=True)
    return _stripped(state, order[: component.top_k], scene.variant)


async def _passes(component: UnitTestEvaluator, scene: Scene, calls: Calls, place: int) -> int:
    """Return how many unit tests one candidate passes."""
    question, tests = scene.dialogue.question.strip(), scene.state.unit_tests
    if component.remove_unit_tests_from_prompt:
        question = wording.without_unit_tests(question)
    candidate = scene.state.texts[place].strip()
    prompt = wording.unit_test_evaluator_prompt(question, candidate, tests)
    ask = scene.ask(component, place, system="unit_test_evaluator_system", prompt=prompt)
    (answered,) = await calls.ask([ask])
    return verdicts_on_tests(answered.reply.text, len(tests), scene.variant).count("passed")


def _chosen(state: State, places: Sequence[int]) -> Written:
    """Return the candidates at `places`, with their critiques where there are any."""
    critiqued = tuple(state.critiques[place] for place in places) if state.critiques else ()
    return Written(
        candidates=tuple(state.candidates[place] for place in places), critiques=critiqued or None
    )


def _stripped(state: State, places: Sequence[int], variant: Variant) -> Written:
    """Return the candidates at `places` without white space at their ends.

    Officially an evaluator does not hand on their critiques.
    """
    kept = state if variant == "fixed" else msgspec.structs.replace(state, critiques=())
    written = _chosen(kept, places)
    stripped = tuple(
        msgspec.structs.replace(candidate, text=candidate.text.strip())
        for candidate in written.candidates or ()
    )
    return msgspec.structs.replace(written, candidates=stripped)


def _places(state: State) -> range:
    return range(len(state.candidates))


def _with_system(component: Component, told: Messages) -> Messages:
    return told[1:] if component.no_system else told


def _check_critiques(state: State, kind: str) -> None:
    """Raise SampleError where critiques are of other candidates than those that are there."""
    have, need = len(state.critiques), len(state.candidates)
    if have not in (0, need):
        raise _unreadable(kind, f"{have} critiques for {need} candidates; {_STALE}")


def _unreadable(kind: str, what: str) -> SampleError:
    return SampleError(f"{kind}: {what}", kind="bad_reply")
