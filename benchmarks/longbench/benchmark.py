"""LongBench: long contexts of many kinds, one question each (arXiv 2308.14508)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ...core.hashing import sha256_of_file
from ...core.interfaces import Problem
from ...core.sample import Sample
from ..official import identity, revision_problems
from ..selection import choose
from ..template import WORDING
from .datasets import BY_NAME
from .files import find_files, read_folder, read_path
from .options import LongBenchOptions
from .prompts import OWN_PROMPTS, read_templates
from .samples import to_sample

_FETCH = "`evalrun fetch longbench`"


class LongBench:
    """Sixteen datasets in English and code, a task each.

    What a prompt holds up to the end of the context is the sample's context: with
    protocol=multi_request a KV method sees that alone, with protocol=single_turn the whole prompt.
    """

    Options = LongBenchOptions

    def __init__(self, options: LongBenchOptions) -> None:
        """Check the options. Raises ConfigError."""
        self._options = options
        self._folder = Path(options.data_dir)
        self._path = None if options.path is None else Path(options.path)
        self._prompts = OWN_PROMPTS if options.prompts is None else Path(options.prompts)
        self._datasets = choose(options.task, BY_NAME)

    def problems(self) -> Sequence[Problem]:
        """Say which files are missing, and how to get them. Raises DataError."""
        if not self._prompts.is_file():
            remedy = "set benchmark.prompts to LongBench's dataset2prompt.json, or to null"
            return (Problem(f"{self._prompts}: no such file", remedy),)
        if self._path is None:
            return self._missing_data()
        if not self._path.is_file():
            remedy = "set benchmark.path to a file of official rows"
            return (Problem(f"{self._path}: no such file", remedy),)
        return ()

    def samples(self, limit: int | None = None) -> Iterator[Sample]:
        """Yield the samples of all datasets, a row in memory at a time, at most `limit` of each.

        Raises DataError naming file and row.
        """
        templates = read_templates(self._prompts, self._datasets)
        if self._path is None:
            rows = read_folder(self._folder, self._datasets, limit)
        else:
            rows = read_path(self._path, self._datasets, limit)
        for row in rows:
            yield to_sample(row, templates[row.dataset.name], self._options.max_prompt_tokens)

    def provenance(self) -> dict[str, Any]:
        """Return datasets, wording, and what identifies prompts and rows. Raises DataError."""
        return {
            "tasks": [dataset.name for dataset in self._datasets],
            "prompts": WORDING if self._prompts == OWN_PROMPTS else self._prompts.name,
            "prompts_sha256": sha256_of_file(self._prompts),
            **self._origin_of_rows(),
        }

    def _origin_of_rows(self) -> dict[str, Any]:
        if self._path is not None:
            return {"source": "file", "files": {self._path.name: sha256_of_file(self._path)}}
        files = find_files(self._folder, self._datasets).values()
        return {
            "source": "official",
            "repository": self._options.fetch.repository,
            "licence": "each dataset its own",
            **identity(self._folder, dict.fromkeys(file.path for file in files)),
        }

    def _missing_data(self) -> Sequence[Problem]:
        files = find_files(self._folder, self._datasets)
        missing = [dataset.name for dataset in self._datasets if dataset.name not in files]
        if missing:
            what = f"no data of {', '.join(missing)} in {self._folder}"
            remedy = "or set benchmark.data_dir to a folder with a file <dataset>.jsonl of each"
            return (Problem(what, f"run {_FETCH} (`--from DIR` copies a data.zip), {remedy}"),)
        return revision_problems(self._folder, self._options.fetch.revision, _FETCH)
