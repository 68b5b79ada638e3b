"""KIVI: 2-bit keys per channel, values per token (Liu et al. 2024, arXiv 2402.02750)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ...core.config import Options, Positive
from ...core.errors import ConfigError
from .method import LayerFacts, ModelShape, PromptFacts, Slot, Treatment, label_with_changes

if TYPE_CHECKING:
    from torch import Tensor

    from .store import LayerStore


class KIVIOptions(Options, frozen=True):
    """How keys and values are stored.

    - `bits` of each number.
    - `group_size`: so many numbers share a scale.
    - `residual_length`: about so many newest tokens stay as they are.
    """

    method: Literal["kivi"] = "kivi"
    bits: Literal[2, 4, 8] = 2
    group_size: Positive = 32
    residual_length: Positive = 32


class KIVI:
    """Keep every token, in few bits: prompts are attended to as they are and stored quantized.

    What stands behind a prompt stays in full precision, as in SCBench's code. The original one
    quantizes that too, whenever it fills the residual.
    """

    Options = KIVIOptions
    slots: frozenset[Slot] = frozenset({"storage"})

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

    def treatment(self, prompt: PromptFacts, shape: ModelShape) -> Treatment:  # noqa: ARG002
        """Return the quantizing storage.

        Raises ConfigError for a model whose heads do not divide into groups.
        """
        if shape.head_dim % self.options.group_size:
            raise ConfigError(
                f"kv.group_size={self.options.group_size} should divide the {shape.head_dim} "
                "channels of the model's heads: values are grouped along channels"
            )
        return Treatment(storage=self._store)

    def _store(self, keys: Tensor, values: Tensor, facts: LayerFacts) -> LayerStore:  # noqa: ARG002
        from .stores.kivi_store import KIVIStore

        return KIVIStore.of(
            keys,
            values,
            bits=self.options.bits,
            group_size=self.options.group_size,
            residual_length=self.options.residual_length,
        )
