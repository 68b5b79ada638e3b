"""What tokens cost: list prices from the file that LiteLLM brings along, or prices of one's own."""

from __future__ import annotations

import functools
import importlib.util
import re
from pathlib import Path
from typing import Annotated, Any

import msgspec

from ..core.config import Options
from ..core.exchange import Usage

_FILE = "model_prices_and_context_window_backup.json"
_INPUT = "input_cost_per_token"
_OUTPUT = "output_cost_per_token"
_CACHED = "cache_read_input_token_cost"
_WRITE = "cache_creation_input_token_cost"
# Batches, flexible service and hour-long caches have keys with more behind or between.
_THRESHOLD = re.compile(rf"(?:{_INPUT}|{_OUTPUT}|{_CACHED}|{_WRITE})_above_(\d+)(k?)_tokens")
# The higher price of these begins at the threshold, that of all others above it.
_INCLUSIVE = frozenset({"xai"})

UsdPerMillion = Annotated[float, msgspec.Meta(ge=0)]


class PriceOptions(Options, frozen=True):
    """The section `price` of a model: USD per million tokens, in place of the list price.

    `input` and `output` are said together. `cached_input` is the price of input tokens read from
    a provider's cache, `cache_write` of those stored in it; both are that of `input` unless said.
    """

    input: UsdPerMillion | None = None
    output: UsdPerMillion | None = None
    cached_input: UsdPerMillion | None = None
    cache_write: UsdPerMillion | None = None

    def __post_init__(self) -> None:
        said = (self.input, self.output, self.cached_input, self.cache_write)
        if any(price is not None for price in said) and None in said[:2]:
            raise ValueError("A price needs both input and output, in USD per million tokens")


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """USD per token."""

    input: float
    output: float
    cached_input: float
    cache_write: float


class Tier(Rates, frozen=True, kw_only=True):
    """What all tokens of a request cost whose input is more than `above` tokens."""

    above: int


class Price(Rates, frozen=True, kw_only=True):
    """What tokens of a model cost; `tiers` replace the prices for long inputs, lowest first."""

    tiers: tuple[Tier, ...] = ()

    def rates(self, input_tokens: int) -> Rates:
        """Return the prices of a request with so many input tokens."""
        reached = [tier for tier in self.tiers if input_tokens > tier.above]
        return reached[-1] if reached else self


def effective_price(litellm_name: str, options: PriceOptions | None) -> Price | None:
    """Return the price in `options`, or else the list price; None when neither is known."""
    if options is None or options.input is None or options.output is None:
        return list_price(litellm_name)
    cached, write = options.cached_input, options.cache_write
    return Price(
        input=options.input / 1e6,
        output=options.output / 1e6,
        cached_input=(options.input if cached is None else cached) / 1e6,
        cache_write=(options.input if write is None else write) / 1e6,
    )


def cost_usd(usage: Usage, price: Price | None) -> float:
    """Return what `usage` costs; nothing where no price is known.

    Cached and cache-write tokens are part of the input, reasoning is part of the output.
    """
    if price is None:
        return 0.0
    rates = price.rates(usage.input_tokens)
    plain = max(0, usage.input_tokens - usage.cached_tokens - usage.cache_write_tokens)
    return (
        plain * rates.input
        + usage.cached_tokens * rates.cached_input
        + usage.cache_write_tokens * rates.cache_write
        + usage.output_tokens * rates.output
    )


def list_price(litellm_name: str) -> Price | None:
    """Return the list price of a model named as LiteLLM does, such as `anthropic/claude-opus-4-1`.

    None when LiteLLM is not installed or has no price per token of the model. LiteLLM itself is
    not imported. Its rules are kept: a price that is not listed is that of input, and a tier holds
    for all tokens of a request. Off-peak discounts and prices of other service levels are not.
    """
    entry = _entry(litellm_name)
    if entry is None:
        return None
    if "tiered_pricing" in entry:
        return _of_ranges(entry)
    return _of_thresholds(entry) if _is_priced(entry) else None


def _entry(litellm_name: str) -> dict[str, Any] | None:
    """Return what the file says of a model, listed with its provider before the name or without."""
    provider, _, name = litellm_name.partition("/")
    for key in (litellm_name, name):
        raw = _price_file().get(key)
        if raw is None:
            continue
        entry = msgspec.json.decode(raw, type=dict[str, Any])
        if key == litellm_name or str(entry.get("litellm_provider")).startswith(provider):
            return entry
    return None


@functools.cache
def _price_file() -> dict[str, msgspec.Raw]:
    """Return the entries of the file undecoded: of thousands, a run needs one or two."""
    spec = importlib.util.find_spec("litellm")
    if spec is None or spec.origin is None:
        return {}
    path = Path(spec.origin).with_name(_FILE)
    if not path.is_file():
        return {}
    return msgspec.json.decode(path.read_bytes(), type=dict[str, msgspec.Raw])


def _is_priced(entry: dict[str, Any]) -> bool:
    return entry.get(_INPUT) is not None and entry.get(_OUTPUT) is not None


def _of_thresholds(entry: dict[str, Any]) -> Price:
    """Return the price of an entry with keys like `input_cost_per_token_above_200k_tokens`.

    What is not listed for a threshold stays what it is below.
    """
    known = {kind: entry.get(kind) for kind in (_INPUT, _OUTPUT, _CACHED, _WRITE)}
    base, tiers = _rates(known), list[Tier]()
    early = 1 if entry.get("litellm_provider") in _INCLUSIVE else 0
    for tokens, suffix in _thresholds(entry):
        higher = {kind: entry.get(kind + suffix) for kind in known}
        known |= {kind: rate for kind, rate in higher.items() if rate is not None}
        tiers.append(Tier(above=tokens - early, **_rates(known)))
    return Price(**base, tiers=tuple(tiers))


def _thresholds(entry: dict[str, Any]) -> list[tuple[int, str]]:
    """Return (tokens, how keys end) of each threshold, the lowest first."""
    found = {
        (int(match[1]) * (1000 if match[2] else 1), f"_above_{match[1]}{match[2]}_tokens")
        for key, rate in entry.items()
        if rate is not None and (match := _THRESHOLD.fullmatch(key))
    }
    return sorted(found)


def _of_ranges(entry: dict[str, Any]) -> Price | None:
    """Return the price of an entry that lists ranges of input tokens; the last has no end."""
    rows = [row for row in entry["tiered_pricing"] if "range" in row and _INPUT in row]
    if not rows:
        return None
    rows.sort(key=lambda row: row["range"][0])
    output = {_OUTPUT: entry.get(_OUTPUT) or 0.0}
    tiers = [Tier(above=int(row["range"][0]), **_rates(output | row)) for row in rows[1:]]
    return Price(**_rates(output | rows[0]), tiers=tuple(tiers))


def _rates(known: dict[str, Any]) -> dict[str, float]:
    """Return the fields of Rates; prices of the cache that are not listed are that of input."""
    cached, write = known.get(_CACHED), known.get(_WRITE)
    return {
        "input": known[_INPUT],
        "output": known[_OUTPUT],
        "cached_input": known[_INPUT] if cached is None else cached,
        "cache_write": known[_INPUT] if write is None else write,
    }
