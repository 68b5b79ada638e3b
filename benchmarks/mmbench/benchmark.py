"""MMBench: one image, two to four options, and a pass in each of their circular orders."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from ...core.config import Options
from ...core.content import Content, ImagePart, TextPart
from ...core.interfaces import Problem
from ...core.media import image_url
from ...core.sample import Sample, Turn
from ...core.source import FileSource
from ..official_rows import OfficialRows, RowFile
from ..selection import choose
from ..template import WORDING
from .groups import Group, read_groups
from .prompts import Form, read_wording
from .rows import Pass
from .taxonomy import labels_of

LICENCE = "Apache-2.0"
# The limit of lmms-eval.
MAX_TOKENS = 1024

_FILES = {
    "dev_en": "benchmarks/MMBench/MMBench_DEV_EN.tsv",
    "test_en": "benchmarks/MMBench/MMBench_TEST_EN.tsv",
    "dev_cn": "benchmarks/MMBench/MMBench_DEV_CN.tsv",
    "test_cn": "benchmarks/MMBench/MMBench_TEST_CN.tsv",
    "dev_en_v11": "benchmarks/MMBench/MMBench_DEV_EN_V11.tsv",
    "test_en_v11": "benchmarks/MMBench/MMBench_TEST_EN_V11.tsv",
    "dev_cn_v11": "benchmarks/MMBench/MMBench_DEV_CN_V11.tsv",
    "test_cn_v11": "benchmarks/MMBench/MMBench_TEST_CN_V11.tsv",
    "ccbench": "VLMEval/CCBench.tsv",
}
TASKS = tuple(_FILES)


class MMBenchOptions(Options, frozen=True):
    """Which files, and how their questions are asked.

    `form` is the order of a prompt's parts: VLMEvalKit's or lmms-eval's. `image` says whether the
    image stands before the text or behind it; behind it, passes have only the question in common.
    """

    name: str = "mmbench"
    task: str | tuple[str, ...] = "dev_en"
    form: Form = "vlmevalkit"
    image: Literal["first", "last"] = "first"
    fetch: FileSource | None = None
    data_dir: str = "."
    path: str | None = None


class MMBench:
    """A sample a question, a turn a pass: independent requests that share the image."""

    Options = MMBenchOptions

    def __init__(self, options: MMBenchOptions) -> None:
        """Check the options. Raises ConfigError."""
        self._options = options
        self._templates = read_wording().of(options.form)
        self._rows = OfficialRows(
            recipe="mmbench",
            files=choose(options.task, {task: _file(task) for task in TASKS}),
            folder=Path(options.data_dir),
            path=None if options.path is None else Path(options.path),
        )

    def problems(self) -> Sequence[Problem]:
        """Say which files are missing, and how to get them. Raises DataError."""
        return self._rows.problems()

    def samples(self, limit: int | None = None) -> Iterator[Sample]:
        """Yield a sample a question, at most `limit` of each task. Raises DataError."""
        room = dict.fromkeys((file.task for file in self._rows.files), limit or math.inf)
        for group in read_groups(self._rows):
            if room[group.task] > 0:
                room[group.task] -= 1
                yield self._sample(group)
            elif not any(left > 0 for left in room.values()):
                return

    def provenance(self) -> dict[str, Any]:
        """Return tasks, wording, licence, and what identifies the rows. Raises DataError."""
        return {
            "tasks": [file.task for file in self._rows.files],
            "prompts": WORDING,
            "prompts_version": read_wording().version,
            "licence": LICENCE,
            **self._rows.identity(),
        }

    def _sample(self, group: Group) -> Sample:
        base = group.base
        image = ImagePart(image_url(group.image))
        place = f"{group.task}, question {base.index}"
        shared = TextPart(self._templates.shared(base, place))
        first = self._options.image == "first"
        return Sample(
            id=f"{group.task}/{base.index}",
            task=group.task,
            context=(image, shared) if first else shared.text,
            turns=tuple(self._turn(one, place, None if first else image) for one in group.passes),
            row=base.position,
            row_id=base.index,
            labels=labels_of(base),
        )

    def _turn(self, one: Pass, place: str, image: ImagePart | None) -> Turn:
        text = self._templates.own(one, place)
        query: Content = text if image is None else (TextPart(text), image)
        return Turn(
            query=query,
            target=one.answer,
            choices=tuple(one.options.values()),
            max_tokens=MAX_TOKENS,
            row=one.position,
            row_id=one.index,
            metadata={
                "letters": "".join(one.options),
                "base": one.is_base,
                "question": one.question,
            },
        )


def _file(task: str) -> RowFile:
    path = _FILES[task]
    return RowFile(task, (path, path.rpartition("/")[2]))
