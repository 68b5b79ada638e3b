"""What is said to the model: the frame of the official prompts, with instructions of our own.

Source of the frame: the two scripts of Dominic789654/LongGenBench, commit 9845864.
"""

from __future__ import annotations

from collections.abc import Sequence

from .exemplars import Exemplar
from .options import Format
from .rows import Question
from .tasks import CSQA, GSM8K, Dataset

WORDING = "evalrun wording"

_GAP = "\n\n"
_MANY = (
    "Solve every question step by step, in the format that the examples have. Begin each answer "
    "with 'Answer_'{result}. Leave the questions themselves out. Answer all of them, however many "
    "they are."
)
_ONE = "Solve the question step by step, in the format that the examples have{result}."
_RESULT = ", and give its result after the words 'The answer is'"


def system_text(dataset: Dataset, subject: str | None, *, single: bool) -> str:
    """Return the instructions; `single` asks for one answer, as the baseline does."""
    text = (_ONE if single else _MANY).format(result=_RESULT if dataset == GSM8K else "")
    if dataset == GSM8K:
        return text
    topic = "common sense" if dataset == CSQA else (subject or "").replace("_", " ")
    questions = "The question is" if single else "The questions are"
    return f"{text} {questions} multiple choice, about {topic}."


def long_query(
    dataset: Dataset,
    questions: Sequence[Question],
    exemplars: Sequence[Exemplar],
    layout: Format,
) -> str:
    """Return the user's message that asks all `questions`, numbered from `dataset.first`."""
    asked = [
        f"Question_{number}:\n{question.text}{dataset.gap}"
        for number, question in enumerate(questions, start=dataset.first)
    ]
    examples = _GAP.join(_labelled(exemplars, layout))
    return f"Examples:\n{examples}{_GAP}Following Question:\n{''.join(asked)}"


def single_query(question: Question, exemplars: Sequence[Exemplar]) -> str:
    """Return the user's message of the baseline: each exemplar with its answer, then `question`."""
    shots = [f"Question: {shot.question}\nAnswer: {shot.answer}" for shot in exemplars]
    return _GAP.join([*shots, f"Question: {question.text}\nAnswer:"])


def _labelled(exemplars: Sequence[Exemplar], layout: Format) -> list[str]:
    numbered = list(enumerate(exemplars, start=1))
    questions = [f"Question_{number}:\n{shot.question}" for number, shot in numbered]
    answers = [f"Answer_{number}:\n{shot.answer}" for number, shot in numbered]
    if layout == "longgen":
        return questions + answers
    return [block for pair in zip(questions, answers, strict=True) for block in pair]
