"""WB-Score: a judge gives one response 1 to 10 points."""

from __future__ import annotations

import math
from typing import Annotated, Any

import msgspec

from ...core.config import Options, Positive
from ...core.exchange import FREE_TEXT, Sampling
from ...core.interfaces import Endpoint
from ...core.prediction import Prediction
from ...core.sample import Sample
from ...core.score import Score
from ..asking import ask_judge
from ..pairwise.reading import read_field
from ..turns import Rule, TurnReply, Verdict, always, grade_turns
from .files import folder_of
from .prompts import SCORE_FIELDS, Wording, form_of, label_with, material_of, read_prompts
from .shown import Variant, is_cut, is_empty

SCORE, GROUP_SCORE, LENGTH = "score", "group_score", "length"
METRICS = (SCORE, GROUP_SCORE, LENGTH)
LOWEST, HIGHEST = 1.0, 10.0


class WildBenchOptions(Options, frozen=True):
    """How the judge is asked and read.

    - `data_dir`: where `evalrun fetch wildbench` put its files; null is its usual place.
    - `prompts`: `published` asks by the published templates where they are there, and else in
      evalrun's own words; `evalrun` always says those, which no response can pretend to end.
    - `json_mode`: the judge is held to a JSON object, if it can be.
    """

    name: str = "wildbench"
    variant: Variant = "official"
    data_dir: str | None = None
    prompts: Wording = "published"
    json_mode: bool = False
    temperature: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    max_tokens: Positive = 1024


class WildBenchScorer:
    """`score`: 1 to 10 points of the judge; `group_score` is what the five groups are means of.

    `official` takes a reply of the judge that is one JSON object, and any number as score;
    `group_score` and `length` (characters) leave out replies that are empty or end as cut ones do.
    `fixed` takes the last JSON object with a score from 1 to 10, and groups leave out nothing. An
    empty reply has 1 point, unasked. Without a score that can be read there is no value.

    Source: `src/eval.py`, `batch_results_format.py` and `_create_tables.py` of allenai/WildBench,
    commit d6b8dca.
    """

    Options = WildBenchOptions
    needs_judge = True

    def __init__(self, options: WildBenchOptions, judge: Endpoint) -> None:
        """Read the templates. Raises DataError."""
        self._options = options
        self._judge = judge
        self._prompts = read_prompts(folder_of(options.data_dir), options.prompts)
        self._form = form_of(SCORE_FIELDS) if options.json_mode else FREE_TEXT
        self.label = label_with(options, self._prompts)

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Grade a reply; a blank one unasked. Raises EndpointError."""
        blank = scored(LOWEST, "", self._options.variant)
        rule = Rule(METRICS, self._grade, needs_target=False, blank=blank)
        return await grade_turns(sample, prediction, label=self.label, rule_of=always(rule))

    async def _grade(self, reply: TurnReply) -> Verdict:
        options = self._options
        question = self._prompts.score(material_of(reply, None), reply.output)
        sampling = Sampling(temperature=options.temperature, max_tokens=options.max_tokens)
        said = await ask_judge(self._judge, reply, question, sampling, self._form)
        reading = "strict" if options.variant == "official" else "lenient"
        points = points_of(read_field(said.text, SCORE, reading), options.variant)
        return Verdict(
            scores=scored(points, reply.output, options.variant),
            answer=points,
            explanation=said.text,
            parsed=points is not None,
            usage=said.usage,
        )


def points_of(value: Any, variant: Variant) -> float | None:
    """Return the score that a judge gave, a number or a text; None if it is no number.

    The official code keeps any number, where `fixed` wants one from 1 to 10.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        points = float(value)
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(points):
        return None
    return points if variant == "official" or LOWEST <= points <= HIGHEST else None


def scored(points: float | None, output: str, variant: Variant) -> dict[str, float | None]:
    """Return the metrics of one reply to which a judge gave `points`."""
    text = output.strip()
    counted = variant == "fixed" or not (is_empty(text) or is_cut(text))
    known = counted and points is not None
    return {
        SCORE: points,
        GROUP_SCORE: points if known else None,
        LENGTH: float(len(text)) if known else None,
    }
