"""Zeros for planned verdicts that are not there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from .dimensions import LABEL


def with_zeros(
    frame: pd.DataFrame, due: pd.DataFrame, epochs: Sequence[int], run: int
) -> pd.DataFrame:
    """Return `frame` with a zero for each verdict that is `due` in `epochs` of `run` and not there.

    The missing epochs of samples that have others are theirs. What else is missing is in samples of
    its own, in which the turns and epochs of a sample stand together.
    """
    labels = [name for name in due if name.startswith(LABEL) and name in frame]
    place = ["task", *labels, "subtask", "turn"]
    of_known = _of_known_samples(frame, place, epochs)
    absent = due.groupby(place)["n"].sum()
    for there in (frame, of_known):
        absent = absent.sub(there.groupby(place).size(), fill_value=0)
    of_new = _repeated(absent.clip(lower=0).to_frame("absent").reset_index())
    number = of_new.groupby(place, sort=False).cumcount().to_numpy()
    keys = of_new[["task", *labels]].assign(number=number // len(epochs))
    sample = [hash((run, *key)) for key in keys.itertuples(index=False, name=None)]
    epoch = np.asarray(epochs)[number % len(epochs)]
    of_new = of_new.assign(sample=sample, cluster=sample, group=hash(None), epoch=epoch)
    zeros = pd.concat([of_known, of_new], ignore_index=True)
    zeros = zeros.assign(value=0.0, run=run, metric=-1, headline=True)
    return pd.concat([frame, zeros], ignore_index=True)


def _of_known_samples(
    frame: pd.DataFrame, place: Sequence[str], epochs: Sequence[int]
) -> pd.DataFrame:
    """Return the epochs that samples lack of which others are there."""
    keys = [*place, "sample", "group", "cluster"]
    known = frame[keys].drop_duplicates()
    expected = known.merge(pd.DataFrame({"epoch": epochs}), how="cross")
    there = frame[[*keys, "epoch"]].assign(there=True)
    met = expected.merge(there, on=[*keys, "epoch"], how="left")
    return met.loc[met["there"].isna(), [*keys, "epoch"]]


def _repeated(counted: pd.DataFrame) -> pd.DataFrame:
    """Return each row as often as its `absent` says."""
    times = counted["absent"].to_numpy().astype(np.intp)
    return counted.loc[counted.index.repeat(times)].drop(columns="absent").reset_index(drop=True)
