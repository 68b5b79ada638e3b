"""WB-Reward: a judge compares a response with those of three baselines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec

from ...core.config import NonNegative, Options, Positive
from ...core.errors import ConfigError
from ...core.exchange import FREE_TEXT, Sampling, Usage
from ...core.interfaces import Endpoint
from ...core.prediction import Prediction
from ...core.sample import Sample, Turn
from ...core.score import Score
from ..pairwise.comparing import Combining, PairJudge
from ..pairwise.extents import FIVE_LABELS
from ..pairwise.order import Order, Orders
from ..turns import Rule, TurnReply, Verdict, grade_turns
from .files import folder_of
from .outputs import BaselineOutputs
from .prompts import PAIR_FIELDS, Wording, form_of, label_with, material_of, read_prompts
from .rewards import BASELINES, Counting, Pair, metrics_of, scores_of, unasked_extent
from .shown import Variant, response, shortened

CONSISTENT = "consistent"


class WildBenchRewardOptions(Options, frozen=True):
    """What a response is compared with, how the judge is asked, and how verdicts count.

    - `baselines`: gpt4t, haiku, llama, or models whose outputs are in `outputs` of `data_dir`.
    - `margin`: who wins slightly and is longer by more characters ties; null is no margin.
    - `order`, `seed`, `swapped`: which response is A, see `Orders`. `combine` makes one verdict
      of those on `both` orders: their mean, or a tie unless they agree.
    - `attempts`: how often a verdict that cannot be read is asked for; officially once.
    - `max_words`: history, query and responses are cut behind so many words; null never cuts.
    - `data_dir`, `prompts`, `json_mode`: as of WB-Score.
    """

    name: str = "wildbench_reward"
    variant: Variant = "official"
    baselines: tuple[str, ...] = tuple(BASELINES)
    margin: NonNegative | None = None
    order: Order = "coin"
    seed: int = 42
    swapped: bool = False
    combine: Combining = "mean"
    attempts: Positive = 1
    max_words: Positive | None = 1000
    data_dir: str | None = None
    prompts: Wording = "published"
    json_mode: bool = False
    temperature: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    max_tokens: Positive = 1024


class WildBenchRewardScorer:
    """`reward_NAME` against each baseline: 1 much better, 0.5 slightly, 0 a tie, negative if worse.

    `group_reward_NAME` is what the five groups are means of, `reward` the mean over baselines. With
    order=both, `consistent` is the share of baselines on which both orders agree. `Counting` tells
    what responses that are empty or cut come to. Where one is empty nobody is asked. A verdict
    that cannot be read, officially one that is not a JSON object with one of the five labels, is no
    value.

    Source: `src/eval.py`, `batch_results_format.py` and `_create_tables.py` of allenai/WildBench,
    commit d6b8dca.
    """

    Options = WildBenchRewardOptions
    needs_judge = True

    def __init__(self, options: WildBenchRewardOptions, judge: Endpoint) -> None:
        """Read outputs and templates. Raises ConfigError, DataError."""
        if not options.baselines:
            raise ConfigError("scorer.baselines names none: choose of " + ", ".join(BASELINES))
        self._options = options
        self._endpoint = judge
        folder = folder_of(options.data_dir)
        self._prompts = read_prompts(folder, options.prompts)
        self._counting = Counting(options.variant, options.margin)
        self._outputs = {name: BaselineOutputs(folder, name) for name in options.baselines}
        self._judge = _pair_judge(options, judge)
        both = (CONSISTENT,) if options.order == "both" else ()
        self._metrics = (*metrics_of(options.baselines), *both)
        self.label = label_with(options, self._prompts)

    def swapped(self) -> WildBenchRewardScorer | None:
        """Return the scorer that shows every pair the other way round; None: it shows both."""
        if self._options.order == "both":
            return None
        other = msgspec.structs.replace(self._options, swapped=not self._options.swapped)
        return WildBenchRewardScorer(other, self._endpoint)

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Compare a reply with each baseline's. Raises EndpointError."""
        return await grade_turns(sample, prediction, label=self.label, rule_of=self._rule)

    def _rule(self, sample: Sample, _turn: Turn) -> Rule:
        pairs: dict[str, Pair] = {}
        for name, outputs in self._outputs.items():
            text = outputs.get(_session(sample))
            if text is not None:
                other = response(text, self._options.max_words)
                pairs[name] = Pair(response("", None), other, unasked_extent("", other))
        blank = scores_of(pairs, self._counting)
        return Rule(self._metrics, self._grade, needs_target=False, blank=blank)

    async def _grade(self, reply: TurnReply) -> Verdict:
        judged = {name: await self._against(reply, of) for name, of in self._outputs.items()}
        pairs = {name: one.pair for name, one in judged.items()}
        scores = scores_of(pairs, self._counting)
        if CONSISTENT in self._metrics:
            scores[CONSISTENT] = _mean([one.consistent for one in judged.values()])
        return Verdict(
            scores=scores,
            answer={name: self._counting.outcome(pair) for name, pair in pairs.items()},
            explanation="\n\n".join(one.said for one in judged.values()),
            parsed=all(pair.extent is not None for pair in pairs.values()),
            usage=sum((one.usage for one in judged.values()), Usage()),
        )

    async def _against(self, reply: TurnReply, outputs: BaselineOutputs) -> _Judged:
        words, about = self._options.max_words, f"against {outputs.model}:\n"
        other = outputs.of(_session(reply.sample))
        pair = Pair(response(reply.output, words), response(other, words), None)
        extent = unasked_extent(pair.text, pair.other)
        if extent is not None:
            fixed = msgspec.structs.replace(pair, extent=extent)
            return _Judged(fixed, f"{about}not asked: a response is empty")
        material = material_of(reply, words)
        shown = msgspec.structs.replace(reply, output=shortened(reply.output, words))
        compared = await self._judge.compare(
            shown, shortened(other, words), lambda a, b: self._prompts.pair(material, a, b)
        )
        judged = msgspec.structs.replace(pair, extent=compared.extent(self._options.combine))
        return _Judged(judged, about + compared.told(), compared.usage, compared.is_consistent)


class _Judged(msgspec.Struct, frozen=True):
    """A pair with its verdict, the judge's words, and what these cost."""

    pair: Pair
    said: str
    usage: Usage = Usage()
    consistent: bool | None = None


def _mean(values: Sequence[bool | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _pair_judge(options: WildBenchRewardOptions, judge: Endpoint) -> PairJudge:
    return PairJudge(
        endpoint=judge,
        sampling=Sampling(temperature=options.temperature, max_tokens=options.max_tokens),
        orders=Orders(options.order, options.seed, options.swapped),
        labels=FIVE_LABELS,
        field=PAIR_FIELDS[-1],
        reading="strict" if options.variant == "official" else "lenient",
        attempts=options.attempts,
        form=form_of(PAIR_FIELDS) if options.json_mode else FREE_TEXT,
    )


def _session(sample: Sample) -> str:
    return str(sample.row_id)
