"""Models as estimates see them: what they are called, whether they cost money, and how much."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec

from ...core.config import Section
from ...core.interfaces import Problem
from ...core.options import to_options
from ...models.litellm_model import COMPATIBLE
from ...models.prices import Price, PriceOptions, effective_price

# LiteLLM's list prices of OpenAI's models are those of this host alone.
_OPENAI_HOST = "api.openai.com"
_REMOTE = frozenset({"litellm", "openai"})


class Role(msgspec.Struct, frozen=True):
    """A model that would be asked; `place` is its section: model or judge.

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
    remote = section.get("engine") in _REMOTE
    return Role(
        place=place,
        label=str(section.get("name") or place),
        remote=remote,
        api=section.get("api", "chat"),
        price=_price(section, place) if remote else None,
        problems=tuple(problems),
    )


def _price(section: Section, place: str) -> Price | None:
    own = section.get("price")
    options = to_options(own, PriceOptions, f"{place}.price") if own else None
    return effective_price(_listed_as(section), options)


def _listed_as(section: Section) -> str:
    """Return LiteLLM's name of a model, or none: what a server of one's own calls it is no name."""
    name, provider = section.get("name"), section.get("provider")
    if section["engine"] == "openai":
        host = urlsplit(str(section.get("api_base"))).hostname
        return f"openai/{name}" if host == _OPENAI_HOST else ""
    return "" if provider == COMPATIBLE else f"{provider}/{name}"
