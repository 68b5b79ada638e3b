"""The run folder: where things lie, and what determines its name."""

from __future__ import annotations

import os
import re
import threading
from pathlib import Path
from typing import Any

import msgspec
import yaml

from ..core.config import Config
from ..core.errors import ConfigError, DataError, StoreError
from ..core.hashing import sha256_of, without_unset
from ..core.options import to_options
from ..core.redact import redact_config
from ..core.safe_yaml import load_yaml
from ..core.shard import Shard

# Where data lies does not determine a result; the content's own hash does. Neither does how much of
# it a device takes at a time, what replies cost, how a server is started, or what a job is given.
_NOT_DETERMINING = frozenset(
    {
        "arch",
        "data_dir",
        "path",
        "bbh_dir",
        "haystack",
        "prompts",
        "shots",
        "train",
        "max_contexts",
        "prefill_rows",
        "port",
        "price",
        "prompt_caching",
        "resources",
        "start_timeout_s",
    }
)


class RunFolder(msgspec.Struct, frozen=True):
    """The files of one run: `outputs/<recipe>/<model>[+<kv>]/<hash>/`."""

    path: Path

    @property
    def config(self) -> Path:
        """The resolved configuration, without secrets."""
        return self.path / "config.yaml"

    @property
    def status(self) -> Path:
        """Status, versions, provenance and times."""
        return self.path / "run.json"

    @property
    def predictions(self) -> Path:
        """A row per finished (sample, epoch)."""
        return self.path / "predictions.jsonl"

    @property
    def scores(self) -> Path:
        """A row per graded prediction."""
        return self.path / "scores.jsonl"

    @property
    def calls(self) -> Path:
        """Replies kept one by one: those of plays that make many calls, and of judges."""
        return self.path / "calls.jsonl"

    @property
    def results(self) -> Path:
        """Aggregated scores."""
        return self.path / "results.json"

    @property
    def table(self) -> Path:
        """The table as it was printed."""
        return self.path / "table.md"

    @property
    def selfcheck(self) -> Path:
        """What swapping the order of pairs does, as it was printed."""
        return self.path / "selfcheck.md"

    @property
    def artifacts(self) -> Path:
        """Images and sounds of replies, called after their content."""
        return self.path / "artifacts"

    @property
    def progress(self) -> Path:
        """How far the run is, rewritten as it goes on."""
        return self.path / "progress.json"

    @property
    def shards(self) -> Path:
        """A folder for each shard of the run whose rows are not yet among the others."""
        return self.path / "shards"

    def of_shard(self, shard: Shard) -> RunFolder:
        """Return where one shard writes its rows, calls and progress while it runs."""
        return RunFolder(self.shards / shard.name)

    def create(self) -> None:
        """Make the folder. Raises StoreError when that is impossible."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"cannot create {self.path}: {error.strerror}; choose another place: outputs=DIR"
            ) from None

    def read_config(self) -> Config:
        """Return the configuration of the run. Raises DataError when there is none."""
        try:
            section = load_yaml(self.config.read_text(encoding="utf-8"))
        except OSError:
            raise DataError(f"{self.path} is not a run folder: it has no config.yaml") from None
        except yaml.YAMLError as error:
            raise DataError(f"{self.config}: {' '.join(str(error).split())}") from None
        return to_options(section, Config)

    def write_config(self, config: Config) -> None:
        """Write the configuration without its secrets."""
        section = redact_config(msgspec.to_builtins(config))
        write_atomically(self.config, yaml.safe_dump(section, sort_keys=False, allow_unicode=True))


def folder_of(config: Config, kv_label: str | None, identity: Any) -> RunFolder:
    """Return the folder of a run; `identity` is the provenance of its data and its model.

    The hash covers everything that determines the predictions: not the scorer, whose verdicts
    can stand side by side in one folder, and not how fast or where things run.
    """
    determined_by = {
        "benchmark": _determining(config.benchmark),
        "protocol": _determining(config.protocol),
        "model": _determining(config.model),
        "kv": config.kv,
        "generation": without_unset(config.generation, "top_k"),
        "run": (config.run.seed, config.run.epochs, config.run.limit),
        "identity": identity,
    }
    if config.roles:
        determined_by["roles"] = {
            role: _determining(section) for role, section in config.roles.items()
        }
    model = slug(str(config.model.get("name", "model")))
    name = f"{model}+{slug(kv_label)}" if kv_label else model
    root = Path(config.outputs) / config.recipe.name / name
    return RunFolder(root / sha256_of(determined_by)[:12])


def find_run(path: Path) -> RunFolder:
    """Return the run at `path`, or the only run below it. Raises ConfigError."""
    runs = list_runs(path)
    if len(runs) == 1:
        return runs[0]
    if not runs:
        raise ConfigError(f"{path} holds no run; `evalrun ls runs` lists them")
    raise ConfigError(f"{path} holds {len(runs)} runs; name one, such as {runs[-1].path}")


def list_runs(path: Path) -> list[RunFolder]:
    """Return every run at or below `path`, in the order of their paths."""
    return [RunFolder(file.parent) for file in sorted(path.rglob("run.json"))]


def slug(text: str) -> str:
    """Return `text` as one file name: letters, digits, dots, dashes, underscores."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-.") or "unnamed"


def write_atomically(path: Path, content: str | bytes) -> None:
    """Replace `path` by `content`, so that a reader sees the old or the new content, never a part.

    Raises StoreError.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.part")
    try:
        with part.open("wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StoreError(
            f"cannot write {path}: {error.strerror}; mend this and run again"
        ) from None


def _determining(section: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in section.items() if key not in _NOT_DETERMINING}
