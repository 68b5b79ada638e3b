"""WindowKV: whole windows of neighbouring tokens (Zuo et al. 2025, arXiv 2503.17922)."""

from __future__ import annotations

from typing import Literal

import msgspec

from ...core.config import Positive
from ...core.errors import ConfigError
from .budget import EVICTION, Budget, BudgetOptions
from .method import UNTREATED, ModelShape, PromptFacts, Treatment

Strategy = Literal["average", "max"]

# The datasets of LongBench that ask for a place in the text; the paper's classifier tells them from
# those that need all of it. Its checkpoint was not published.
_LOCALIZATION = ("narrativeqa", "qasper", "multifieldqa_en", "hotpotqa", "2wikimqa", "musique")


def _localization() -> dict[str, Strategy]:
    return dict.fromkeys(_LOCALIZATION, "max")


class WindowKVOptions(BudgetOptions, frozen=True):
    """How windows are scored and shared.

    Windows have `review_window_size` tokens, and `shared_layers` layers keep the same ones.
    `budget` counts the tokens before the suffix, which comes on top: `suffix_max` last tokens with
    the strategy max, `suffix_average` with average; `compression_ratio` counts the suffix in.
    The strategy auto looks up the task of the prompt in `classes`; other tasks take average.
    The last group of layers keeps `shared_layers` / `beta` of the mean.
    """

    method: Literal["windowkv"] = "windowkv"
    review_window_size: Positive = 8
    shared_layers: Positive = 8
    suffix_max: Positive = 32
    suffix_average: Positive = 16
    beta: Positive = 14
    strategy: Literal["auto", "average", "max"] = "auto"
    classes: dict[str, Strategy] = msgspec.field(default_factory=_localization)


class WindowKV:
    """Keep the windows that the end of the prompt attends to most, the same in groups of layers.

    A window's score is one for all heads: the mean of its tokens' attention from the suffix, or of
    the better half of them. Upper groups keep less than lower ones, so that a prompt shorter than
    the budget may still lose tokens there, as with the official code.
    """

    Options = WindowKVOptions
    slots = EVICTION

    def __init__(self, options: WindowKVOptions) -> None:
        if options.shared_layers >= 2 * options.beta:
            raise ConfigError(
                f"kv.shared_layers={options.shared_layers} should be less than twice "
                f"kv.beta={options.beta}: nothing is left for the lowest layers"
            )
        self.options = options
        self.budget = Budget.of(options)
        self.label = self.budget.label("windowkv", options)

    def treatment(self, prompt: PromptFacts, shape: ModelShape) -> Treatment:
        """Return the press for this prompt and its task, unless every layer keeps all of it."""
        strategy = self._strategy(prompt.task)
        sizes = {"max": self.options.suffix_max, "average": self.options.suffix_average}
        suffix = sizes[strategy]
        capacity = self._capacity(prompt.tokens, suffix)
        shared, beta = self.options.shared_layers, self.options.beta
        budgets = layer_budgets(capacity, shape.layers, shared_layers=shared, beta=beta)
        if self.budget.ratio == 0 or prompt.tokens - suffix <= min(budgets):
            return UNTREATED

        from .presses.windowkv_press import WindowKVPress

        return Treatment(
            press=WindowKVPress(
                max_capacity=capacity,
                strategy=strategy,
                suffix_size=suffix,
                review_window_size=self.options.review_window_size,
                shared_layers=shared,
                beta=beta,
            )
        )

    def _strategy(self, task: str) -> Strategy:
        if self.options.strategy == "auto":
            return self.options.classes.get(task, "average")
        return self.options.strategy

    def _capacity(self, tokens: int, suffix: int) -> int:
        """Return how many tokens before the suffix a layer keeps on average."""
        if self.budget.ratio is None:
            return self.budget.tokens
        return max(1, self.budget.kept(tokens) - suffix)


def layer_budgets(capacity: int, layers: int, *, shared_layers: int, beta: int) -> tuple[int, ...]:
    """Return how many tokens before the suffix each layer keeps at most, lowest layer first.

    An arithmetic sequence over groups of `shared_layers` layers, about `capacity` on average, with
    the whole-number steps of the official code (`WindowKVCluster`). Where the groups do not come
    out even, the last one is smaller, and a single group keeps `capacity`; the official code stops
    with an error in both cases.
    """
    groups = -(-layers // shared_layers)
    if groups == 1:
        return (capacity,) * layers
    last = capacity * shared_layers // beta
    first = 2 * capacity - last
    step = (first - last) // (groups - 1)
    budgets = [first - group * step for group in range(groups - 1)] + [last]
    return tuple(budgets[layer // shared_layers] for layer in range(layers))
