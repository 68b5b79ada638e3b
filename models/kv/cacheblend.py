"""CacheBlend: text chunks encoded once and blended (Yao et al. 2024, arXiv 2405.16444)."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from ...core.config import NonNegative, Options, Positive
from ...core.errors import ConfigError
from .method import (
    UNTREATED,
    ModelShape,
    PromptFacts,
    Slot,
    Treatment,
    label_with_changes,
)

if TYPE_CHECKING:
    from .blend.encoder import BlendEncoder


class CacheBlendOptions(Options, frozen=True):
    """A prompt consists of chunks of `chunk_size` tokens, each encoded without the others.

    With a `separator`, a chunk ends behind each occurrence of these token ids instead.
    `recompute_ratio` is the share of tokens that are computed in the prompt's own context, chosen
    at `check_layer`: 0.15 is the default of LMCache, which SCBench ran; the share it ran with is
    not known. Chunks stay in memory for other prompts, up to `chunk_cache_bytes`.
    """

    method: Literal["cacheblend"] = "cacheblend"
    chunk_size: Positive = 256
    separator: Annotated[tuple[int, ...], msgspec.Meta(min_length=1)] | None = None
    recompute_ratio: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.15
    check_layer: Positive = 1
    chunk_cache_bytes: NonNegative = 5 * 2**30


class CacheBlend:
    """Use keys and values of a text again wherever it stands, and mend the worst of them.

    Keys are moved to the positions of the prompt. The lowest layers are computed for all tokens, up
    to the one at which keys show which tokens the others compute; LMCache compared values there
    when SCBench ran it, and compares keys now. What is kept is as large as the full cache.
    """

    Options = CacheBlendOptions
    slots: frozenset[Slot] = frozenset({"encoding"})

    def __init__(self, options: CacheBlendOptions) -> None:
        self.options = options
        self.label = label_with_changes(
            f"cacheblend-{100 * options.recompute_ratio:g}%",
            options,
            said=("recompute_ratio", "chunk_cache_bytes"),
        )

    def treatment(self, prompt: PromptFacts, shape: ModelShape) -> Treatment:
        """Return the blending encoder, for a prompt of more than one chunk.

        Raises ConfigError for a model without such a check layer.
        """
        if self.options.check_layer >= shape.layers:
            raise ConfigError(
                f"kv.check_layer={self.options.check_layer} should be below {shape.layers}, "
                "the number of the model's layers"
            )
        if self.options.separator is None and prompt.tokens <= self.options.chunk_size:
            return UNTREATED
        return Treatment(encoder=self._encoder)

    @cached_property
    def _encoder(self) -> BlendEncoder:
        from .blend.encoder import BlendEncoder

        return BlendEncoder(
            chunk_size=self.options.chunk_size,
            separator=self.options.separator,
            check_layer=self.options.check_layer,
            share=self.options.recompute_ratio,
            chunk_cache_bytes=self.options.chunk_cache_bytes,
        )
