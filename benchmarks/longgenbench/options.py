"""The section `benchmark` of `recipe=longgenbench`."""

from __future__ import annotations

from typing import Literal

from ...core.config import Options, Positive
from ...core.source import FileSource

Order = Literal["normal", "ascending", "descending"]
Format = Literal["longgen", "baseline"]

OFFICIAL = (
    FileSource(
        hub="openai/gsm8k",
        revision="cc7b047b6e5bb11b4f1af84efc572db110a51b3c",
        files=("main/test-*.parquet",),
        into="gsm8k",
    ),
    FileSource(
        hub="cais/mmlu",
        revision="c30699e8356da336a370243923dbaf21066bb9fe",
        files=("*/test-*.parquet", "*/dev-*.parquet"),
        into="mmlu",
    ),
    FileSource(
        hub="tau/commonsense_qa",
        revision="94630fe30dad47192a8546eb75f094926d47e155",
        files=("data/validation-*.parquet",),
        into="csqa",
    ),
)


class LongGenBenchOptions(Options, frozen=True):
    """Which questions are asked, and how many at once.

    Questions:
    - `task`: "all", a name, names joined by commas, or a list. `baseline` adds to each data set
      the task that asks its questions one by one (`gsm8k_baseline`), from which the paper's delta
      is taken; such a task can also be named alone.
    - `k`: questions a query; null is the paper's number for API models: 35 of gsm8k, 40 of mmlu, 80
      of csqa. `queries`: how many queries; null is 20 of gsm8k and csqa, and every subject of mmlu.
    - `data_dir`: where the official files lie, and where `evalrun fetch` puts those that `fetch`
      names. `path` is a file of one data set instead (of mmlu: a folder of subjects, too).

    Prompts:
    - `order` of the questions of a query: by length, `ascending` (the paper's main runs) or
      `descending`, or `normal`, as they stand in the file (the released code).
    - `format`: `longgen` puts all questions of the exemplars before all their answers, `baseline`
      each answer behind its question (the ablation in Table 5).
    - `shots`: a file or folder of the published exemplars; null is evalrun's own.
    """

    name: str = "longgenbench"
    task: str | tuple[str, ...] = "all"
    baseline: bool = False
    k: Positive | None = None
    queries: Positive | None = None
    order: Order = "ascending"
    format: Format = "longgen"
    shots: str | None = None
    fetch: tuple[FileSource, ...] = OFFICIAL
    data_dir: str = "."
    path: str | None = None
