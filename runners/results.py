"""Stored scores to aggregated results."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

import msgspec

from ..core.config import Columns, TableOptions
from ..core.errors import ConfigError
from ..core.exchange import Usage
from ..core.interfaces import MODEL
from ..core.prediction import Prediction
from ..core.score import Score
from ..scorers.statistics.intervals import Interval, weighted_interval
from .folder import RunFolder
from .plan import Plan

_NOWHERE = 1 << 31
Level = Literal["turn", "subtask", "task", "group", "all"]


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One aggregated value, with its uncertainty and its denominator.

    `value` is None when nothing was graded. `stderr` is clustered by sample (or group of samples),
    `low` and `high` bound the 95% interval. `n` counts verdicts, `n_missing` planned ones that are
    not there: failed samples and scorer errors, never wrong answers.
    """

    level: Level
    name: str
    metric: str
    value: float | None
    stderr: float | None
    low: float | None
    high: float | None
    n: int
    n_missing: int
    subtask: str | None = None
    turn: int | None = None


class Measures(msgspec.Struct, frozen=True, kw_only=True):
    """Means over contexts (cache, prefill) and replies (latency, decoding); None: not measured.

    `ttft_first_s` is of the replies that had their context encoded, `ttft_later_s` of those that
    found it encoded. `batch` is how many replies were decoded together.
    """

    cache_bytes: float | None = None
    tokens_seen: float | None = None
    tokens_kept: float | None = None
    tokens_read: float | None = None
    prefill_s: float | None = None
    ttft_s: float | None = None
    ttft_first_s: float | None = None
    ttft_later_s: float | None = None
    decode_tokens_per_s: float | None = None
    batch: float | None = None
    latency_s: float | None = None
    peak_memory_bytes: float | None = None


class RoleSpending(msgspec.Struct, frozen=True, kw_only=True):
    """How many replies the model in one role gave, and what they took."""

    replies: int = 0
    usage: Usage = Usage()

    def __add__(self, usage: Usage) -> RoleSpending:
        return RoleSpending(replies=self.replies + 1, usage=self.usage + usage)


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """What `results.json` holds.

    `groups` names the tasks of each group of the recipe, and `columns` what of a run is shown
    beside others. `usage` is of the model's replies, `judge_usage` of the judge's. `replies` counts
    the model's replies, and `replies_from_cache` those of them that an earlier run had paid for:
    their tokens are in `usage`, at no cost. `by_role` splits replies and usage by the role of the
    model that gave them, where others than the model under test took part.
    """

    recipe: str
    model: str
    kv: str
    protocol: str
    scorer: str
    prompts: str | None = None
    weighting: str
    groups: dict[str, tuple[str, ...]] = {}
    columns: Columns = "all"
    planned: int
    predicted: int
    failed: dict[str, int]
    statuses: dict[str, int]
    truncated_inputs: int
    cells: tuple[Cell, ...]
    measures: Measures
    usage: Usage
    judge_usage: Usage = Usage()
    replies: int = 0
    replies_from_cache: int = 0
    by_role: dict[str, RoleSpending] = {}

    @property
    def is_asked(self) -> bool:
        """Whether every planned sample was asked, be it in vain."""
        return self.predicted + sum(self.failed.values()) == self.planned

    @property
    def is_complete(self) -> bool:
        """Whether every planned sample has a prediction and a verdict."""
        return self.predicted == self.planned and not self.statuses.get("scorer_error")

    def level(self, level: Level) -> list[Cell]:
        """Return the cells of one level."""
        return [cell for cell in self.cells if cell.level == level]

    @property
    def headlines(self) -> dict[tuple[str, str | None], str]:
        """The metric that stands for each (task, subtask): its scorer's first that has values."""
        metrics: dict[tuple[str, str | None], str] = {}
        for cell in self.level("subtask"):
            if cell.value is not None:
                metrics.setdefault((cell.name, cell.subtask), cell.metric)
        return metrics

    @property
    def whole_groups(self) -> dict[str, tuple[str, ...]]:
        """The groups that have a cell, since all their tasks have one."""
        return {cell.name: self.groups.get(cell.name, ()) for cell in self.level("group")}


