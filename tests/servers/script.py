"""What a server answers, by script: every question gets its echo, some only after faults."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from servers.answers import Answer, echoed

Fault = Callable[[str], Answer]
Plan = Callable[[str, int], "Answer | None"]


class Script:
    """The `reply` and the `sent` of a ChatServer.

    A question gets the fault `plan(question, attempt)` (attempts are counted from 0), or its echo
    where that is None. `asked` counts requests by question, `answered` the echoes that were sent
    whole.
    """

    def __init__(self, plan: Plan = lambda question, attempt: None) -> None:
        self.plan = plan
        self.asked: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()

    def __call__(self, messages: list[dict[str, Any]]) -> Answer:
        question = text_of(messages)
        fault = self.plan(question, self.asked[question])
        self.asked[question] += 1
        return echoed(question) if fault is None else fault

    def sent(self, messages: list[dict[str, Any]], answer: Answer) -> None:
        """Note that the whole `answer` was sent."""
        question = text_of(messages)
        if answer == echoed(question):
            self.answered[question] += 1


def at_random(faults: Sequence[Fault], share: float, *, seed: int = 0) -> Plan:
    """Return a plan in which a `share` of all attempts meets each of `faults`.

    Which ones depends on the question, the attempt and the seed, not on the order of arrival.
    """

    def plan(question: str, attempt: int) -> Answer | None:
        place = int(random.Random(f"{seed} {question} {attempt}").random() / share)
        return faults[place](question) if place < len(faults) else None

    return plan


def text_of(messages: list[dict[str, Any]]) -> str:
    """Return the text of the last message."""
    content = messages[-1]["content"]
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content)
