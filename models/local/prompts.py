"""Prompts encoded once: the newest one is kept for whoever asks with the same tokens."""

from __future__ import annotations

from statistics import fmean

import msgspec

from ...core.exchange import KVReport
from ..kv.method import LocalKVMethod
from .causal_lm import CausalLM, State
from .measure import cache_bytes, now, peak_memory, start_peak_memory, tokens_per_layer


class EncodedPrompt(msgspec.Struct, frozen=True):
    """The tokens of a prompt, the state after them, compressed, and what was measured."""

    ids: tuple[int, ...]
    state: State
    report: KVReport


class PromptStore:
    """Encodes prompts with one KV method and keeps the newest.

    Sessions that follow each other with the same prompt (epochs, samples that share a context)
    share one encoding. The last prompt is let go before the next is encoded, so that two never
    fill the memory of the device.
    """

    def __init__(self, lm: CausalLM, kv: LocalKVMethod) -> None:
        self._lm = lm
        self._kv = kv
        self._newest: EncodedPrompt | None = None

    def encoded(self, ids: tuple[int, ...], dropped: int) -> tuple[EncodedPrompt, bool]:
        """Return the prompt encoded, and whether that had to be done now.

        `dropped` tokens were cut out of the prompt before; only the report mentions them.
        """
        if self._newest is not None and self._newest.ids == ids:
            return self._newest, False
        self.clear()
        self._newest = self._encode(ids, dropped)
        return self._newest, True

    def clear(self) -> None:
        """Let the newest prompt go."""
        self._newest = None

    def _encode(self, ids: tuple[int, ...], dropped: int) -> EncodedPrompt:
        device = self._lm.device
        measurable = start_peak_memory(device)
        start = now(device)
        state = self._lm.encode(ids, self._kv)
        seconds = now(device) - start
        kept = tokens_per_layer(state.cache, state.length)
        report = KVReport(
            method=self._kv.label,
            tokens_seen=len(ids),
            tokens_kept=fmean(kept) if kept else 0.0,
            tokens_kept_per_layer=kept,
            bytes=cache_bytes(state.cache),
            prefill_s=seconds,
            tokens_dropped=dropped,
            peak_memory_bytes=peak_memory(device) if measurable else None,
        )
        return EncodedPrompt(ids, state, report)
