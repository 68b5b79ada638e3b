"""The datasets of LongBench: what their rows hold, and how long replies may be."""

from __future__ import annotations

from typing import Literal

import msgspec

TaskClass = Literal["localization", "aggregation"]


class Dataset(msgspec.Struct, frozen=True):
    """One dataset of LongBench, which is a task of its own.

    `max_tokens` is the official limit of a reply. `task_class` says whether an answer is found in
    one place of the context or gathered from all of it. The rows of a dataset that is `classified`
    list all classes.
    """

    name: str
    task_class: TaskClass
    max_tokens: int
    classified: bool = False


# In the order of the columns of WindowKV's table (arXiv 2503.17922). Limits: dataset2maxlen.json of
# THUDM/LongBench, commit 2e00731. Classes: WindowKV sorts its tasks into these two.
DATASETS = (
    Dataset("narrativeqa", "localization", 128),
    Dataset("qasper", "localization", 128),
    Dataset("multifieldqa_en", "localization", 64),
    Dataset("hotpotqa", "localization", 32),
    Dataset("2wikimqa", "localization", 32),
    Dataset("musique", "localization", 32),
    Dataset("gov_report", "aggregation", 512),
    Dataset("qmsum", "aggregation", 512),
    Dataset("multi_news", "aggregation", 512),
    Dataset("trec", "aggregation", 64, classified=True),
    Dataset("triviaqa", "aggregation", 32),
    Dataset("samsum", "aggregation", 128),
    Dataset("passage_count", "aggregation", 32),
    Dataset("passage_retrieval_en", "aggregation", 32),
    Dataset("lcc", "aggregation", 64),
    Dataset("repobench-p", "aggregation", 64),
)
BY_NAME = {dataset.name: dataset for dataset in DATASETS}
