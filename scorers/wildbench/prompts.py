"""What WildBench's judge is asked: by the published templates, or in evalrun's own words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

import msgspec

from ...core.config import Options
from ...core.content import text_of
from ...core.errors import DataError
from ...core.exchange import ReplyForm
from ..asking import framed
from ..turns import TurnReply, label_of
from .files import JUDGE
from .shown import shortened

Wording = Literal["published", "evalrun"]

SCORE_FIELDS = ("strengths", "weaknesses", "score")
PAIR_FIELDS = (
    "analysis of A",
    "analysis of B",
    "reason of A=B",
    "reason of A>B",
    "reason of B>A",
    "choice",
)

_OWN = Path(__file__).with_name("prompts.yaml")
_SCORE_FILE = "evaluation/eval_template.score.v2.md"
_PAIR_FILE = "evaluation/eval_template.pairwise.v2.md"
_PLACEHOLDER = re.compile(r"\{\$(\w+)\}")


class Material(msgspec.Struct, frozen=True):
    """What a response answers: the earlier turns, the latest message, and what to look for."""

    history: str
    query: str
    checklist: str


class _Own(msgspec.Struct, frozen=True):
    version: int
    preface: str
    score: str
    score_form: str
    pair: str
    pair_form: str


class JudgePrompts(msgspec.Struct, frozen=True):
    """The published templates; None where they are not there, and evalrun's own words are said."""

    score_template: str | None = None
    pair_template: str | None = None

    @property
    def are_published(self) -> bool:
        """Whether the judge is asked in the published words."""
        return self.score_template is not None

    def score(self, material: Material, output: str) -> str:
        """Return the question how good one response is."""
        if self.score_template is not None:
            return _filled(self.score_template, material, {"model_output": output})
        own = _own()
        return _own_question(own.score, own.score_form, material, {"RESPONSE": output})

    def pair(self, material: Material, a: str, b: str) -> str:
        """Return the question which of two responses is better."""
        if self.pair_template is not None:
            return _filled(self.pair_template, material, {"candidate_A": a, "candidate_B": b})
        own = _own()
        texts = {"RESPONSE A": a, "RESPONSE B": b}
        return _own_question(own.pair, own.pair_form, material, texts)


def read_prompts(folder: Path, wording: Wording) -> JudgePrompts:
    """Return the templates below `folder` if they are wanted and there, else none.

    Raises DataError.
    """
    paths = [folder / JUDGE / name for name in (_SCORE_FILE, _PAIR_FILE)]
    if wording == "evalrun" or not all(path.is_file() for path in paths):
        return JudgePrompts()
    try:
        return JudgePrompts(*(path.read_text(encoding="utf-8") for path in paths))
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{folder}: {error}; fetch the templates again") from None


def label_with(options: Options, prompts: JudgePrompts) -> str:
    """Return a scorer's label: its options, but for where files lie, and whose words it says."""
    whose = "published" if prompts.are_published else "evalrun"
    shown = msgspec.structs.replace(options, data_dir=None, prompts=whose)
    return label_of(shown, shown=("variant", "prompts"))


def material_of(reply: TurnReply, words: int | None) -> Material:
    """Return what `reply` answers; history and query lose what is behind their first `words` words.

    Earlier turns are each followed by a blank line (`compose_eval_item` of `src/eval.py`).
    """
    spoken = [m for m in reply.sample.messages if m.role in ("user", "assistant")]
    history = "".join(f"{m.role.upper()}: {text_of(m.content)}\n\n" for m in spoken)
    return Material(
        history=shortened(history, words),
        query=shortened(text_of(reply.turn.query), words),
        checklist="".join(f"- {item}\n" for item in _checklist(reply.turn.metadata)),
    )


def form_of(fields: Sequence[str]) -> ReplyForm:
    """Return the form of a reply that is a JSON object with texts for `fields`."""
    return ReplyForm(
        reply_schema={
            "type": "object",
            "properties": {field: {"type": "string"} for field in fields},
            "required": list(fields),
            "additionalProperties": False,
        }
    )


def _checklist(metadata: Mapping[str, Any]) -> Iterator[str]:
    items = metadata.get("checklist")
    if isinstance(items, list | tuple):
        yield from map(str, cast("Sequence[Any]", items))


def _filled(template: str, material: Material, texts: Mapping[str, str]) -> str:
    """Return a published template with texts in place; what is put in is not read again."""
    values = {
        "history": material.history,
        "user_query": material.query,
        "checklist": material.checklist,
        **texts,
    }
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), template)


def _own_question(task: str, form: str, material: Material, texts: Mapping[str, str]) -> str:
    history = {"CONVERSATION SO FAR": material.history} if material.history else {}
    parts = {**history, "LATEST MESSAGE": material.query, "CHECKLIST": material.checklist, **texts}
    return "\n\n".join([task.strip(), _own().preface.strip(), framed(parts), form.strip()])


@cache
def _own() -> _Own:
    return msgspec.yaml.decode(_OWN.read_bytes(), type=_Own)
