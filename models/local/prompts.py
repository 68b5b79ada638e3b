"""Prompts encoded once: the newest ones are kept for whoever asks with the same tokens."""

from __future__ import annotations

from collections import OrderedDict
from statistics import fmean

import msgspec

from ...core.exchange import KVReport, Prompt
from ..kv.method import LocalKVMethod, PromptFacts
from .causal_lm import CausalLM, State
from .contexts import ContextLimit
from .measure import cache_bytes, now, peak_memory, start_peak_memory
from .memory import memory_failures
from .tokens import Conversations, Opening

_GIB = 1 << 30


class EncodedPrompt(msgspec.Struct, frozen=True):
    """The state after a prompt, compressed, and what was measured."""

    state: State
    report: KVReport


class PromptStore:
    """Encodes prompts with one KV method and keeps the newest, as many as `limit` says.

    Sessions with the same prompt (epochs, samples that share a context) share one encoding. The
    oldest prompt is let go before a further one is encoded, so that no more than that are held.
    """

    def __init__(
        self,
        lm: CausalLM,
        conversations: Conversations,
        kv: LocalKVMethod,
        limit: ContextLimit,
    ) -> None:
        self._lm = lm
        self._conversations = conversations
        self._kv = kv
        self._limit = limit
        self._openings: OrderedDict[Prompt, Opening] = OrderedDict()
        self._encoded: OrderedDict[tuple[tuple[int, ...], str], EncodedPrompt] = OrderedDict()

    def opening(self, prompt: Prompt) -> Opening:
        """Return the text and tokens of `prompt`, made once. Raises SampleError."""
        opening = self._openings.pop(prompt, None) or self._conversations.opening(prompt)
        while len(self._openings) >= self._limit.now:
            self._openings.popitem(last=False)
        self._openings[prompt] = opening
        return opening

    def encoded(self, ids: tuple[int, ...], task: str, dropped: int) -> tuple[EncodedPrompt, bool]:
        """Return the prompt encoded, and whether that had to be done now.

        `dropped` tokens were cut out of the prompt before; only the report mentions them. Raises
        SampleError when memory runs out.
        """
        key = (ids, task)
        if key in self._encoded:
            self._encoded.move_to_end(key)
            return self._encoded[key], False
        while len(self._encoded) >= self._limit.now:
            self._encoded.popitem(last=False)
        with memory_failures(self._needed(len(ids))):
            encoded = self._encode(ids, task, dropped)
        self._limit.measured(encoded.report)
        self._encoded[key] = encoded
        return encoded, True

    def clear(self) -> None:
        """Let all prompts go."""
        self._openings.clear()
        self._encoded.clear()

    def _encode(self, ids: tuple[int, ...], task: str, dropped: int) -> EncodedPrompt:
        device = self._lm.device
        measurable = start_peak_memory(device)
        start = now(device)
        facts = PromptFacts(tokens=len(ids), task=task)
        state = self._lm.encode(ids, self._kv.treatment(facts, self._lm.shape))
        seconds = now(device) - start
        kept, read = self._lm.tokens_kept(state), self._lm.tokens_read(state)
        report = KVReport(
            method=self._kv.label,
            tokens_seen=len(ids),
            tokens_kept=fmean(kept) if kept else 0.0,
            tokens_kept_per_layer=kept,
            tokens_read=fmean(read) if read else None,
            bytes=cache_bytes(state.held),
            prefill_s=seconds,
            tokens_dropped=dropped,
            peak_memory_bytes=peak_memory(device) if measurable else None,
        )
        return EncodedPrompt(state, report)

    def _needed(self, tokens: int) -> str:
        """Say what the whole cache of a prompt takes."""
        size = self._lm.full_cache_bytes(tokens) / _GIB
        return f"a prompt of {tokens:,} tokens has {size:.2f} GiB of keys and values"
