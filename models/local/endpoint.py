"""A model in this process as an endpoint that applies one KV method."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

from ...core.errors import ConfigError
from ...core.exchange import Prompt, SampleKey
from ...core.interfaces import Session
from ..kv.method import LocalKVMethod
from .loading import LoadedModel
from .prompts import PromptStore
from .requirements import kv_refusal
from .session import TorchSession


class TorchEndpoint:
    """One sample at a time, on the one thread that the model works on.

    Raises ConfigError for a KV method that has no meaning for this kind of model.
    """

    max_concurrency: int | None = 1

    def __init__(self, model: LoadedModel, kv: LocalKVMethod) -> None:
        refusal = kv_refusal(model.config, kv)
        if refusal is not None:
            raise ConfigError(str(refusal))
        self._model = model
        self._prompts = PromptStore(model.lm, kv)

    def open(
        self,
        prompt: Prompt,
        key: SampleKey,  # noqa: ARG002 - of the Endpoint interface
    ) -> AbstractAsyncContextManager[Session]:
        """Hold `prompt`; it is encoded at the first request, or not at all if it just was."""
        return nullcontext(TorchSession(self._model, self._prompts, prompt))

    def environment(self) -> dict[str, Any]:
        """Return device, dtype and library versions."""
        return dict(self._model.environment)

    async def close(self) -> None:
        """Let the newest prompt go; the weights stay for other KV methods."""
        self._prompts.clear()