class StoredRun(msgspec.Struct, frozen=True):
    """A run as it lies on disk."""

    folder: RunFolder
    results: Results


class Labels(msgspec.Struct, frozen=True, kw_only=True):
    """How tables call the run and its parts; `prompts` says whose wording was used."""

    recipe: str
    model: str
    kv: str
    protocol: str
    scorer: str
    prompts: str | None = None


def aggregate(
    scores: Iterable[Score],
    predictions: Iterable[Prediction],
    labels: Labels,
    plan: Plan,
    table: TableOptions,
) -> Results:
    """Return the results of the scores by `labels.scorer`, reading each row once.

    Keeps a number a verdict, never texts.
    """
    verdicts = _Verdicts()
    for score in scores:
        if score.scorer == labels.scorer:
            verdicts.add(score)
    verdicts.close()
    record = _Record()
    for prediction in predictions:
        record.add(prediction)
    return Results(
        **msgspec.structs.asdict(labels),
        weighting=table.weighting,
        groups=table.groups,
        columns=table.columns,
        planned=plan.total,
        predicted=record.good,
        failed=record.failed(),
        statuses=dict(verdicts.statuses),
        truncated_inputs=record.truncated_inputs,
        cells=tuple(_cells(verdicts, plan, table)),
        measures=record.measures(),
        usage=record.usage,
        judge_usage=verdicts.usage,
        replies=record.replies,
        replies_from_cache=record.replies_from_cache,
        by_role=record.by_role(),
    )


def read_results(folder: RunFolder) -> Results:
    """Return what `results.json` holds. Raises ConfigError when the run has none yet."""
    try:
        return msgspec.json.decode(folder.results.read_bytes(), type=Results)
    except FileNotFoundError:
        raise ConfigError(f"{folder.path} has no results yet; run it first") from None
    except msgspec.DecodeError as error:
        raise ConfigError(
            f"{folder.results}: {error}; `evalrun rescore {folder.path}` writes it anew"
        ) from None


class _Column:
    """The values of one (task, subtask, metric), in 18 bytes each: cluster, turn, value."""

    def __init__(self) -> None:
        self._clusters = array("q")
        self._turns = array("h")
        self._values = array("d")
        # The turns whose verdicts have the metric, be it without a value.
        self.given_on: set[int] = set()
        # The first turn that has it, and where it stands among the metrics there.
        self.place: tuple[int, int] = (_NOWHERE, _NOWHERE)

    def __iter__(self) -> Iterator[tuple[int, int, float]]:
        return iter(zip(self._clusters, self._turns, self._values, strict=True))

    def of_turn(self, turn: int) -> _Column:
        """Return the values of one turn; the column itself when it has no other."""
        if all(other == turn for other in self._turns):
            return self
        chosen = _Column()
        for verdict in self:
            if verdict[1] == turn:
                chosen.append(*verdict)
        return chosen

    def append(self, cluster: int, turn: int, value: float) -> None:
        self._clusters.append(cluster)
        self._turns.append(turn)
        self._values.append(value)

    def bounds(self, declared: tuple[float, float] | None) -> tuple[float, float]:
        """Return the range of the metric: what is `declared`, or [0, 1], unless a value is not."""
        low, high = declared or (0.0, 1.0)
        if all(low <= value <= high for value in self._values):
            return low, high
        return -math.inf, math.inf

    def per_turn(self) -> Counter[int]:
        return Counter(self._turns)

    def __len__(self) -> int:
        return len(self._values)


