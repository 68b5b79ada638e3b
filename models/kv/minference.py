"""MInference: dynamic sparse attention to prompts (Jiang et al. 2024, arXiv 2407.02490)."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from ...core.config import Options
from ...core.errors import ConfigError
from .method import ModelShape, PromptFacts, Slot, Treatment
from .sparse.patterns import HeadPatterns, read_patterns


class MInferenceOptions(Options, frozen=True):
    """`pattern` is a file of the official format; null searches each prompt for its patterns."""

    method: Literal["minference"] = "minference"
    pattern: str | None = None


class MInference:
    """Each head attends to its strongest vertical and slash lines, or to another sparse pattern.

    How many lines a head gets comes from a file, or from a search over each prompt; which they
    are is estimated from the prompt's last 64 queries. Every key is kept, and read by all that
    follows the prompt. The official kernel computes whole blocks of 64 keys around slash lines;
    here queries see the lines themselves, as in the official reference in plain torch.
    """

    Options = MInferenceOptions
    slots: frozenset[Slot] = frozenset({"attention"})

    def __init__(self, options: MInferenceOptions) -> None:
        self.options = options
        path = Path(options.pattern).expanduser() if options.pattern is not None else None
        self.label = f"minference-{path.stem}" if path else "minference"
        self.layers = read_patterns(path) if path else None

    def treatment(self, prompt: PromptFacts, shape: ModelShape) -> Treatment:  # noqa: ARG002
        """Return the sparse attention. Raises ConfigError when the file is for another model."""
        from .sparse.minference import MInferenceAttention

        if self.layers is not None:
            self._require_fit(self.layers, shape)
        return Treatment(attention=MInferenceAttention(self.layers))

    def _require_fit(self, layers: tuple[HeadPatterns, ...], shape: ModelShape) -> None:
        heads = 1 + max((head for layer in layers for head in layer), default=-1)
        if len(layers) != shape.layers or heads > shape.heads:
            raise ConfigError(
                f"kv.pattern={self.options.pattern} has {len(layers)} layers of {heads} heads, "
                f"the model {shape.layers} of {shape.heads}; name the file made for this model"
            )
