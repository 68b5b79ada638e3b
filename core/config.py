"""The typed schema of a composed configuration.

Sections that belong to a pluggable part stay plain mappings here; the part's own `Options`
describes them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import field

from .layout import Layout
from .schema import NonNegative, Options, Positive, PositiveSeconds, Section
from .shard import parse_shard

Columns = Literal["groups", "tasks", "all"]
Selfcheck = Literal["null_model", "position"]


class RecipeInfo(Options, frozen=True):
    """What `ls` and `show` say of a recipe.

    - `name`: that of the recipe; run folders lie below it.
    - `title`: what it is, in a line.
    - `paper`: where it was published.
    - `next_steps`: commands to go on with, which a run prints at its end; a remark may stand behind
      three spaces.
    """

    name: str
    title: str
    paper: str | None = None
    next_steps: tuple[str, ...] = ()


class Generation(Options, frozen=True):
    """How replies are decoded.

    - `temperature`: 0 takes the likeliest token.
    - `top_p`: tokens are drawn from the likeliest that have this probability together (nucleus).
    - `top_k`: tokens are drawn from so many likeliest; null: from all.
    - `max_tokens`: the longest reply, in place of the benchmark's own limits.
    - `stop`: a reply ends before any of these texts.
    - `reply_schema`: the JSON schema of replies to turns that name none themselves.
    """

    temperature: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    top_p: Annotated[float, msgspec.Meta(gt=0, le=1)] = 1.0
    top_k: Positive | None = None
    max_tokens: Positive | None = None
    stop: tuple[str, ...] = ()
    reply_schema: dict[str, Any] | None = None


class RunOptions(Options, frozen=True):
    """How much is run, and how hard.

    - `limit`: samples of each task, at most; null: all.
    - `epochs`: how often each sample is asked.
    - `seed`: where random choices begin.
    - `max_connections`: requests to an API or a server at a time, at most.
    - `adaptive`: fewer at a time while the server throttles.
    - `requests_per_minute`: how many requests start in a minute, at most.
    - `tokens_per_minute`: how many tokens are sent and received in a minute, at most.
    - `timeout_s`: bounds one attempt of a request.
    - `retries`: how often a passing failure is asked again.
    - `max_outage_s`: a server that is down for longer, or asks for a longer pause, ends the run,
      resumably.
    - `budget_usd`: more spending ends the run, resumably; judges are included.
    - `budget_tokens`: the same in tokens, those sent and those received.
    - `cache`: replies of APIs and servers are kept for other runs that ask the same.
    - `dry`: ask nothing; count and estimate.
    - `save_inputs`: what of each question is kept beside its reply: its `hash`, or the `full` text.
    - `shard`: `i/n`: of one run, this process asks part i of n, with its share of the budget, while
      others may ask the other parts at the same time. Samples that share a context or a group are
      in the same part. The run and its numbers are the same in whatever parts it is asked.
    """

    limit: Positive | None = None
    epochs: Positive = 1
    seed: NonNegative = 0
    max_connections: Positive = 32
    adaptive: bool = True
    requests_per_minute: Positive | None = None
    tokens_per_minute: Positive | None = None
    timeout_s: PositiveSeconds = 600.0
    retries: NonNegative = 5
    max_outage_s: PositiveSeconds = 300.0
    budget_usd: Annotated[float, msgspec.Meta(gt=0)] | None = None
    budget_tokens: Positive | None = None
    cache: bool = True
    dry: bool = False
    save_inputs: Literal["hash", "full"] = "hash"
    shard: str | None = None

    def __post_init__(self) -> None:
        """Refuse a shard that there is none of. Raises ConfigError."""
        if self.shard is not None:
            parse_shard(self.shard)


class TableOptions(Options, frozen=True):
    """How scores become a table: which tasks form a group, and how turns are weighted.

    - `groups`: the tasks of each group, by its name.
    - `weighting`: `turns` averages the means of the turn indices, `pairs` all (row, turn) pairs.
    - `columns`: what runs side by side are compared by: groups and their average, tasks, or both.
      Tasks of a group that is not whole are shown with groups, too.
    - `ranges`: those of metrics whose values are not from 0 to 1: intervals end there.
    - `layouts`: tables as papers print them, by name.
    """

    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    weighting: Literal["turns", "pairs"] = "turns"
    columns: Columns = "all"
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)
    layouts: dict[str, Layout] = field(default_factory=dict)


class Config(Options, frozen=True):
    """One run, fully resolved.

    - `recipe`: what it is called.
    - `benchmark`: what is asked.
    - `protocol`: how a sample is played: which requests are made, what is seen of earlier turns.
    - `model`: who is asked.
    - `kv`: what happens to the KV cache.
    - `scorer`: how replies are graded.
    - `judge`: the model that grades, where the scorer wants one: a section like `model`.
    - `sandbox`: where scorers run code that a model wrote.
    - `roles`: models that take part beside `model`, by the name of the role that the protocol gives
      them: sections like `model`, with a `generation` of their own if they have one.
    - `launcher`: how runs come to take place: in this process, or as jobs.
    - `generation`: how replies are decoded.
    - `run`: how much is run, and how hard.
    - `table`: how scores become a table.
    - `sweep` makes a recipe several runs: each axis lists overrides (several, space-separated, may
      stand in one entry), and every combination of one entry an axis is a run.
    - `selfcheck` tests the judge beside the model: `null_model` has a constant reply graded, too,
      and `position` shows pairs of replies to it the other way round.
    - `outputs`: where run folders go.
    """

    recipe: RecipeInfo
    benchmark: Section
    protocol: Section
    model: Section
    kv: Section
    scorer: Section
    judge: Section
    sandbox: Section = field(default_factory=dict[str, Any])
    roles: dict[str, Section] = field(default_factory=dict[str, Section])
    launcher: Section = field(default_factory=lambda: {"name": "basic"})
    generation: Generation = Generation()
    run: RunOptions = RunOptions()
    table: TableOptions = TableOptions()
    sweep: tuple[tuple[str, ...], ...] = ()
    selfcheck: tuple[Selfcheck, ...] = ()
    outputs: str = "outputs"