class _Verdicts:
    """The values of every (task, subtask, metric)."""

    def __init__(self) -> None:
        self.statuses: Counter[str] = Counter()
        self.usage = Usage()
        self.columns: dict[tuple[str, str | None, str], _Column] = {}
        self.graded: set[tuple[str, str | None, int]] = set()
        self._scorer_errors: dict[str, Score] = {}

    def add(self, score: Score) -> None:
        """Count a score. A folder holds one of each prediction, but for scorer errors."""
        if score.status == "scorer_error":
            self._scorer_errors[score.id] = score
            return
        self._scorer_errors.pop(score.id, None)
        self._count(score)

    def close(self) -> None:
        """Count the scorer errors that no later score mended."""
        for score in self._scorer_errors.values():
            self._count(score)

    def _count(self, score: Score) -> None:
        cluster = hash(score.group or score.sample_id)
        for turn in score.turns:
            self.statuses[turn.status] += 1
            self.graded.add((score.task, turn.subtask, turn.turn))
            if turn.usage is not None:
                self.usage += turn.usage
            for place, (metric, value) in enumerate(turn.scores.items()):
                key = (score.task, turn.subtask, metric)
                column = self.columns.setdefault(key, _Column())
                column.given_on.add(turn.turn)
                column.place = min(column.place, (turn.turn, place))
                if value is not None:
                    column.append(cluster, turn.turn, value)


class _Record:
    """What predictions cost and how they came about."""

    def __init__(self) -> None:
        self.good = 0
        self.usage = Usage()
        self.replies = 0
        self.replies_from_cache = 0
        self.truncated_inputs = 0
        self._roles: dict[str, RoleSpending] = {}
        self._failures: dict[str, str] = {}
        self._sums: Counter[str] = Counter()
        self._counts: Counter[str] = Counter()
        self._peak: int | None = None

    def add(self, prediction: Prediction) -> None:
        self.usage += prediction.usage
        if prediction.error is not None:
            self._failures[prediction.id] = prediction.error.kind
            return
        self.good += 1
        self._failures.pop(prediction.id, None)
        for role, turn in zip(prediction.roles, prediction.records, strict=True):
            self._roles[role] = self._roles.get(role, RoleSpending()) + turn.usage
            self.replies += 1
            if turn.from_cache:
                self.replies_from_cache += 1
                continue
            self._measure("ttft_s", turn.timing.ttft_s)
            if turn.timing.prefill_s is not None:
                first = turn.timing.prefill_s > 0
                self._measure("ttft_first_s" if first else "ttft_later_s", turn.timing.ttft_s)
            self._measure("batch", turn.timing.batch)
            self._measure("latency_s", turn.timing.latency_s)
            self._measure("decode_tokens_per_s", turn.timing.decode_tokens_per_s)
        if prediction.kv is not None:
            self._measure("cache_bytes", prediction.kv.bytes)
            self._measure("tokens_seen", prediction.kv.tokens_seen)
            self._measure("tokens_kept", prediction.kv.tokens_kept)
            self._measure("tokens_read", prediction.kv.tokens_read)
            self._measure("prefill_s", prediction.kv.prefill_s)
            self.truncated_inputs += prediction.kv.tokens_dropped > 0
            if prediction.kv.peak_memory_bytes is not None:
                self._peak = max(self._peak or 0, prediction.kv.peak_memory_bytes)

    def failed(self) -> dict[str, int]:
        """Count the failures that no later row mended, by kind."""
        return dict(Counter(self._failures.values()))

    def by_role(self) -> dict[str, RoleSpending]:
        """Return what each role spent; nothing where there is none but the model under test."""
        return {} if set(self._roles) <= {MODEL} else dict(sorted(self._roles.items()))

    def measures(self) -> Measures:
        means = {name: self._sums[name] / count for name, count in self._counts.items()}
        return Measures(**means, peak_memory_bytes=self._peak)

    def _measure(self, name: str, value: float | None) -> None:
        if value is not None:
            self._sums[name] += value  # type: ignore[assignment]  # Counter of floats
            self._counts[name] += 1


