"""`engine: vllm`: a model that vLLM batches and caches, in this process or behind a server."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

from ...core.errors import ConfigError, MissingExtraError
from ...core.interfaces import Asset, Endpoint, KVMethod, Problem
from ..local.tokens import Conversations
from ..local.weights import revision_of, weights_folder, weights_revision
from ..local.weights_assets import weights_asset
from .arguments import engine_arguments
from .endpoint import Started
from .engine import VLLMEngine
from .options import VLLMOptions
from .requirements import is_installed, kv_problem, problems, vllm_version
from .served import served


class Running(Protocol):
    """vLLM with the model loaded, here or in a server."""

    @property
    def is_dead(self) -> bool:
        """Whether it has ended."""
        ...

    def endpoint(self) -> Endpoint:
        """Return an endpoint on it."""
        ...

    def stop(self) -> None:
        """End it."""
        ...


class VLLMModel:
    """A model that vLLM loads once; it serves runs until it is released."""

    Options = VLLMOptions

    def __init__(self, options: VLLMOptions) -> None:
        self.options = options
        self._running: Running | None = None

    def problems(self, kv: KVMethod | None) -> Sequence[Problem]:
        """Say what is missing (the extra, weights, GPUs, memory) without loading anything."""
        return tuple(problems(self.options, kv))

    def assets(self) -> Sequence[Asset]:
        """Return the weights."""
        return (weights_asset(self.options.weights_source, gated=self.options.gated),)

    def provenance(self) -> dict[str, Any]:
        """Return the hub commit of the weights, where they have one."""
        return {"weights_revision": weights_revision(self.options.weights_source)}

    def endpoint(self, kv: KVMethod | None) -> Endpoint:
        """Start vLLM, once. Raises ConfigError, MissingExtraError, EndpointError."""
        inapplicable = kv_problem(kv)
        if inapplicable is not None:
            raise ConfigError(str(inapplicable))
        if self._running is not None and self._running.is_dead:
            self.release()
        if self._running is None:
            self._running = self._start()
        return self._running.endpoint()

    def release(self) -> None:
        """End vLLM; `endpoint` would start it again."""
        running, self._running = self._running, None
        if running is not None:
            running.stop()

    def _start(self) -> Running:
        if not is_installed():
            raise MissingExtraError("engine=vllm", "vllm")
        folder = weights_folder(self.options.weights_source)
        return served(self.options, folder) if self.options.serve else self._started(folder)

    def _started(self, folder: Path) -> Started:
        tokenizer = _tokenizer(folder)
        engine = VLLMEngine(engine_arguments(self.options, folder))
        return Started(
            engine=engine,
            conversations=Conversations(tokenizer, chat_template=self.options.chat_template),
            environment=_environment(engine, folder),
        )


def _tokenizer(folder: Path) -> Any:
    """Return the tokenizer in `folder`. Raises ConfigError for one that does not round-trip.

    A tokenizer that another version of transformers saved may load as one of another kind, which
    joins words by `Ġ` or loses spaces: every prompt would be wrong, and no error would say so.
    """
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    words = "two words"
    again = tokenizer.decode(tokenizer(words, add_special_tokens=False).input_ids).strip()
    if again != words:
        raise ConfigError(
            f"the tokenizer in {folder} turns {words!r} into {again!r} under transformers "
            f"{version('transformers')}; save it again with that version"
        )
    return tokenizer


def _environment(engine: VLLMEngine, folder: Path) -> dict[str, Any]:
    from vllm.platforms import (  # pyright: ignore[reportMissingImports] - optional
        current_platform,
    )

    return {
        "engine": "vllm",
        "device": current_platform.get_device_name(),
        "dtype": engine.dtype,
        "max_length": engine.max_length,
        "vllm": vllm_version(),
        **{name: version(name) for name in ("torch", "transformers")},
        "revision": revision_of(folder),
    }
