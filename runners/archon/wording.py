"""What helpers are told, in evalrun's own words, which are data."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from ...benchmarks.template import WORDING, fill

_PROMPTS = Path(__file__).with_name("prompts.yaml")

# How unit tests behind a query begin: there they are taken off again.
_TESTS_BEGIN = "Your response should pass the following unit tests:"


class _Prompts(msgspec.Struct, frozen=True):
    version: int
    texts: Mapping[str, str]


def wording() -> dict[str, Any]:
    """Return what provenance says of the prompts."""
    return {"prompts": WORDING, "prompts_version": _prompts().version}


def text(name: str, **fields: Any) -> str:
    """Return the text called `name` in prompts.yaml, with `fields` put in."""
    return fill(_prompts().texts[name], fields, f"{_PROMPTS}, {name}")


def critic_prompt(query: str, candidates: Sequence[str]) -> str:
    """Ask for strengths and weaknesses of each candidate."""
    shown = _candidates("numbered", candidates, ())
    return text("critic", query=query, count=len(candidates), candidates=shown)


def ranker_prompt(query: str, candidates: Sequence[str], critiques: Sequence[str]) -> str:
    """Ask for all candidates in order, the best first."""
    shown = _candidates("numbered", candidates, critiques)
    aid = text("ranker_aid") if critiques else ""
    return text("ranker", query=query, count=len(candidates), candidates=shown, aid=aid)


def fuser_prompt(
    query: str, candidates: Sequence[str], critiques: Sequence[str], *, length_control: bool
) -> str:
    """Ask for one answer made of all candidates, if so no longer than the longest of them."""
    return text(
        "fuser",
        query=query,
        candidates=_candidates("listed", candidates, critiques),
        aid=text("fuser_aid") if critiques else "",
        length=text("fuser_length") if length_control else "",
    )


def unit_test_generator_prompt(query: str, cap: int | None) -> str:
    """Ask for unit tests: `cap` of them, or as many as the model likes."""
    amount = text("some_unit_tests") if cap is None else text("so_many_unit_tests", cap=cap)
    return text("unit_test_generator", query=query, amount=amount)


def unit_test_evaluator_prompt(query: str, candidate: str, tests: Sequence[str]) -> str:
    """Ask which unit tests a candidate passes."""
    shown = "\n".join(
        text("numbered_unit_test", number=number, test=test)
        for number, test in enumerate(tests, start=1)
    )
    return text("unit_test_evaluator", query=query, candidate=candidate, tests=shown)


def asked_tests(tests: Sequence[str]) -> str:
    """Return what is put behind a query when unit tests were written for it."""
    return text("asked_tests", tests="\n".join(text("unit_test", test=test) for test in tests))


def without_unit_tests(query: str) -> str:
    """Return a query up to the unit tests behind it, if there are any."""
    return query.partition(_TESTS_BEGIN)[0].strip()


def _candidates(style: str, candidates: Sequence[str], critiques: Sequence[str]) -> str:
    if not critiques:
        told = [
            text(style, number=number, candidate=candidate)
            for number, candidate in enumerate(candidates, start=1)
        ]
    else:
        told = [
            text(f"{style}_reviewed", number=number, candidate=candidate, critique=critique)
            for number, (candidate, critique) in enumerate(
                zip(candidates, critiques, strict=False), start=1
            )
        ]
    return "\n\n".join(told)


@functools.cache
def _prompts() -> _Prompts:
    return msgspec.yaml.decode(_PROMPTS.read_bytes(), type=_Prompts)
