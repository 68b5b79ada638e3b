"""Models as estimates see them: what they are called, whether they cost money, and how much."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ...core.config import Section
from ...core.interfaces import Problem
from ...core.options import to_options
from ...models import litellm_model, openai_model
from ...models.prices import Price
from ..launch.resources import without_resources

_REMOTE = frozenset({"litellm", "openai"})


class Role(msgspec.Struct, frozen=True):
    """A model that would be asked; `place` is its section: model, judge or roles.NAME.

    `remote` ones cost money, where `price` is known so much, and keep beginnings of prompts for
    later requests. `api` is which of a server's APIs is asked.
    """

    place: str
    label: str
    remote: bool
    api: str
    price: Price | None
    problems: tuple[Problem, ...]

    @property
    def is_priced(self) -> bool:
        """Whether it is known what the requests cost, if they cost anything."""
        return self.price is not None or not self.remote


def role_of(section: Section, place: str, problems: Sequence[Problem]) -> Role:
    """Return what `section`, which was checked before, says of a model; nothing is loaded."""
    return Role(
        place=place,
        label=str(section.get("name") or place),
        remote=section.get("engine") in _REMOTE,
        api=section.get("api", "chat"),
        price=_price(section, place),
        problems=tuple(problems),
    )


def _price(section: Section, place: str) -> Price | None:
    own = without_resources(section)
    match section.get("engine"):
        case "openai":
            return openai_model.price_of(to_options(own, openai_model.OpenAIOptions, place))
        case "litellm":
            return litellm_model.price_of(to_options(own, litellm_model.LiteLLMOptions, place))
        case _:
            return None
