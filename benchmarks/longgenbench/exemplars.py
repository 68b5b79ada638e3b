"""The worked examples that stand before the questions."""

from __future__ import annotations

import re
from itertools import count
from pathlib import Path

import msgspec
import yaml

from ...core.errors import DataError
from .files import Source, read_questions
from .tasks import MMLU, Dataset

# Where the published exemplars lie below `benchmark.shots`: in the folder `data` of the official
# repository, or beside each other.
_PUBLISHED = {
    "gsm8k": ("LongGenBench_GSM8K_prompt/LongGenBench_prompt.txt", "LongGenBench_prompt.txt"),
    "mmlu": (
        "LongGenBench_MMLU_prompt/LongGenBench_prompt.json",
        "LongGenBench_prompt.json",
        "mmlu-cot.json",
    ),
    "csqa": ("csqa.txt",),
}
_LABEL = re.compile(r"^(Question|Answer)_(\d{1,4}):[ \t]*\n", re.MULTILINE)


class Exemplar(msgspec.Struct, frozen=True):
    """A question as it is shown, options included, and the answer that models should imitate."""

    question: str
    answer: str


Exemplars = tuple[Exemplar, ...]


def published_file(shots: Path, dataset: Dataset) -> Path | None:
    """Return the file of published exemplars that `shots`, a file or a folder, has of `dataset`."""
    if shots.is_file():
        return shots
    files = (shots / name for name in _PUBLISHED[dataset.name])
    return next((path for path in files if path.is_file()), None)


def read_published(path: Path, dataset: Dataset) -> dict[str | None, Exemplars]:
    """Return the published exemplars by subject; None is that of a data set without subjects.

    MMLU's are JSON: a subject's text, in which "Q:" and "A:" begin questions and answers. The
    others are text with lines `Question_<i>:` and `Answer_<i>:`. Raises DataError naming the file.
    """
    try:
        text = path.read_text(encoding="utf-8")
        if dataset != MMLU:
            return {None: _numbered(text, path)}
        prompts = msgspec.json.decode(text, type=dict[str, str])
    except (OSError, UnicodeDecodeError, msgspec.MsgspecError) as error:
        raise DataError(f"{path}: {error}") from None
    return {subject: _asked(prompt, f"{path}, {subject}") for subject, prompt in prompts.items()}


def own_exemplars(dataset: Dataset) -> Exemplars:
    """Return questions of our own with reasoning in our own words: for GSM8K and CSQA."""
    text = Path(__file__).with_name(f"{dataset.name}_exemplars.yaml").read_text(encoding="utf-8")
    return msgspec.convert(yaml.safe_load(text), Exemplars)


def dev_exemplars(source: Source) -> Exemplars:
    """Return the dev rows of a subject of MMLU: the right letter, without reasoning.

    Raises DataError.
    """
    rows = read_questions(MMLU, source.dev)
    return tuple(Exemplar(row.text, f"The answer is ({row.answer}).") for row in rows)


def _numbered(text: str, path: Path) -> Exemplars:
    _, *parts = _LABEL.split(text)
    blocks = {
        (kind, int(number)): block.strip()
        for kind, number, block in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    }
    exemplars: list[Exemplar] = []
    for number in count(1):
        if ("Question", number) not in blocks or ("Answer", number) not in blocks:
            break
        exemplars.append(Exemplar(blocks["Question", number], blocks["Answer", number]))
    if not exemplars or len(blocks) != 2 * len(exemplars):
        raise DataError(f"{path}: every 'Question_<i>:' needs its 'Answer_<i>:', from 1 on")
    return tuple(exemplars)


def _asked(prompt: str, place: str) -> Exemplars:
    _, *blocks = prompt.split("\n\nQ: ")
    exemplars: list[Exemplar] = []
    for block in blocks:
        question, mark, answer = block.partition("\nA: ")
        if not mark:
            raise DataError(f"{place}: a question without answer")
        exemplars.append(Exemplar(question.strip(), answer.strip()))
    if not exemplars:
        raise DataError(f"{place}: no line begins with 'Q: '")
    return tuple(exemplars)
