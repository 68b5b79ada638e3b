"""Which rule grades a question: by its task, its subtask, and the day it was released."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from ..limited import LimitedCalls
from ..turns import Rule
from .coding import CASE_TASKS, UNIT_TEST_TASKS
from .competitions import aime, amc
from .connections import connections_bold, connections_solution
from .equality import EqualityJudge
from .instruction_following import followed_in_solution, followed_instructions
from .language import plot_unscrambling, typos
from .mended import MENDED, fixed_zebra_list
from .proofs import proof_rearrangement
from .reading import by_text
from .reformat import reformat_v1, reformat_v2
from .short_answers import logic_with_navigation, sudoku, theory_of_mind
from .spatial import house_traversal, spatial
from .symbolic import amps_hard, integrals, limited_text, tablereformat
from .tables import consecutive_events, cta, tablejoin
from .web_of_lies import web_of_lies_v2, web_of_lies_v3
from .zebra_puzzle import zebra_list, zebra_word

Variant = Literal["official", "fixed"]

INSTRUCTIONS = "instruction_following"

_NO_SANDBOX = "the code of the reply would have to be run, and there is no sandbox to run it in"
_IN_CONTAINERS = (
    "its tests are those of whole repositories, each in a container image of its own, and evalrun "
    "runs none"
)
_AGENTIC = ("agentic_coding", "python", "javascript", "typescript")
_COMPETITIONS = {"amc": "amc", "smc": "amc", "aime": "aime", "imo": "olympiad", "usamo": "olympiad"}


class Dated(msgspec.Struct, frozen=True):
    """A rule, or the reason why there is none, for questions released from day `since` on."""

    rule: Rule | str
    since: str = ""


# What grades a task: the last of these that had begun on the day of its release.
Rules = Mapping[str, tuple[Dated, ...]]


def rules(
    calls: LimitedCalls,
    judge: EqualityJudge | None,
    variant: Variant,
    coding: Mapping[str, Rule] | None = None,
) -> Rules:
    """Return the rules by the names that `rule_name` gives; those of `coding` need a sandbox.

    Source of the days: `play_a_match_gt`, `gen_judgments`, `get_zebra_puzzle_evaluator` and
    `get_connections_puzzle_evaluator`.
    """
    by_texts = {
        "web_of_lies_v2": web_of_lies_v2,
        "web_of_lies_v3": web_of_lies_v3,
        "spatial": spatial,
        "theory_of_mind": theory_of_mind,
        "logic_with_navigation": logic_with_navigation,
        "sudoku": sudoku,
        "aime": aime,
        "olympiad": proof_rearrangement,
        "plot_unscrambling": plot_unscrambling,
        "typos": typos,
        "cta": cta,
        "tablejoin": tablejoin,
        **(MENDED if variant == "fixed" else {}),
    }
    zebra = fixed_zebra_list if variant == "fixed" else zebra_list
    by_turns = {
        "amc": amc,
        "amps_hard": amps_hard(calls, judge),
        "integrals_with_game": integrals(calls),
        # Its pattern takes a time that grows with the square of a run of asterisks.
        "house_traversal": limited_text(calls, house_traversal),
        "consecutive_events": consecutive_events,
    }
    return {
        **{name: (Dated(_rule(by_text(grading))),) for name, grading in by_texts.items()},
        **{name: (Dated(_rule(grade)),) for name, grade in by_turns.items()},
        **{name: (Dated(_NO_SANDBOX),) for name in (*CASE_TASKS, *UNIT_TEST_TASKS)},
        **{name: (Dated(rule),) for name, rule in (coding or {}).items()},
        **{name: (Dated(_IN_CONTAINERS),) for name in _AGENTIC},
        "zebra_puzzle": _turned(by_text(zebra_word), "2024-11-25", by_text(zebra)),
        "connections": _turned(
            by_text(connections_bold), "2024-11-25", by_text(connections_solution)
        ),
        "tablereformat": _turned(
            tablereformat(calls, reformat_v1), "2025-04-25", tablereformat(calls, reformat_v2)
        ),
        INSTRUCTIONS: _turned(followed_instructions, "2025-11-25", followed_in_solution),
    }


def rule_name(task: str, subtask: str | None, category: str | None) -> str:
    """Return the name of what grades a question: its subtask goes before its task.

    Competitions are told by the first or second part of the name: `amc_12a`, `2023_amc`.
    """
    if category == INSTRUCTIONS:
        return INSTRUCTIONS
    name = subtask or task
    first, *rest = name.split("_")
    if first in _COMPETITIONS:
        return _COMPETITIONS[first]
    if rest and rest[0] == "amc":
        return "amc"
    if "amps_hard" in f"{name} {task}".lower():
        return "amps_hard"
    return "zebra_puzzle" if "zebra_puzzle" in name else name


def rule_on(day: str, dated: tuple[Dated, ...]) -> Rule | str:
    """Return the rule of a question released on `day`, `YYYY-MM-DD`; or why there is none."""
    return [entry.rule for entry in dated if day >= entry.since][-1]


def _turned(first: Callable[..., Any], since: str, later: Callable[..., Any]) -> tuple[Dated, ...]:
    return Dated(_rule(first)), Dated(_rule(later), since)


def _rule(grade: Callable[..., Any]) -> Rule:
    return Rule(("score",), grade)
