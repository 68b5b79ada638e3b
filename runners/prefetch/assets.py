"""What runs read from disk, told by their parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from ...core.config import Config
from ...core.interfaces import Asset, Benchmark, Found, HasAssets, KVMethod, Model
from ...core.source import FileSource, Manifest
from ..build import Parts, build_judge, build_parts, models_of, scorer_assets
from ..fetch import complete, fetch, places_of


class OfficialFiles(msgspec.Struct, frozen=True):
    """The official files of a recipe that come from one source, in their folder."""

    source: FileSource
    target: Path

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"data {self.source.repository} in {self.target}"

    def found(self) -> Found | None:
        """Look for files with a manifest of this source. Raises DataError."""
        manifest = complete(self.source, self.target)
        return None if manifest is None else self._found(manifest)

    def fetch(self) -> Found:
        """Fetch them, as `evalrun fetch` does. Raises DataError, UnreachableError."""
        return self._found(fetch(self.source, self.target))

    def _found(self, manifest: Manifest) -> Found:
        size = sum(file.size for file in manifest.files.values())
        return Found(self.target, size, manifest.revision)


def assets_of(configs: Sequence[Config]) -> list[Asset]:
    """Return what the runs of `configs` read, each thing once. Raises ConfigError, DataError."""
    models: dict[str, Model] = {}
    found: dict[str, Asset] = {}
    for config in configs:
        parts = build_parts(config, models)
        for asset in (*official_files(config, parts.benchmark), *_of_parts(config, parts)):
            found.setdefault(asset.name, asset)
    return list(found.values())


def model_assets(config: Config) -> list[Asset]:
    """Return what the run of `config` reads beside its samples: weights above all.

    Raises ConfigError.
    """
    return list(_of_parts(config, build_parts(config)))


def official_files(config: Config, benchmark: Benchmark) -> list[OfficialFiles]:
    """Return the official files that a run reads, those that are missing among them.

    A benchmark that misses nothing has rows of the user's own, or makes them. Raises ConfigError,
    DataError.
    """
    places = [OfficialFiles(source, target) for source, target in places_of(config.benchmark)]
    misses = bool(places) and bool(benchmark.problems())
    return [files for files in places if misses or files.found() is not None]


def _of_parts(config: Config, parts: Parts) -> Iterator[Asset]:
    judge = build_judge(config)
    for part in (*_players(parts), *((judge,) if judge else ())):
        if isinstance(part, HasAssets):
            yield from part.assets()
    yield from scorer_assets(config)


def _players(parts: Parts) -> Iterable[object]:
    methods: tuple[KVMethod, ...] = getattr(parts.kv, "parts", (parts.kv,))
    return (parts.benchmark, parts.protocol, *models_of(parts), *methods)
