"""A model in this process as an endpoint that applies one KV method."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

from ...core.errors import ConfigError
from ...core.exchange import Prompt, SampleKey
from ...core.interfaces import Session
from ..kv.method import LocalKVMethod
from .batching import Batcher
from .contexts import ContextLimit
from .loading import LoadedModel
from .prompts import PromptStore
from .requirements import kv_refusal
from .session import TorchSession


class TorchEndpoint:
    """Samples side by side, as many as the memory for their contexts allows.

    Raises ConfigError for a KV method that has no meaning for this kind of model.
    """

    def __init__(
        self, model: LoadedModel, kv: LocalKVMethod, *, max_contexts: int | None = None
    ) -> None:
        refusal = kv_refusal(model.config, kv)
        if refusal is not None:
            raise ConfigError(str(refusal))
        self._model = model
        self._contexts = ContextLimit(model.lm.device, max_contexts)
        self._prompts = PromptStore(model.lm, model.conversations, kv, self._contexts)
        self._batcher = Batcher(model.lm, model.worker, self._out_of_memory)

    @property
    def max_concurrency(self) -> int | None:
        """How many contexts may be in flight; it is known when the first has been encoded."""
        return self._contexts.now

    def open(self, prompt: Prompt, key: SampleKey) -> AbstractAsyncContextManager[Session]:
        """Hold `prompt`; it is encoded at the first request, or not at all if it just was."""
        return nullcontext(TorchSession(self._model, self._batcher, self._prompts, prompt, key))

    def environment(self) -> dict[str, Any]:
        """Return device, dtype and library versions."""
        return dict(self._model.environment)

    async def close(self) -> None:
        """Let the prompts go; the weights stay for other KV methods."""
        self._prompts.clear()

    def _out_of_memory(self) -> bool:
        self._prompts.clear()
        return self._contexts.halve()
