"""The package llmlingua, with its classifier from a folder and what it trips over put right."""

from __future__ import annotations

import logging
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from llmlingua import PromptCompressor
from tokenizers import Tokenizer

from ...core.errors import EndpointError, SampleError
from ..local.quiet import quiet_transformers

# The package chooses its rules for joining tokens to words by what the model's name contains.
_RULES = {"xlm-roberta": "xlm-roberta-large", "bert": "bert-base-multilingual-cased"}


class Compressor:
    """A token classifier of LLMLingua-2 in `folder`, on `device`; nothing is downloaded.

    Raises EndpointError when it does not fit on the device.
    """

    def __init__(self, folder: Path, device: str) -> None:
        self._device = device
        with quiet_transformers(), _without_advice(), _fitting(device):
            self._package = PromptCompressor(
                str(folder),
                device_map=device,
                model_config={"trust_remote_code": False, "local_files_only": True},
                use_llmlingua2=True,
            )
        self._package.model_name = _RULES[self._package.model.config.model_type]
        _restore_steps(self._package.tokenizer, folder)

    def compressed(self, text: str, *, rate: float, force_tokens: Sequence[str]) -> str:
        """Return the words of `text` that stay when about the share `rate` of its tokens does.

        SCBench removes `<|endoftext|>` before; the package fails at every special token of
        cl100k_base, so all of them go. Raises EndpointError, SampleError.
        """
        for special in self._package.oai_tokenizer.special_tokens_set:
            text = text.replace(special, "")
        try:
            with _fitting(self._device):
                result: dict[str, Any] = self._package.compress_prompt(
                    [text], rate=rate, force_tokens=list(force_tokens)
                )
        except IndexError:
            # A chunk of nothing but the classifier's own special tokens has no threshold.
            message = "kv=llmlingua2 finds no word in a part of the context"
            raise SampleError(message, kind="bad_request") from None
        return result["compressed_prompt"]


def _restore_steps(tokenizer: Any, folder: Path) -> None:
    """Let `tokenizer` prepare text as its tokenizer.json says.

    transformers 5.2 builds the tokenizer of XLM-RoBERTa from its vocabulary alone. Without the
    saved normalization (NFKC), full-width punctuation and the like are unknown to it, and lost.
    """
    saved = Tokenizer.from_file(str(folder / "tokenizer.json"))
    backend = tokenizer.backend_tokenizer
    backend.normalizer = saved.normalizer
    backend.pre_tokenizer = saved.pre_tokenizer
    backend.decoder = saved.decoder


@contextmanager
def _without_advice() -> Generator[None]:
    """Keep to itself what transformers says of the 100 tokens that the package adds, and more."""
    logger = logging.getLogger("transformers")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


@contextmanager
def _fitting(device: str) -> Generator[None]:
    """Say how to go on without the memory of a GPU. Chunks have one size: all would fail."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        message = f"kv=llmlingua2 does not fit on {device} beside the model; say kv.device=cpu"
        raise EndpointError(message) from error
