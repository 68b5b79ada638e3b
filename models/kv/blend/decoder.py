"""What blending needs of a model: its layers, and how its keys move from place to place."""

from __future__ import annotations

import sys
from typing import Any

import msgspec
import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel

from ....core.errors import ConfigError

_TOKENS_TRIED = 256
# Far above the rounding errors of bfloat16, and far below the error of a wrong rotation.
_TOLERANCE = 0.2

KeysAndValues = tuple[Tensor, Tensor]
Turn = tuple[Tensor, Tensor]


class Decoder(msgspec.Struct, frozen=True):
    """The layers of the model called `name`, whose keys are turned by their positions.

    `stack` runs them all, `embed` returns cosines and sines of positions, and `rotate` applies them
    to queries and keys.
    """

    name: str
    stack: Any
    layers: Any
    embed: Any
    rotate: Any

    @classmethod
    def of(cls, model: PreTrainedModel) -> Decoder:
        """Find the parts of `model`. Raises ConfigError for one that is built otherwise."""
        stack: Any = model.get_decoder()
        layers, embed = getattr(stack, "layers", None), getattr(stack, "rotary_emb", None)
        # Families of models pair channels in different ways, each by a function of its own module.
        rotate = getattr(sys.modules[type(stack).__module__], "apply_rotary_pos_emb", None)
        name = type(model).__name__
        if layers is None or embed is None or rotate is None:
            raise ConfigError(
                f"kv=cacheblend moves keys by rotary position embeddings, and {name} has none "
                "that it knows; choose another KV method"
            )
        return cls(name, stack, layers, embed, rotate)

    def states(self, ids: Tensor, start: int = 0) -> list[KeysAndValues]:
        """Return each layer's keys and values (texts, KV heads, tokens, channels).

        The texts `ids` (texts, tokens) stand alone, each from the position `start` on.
        """
        cache = DynamicCache()
        positions = torch.arange(start, start + ids.shape[1], device=ids.device)
        self.stack(
            input_ids=ids,
            position_ids=positions.expand(ids.shape),
            past_key_values=cache,
            use_cache=True,
        )
        layers: list[Any] = cache.layers
        return [(layer.keys, layer.values) for layer in layers]

    def turn(self, distances: Tensor) -> Turn:
        """Return cosines and sines that move keys on by `distances` (tokens), in float32."""
        cos, sin = self.embed(torch.empty(0, device=distances.device), distances.unsqueeze(0))
        # YaRN lengthens keys as it turns them, and those to be moved are long enough already.
        scale = getattr(self.embed, "attention_scaling", 1.0)
        return cos / scale, sin / scale

    def moved(self, keys: Tensor, turn: Turn) -> Tensor:
        """Return `keys` (1, KV heads, tokens, channels) moved on by `turn`."""
        exact = keys.float()
        _, turned = self.rotate(exact[:, :1], exact, *turn)
        return turned.to(keys.dtype)

    def require_movable(self, ids: Tensor, keys: Tensor) -> None:
        """Check that the first tokens of the prompt `ids` (1, tokens) would also fit at its end.

        `keys` (layers, KV heads, tokens, channels) are theirs at the beginning. Raises ConfigError
        when keys do more than turn: some layers have no positions, or angles that depend on the
        length of the text.
        """
        tokens = min(_TOKENS_TRIED, keys.shape[2])
        distance = ids.shape[1] - tokens
        turn = self.turn(torch.full((tokens,), distance, device=ids.device))
        for (there, _), here in zip(self.states(ids[:, :tokens], distance), keys, strict=True):
            moved = self.moved(here[None, :, :tokens].to(ids.device), turn)
            if not (moved - there).norm() < _TOLERANCE * there.norm():
                raise ConfigError(
                    f"the keys of {self.name} change otherwise than by a rotation when a text "
                    "moves, so kv=cacheblend cannot use them again; choose another KV method"
                )
