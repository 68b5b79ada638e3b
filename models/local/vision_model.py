"""`engine: torch_vision`: a model in this process that reads texts and images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import Any, Literal

from ...core.config import Options, Positive
from ...core.errors import MissingExtraError
from ...core.interfaces import Asset, Endpoint, KVMethod, Problem
from .requirements import device_problems
from .weights import weights_folder, weights_problem, weights_revision
from .weights_assets import weights_asset

_PACKAGES = {"torch": "torch", "transformers": "transformers", "PIL": "pillow"}


class VisionOptions(Options, frozen=True, kw_only=True):
    """A local model of transformers' kind "image-text-to-text", with its processor.

    `weights` is a Hugging Face id or a folder; the name when not given. `max_length` bounds prompt
    and reply together, within the model's own positions; images count as many tokens as the
    processor makes of them. `dtype` auto is the saved one on a GPU and float32 on a CPU; `device`
    auto is the first GPU if there is one. `parameters` and `gated` serve to say beforehand what
    will not work.
    """

    engine: Literal["torch_vision"] = "torch_vision"
    name: str
    weights: str | None = None
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    device: str = "auto"
    max_length: Positive | None = None
    parameters: Positive | None = None
    gated: bool = False

    @property
    def weights_source(self) -> str:
        """Where the weights come from."""
        return self.weights or self.name


class VisionModel:
    """A model of texts and images that PyTorch runs here; it is loaded when first needed."""

    Options = VisionOptions

    def __init__(self, options: VisionOptions) -> None:
        self.options = options

    def problems(self, kv: KVMethod | None) -> Sequence[Problem]:
        """Say what is missing (packages, weights, a device, memory) without loading anything."""
        return tuple(self._problems(kv))

    def assets(self) -> Sequence[Asset]:
        """Return the weights."""
        return (weights_asset(self.options.weights_source, gated=self.options.gated),)

    def provenance(self) -> dict[str, Any]:
        """Return the hub commit of the weights, where they have one."""
        return {"weights_revision": weights_revision(self.options.weights_source)}

    def endpoint(self, kv: KVMethod | None) -> Endpoint:  # noqa: ARG002 - see problems()
        """Load the weights. Raises ConfigError, MissingExtraError."""
        try:
            from .vision_endpoint import VisionEndpoint, load
        except ImportError as error:
            raise MissingExtraError(f"engine=torch_vision ({error.name})", "vision") from error
        options = self.options
        loaded = load(
            weights_folder(options.weights_source),
            device=options.device,
            dtype=options.dtype,
            max_length=options.max_length,
        )
        return VisionEndpoint(loaded)

    def release(self) -> None:
        """Hold nothing between endpoints."""

    def _problems(self, kv: KVMethod | None) -> Iterator[Problem]:
        missing = [package for name, package in _PACKAGES.items() if find_spec(name) is None]
        if missing:
            what = f"engine=torch_vision needs packages: {', '.join(missing)}"
            yield Problem(what, "pip install 'evalrun[vision]'")
        weights = weights_problem(self.options.weights_source, gated=self.options.gated)
        if weights is not None:
            yield weights
        if kv is not None and kv.label != "full":
            what = f"kv={kv.label} does not run on engine=torch_vision"
            yield Problem(what, "say kv=full")
        if not missing:
            yield from device_problems(self.options, {})
