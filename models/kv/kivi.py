"""KIVI: 2-bit keys per channel, values per token (Liu et al. 2024, arXiv 2402.02750)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ...core.config import Options, Positive
from ...core.errors import ConfigError
from .method import Press, label_with_changes

if TYPE_CHECKING:
    from transformers import PreTrainedConfig
    from transformers.cache_utils import Cache


class KIVIOptions(Options, frozen=True):
    """Groups of `group_size` share a scale; about `residual_length` newest tokens stay as is."""

    method: Literal["kivi"] = "kivi"
    bits: Literal[2, 4, 8] = 2
    group_size: Positive = 32
    residual_length: Positive = 32


class KIVI:
    """Keep every token, in few bits: prompts are attended to as they are and stored quantized."""

    Options = KIVIOptions
    compresses = True

    def __init__(self, options: KIVIOptions) -> None:
        if options.residual_length % options.group_size:
            raise ConfigError(
                f"kv.residual_length={options.residual_length} should be a multiple of "
                f"kv.group_size={options.group_size}: keys are grouped along tokens"
            )
        if options.group_size * options.bits % 8:
            raise ConfigError(
                f"kv.group_size={options.group_size} should fill whole bytes "
                f"with codes of {options.bits} bits"
            )
        self.options = options
        self.label = label_with_changes(f"kivi-{options.bits}bit", options, said=("bits",))

    def new_cache(self, config: PreTrainedConfig) -> Cache:
        """Return an empty quantizing cache."""
        from transformers.cache_utils import Cache

        from .kivi_cache import KIVILayer

        layers = config.get_text_config(decoder=True).num_hidden_layers
        return Cache(
            layers=[
                KIVILayer(
                    bits=self.options.bits,
                    group_size=self.options.group_size,
                    residual_length=self.options.residual_length,
                )
                for _ in range(layers)
            ]
        )

    def press(self, tokens: int, layers: int) -> Press | None:  # noqa: ARG002 - LocalKVMethod
        """Evict nothing: the cache quantizes what it is given."""
        return None
