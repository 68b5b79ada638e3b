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

Columns = Literal["groups", "tasks", "all"]
Selfcheck = Literal["null_model", "position"]


class RecipeInfo(Options, frozen=True):
    """What `ls` and `show` say of a recipe."""

    name: str
    title: str
    paper: str | None = None
    next_steps: tuple[str, ...] = ()


class Generation(Options, frozen=True):
    """How replies are decoded.

    Tokens are drawn from the `top_k` likeliest (None: from all), and of these from the nucleus
    `top_p`. `max_tokens` replaces the benchmark's own limits. `reply_schema` is the JSON schema of
    replies to turns that name none themselves.
    """

    temperature: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    top_p: Annotated[float, msgspec.Meta(gt=0, le=1)] = 1.0
    top_k: Positive | None = None
    max_tokens: Positive | None = None
    stop: tuple[str, ...] = ()
    reply_schema: dict[str, Any] | None = None


class RunOptions(Options, frozen=True):
    """How much is run, and how hard.

    `limit` counts samples of each task, `epochs` repeats of each sample. `timeout_s` bounds one
    attempt of a request, and `retries` how often a passing failure is asked again.

    Of requests to an API or a server, at most `max_connections` run at a time, fewer while it
    throttles if `adaptive`, and at most so many start, and send and receive so many tokens, a
    minute. A server that is down for more than `max_outage_s`, or asks for so long a pause, ends
    the run, resumably; so does more spending than `budget_usd` or `budget_tokens`, judges included.
    `cache` keeps replies of APIs and servers for other runs that ask the same. A `dry` run asks
    nothing: it counts and estimates.
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


class TableOptions(Options, frozen=True):
    """How scores become a table: which tasks form a group, and how turns are weighted.

    `turns` averages the means of the turn indices; `pairs` averages all (row, turn) pairs.
    `columns` is what runs side by side are compared by: groups and their average, tasks, or both.
    Tasks of a group that is not whole are shown with `groups` too. `ranges` are those of metrics
    whose values are not from 0 to 1: intervals end there. `layouts` are tables as papers print
    them, by name.
    """

    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    weighting: Literal["turns", "pairs"] = "turns"
    columns: Columns = "all"
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)
    layouts: dict[str, Layout] = field(default_factory=dict)


class LauncherOptions(Options, frozen=True):
    """Where runs take place: one after another in this process."""

    name: Literal["local"] = "local"


class Config(Options, frozen=True):
    """One run, fully resolved.

    `sandbox` is where scorers run code that a model wrote.
    `roles` are models that take part beside `model`, by the name of the role that the protocol
    gives them: sections like `model`, with a `generation` of their own if they have one.
    `sweep` makes a recipe several runs: each axis lists overrides (several, space-separated, may
    stand in one entry), and every combination of one entry an axis is a run.
    `selfcheck` tests the judge beside the model: `null_model` has a constant reply graded, too, and
    `position` shows pairs of replies to it the other way round.
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
    launcher: LauncherOptions = LauncherOptions()
    generation: Generation = Generation()
    run: RunOptions = RunOptions()
    table: TableOptions = TableOptions()
    sweep: tuple[tuple[str, ...], ...] = ()
    selfcheck: tuple[Selfcheck, ...] = ()
    outputs: str = "outputs"
