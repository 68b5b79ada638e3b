"""Estimates as a table: a row a run, a row for each other model, and what all come to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..tables.results import distinct
from ..tables.table import MISSING, Table
from .counting import ASSUMED_OUTPUT_TOKENS, MESSAGE_TOKENS, SMALLEST_CACHED, Tally
from .estimate import Estimate
from .roles import Role

HEADER = (
    "recipe",
    "model",
    "kv",
    "to do",
    "done",
    "requests",
    "input tokens",
    "of which cached",
    "output tokens at most",
    "USD at most",
    "USD for input alone",
)
Row = tuple[str, ...]


def estimates_table(estimates: Sequence[Estimate], how_counted: str) -> Table:
    """Return `estimates` side by side; `how_counted` says where token counts come from."""
    rows = [row for each in estimates for row in _rows(each)]
    parts = [part for each in estimates for part in _asked(each)]
    if len(rows) > 1:
        rows.append(_total(estimates, parts))
    notes = (_counted(how_counted), *distinct(_notes(estimates, parts)))
    return Table("dry run: nothing was asked", HEADER, tuple(rows), notes)


def _rows(estimate: Estimate) -> Iterator[Row]:
    counts = (estimate.run.parts.kv.label, f"{estimate.to_do:,}", f"{estimate.done:,}")
    for name, role, tally in estimate.parties:
        yield (name, role.label, *counts, *_cells(role, tally))
        counts = (MISSING, MISSING, MISSING)


def _asked(estimate: Estimate) -> Iterator[tuple[Role, Tally]]:
    for _, role, tally in estimate.parties:
        yield role, tally


def _total(estimates: Sequence[Estimate], parts: Sequence[tuple[Role, Tally]]) -> Row:
    tally = sum((tally for _, tally in parts), Tally())
    to_do, done = sum(e.to_do for e in estimates), sum(e.done for e in estimates)
    caches = any(role.remote for role, _ in parts)
    known = all(role.is_priced for role, tally in parts if tally.requests)
    counts = _counts(tally, caches=caches)
    costs = _costs(tally) if caches and known else (MISSING, MISSING)
    return ("total", "", "", f"{to_do:,}", f"{done:,}", *counts, *costs)


def _cells(role: Role, tally: Tally) -> Row:
    costs = _costs(tally) if role.price is not None else (MISSING, MISSING)
    return (*_counts(tally, caches=role.remote), *costs)


def _counts(tally: Tally, *, caches: bool) -> Row:
    usage = tally.usage
    cached = f"{usage.cached_tokens:,}" if caches else MISSING
    return (f"{tally.requests:,}", f"{usage.input_tokens:,}", cached, f"{usage.output_tokens:,}")


def _costs(tally: Tally) -> Row:
    return (_usd(tally.usage.cost_usd), _usd(tally.input_usd))


def _usd(amount: float) -> str:
    return f"{amount:,.2f}" if amount >= 1 else f"{amount:.4f}"


def _counted(how_counted: str) -> str:
    return f"tokens: {how_counted}, and {MESSAGE_TOKENS} a message for the chat template"


def _notes(estimates: Sequence[Estimate], parts: Sequence[tuple[Role, Tally]]) -> Iterator[str]:
    """Yield what a reader must know beside the numbers."""
    tally = sum((tally for _, tally in parts), Tally())
    if tally.unlimited:
        yield (
            f"{tally.unlimited:,} replies have no limit and are taken to have "
            f"{ASSUMED_OUTPUT_TOKENS:,} tokens; say generation.max_tokens=N"
        )
    if tally.usage.cached_tokens:
        yield (
            f"cached: beginnings of {SMALLEST_CACHED:,} tokens or more that an earlier request had "
            "too, if the provider keeps them that long"
        )
    if tally.images or tally.sounds:
        yield f"{tally.images:,} images and {tally.sounds:,} sounds are sent and not in the tokens"
    if any(each.judged is not None and each.judged.requests for each in estimates):
        yield "judges are counted as if each reply to grade were as long as it may be"
    for each in estimates:
        yield from _notes_of(each)


def _notes_of(estimate: Estimate) -> Iterator[str]:
    run, config = estimate.run, estimate.run.config
    together = config.model.get("replies_per_request", 1)
    if run.rewrites:
        yield f"kv={run.parts.kv.label} shortens contexts; here they are counted whole"
    if run.ends_early:
        yield (
            f"protocol={config.protocol['name']} may end a sample before all is asked; here all is "
            "counted, which is the most it asks"
        )
    if together > 1 and config.run.epochs > 1:
        yield (
            f"up to {together} epochs of a sample go in one request, whose input is paid for once; "
            "here each is counted"
        )
    for _, role, _ in estimate.parties:
        if role.api == "images":
            yield f"{role.label}: what it makes is in neither the tokens nor the cost"
        if not role.is_priced:
            yield (
                f"no price is known of {role.label}: say {role.place}.price.input=USD "
                f"{role.place}.price.output=USD, per million tokens"
            )
        yield from (f"to be mended before it can run: {problem}" for problem in role.problems)
