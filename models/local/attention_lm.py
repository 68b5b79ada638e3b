"""Models whose layers all attend: prompts in stores, and what comes behind them in batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import msgspec
import torch
from torch import Tensor
from transformers import PreTrainedModel

from ...core.errors import ConfigError
from ..kv.method import ModelShape, Treatment
from ..kv.partial import Partial, attend, merged
from .causal_lm import Branches, State
from .prefill import Stores, encode
from .shape import shape_of

KeysAndValues = tuple[Tensor, Tensor]
_EMPTY = -1


class Held(msgspec.Struct, frozen=True):
    """A conversation in an attention model: a prompt, shared with its other branches, and the rest.

    `behind` holds a pair (KV heads, tokens, channels) a layer for the tokens behind the prompt.
    """

    prompt: Stores
    behind: tuple[KeysAndValues, ...] = ()

    @property
    def tokens_behind(self) -> int:
        """How many tokens stand behind the prompt."""
        return self.behind[0][0].shape[1] if self.behind else 0


class AttentionLM:
    """A model whose layers all attend to keys and values.

    `rows_at_once` bounds the tokens that feed-forward blocks take of a prompt at a time. Raises
    ConfigError for layers with different numbers of heads.
    """

    def __init__(self, model: PreTrainedModel, *, rows_at_once: int) -> None:
        self._model = model
        self._rows_at_once = rows_at_once
        shape = shape_of(model.config.to_dict())
        if shape is None:
            raise ConfigError(
                f"engine=torch does not know the attention heads of {type(model).__name__}; "
                "use model.engine=vllm"
            )
        self._shape = shape

    @property
    def device(self) -> torch.device:
        """Where the first layer is."""
        return self._model.device

    @property
    def shape(self) -> ModelShape:
        """What KV methods need to know of its attention."""
        return self._shape

    @torch.inference_mode()
    def encode(self, ids: Sequence[int], treatment: Treatment) -> State:
        """Return the state after a whole prompt, treated once."""
        stores, logits = encode(self._model, ids, treatment, rows_at_once=self._rows_at_once)
        return State(Held(stores), len(ids), logits)

    def extended(self, states: Sequence[State], ids: Sequence[Sequence[int]]) -> list[State]:
        """Return the states after further tokens, in one forward pass; some may get none."""
        longer = [i for i, new in enumerate(ids) if new]
        result = list(states)
        if longer:
            batch = AttentionBranches(self._model, [states[i] for i in longer])
            batch.extend([ids[i] for i in longer])
            for i, state in zip(longer, batch.states(range(len(longer))), strict=True):
                result[i] = state
        return result

    def branches(self, states: Sequence[State]) -> Branches:
        """Return the conversations side by side."""
        return AttentionBranches(self._model, states)

    def full_cache_bytes(self, tokens: int) -> int:
        """Return the bytes of all keys and values of a prompt."""
        shape = self._shape
        numbers = 2 * shape.layers * shape.kv_heads * shape.head_dim * tokens
        return numbers * self._model.dtype.itemsize

    def tokens_kept(self, state: State) -> tuple[float, ...]:
        """Return how many prompt tokens each layer holds, the mean over its KV heads."""
        return tuple(store.tokens for store in state.held.prompt)

    def tokens_read(self, state: State) -> tuple[float, ...]:
        """Return how many of them a new token attends to in each layer."""
        return tuple(store.tokens_read for store in state.held.prompt)


class AttentionBranches:
    """Conversations that pass the model together.

    Prompts are read where they lie, once for all branches next to each other that share one. What
    stands behind them lies in buffers (branches, KV heads, slots, channels). All branches write
    their newest tokens into the same slots; `slots` (branches, slots) holds the position of the
    token in each, `_EMPTY` where a branch had fewer tokens to write than others.
    """

    def __init__(self, model: PreTrainedModel, states: Sequence[State]) -> None:
        self._model = model
        self._prompts: list[Stores] = []
        self._lengths: list[int] = []
        self._buffers: list[KeysAndValues] = []
        self._end = 0
        self._slots = torch.empty((0, 0), dtype=torch.long, device=model.device)
        self._logits = torch.empty(0, device=model.device)
        self._pass: _Pass | None = None
        self.join(states)

    @property
    def logits(self) -> Tensor:
        """The logits (branches, vocabulary) after the last token of each."""
        return self._logits

    def advance(self, tokens: Sequence[int]) -> None:
        """Put one token behind each branch."""
        self.extend([(token,) for token in tokens])

    @torch.inference_mode()
    def extend(self, ids: Sequence[Sequence[int]]) -> None:
        """Put further tokens behind each branch, at least one, not as many for each."""
        width = max(len(new) for new in ids)
        padding = torch.tensor([width - len(new) for new in ids])[:, None]
        padded = torch.tensor([[0] * (width - len(new)) + list(new) for new in ids])
        steps = torch.arange(width) - padding
        positions = torch.where(steps < 0, _EMPTY, torch.tensor(self._lengths)[:, None] + steps).to(
            self._model.device
        )
        self._make_room(width)
        self._slots[:, self._end : self._end + width] = positions
        self._end += width
        self._pass = _Pass(
            positions=positions, visible=self._visible(positions), runs=tuple(self._runs())
        )
        output = self._model(
            input_ids=padded.to(self._model.device),
            position_ids=positions.clamp(min=0),
            use_cache=False,
            logits_to_keep=1,
            route=self._attend,
        )
        self._lengths = [a + len(new) for a, new in zip(self._lengths, ids, strict=True)]
        self._logits = output.logits[:, -1]

    def states(self, indices: Sequence[int]) -> list[State]:
        """Return the states of some branches."""
        return [
            State(
                Held(self._prompts[i], tuple(self._behind(i))),
                self._lengths[i],
                self._logits[i].clone(),
            )
            for i in indices
        ]

    def keep(self, indices: Sequence[int]) -> None:
        """Let go of all branches but these."""
        rows = torch.tensor(indices, dtype=torch.long, device=self._model.device)
        used = (self._slots[rows, : self._end] != _EMPTY).any(0).nonzero()
        slots = slice(int(used[0]) if len(used) else self._end, self._end)
        self._prompts = [self._prompts[i] for i in indices]
        self._lengths = [self._lengths[i] for i in indices]
        self._logits = self._logits[rows]
        self._slots = self._slots[rows, slots]
        self._buffers = [
            (keys[rows, :, slots], values[rows, :, slots]) for keys, values in self._buffers
        ]
        self._end -= slots.start

    def join(self, states: Sequence[State]) -> None:
        """Take in further conversations behind the last branch."""
        joined = [*self.states(range(len(self._prompts))), *states]
        behind = [state.held.behind for state in joined]
        counts = [state.held.tokens_behind for state in joined]
        # First, because memory may run out here: then the branches stay as they were.
        self._buffers = [
            (
                _aligned([b[layer][0] if b else None for b in behind], max(counts)),
                _aligned([b[layer][1] if b else None for b in behind], max(counts)),
            )
            for layer in range(max(map(len, behind)))
        ]
        self._end = max(counts)
        self._prompts = [state.held.prompt for state in joined]
        self._lengths = [state.length for state in joined]
        self._logits = torch.stack([state.logits for state in joined])
        back = torch.arange(-self._end, 0)
        positions = torch.tensor(self._lengths)[:, None] + back
        real = back >= -torch.tensor(counts)[:, None]
        self._slots = torch.where(real, positions, _EMPTY).to(self._model.device)

    def _behind(self, row: int) -> Iterator[KeysAndValues]:
        """Yield what stands behind the prompt of one branch, in storage of its own."""
        real = self._slots[row, : self._end] != _EMPTY
        for keys, values in self._buffers:
            yield keys[row, :, : self._end][:, real], values[row, :, : self._end][:, real]

    def _make_room(self, width: int) -> None:
        """Double what is too short for `width` tokens more."""
        needed = self._end + width
        if self._slots.shape[1] >= needed:
            return
        slots = self._slots.new_full((len(self._prompts), max(64, 2 * needed)), _EMPTY)
        slots[:, : self._end] = self._slots[:, : self._end]
        self._slots = slots
        self._buffers = [
            (self._longer(keys), self._longer(values)) for keys, values in self._buffers
        ]

    def _longer(self, buffer: Tensor) -> Tensor:
        rows, heads, _, channels = buffer.shape
        longer = buffer.new_zeros(rows, heads, self._slots.shape[1], channels)
        longer[:, :, : self._end] = buffer[:, :, : self._end]
        return longer

    def _visible(self, positions: Tensor, window: int | None = None) -> Tensor | None:
        """Return which slots the new tokens see: their branch's, up to themselves.

        (branches, new tokens, slots); None where each sees all. A sliding window hides old ones.
        """
        slots = self._slots[:, None, : self._end]
        if window is None and positions.shape[1] == 1 and bool((slots != _EMPTY).all()):
            return None
        age = positions[:, :, None] - slots
        visible = (slots != _EMPTY) & (age >= 0)
        return visible if window is None else visible & (age < window)

    def _runs(self) -> Iterator[tuple[Stores, slice]]:
        """Yield each prompt with the branches next to each other that share it."""
        start = 0
        for _, run in groupby(self._prompts, key=id):
            stores = list(run)
            yield stores[0], slice(start, start + len(stores))
            start += len(stores)

    def _attend(
        self,
        layer: int,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        scale: float,
        window: int | None,
    ) -> Tensor:
        """Attend to the prompts and to what stands behind them: the route of every layer."""
        now = self._pass
        assert now is not None  # noqa: S101 - set before the model is called
        keys, values = self._written(layer, key, value)
        bound = window is not None and window < self._end
        visible = self._visible(now.positions, window) if bound else now.visible
        behind = attend(query, keys, values, scale=scale, visible=visible)
        parts = [
            stores[layer].attend(query[rows], now.positions[rows], scale)
            for stores, rows in now.runs
        ]
        return merged(_stacked(parts), behind).output

    def _written(self, layer: int, key: Tensor, value: Tensor) -> KeysAndValues:
        """Write new tokens into the buffers; return all that is in them."""
        if layer == len(self._buffers):
            room = (*key.shape[:2], self._slots.shape[1])
            self._buffers.append(
                (key.new_zeros(*room, key.shape[3]), value.new_zeros(*room, value.shape[3]))
            )
        keys, values = self._buffers[layer]
        start = self._end - key.shape[2]
        keys[:, :, start : self._end] = key
        values[:, :, start : self._end] = value
        return keys[:, :, : self._end], values[:, :, : self._end]


class _Pass(msgspec.Struct, frozen=True):
    """What one forward pass has in common for all layers.

    `positions` (branches, new tokens), `visible` as of `attend`, and the prompts with their
    branches.
    """

    positions: Tensor
    visible: Tensor | None
    runs: tuple[tuple[Stores, slice], ...]


def _aligned(tensors: Sequence[Tensor | None], slots: int) -> Tensor:
    """Return tensors (KV heads, tokens, channels) in one buffer, their newest tokens aligned."""
    like = next(tensor for tensor in tensors if tensor is not None)
    buffer = like.new_zeros(len(tensors), like.shape[0], slots, like.shape[2])
    for row, tensor in enumerate(tensors):
        if tensor is not None:
            buffer[row, :, slots - tensor.shape[1] :] = tensor
    return buffer


def _stacked(parts: Sequence[Partial]) -> Partial:
    if len(parts) == 1:
        return parts[0]
    return Partial(
        torch.cat([part.output for part in parts]), torch.cat([part.lse for part in parts])
    )
