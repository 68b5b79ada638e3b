"""A model of texts and images as an endpoint: transformers' own `generate`, a reply at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import torch
from transformers import (
    AutoModelForImageTextToText,
    AutoProcessor,
    DynamicCache,
    GenerationConfig,
)

from ...core.content import Message
from ...core.conversation import continued, prompt_after
from ...core.errors import ConfigError, SampleError
from ...core.exchange import Prompt, Reply, ReplyTiming, Request, SampleKey, Sampling, Usage
from ...core.interfaces import Session
from ..forms import refuse_form
from .length import reply_limit
from .measure import now
from .memory import memory_failures
from .quiet import quiet_transformers
from .vision_images import Loaded, with_images
from .vision_prefix import EncodedPrefix, images_in
from .weights import revision_of

_NO_LIMIT = 2**31 - 1
_NAME = "model.engine=torch_vision"


class VisionLM(msgspec.Struct, frozen=True):
    """A loaded model with its processor; `max_length` counts the tokens of prompt and reply."""

    model: Any
    processor: Any
    prefix: EncodedPrefix
    max_length: int
    revision: str | None = None

    def reply(self, messages: Sequence[Message], sampling: Sampling) -> Reply:
        """Answer a conversation. Raises SampleError for what cannot be read or does not fit."""
        started = now(self.model.device)
        inputs, images = self._encoded(with_images(messages)), images_in(messages)
        ids: list[int] = inputs["input_ids"][0].tolist()
        limit = reply_limit(len(ids), sampling.max_tokens, self.max_length)
        with memory_failures():
            cache, known = self.prefix.of(ids, images)
            if known:
                inputs = {name: inputs[name] for name in ("input_ids", "attention_mask")}
            output = self._generated(inputs, cache, sampling, limit)
            self.prefix.keep(ids, images, cache)
        tokens: list[int] = output[0, len(ids) :].tolist()
        text, stopped = self._text(tokens, sampling.stop)
        return Reply(
            text=text,
            stop_reason="stop" if stopped else "length",
            timing=ReplyTiming(latency_s=now(self.model.device) - started),
            usage=Usage(input_tokens=len(ids), output_tokens=len(tokens), cached_tokens=known),
        )

    def _encoded(self, conversation: Loaded) -> Any:
        """Return the inputs of the model, batch of one. Raises SampleError."""
        try:
            encoded = self.processor.apply_chat_template(
                conversation,
                add_generation_prompt=True,
                tokenize=True,
                return_dict=True,
                return_tensors="pt",
            )
        except Exception as error:
            # Templates and processors are programs of the model's authors: they raise what they
            # like, most often for roles that do not alternate.
            raise SampleError(
                f"the model's processor refuses this conversation: {error}", kind="bad_request"
            ) from error
        return encoded.to(self.model.device, dtype=self.model.dtype)

    def _generated(
        self, inputs: Any, cache: DynamicCache | None, sampling: Sampling, limit: int
    ) -> torch.Tensor:
        """Return the tokens (1, prompt and reply) of a conversation whose beginning `cache` has."""
        with _seeded(sampling.seed, self.model.device), torch.inference_mode():
            return self.model.generate(
                **inputs,
                past_key_values=cache,
                generation_config=self._generation(sampling, limit),
                tokenizer=self.processor.tokenizer,
            )

    def _generation(self, sampling: Sampling, limit: int) -> GenerationConfig:
        """Return what is asked for and the model's own special tokens; none of its defaults."""
        own = self.model.generation_config
        draws = sampling.temperature > 0
        drawing = {
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "top_k": sampling.top_k or 0,
        }
        return GenerationConfig(
            max_new_tokens=limit,
            do_sample=draws,
            num_beams=1,
            repetition_penalty=1.0,
            pad_token_id=own.pad_token_id if own.pad_token_id is not None else self._ends()[0],
            eos_token_id=self._ends(),
            bos_token_id=own.bos_token_id,
            stop_strings=list(sampling.stop) or None,
            **(drawing if draws else {}),
        )

    def _ends(self) -> list[int]:
        """Return the tokens that end a reply."""
        own: Any = self.model.generation_config.eos_token_id
        ids = [*(own if isinstance(own, list) else [own]), self.processor.tokenizer.eos_token_id]
        return sorted({i for i in ids if i is not None})

    def _text(self, tokens: Sequence[int], stop: Sequence[str]) -> tuple[str, bool]:
        """Return the reply before any stop string, and whether it came to an end of its own."""
        ended = bool(tokens) and tokens[-1] in self._ends()
        text: str = self.processor.tokenizer.decode(
            list(tokens), skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        cuts = [text.find(string) for string in stop if string in text]
        return (text[: min(cuts)], True) if cuts else (text, ended)


class VisionEndpoint:
    """Answers one request after another, in a thread of its own."""

    # The next conversation waits while one is answered, so that the model never does.
    max_concurrency = 2

    def __init__(self, lm: VisionLM) -> None:
        self._lm = lm
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="evalrun-vision")

    def open(
        self,
        prompt: Prompt,
        key: SampleKey,  # noqa: ARG002 - every sample is answered alike
    ) -> AbstractAsyncContextManager[Session]:
        """Hold `prompt` as messages; what is encoded of them is used again if it can be."""
        return nullcontext(VisionSession(self._lm, self._worker, prompt))

    def environment(self) -> dict[str, Any]:
        """Return device, dtype and library versions."""
        device = self._lm.model.device
        on_gpu = device.type == "cuda"
        return {
            "engine": "torch_vision",
            "device": torch.cuda.get_device_name(device) if on_gpu else device.type,
            "dtype": str(self._lm.model.dtype).removeprefix("torch."),
            "revision": self._lm.revision,
            **{name: version(name) for name in ("torch", "transformers", "pillow")},
        }

    async def close(self) -> None:
        """End the thread."""
        self._worker.shutdown(wait=False)