def _cells(verdicts: _Verdicts, plan: Plan, table: TableOptions) -> Iterator[Cell]:
    planned = _planned(plan)
    headlines: dict[str, dict[str | None, Cell]] = {}
    for (task, subtask, metric), column in _in_order(verdicts, plan):
        names: dict[str, Any] = {"name": task, "subtask": subtask, "metric": metric}
        bounds = column.bounds(table.ranges.get(metric))
        for turn, n in sorted(column.per_turn().items()):
            interval = weighted_interval(
                column.of_turn(turn), weighting=table.weighting, bounds=bounds
            )
            missing = planned[task, subtask, turn] - n
            yield _cell("turn", interval, n, missing, turn=turn, **names)
        # A turn that was graded without this metric was not planned for it.
        others = verdicts.graded - {(task, subtask, turn) for turn in column.given_on}
        total = sum(
            n for key, n in planned.items() if key[:2] == (task, subtask) and key not in others
        )
        interval = weighted_interval(column, weighting=table.weighting, bounds=bounds)
        cell = _cell("subtask", interval, len(column), total - len(column), **names)
        yield cell
        # A scorer's first metric is the one that stands for the task; without values none does.
        if len(column):
            headlines.setdefault(task, {}).setdefault(subtask, cell)
    tasks = {task: mean_cell("task", task, [*cells.values()]) for task, cells in headlines.items()}
    yield from tasks.values()
    groups = [
        mean_cell("group", group, [tasks[task] for task in members])
        for group, members in table.groups.items()
        if all(task in tasks for task in members)
    ]
    yield from groups
    if groups and len(groups) == len(table.groups):
        yield mean_cell("all", "AVG", groups)


def _in_order(verdicts: _Verdicts, plan: Plan) -> list[tuple[tuple[str, str | None, str], _Column]]:
    """Return the columns as the plan and the scorer order them, whichever verdict came first."""
    places: dict[tuple[str, str | None], int] = {}
    for cell in plan.cells:
        places.setdefault((cell.task, cell.subtask), len(places))
    return sorted(
        verdicts.columns.items(),
        key=lambda item: (places.get(item[0][:2], len(places)), item[1].place, item[0][2]),
    )


def _planned(plan: Plan) -> Counter[tuple[str, str | None, int]]:
    planned: Counter[tuple[str, str | None, int]] = Counter()
    for cell in plan.cells:
        planned[cell.task, cell.subtask, cell.turn] += cell.n
    return planned


def _cell(level: Level, interval: Interval | None, n: int, n_missing: int, **names: Any) -> Cell:
    return Cell(
        level=level,
        value=interval.mean if interval else None,
        stderr=interval.standard_error if interval else None,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        n=n,
        n_missing=n_missing,
        **names,
    )


def mean_cell(level: Level, name: str, cells: Sequence[Cell]) -> Cell:
    """Return the plain mean of cells over disjoint samples; one cell keeps its own interval.

    The interval is put together from those of the cells, which know how few samples they are of:
    its end is as far from the mean as the root of the summed squares of theirs, by their number
    (Zou and Donner 2008, "Construction of confidence limits about effect measures"). That is at
    most the mean of their distances, so that it stays in the range that theirs are in.
    """
    if len(cells) == 1:
        return msgspec.structs.replace(cells[0], level=level, name=name, subtask=None)
    metrics = {cell.metric for cell in cells}
    values = [cell.value or 0.0 for cell in cells]
    # A mean that is beyond all of its values is so by rounding.
    value = min(max(math.fsum(values) / len(values), min(values)), max(values))
    below = _root_of_squares([_distance(cell.value, cell.low) for cell in cells])
    above = _root_of_squares([_distance(cell.high, cell.value) for cell in cells])
    # Ends that are beyond all of theirs are so by rounding.
    lowest = min((cell.low for cell in cells if cell.low is not None), default=value)
    highest = max((cell.high for cell in cells if cell.high is not None), default=value)
    return Cell(
        level=level,
        name=name,
        metric=metrics.pop() if len(metrics) == 1 else "mean",
        value=value,
        stderr=_root_of_squares([cell.stderr for cell in cells]),
        low=None if below is None else max(lowest, value - below),
        high=None if above is None else min(highest, value + above),
        n=sum(cell.n for cell in cells),
        n_missing=sum(cell.n_missing for cell in cells),
    )


def _distance(upper: float | None, lower: float | None) -> float | None:
    return None if upper is None or lower is None else upper - lower


def _root_of_squares(distances: Sequence[float | None]) -> float | None:
    """Return the root of the summed squares, by their number; None when one is not known."""
    known = [distance for distance in distances if distance is not None]
    if len(known) < len(distances):
        return None
    return math.sqrt(math.fsum(distance**2 for distance in known)) / len(known)
