"""Solutions as samples: judged as a whole, or step by step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from ...core.sample import Sample, Turn
from ..official_rows import PlacedRow
from .prompts import Template
from .rows import Solution

Form = Literal["critic", "generative_prm", "discriminative_prm"]

# The limit of the official script; it takes 32,768 for QwQ.
CRITIQUE_TOKENS = 8192
GOOD, BAD = "+", "-"


def critic_turns(template: Template) -> Callable[[Solution], tuple[Turn, ...]]:
    """Return what asks for the index of the first wrong step of a whole solution."""

    def turns(solution: Solution) -> tuple[Turn, ...]:
        query = template.asked(solution)
        return (Turn(query=query, target=solution.label, max_tokens=CRITIQUE_TOKENS),)

    return turns


def conversation_turns(solution: Solution) -> tuple[Turn, ...]:
    """Return a turn a step, the first of which the problem begins, each answered by one token.

    Source: `single_process` of run_eval_prm_rlhflow.py. The solution has one verdict, at its end.
    """
    problem = f"{solution.problem}\n\n"
    last = len(solution.steps) - 1
    return tuple(
        Turn(
            query=step if index else problem + step,
            target=solution.label,
            answers=int(index == last),
            reference=GOOD,
            max_tokens=1,
        )
        for index, step in enumerate(solution.steps)
    )


def prefix_turns(separator: str) -> Callable[[Solution], tuple[Turn, ...]]:
    """Return what shows the problem and the first steps, one more each turn, for a classifier.

    All are joined by `separator`, and end with it (`Example.get_texts` of TRL's script). The
    solution has one verdict, at its end.
    """

    def turns(solution: Solution) -> tuple[Turn, ...]:
        parts, count = (solution.problem, *solution.steps), len(solution.steps)
        return tuple(
            Turn(
                query=separator.join(parts[: shown + 1]) + separator,
                target=solution.label,
                answers=int(shown == count),
                choices=(BAD, GOOD),
            )
            for shown in range(1, count + 1)
        )

    return turns


def sample_of(placed: PlacedRow, solution: Solution, turns: tuple[Turn, ...]) -> Sample:
    """Return a solution as a sample, labelled by the `side` that it counts on."""
    return Sample(
        id=solution.id,
        task=placed.task,
        turns=turns,
        row=placed.index,
        row_id=solution.id,
        labels={"side": solution.side},
        metadata={
            "generator": solution.generator,
            "final_answer_correct": solution.final_answer_correct,
        },
    )
