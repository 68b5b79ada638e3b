"""Weights as assets: found where engines look for them, and brought there before a run."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from ...core.errors import ConfigError, DataError, MissingExtraError
from ...core.hub import HubRemedies, bars_on_terminals_only, explained
from ...core.interfaces import Asset, Found
from ...core.lease import lease
from ...core.tree import size_of
from .weights import (
    SMOLLM2,
    is_path,
    revision_of,
    weights_folder,
    weights_problem,
    whole_weights,
)

# What configurations, tokenizers and chat templates are written in.
_SMALL = ["*.json", "*.txt", "*.model", "*.jinja", "*.tiktoken"]
_WEIGHTS = ["*.safetensors"]
# The same weights again, in the layout of other programs.
_OTHERS = ["*/*", "consolidated*"]


def weights_asset(weights: str, *, gated: bool) -> Asset:
    """Return the asset of `weights`, as an engine's options name them."""
    if weights == SMOLLM2 or is_path(weights):
        return LocalWeights(weights)
    return HubWeights(weights, gated=gated)


class LocalWeights(msgspec.Struct, frozen=True):
    """Weights that need no network: a folder, or a package that is converted once."""

    weights: str

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"weights {self.weights}"

    def found(self) -> Found | None:
        """Look for the folder."""
        return _found(self.weights)

    def fetch(self) -> Found:
        """Convert a package. Raises ConfigError for what is missing."""
        problem = weights_problem(self.weights, gated=False)
        if problem is not None:
            raise ConfigError(str(problem))
        try:
            weights_folder(self.weights)
        except ImportError as error:
            raise MissingExtraError(f"converting {self.name} ({error.name})", "local") from error
        except OSError as error:
            raise DataError(
                f"{self.name}: {error}; make room, or export EVALRUN_CACHE=DIR"
            ) from None
        found = self.found()
        assert found is not None  # noqa: S101 - what had no problem is there now
        return found


class HubWeights(msgspec.Struct, frozen=True):
    """Weights of a model repository on the Hugging Face hub, in the hub's own cache.

    The revision is that of the branch `main` when they are fetched, and stays it. HF_ENDPOINT is
    the hub's address, and HF_TOKEN opens gated repositories.
    """

    repository: str
    gated: bool = False

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"weights {self.repository}"

    def found(self) -> Found | None:
        """Look for a whole snapshot in the cache."""
        return _found(self.repository)

    def fetch(self) -> Found:
        """Download configuration, tokenizer and safetensors. Raises DataError, UnreachableError."""
        address = f"{_endpoint()}/{self.repository}"
        with (
            explained(address, self._remedies(address)),
            lease(_lease_path(self.repository), what=f"downloads {self.name}"),
        ):
            there = self.found()
            if there is not None:
                return there
            self._download()
        found = self.found()
        if found is None:
            problem = weights_problem(self.repository, gated=self.gated)
            raise DataError(f"{address} does not hold what an engine needs: {problem}")
        return found

    def _download(self) -> None:
        """Bring the small files first: where all weights are there, nothing else is missing."""
        from huggingface_hub import snapshot_download

        endpoint = _endpoint()
        with bars_on_terminals_only():
            folder = snapshot_download(
                self.repository, endpoint=endpoint, allow_patterns=_SMALL, ignore_patterns=_OTHERS
            )
            snapshot_download(
                self.repository,
                revision=Path(folder).name,
                endpoint=endpoint,
                allow_patterns=_WEIGHTS,
                ignore_patterns=_OTHERS,
            )

    def _remedies(self, address: str) -> HubRemedies:
        return HubRemedies(
            kind="model",
            gated=f"accept the licence at {address}, then `hf auth login` or export HF_TOKEN=TOKEN",
            revision="it has no branch main; say model.weights=/path/to/folder",
            files="say model.weights=/path/to/folder",
            offline="say model.weights=/path/to/folder",
            room="export HF_HUB_CACHE=DIR",
        )


def _found(weights: str) -> Found | None:
    folder = whole_weights(weights)
    if folder is None:
        return None
    return Found(folder, size_of(folder), revision_of(folder), is_movable=True)


def _endpoint() -> str:
    from huggingface_hub import constants

    return os.environ.get("HF_ENDPOINT") or constants.ENDPOINT


def _lease_path(repository: str) -> Path:
    """Return a path where the hub's client keeps its own locks: they may not work on NFS."""
    from huggingface_hub import constants
    from huggingface_hub.file_download import repo_folder_name

    name = repo_folder_name(repo_id=repository, repo_type="model")
    return Path(constants.HF_HUB_CACHE) / ".locks" / f"{name}.lease"
