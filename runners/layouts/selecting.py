"""Which verdicts, and which planned ones, have given values of dimensions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from ...core.layout import Value
from .dimensions import UNNAMED_DIMENSIONS, as_text, is_of_run
from .loading import LoadedRun
from .verdicts import Kind, Vocabulary

Mask = npt.NDArray[np.bool_]
Scope = tuple[tuple[str, frozenset[str]], ...]
"""Dimensions with the values wanted of each; one that stands twice is narrowed twice."""


def scope_of(where: Mapping[str, Value | tuple[Value, ...]]) -> Scope:
    """Return the scope that a layout's `where` describes."""
    wanted = {
        dimension: values if isinstance(values, tuple) else (values,)
        for dimension, values in where.items()
    }
    return tuple((name, frozenset(map(as_text, values))) for name, values in wanted.items())


def wanted_in(scope: Scope, dimension: str) -> frozenset[str] | None:
    """Return the values of `dimension` that `scope` leaves; None when it says nothing of it."""
    narrowed = [values for name, values in scope if name == dimension]
    return frozenset.intersection(*narrowed) if narrowed else None


def within(frame: pd.DataFrame, run: LoadedRun, scope: Scope, vocabulary: Vocabulary) -> Mask:
    """Return which rows of a frame of `run` are within `scope`.

    Dimensions that the frame does not have, such as samples of a plan, say nothing.
    """
    mask = np.ones(len(frame), dtype=np.bool_)
    for dimension, wanted in scope:
        if is_of_run(dimension):
            mask &= run.value(dimension) in wanted
        elif dimension == "family":
            mask &= _is_in(frame, "task", _tasks_of(run, wanted), vocabulary)
        elif dimension in UNNAMED_DIMENSIONS:
            if dimension in frame:
                hashes = [hash(None if text == as_text(None) else text) for text in wanted]
                mask &= np.isin(frame[dimension].to_numpy(), hashes)
        elif dimension in frame:
            mask &= _is_in(frame, dimension, wanted, vocabulary)
    return mask


def of_metric(frame: pd.DataFrame, metric: str | None, vocabulary: Vocabulary) -> Mask:
    """Return which verdicts are on `metric`, or on that which stands for their task."""
    if metric is None:
        return frame["headline"].to_numpy()
    return _is_in(frame, "metric", (metric,), vocabulary)


def with_metric(
    planned: pd.DataFrame, kinds: Iterable[Kind], metric: str | None, vocabulary: Vocabulary
) -> Mask:
    """Return which planned cells are to have `metric`: where nothing is graded yet, all may."""
    if metric is None:
        return np.ones(len(planned), dtype=np.bool_)
    tasks, subtasks = vocabulary.of("task"), vocabulary.of("subtask")
    known: dict[tuple[int, int], bool] = {}
    for task, subtask, name in kinds:
        place = tasks[task], subtasks[subtask]
        known[place] = known.get(place, False) or name == metric
    places = zip(planned["task"], planned["subtask"], strict=True)
    return np.array([known.get(place, True) for place in places], dtype=np.bool_)


def _is_in(
    frame: pd.DataFrame, dimension: str, texts: Iterable[str], vocabulary: Vocabulary
) -> Mask:
    wanted = frozenset(texts)
    codes = [code for value, code in vocabulary.of(dimension).items() if as_text(value) in wanted]
    column: npt.NDArray[np.generic] = frame[dimension].to_numpy()
    return column == codes[0] if len(codes) == 1 else np.isin(column, codes)


def _tasks_of(run: LoadedRun, families: Iterable[str]) -> list[str]:
    groups = run.results.groups
    return [task for family in families for task in groups.get(family, ())]
