"""Replies of the kinds that models give, for each benchmark of the reasoning family.

Of every row there are right ones in two forms, wrong and malformed ones, empty ones, and a few that
would hang, crash or run code in a careless scorer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from evalrun.core.sample import Sample
from evalrun.runners.build import build_benchmark
from evalrun.runners.compose import Composer

# Percent of each kind.
SHARES = {"right": 45, "otherwise": 20, "wrong": 24.7, "malformed": 6.2, "empty": 4, "hostile": 0.1}
# Stands for a number that is another one in each reply.
NUMBER = "<number>"

HOSTILE = (
    "__import__('os').system('touch evalrun-was-here')",
    r"\boxed{__import__('os').system('touch evalrun-was-here')}",
    r"The answer is \boxed{9^{9^{9^{9}}}}.",
    r"\boxed{" + r"\frac{1}{" * 400 + "x" + "}" * 400 + "}",
    r"\boxed{(x+y+z+1)^{1000000}}",
    r"\boxed{\sum_{k=1}^{10^9} \sin(k)}",
    "(" * 20_000,
    "{" * 20_000 + "}" * 20_000,
    "answer: " * 10_000,
    "(at " * 10_000 + "x)",
    "[" + "1," * 20_000,
    "\x00\ufffe\U0001f600" * 1_000,
    r"\boxed{1e999999999}",
    "9" * 10_000,
)


class Asked(msgspec.Struct, frozen=True):
    """A row of which replies are made: the right answer, in another form, and a wrong one."""

    id: str
    right: str
    otherwise: str
    wrong: str


# Of a sample: the right answer in two forms.
Forms = Callable[[Sample], tuple[str, str]]


def predictions(asked: Sequence[Asked], replies: int, random: Random) -> Iterator[dict[str, Any]]:
    """Yield lines of a file for `evalrun score`: as many epochs of each row as it takes."""
    kinds, weights = list(SHARES), list(SHARES.values())
    for number in range(replies):
        epoch, place = divmod(number, len(asked))
        (kind,) = random.choices(kinds, weights)
        reply = reply_of(asked[place], kind, random)
        reply = reply.replace(NUMBER, str(2 + number % 997))
        yield {"id": asked[place].id, "epoch": epoch, "prediction": reply}


def reply_of(asked: Asked, kind: str, random: Random) -> str:
    """Return a reply of a kind."""
    if kind == "empty":
        return random.choice(("", " \n"))
    if kind == "hostile":
        return random.choice(HOSTILE)
    if kind == "malformed":
        return asked.right[: random.randint(0, len(asked.right))]
    return getattr(asked, kind)


def asked_in(recipe: str, file: Path, random: Random) -> list[Asked]:
    """Return the rows of an official file. Wrong answers are right ones of other rows."""
    path = f"benchmark.path={json.dumps(str(file))}"
    config = Composer().compose([f"recipe={recipe}", path])
    samples = list(build_benchmark(config).samples())
    forms = [FORMS[recipe](sample) for sample in samples]
    asked: list[Asked] = []
    for sample, (right, otherwise) in zip(samples, forms, strict=True):
        others = [one for one, _ in forms if one != right] or ["I cannot say."]
        asked.append(Asked(sample.id, right, otherwise, random.choice(others)))
    return asked


def thoughts(random: Random) -> str:
    """Return a paragraph without an answer."""
    words = "so we see that this term follows from what was said before and is left as it is"
    text = " ".join(random.choices(words.split(), k=random.randint(40, 160)))
    return f"{text.capitalize()}.\n\n"


def _boxed(sample: Sample) -> tuple[str, str]:
    return rf"The answer is \boxed{{{_target(sample)}}}.", rf"\boxed{{ {_target(sample)} }}"


def _said(sample: Sample) -> tuple[str, str]:
    answer = _target(sample).capitalize()
    return f"**Final Answer**: {answer}.", f"The answer is {answer}."


def _final(sample: Sample) -> tuple[str, str]:
    return f"Final Answer: {_target(sample)}", f"**Final Answer:** {_target(sample)}"


def _first_word(sample: Sample) -> tuple[str, str]:
    return _target(sample), f"{_target(sample)}, for that is what the story says."


def _in_json(sample: Sample) -> tuple[str, str]:
    answer = json.dumps(sample.turns[0].target)
    return f'{{"answer": {answer}}}', f"```json\n{{answer: {_target(sample)}}}\n```"


def _tagged(sample: Sample) -> tuple[str, str]:
    answer = _target(sample)
    return f"<solution>{answer}</solution>", f"**{answer}**\n\n\\boxed{{{answer}}}"


def _outcomes(sample: Sample) -> tuple[str, str]:
    places = {1: '("A1", "B1")', 2: '("A1", "B2")', 3: '("A2", "B1")', 4: '("A2", "B2")'}
    pairs = ", ".join(places[number] for number in sample.turns[0].target)
    return f"answer = [{pairs}]", f"```python\nanswer = [ {pairs} ]\n```"


def _planned(sample: Sample) -> tuple[str, str]:
    """Return a stored answer to an open question of ACPBench, or for a plan most of its steps."""
    answer = sample.turns[0].target["answer"]
    if sample.task == "just":
        steps = sample.turns[0].target["question"].split('"')[1].split(") (")
        removed = answer[0][0].strip("()")
        steps = [step.strip("()") for step in steps]
        steps.remove(removed)
        text = " ".join(f"({step})" for step in steps)
    elif isinstance(answer, dict):
        lists = [answer.get("pos", answer.get("yes")), answer.get("neg", [])]
        pos, neg = (" ".join(one) for one in lists)
        text = f"[{pos}] [{neg}]" if sample.task == "prog" else pos.split(") ")[0].rstrip(")") + ")"
    elif isinstance(answer, list):
        text = " ".join(answer) if sample.task == "app" else (answer or ["None"])[0]
        text = text if sample.task in ("app", "areach") or not answer else f"({text})"
    else:
        text = str(answer)
    return f"**Final Answer**: {text}", f"I would say: {text.replace(') (', '), (')}"


def _target(sample: Sample) -> str:
    target = sample.turns[0].target
    return target if isinstance(target, str) else json.dumps(target)


FORMS: dict[str, Forms] = {
    "processbench": _boxed,
    "acpbench": _said,
    "acpbench_hard": _planned,
    "tmgbench": _outcomes,
    "hibench": _in_json,
    "livebench": _tagged,
    "simplebench": _final,
    "turtlebench": _first_word,
    "pokerbench": _first_word,
}