class VisionSession:
    """A conversation that requests go on with.

    `Request.prefill` and `Prompt.max_tokens` have no counterpart here and are left out: processors
    render a reply from its beginning, and an image cannot be cut.
    """

    def __init__(self, lm: VisionLM, worker: ThreadPoolExecutor, prompt: Prompt) -> None:
        self._lm = lm
        self._worker = worker
        self._prompt = prompt

    async def generate(self, request: Request) -> Reply:
        """Answer `request`. Raises SampleError, EndpointError."""
        refuse_form(request.form, _NAME)
        prompt = self._prompt
        messages = continued(prompt.messages, request.messages, open_ended=prompt.open_ended)
        loop = asyncio.get_running_loop()
        reply = await loop.run_in_executor(self._worker, self._lm.reply, messages, request.sampling)
        self._prompt = prompt_after(prompt, request, reply)
        return reply


def load(folder: Path, *, device: str, dtype: str, max_length: int | None) -> VisionLM:
    """Return the model in `folder`. Raises ConfigError when it is of another kind.

    Nothing is downloaded, and no code of the folder is run.
    """
    where = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
    usual = torch.float32 if torch.device(where).type == "cpu" else "auto"
    with quiet_transformers():
        try:
            processor: Any = AutoProcessor.from_pretrained(folder, local_files_only=True)
            model: Any = AutoModelForImageTextToText.from_pretrained(
                folder,
                dtype=usual if dtype == "auto" else getattr(torch, dtype),
                local_files_only=True,
                use_safetensors=True,
            )
        except (ValueError, ImportError) as error:
            reason = " ".join(str(error).split())
            raise ConfigError(f"{folder}: no model of texts and images: {reason:.300}") from None
    if not processor.chat_template:
        raise ConfigError(f"{folder}: the processor has no chat template; take an instruct model")
    text_config = model.config.get_text_config(decoder=True)
    positions = getattr(text_config, "max_position_embeddings", None) or _NO_LIMIT
    return VisionLM(
        model=model.to(where).eval(),
        processor=processor,
        prefix=EncodedPrefix(model),
        max_length=min(max_length or _NO_LIMIT, positions),
        revision=revision_of(folder),
    )


@contextmanager
def _seeded(seed: int | None, device: torch.device) -> Generator[None]:
    """Draw from `seed` inside the block, and leave torch's own generators as they were."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        if seed is None:
            torch.seed()
        else:
            torch.manual_seed(seed)
        yield
