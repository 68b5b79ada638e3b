"""Any prefill press of kvpress, by the name of its class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from ...core.config import NonNegative
from ...core.errors import ConfigError, MissingExtraError
from .budget import EVICTION, Budget, BudgetOptions, press_ratio
from .method import ModelShape, Press, PromptFacts, Treatment

if TYPE_CHECKING:
    from .presses.by_name import PressByName


class KVPressOptions(BudgetOptions, frozen=True):
    """`press` is the name of a class in kvpress, `settings` are what its constructor takes.

    Where a press works around another, `settings.press` is that one's name, or a mapping with
    `press` and `settings` of its own; `settings.presses` is a list of them. `seed` is for presses
    that draw random numbers: the same prompt always keeps the same tokens.
    """

    method: Literal["press"] = "press"
    press: str = "RandomPress"
    settings: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])
    seed: NonNegative = 0


class KVPress:
    """Compress each prompt with a press of kvpress.

    Presses that drop a share of the tokens take `budget` or `compression_ratio`, like the other
    methods; some round it in ways of their own. Presses that have no such share are applied to
    every prompt. Raises ConfigError for what the torch endpoint cannot do, with the reason.
    """

    Options = KVPressOptions
    slots = EVICTION

    def __init__(self, options: KVPressOptions) -> None:
        self.options = options
        self.budget = Budget.of(options)
        self._named = _by_name(options)
        self._checked_budget()
        self.label = self._labelled()

    def treatment(self, prompt: PromptFacts, shape: ModelShape) -> Treatment:
        """Return the press, for a prompt that does not fit in its budget if it has one."""
        self._named.check_layers(shape.layers)
        if not self._named.takes_ratio:
            return Treatment(press=self._named.press(None))

        def press(kept: int) -> Press:
            return self._named.press(press_ratio(kept, prompt.tokens))

        return self.budget.eviction(prompt, press)

    def _checked_budget(self) -> None:
        given = [
            f"kv.{name}"
            for name in ("budget", "compression_ratio")
            if getattr(self.options, name) is not None
        ]
        if given and not self._named.takes_ratio:
            raise ConfigError(
                f"{given[0]}: kv.press={self.options.press} drops no share of the tokens; "
                "say what it does in kv.settings"
            )

    def _labelled(self) -> str:
        name = _spelled(self.options.press, self.options.settings)
        seed = f"[seed={self.options.seed}]" if self.options.seed else ""
        return f"{name}-{self.budget.suffix}{seed}" if self._named.takes_ratio else f"{name}{seed}"


def _by_name(options: KVPressOptions) -> PressByName:
    """Return the press, built once to see that it can be. Raises ConfigError."""
    try:
        from .presses.by_name import PressByName
    except ModuleNotFoundError:
        raise MissingExtraError("kv=press", "local") from None
    return PressByName(options.press, options.settings, seed=options.seed)


def _spelled(name: str, settings: Mapping[str, Any]) -> str:
    """Return a press as it would be written in Python: `AdaKVPress(press=KnormPress)`."""
    said = [f"{key}={_spelled_value(value)}" for key, value in settings.items()]
    return f"{name}({','.join(said)})" if said else name


def _spelled_value(value: Any) -> str:
    if isinstance(value, Mapping) and "press" in value:
        return _spelled(value["press"], value.get("settings") or {})
    if isinstance(value, list):
        return f"[{','.join(map(_spelled_value, value))}]"
    return str(value)
