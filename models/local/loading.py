"""Models and tokenizers from a folder of weights, ready to be asked."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel

from .attention import ATTENTION, register_attention
from .attention_lm import AttentionLM
from .causal_lm import CausalLM
from .quiet import quiet_transformers
from .recurrent_kinds import is_recurrent
from .recurrent_lm import RecurrentLM
from .tokens import Conversations
from .weights import revision_of

_NO_LIMIT = 2**31 - 1


class LoadedModel(msgspec.Struct, frozen=True):
    """A model with its tokenizer, and the one thread that works on it.

    `max_length` counts the tokens of prompt and reply; `end_tokens` end a reply; `config` is the
    model's own.
    """

    lm: CausalLM
    conversations: Conversations
    max_length: int
    end_tokens: frozenset[int]
    config: dict[str, Any]
    worker: ThreadPoolExecutor
    environment: dict[str, Any]


def load(
    folder: Path,
    *,
    device: torch.device,
    dtype: torch.dtype | None,
    max_length: int | None,
    chat_template: bool,
    prefill_rows: int,
) -> LoadedModel:
    """Load the weights in `folder` onto `device`; dtype None is the one they were saved in."""
    with quiet_transformers():
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(
            folder, dtype=dtype or "auto", local_files_only=True, use_safetensors=True
        )
    torch.nn.Module.to(model, device)
    loaded = prepared(
        model,
        tokenizer,
        max_length=max_length,
        chat_template=chat_template,
        prefill_rows=prefill_rows,
    )
    environment = {**loaded.environment, "revision": revision_of(folder)}
    return msgspec.structs.replace(loaded, environment=environment)


def prepared(
    model: PreTrainedModel,
    tokenizer: Any,
    *,
    max_length: int | None,
    chat_template: bool,
    prefill_rows: int = 16_384,
) -> LoadedModel:
    """Return `model` ready to be asked. Raises ConfigError for kinds of models not supported."""
    positions = getattr(model.config.get_text_config(decoder=True), "max_position_embeddings", None)
    return LoadedModel(
        lm=_causal_lm(model.eval(), prefill_rows),
        conversations=Conversations(tokenizer, chat_template=chat_template),
        max_length=min(max_length or _NO_LIMIT, positions or _NO_LIMIT),
        end_tokens=_end_tokens(model, tokenizer),
        config=model.config.to_dict(),
        worker=ThreadPoolExecutor(1, thread_name_prefix="evalrun-torch"),
        environment=_environment(model),
    )


def _causal_lm(model: PreTrainedModel, prefill_rows: int) -> CausalLM:
    # Some kinds are told by their class only, some by their configuration only.
    if getattr(model, "_is_stateful", False) or is_recurrent(model.config.to_dict()):
        return RecurrentLM(model)
    register_attention()
    model.set_attn_implementation(ATTENTION)
    return AttentionLM(model, rows_at_once=prefill_rows)


def _end_tokens(model: PreTrainedModel, tokenizer: Any) -> frozenset[int]:
    configured: Any = getattr(model.generation_config, "eos_token_id", None)
    ids: list[int | None] = configured if isinstance(configured, list) else [configured]
    return frozenset(i for i in [*ids, tokenizer.eos_token_id] if i is not None)


def _environment(model: PreTrainedModel) -> dict[str, Any]:
    device = model.device
    cuda = device.type == "cuda"
    return {
        "engine": "torch",
        "device": torch.cuda.get_device_name(device) if cuda else device.type,
        "dtype": str(model.dtype).removeprefix("torch."),
        "threads": None if cuda else torch.get_num_threads(),
        **{name: version(name) for name in ("torch", "transformers", "kvpress")},
    }
