"""Methods in slots of their own act together; those that get in each other's way are refused."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, Literal

import msgspec
import pytest

from evalrun.core.config import Options
from evalrun.core.errors import ConfigError
from evalrun.models.kv.composed import SLOTS, Composed, ComposedOptions
from evalrun.models.kv.method import (
    UNTREATED,
    LocalKVMethod,
    ModelShape,
    PromptFacts,
    Slot,
    Treatment,
)
from evalrun.models.kv.rewriting import split
from evalrun.models.registry import KV_METHODS

SHAPE = ModelShape(layers=2, heads=4, kv_heads=2, head_dim=8)
PROMPT = PromptFacts(tokens=100)


def encoder(*_: Any) -> Any:
    raise NotImplementedError


def attention(*_: Any, **__: Any) -> Any:
    raise NotImplementedError


def storage(*_: Any) -> Any:
    raise NotImplementedError


def press(_model: Any) -> Any:
    return nullcontext()


DONE: dict[Slot, Treatment] = {
    "prompt": UNTREATED,
    "encoding": Treatment(encoder=encoder),
    "attention": Treatment(attention=attention),
    "eviction": Treatment(press=press),
    "storage": Treatment(storage=storage),
}


class InSlotsOptions(Options, frozen=True):
    method: Literal["in_slots"] = "in_slots"
    fills: tuple[Slot, ...] = ()
    late: bool = False
    budget: int = 0


class InSlots:
    """Fills the slots it is told to, for prompts longer than its budget."""

    Options = InSlotsOptions

    def __init__(self, options: InSlotsOptions) -> None:
        self.slots = frozenset(options.fills)
        self.options = options
        self.label = "_".join(options.fills)

    def treatment(self, prompt: PromptFacts, shape: ModelShape) -> Treatment:
        if prompt.tokens <= self.options.budget:
            return UNTREATED
        done: dict[str, Any] = {}
        for slot in self.options.fills:
            done |= {k: v for k, v in msgspec.structs.asdict(DONE[slot]).items() if v}
        return Treatment(**done, late=self.options.late)


class ForAnotherEndpoint:
    """Has what every KV method has, and nothing that the torch endpoint asks for."""

    class Options(Options, frozen=True):
        method: Literal["elsewhere"] = "elsewhere"

    label = "elsewhere"

    def __init__(self, options: Any) -> None:
        del options


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, cls in (("in_slots", InSlots), ("elsewhere", ForAnotherEndpoint)):
        monkeypatch.setitem(KV_METHODS.builtin, name, f"{__name__}:{cls.__name__}")  # type: ignore[arg-type]


def composed(**parts: dict[str, Any]) -> Composed:
    return Composed(ComposedOptions(parts=parts))


def filling(*slots: Slot, **options: Any) -> dict[str, Any]:
    return {"method": "in_slots", "fills": slots, **options}


def refusal_of(build: Callable[[], object]) -> str:
    with pytest.raises(ConfigError) as caught:
        build()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_composition_is_a_method_like_any_other() -> None:
    assert isinstance(composed(one=filling("attention")), LocalKVMethod)


def test_parts_of_different_slots_act_together() -> None:
    method = composed(
        a=filling("storage"), b=filling("eviction"), c=filling("attention"), d=filling("prompt")
    )
    assert method.slots == {"prompt", "attention", "eviction", "storage"}
    assert method.treatment(PROMPT, SHAPE) == Treatment(
        attention=attention, press=press, storage=storage
    )


def test_parts_stand_in_the_order_of_their_slots_however_they_are_named() -> None:
    sections = {
        "q": filling("storage"),
        "s": filling("eviction"),
        "m": filling("prompt", "attention"),
    }
    for order in itertools.permutations(sections):
        method = composed(**{name: sections[name] for name in order})
        assert method.label == "prompt_attention+eviction+storage"
        assert [part.label for part in method.parts] == method.label.split("+")


def test_the_full_cache_adds_nothing_to_a_composition() -> None:
    full = {"method": "full"}
    assert composed(full=full, s=filling("eviction")).label == "eviction"
    alone = composed(full=full, whole=full)
    assert (alone.label, alone.slots) == ("full", frozenset())
    assert alone.treatment(PROMPT, SHAPE) == UNTREATED


def test_a_late_press_stays_late_beside_a_storage() -> None:
    method = composed(w=filling("eviction", late=True), q=filling("storage"))
    assert method.treatment(PROMPT, SHAPE) == Treatment(press=press, late=True, storage=storage)


def test_a_part_that_leaves_the_prompt_untreated_takes_nothing_from_the_others() -> None:
    for parts in itertools.permutations(
        [("fits", filling("eviction", budget=100)), ("q", filling("storage"))]
    ):
        assert composed(**dict(parts)).treatment(PROMPT, SHAPE) == Treatment(storage=storage)


def test_a_prompt_that_every_part_leaves_untreated_is_untreated() -> None:
    method = composed(s=filling("eviction", budget=100), q=filling("storage", budget=100))
    assert method.treatment(PROMPT, SHAPE) == UNTREATED


def test_a_composition_may_be_a_part() -> None:
    inner = {
        "method": "composed",
        "parts": {"m": filling("attention"), "s": filling("eviction")},
    }
    method = composed(q=filling("storage"), inner=inner)
    assert method.label == "attention+eviction+storage"
    assert [type(part) for part in method.parts] == [InSlots] * 3
    assert "both choose which tokens stay (eviction)" in refusal_of(
        lambda: composed(inner=inner, s=filling("eviction"))
    )


@pytest.mark.parametrize("slot", SLOTS)
def test_two_methods_in_one_slot_are_refused(slot: Slot) -> None:
    message = refusal_of(
        lambda: composed(b=filling(slot), full={"method": "full"}, a=filling(slot))
    )
    assert message.startswith("kv=[b,a]: both ")
    assert message.endswith(f" ({slot}); choose one")


def test_methods_that_share_one_of_several_slots_are_refused() -> None:
    one, other = filling("attention", "storage"), filling("eviction", "storage")
    assert "(storage)" in refusal_of(lambda: composed(one=one, other=other))


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("slot", "why"),
    [
        (
            "attention",
            "blend does not encode the prompt in one causal pass, "
            "so there is no prefill attention for other to change",
        ),
        (
            "eviction",
            "other chooses tokens in the forward pass over the whole prompt, "
            "which blend does not make",
        ),
    ],
)
def test_what_needs_one_causal_pass_is_refused_beside_another_encoding(
    slot: Slot, why: str, turned: bool
) -> None:
    parts = [("blend", filling("encoding")), ("other", filling(slot, "prompt"))]
    message = refusal_of(lambda: composed(**dict(reversed(parts) if turned else parts)))
    assert message == f"kv=[blend,other]: {why}; choose one"


def test_another_encoding_goes_with_a_prompt_method_and_a_storage() -> None:
    method = composed(blend=filling("encoding"), lingua=filling("prompt"), codes=filling("storage"))
    assert method.label == "prompt+encoding+storage"
    assert method.treatment(PROMPT, SHAPE) == Treatment(encoder=encoder, storage=storage)


def test_the_part_that_rewrites_prompts_is_found_however_deep_it_stands() -> None:
    pair = {
        "method": "composed",
        "parts": {"s": filling("eviction"), "lingua": {"method": "llmlingua2"}},
    }
    method = composed(q=filling("storage"), pair=pair)
    rewriter, kv = split(method)
    assert rewriter is method.parts[0]
    assert kv is method
    assert method.label == "llmlingua2-0.333+eviction+storage"


def test_a_composition_that_only_rewrites_prompts_leaves_nothing_to_the_model() -> None:
    method = composed(full={"method": "full"}, lingua={"method": "llmlingua2"})
    assert split(method)[1] is None


def test_the_shipped_methods_clash_by_their_names() -> None:
    assert refusal_of(lambda: composed(snapkv={"method": "snapkv"}, tova={"method": "tova"})) == (
        "kv=[snapkv,tova]: both choose which tokens stay (eviction); choose one"
    )


def test_a_shipped_press_composes_with_a_storage() -> None:
    pytest.importorskip("kvpress")
    method = composed(codes=filling("storage"), snapkv={"method": "snapkv", "budget": 50})
    assert method.label == "snapkv-50+storage"
    treatment = method.treatment(PROMPT, SHAPE)
    assert type(treatment.press).__name__ == "InOrderPress"
    assert treatment.storage is storage
    short = PromptFacts(tokens=50)
    assert method.treatment(short, SHAPE) == Treatment(storage=storage)


def test_shipped_methods_of_four_slots_compose() -> None:
    names = ("kivi", "snapkv", "minference", "llmlingua2")
    method = composed(**{name: {"method": name} for name in names})
    assert method.label == "llmlingua2-0.333+minference+snapkv-4096+kivi-2bit"
    assert method.slots == set(SLOTS) - {"encoding"}


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({}, "kv.parts is empty: say kv=[NAME,NAME]"),
        (
            {"snapkv": {"method": "snapkv", "bugdet": 1}},
            "unknown key 'kv.parts.snapkv.bugdet': did you mean 'budget'?",
        ),
        (
            {"snapkv": {"method": "snapkv", "budget": 0}},
            "kv.parts.snapkv.budget: expected int >= 1",
        ),
        ({"s": {"method": "snapvk"}}, "unknown kv 'snapvk': did you mean 'snapkv'?"),
        (
            {"snapkv": {"method": "snapkv"}, "snapvk": {"budget": 1}},
            "kv.parts.snapvk has no method: did you mean 'snapkv'?",
        ),
        (
            {"elsewhere": {"method": "elsewhere"}},
            "kv.parts.elsewhere does not run on engine=torch, and so does not compose",
        ),
    ],
)
def test_a_faulty_part_is_named_by_its_key(parts: dict[str, Any], message: str) -> None:
    assert message in refusal_of(lambda: composed(**parts))
