"""A judge model looks at what the rules did not find right: the MARJ of the authors."""

from __future__ import annotations

from pathlib import Path

import msgspec

from ...core.content import text_of
from ...core.exchange import Sampling
from ...core.interfaces import Endpoint
from ..asking import ask_judge, framed
from ..turns import TurnReply
from ..verdict import Verdict
from .rule_judge import METRIC, Expected

_JUDGEMENT, _AFTER = "## Equivalence Judgement", "## Justification"
_SAMPLING = Sampling(temperature=0.0, max_tokens=1024)


class _Wording(msgspec.Struct, frozen=True):
    version: int
    question: str


_WORDING = msgspec.yaml.decode(
    Path(__file__).with_name("model_judge.yaml").read_bytes(), type=_Wording
)


class ModelJudge:
    """Asks whether a reply that the rules found wrong is equivalent to the reference answer.

    Source: `aux_judge` of `judge_marj.py` and `eval_for_single_item` of `eval_marj.py`.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    async def judge(self, reply: TurnReply, expected: Expected, verdict: Verdict) -> Verdict:
        """Return the judge's verdict in place of `verdict`. Raises EndpointError."""
        question = _question(reply, expected)
        judgement = await ask_judge(self._endpoint, reply, question, _SAMPLING)
        return msgspec.structs.replace(
            verdict,
            scores={METRIC: float(says_true(judgement.text))},
            explanation=judgement.text,
            usage=judgement.usage,
        )


def is_for_a_model(expected: Expected) -> bool:
    """Tell whether the official script asks the judge: not where all answers are plain numbers."""
    return any(kind != "NV" for kind in expected.types) or not all(map(_is_float, expected.answers))


def says_true(report: str) -> bool:
    """Tell whether TRUE stands alone between the last heading of the judgement and the next."""
    return report.split(_AFTER, maxsplit=1)[0].rsplit(_JUDGEMENT, maxsplit=1)[-1].strip() == "TRUE"


def _question(reply: TurnReply, expected: Expected) -> str:
    parts = {
        "PROBLEM": str(reply.turn.metadata.get("problem", text_of(reply.turn.query))),
        "REFERENCE ANSWER": ", ".join(expected.answers),
        "STUDENT": reply.output,
    }
    return _WORDING.question.format(parts=framed(parts)).strip()


def _is_float(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
