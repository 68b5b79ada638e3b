"""Several KV methods on one prompt, each in slots of its own: `kv=[minference,snapkv]`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import permutations
from typing import Any, Literal, get_args

import msgspec

from ...core.config import Options, Section
from ...core.errors import ConfigError
from ...core.options import to_options
from ...core.suggest import did_you_mean
from ..registry import KV_METHODS
from .full import Full
from .method import UNTREATED, LocalKVMethod, ModelShape, PromptFacts, Slot, Treatment

SLOTS: tuple[Slot, ...] = get_args(Slot)

# What a method in the first slot and another one in the second cannot both do, and why.
_CLASHES: tuple[tuple[Slot, Slot, str], ...] = (
    ("prompt", "prompt", "both rewrite the shared text (prompt)"),
    ("encoding", "encoding", "both choose the way through the model (encoding)"),
    ("attention", "attention", "both choose what the prompt attends to (attention)"),
    ("eviction", "eviction", "both choose which tokens stay (eviction)"),
    ("storage", "storage", "both choose how what stays is stored and read (storage)"),
    (
        "encoding",
        "attention",
        "{0} does not encode the prompt in one causal pass, "
        "so there is no prefill attention for {1} to change",
    ),
    (
        "encoding",
        "eviction",
        "{1} chooses tokens in the forward pass over the whole prompt, which {0} does not make",
    ),
)


class ComposedOptions(Options, frozen=True):
    """`parts` holds a section with its own `method` for each part, by the part's name."""

    method: Literal["composed"] = "composed"
    parts: dict[str, Section] = msgspec.field(default_factory=dict[str, Section])


class Composed:
    """Methods that act on the same prompt, in the order of their slots.

    The order in which they are named does not matter. Raises ConfigError for methods that get in
    each other's way, with the reason.
    """

    Options = ComposedOptions

    def __init__(self, options: ComposedOptions) -> None:
        if not options.parts:
            raise ConfigError("kv.parts is empty: say kv=[NAME,NAME]; `evalrun ls kv` lists them")
        parts = {name: _built(options.parts, name) for name in options.parts}
        _refuse_clashes(parts)
        self.options = options
        self.parts: tuple[LocalKVMethod, ...] = tuple(sorted(_flat(parts.values()), key=_place))
        self.slots: frozenset[Slot] = frozenset[Slot]().union(*(part.slots for part in self.parts))
        labels = [part.label for part in self.parts if part.label != Full.label]
        self.label = "+".join(labels) or Full.label

    def treatment(self, prompt: PromptFacts, shape: ModelShape) -> Treatment:
        """Return what the parts do, together. Raises ConfigError, as they do."""
        return _merged(part.treatment(prompt, shape) for part in self.parts)


def part_class(parts: Mapping[str, Section], name: str) -> Any:
    """Return the class of the part called `name`.

    Raises ConfigError with the nearest valid name: of a part that has a method when this one has
    none, as after a typing error in `kv.parts.NAME.KEY`, and of a method when there is no such.
    """
    if "method" not in parts[name]:
        chosen = [other for other, section in parts.items() if "method" in section]
        raise ConfigError(f"kv.parts.{name} has no method: {did_you_mean(name, chosen)}")
    return KV_METHODS.load(str(parts[name]["method"]))


def _built(parts: Mapping[str, Section], name: str) -> LocalKVMethod:
    cls = part_class(parts, name)
    part = cls(to_options(parts[name], cls.Options, f"kv.parts.{name}"))
    if not isinstance(part, LocalKVMethod):
        raise ConfigError(f"kv.parts.{name} does not run on engine=torch, and so does not compose")
    return part


def _refuse_clashes(parts: Mapping[str, LocalKVMethod]) -> None:
    for (one, first), (other, second) in permutations(parts.items(), 2):
        for slot, taken, reason in _CLASHES:
            if slot in first.slots and taken in second.slots:
                why = reason.format(one, other)
                raise ConfigError(f"kv=[{one},{other}]: {why}; choose one")


def _flat(parts: Iterable[LocalKVMethod]) -> Iterator[LocalKVMethod]:
    """Yield the methods that act: of a composition, its parts."""
    for part in parts:
        yield from part.parts if isinstance(part, Composed) else (part,)


def _place(part: LocalKVMethod) -> int:
    """Return where a prompt first meets `part`."""
    return min((SLOTS.index(slot) for slot in part.slots), default=0)


def _merged(treatments: Iterable[Treatment]) -> Treatment:
    """Return all that is done by any of `treatments`, no two of which fill the same field.

    A press in front of a storage keeps tokens in the order of their positions.
    """
    done: dict[str, Any] = {}
    for treatment in treatments:
        fields = msgspec.structs.asdict(treatment)
        done |= {name: do for name, do in fields.items() if do is not getattr(UNTREATED, name)}
    if "press" in done and "storage" in done:
        from .presses.in_order import in_order

        done["press"] = in_order(done["press"])
    return msgspec.structs.replace(UNTREATED, **done)
