"""A classifier of transformers as an endpoint: no text, but how likely its labels are."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, nullcontext
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import torch
import transformers

from ...core.content import text_of
from ...core.errors import ConfigError, EndpointError, SampleError
from ...core.exchange import Likelihood, Prompt, Reply, ReplyTiming, Request, SampleKey, Usage
from ...core.interfaces import Session
from ..local.quiet import quiet_transformers

_HEADS = {
    "ForTokenClassification": transformers.AutoModelForTokenClassification,
    "ForSequenceClassification": transformers.AutoModelForSequenceClassification,
}


class Classifier(msgspec.Struct, frozen=True):
    """A loaded model; `labels` are the places of its labels by the continuation they stand for.

    They are None for a model with a single score.
    """

    model: Any
    tokenizer: Any
    labels: Mapping[str, int] | None

    def log_probabilities(self, text: str) -> tuple[torch.Tensor, int]:
        """Return those of all labels behind `text`, and its tokens. Raises SampleError.

        Of a classifier of tokens the last one counts that is no special one. A single score s makes
        two labels, of log-probability log sigmoid(-s) and log sigmoid(s).
        """
        encoded = self.tokenizer(text, return_tensors="pt", return_special_tokens_mask=True)
        special = encoded.pop("special_tokens_mask")[0]
        tokens = int(encoded["input_ids"].shape[1])
        self._refuse_long(tokens)
        if bool(special.all()):
            raise SampleError("a text without tokens cannot be classified", kind="bad_request")
        with torch.inference_mode():
            logits = self.model(**encoded.to(self.model.device)).logits[0].float().cpu()
        if logits.ndim > 1:
            logits = logits[int((special == 0).nonzero()[-1])]
        if logits.numel() == 1:
            logits = torch.cat([torch.zeros_like(logits), logits])
        return torch.log_softmax(logits, dim=-1), tokens

    def place(self, continuation: str, position: int) -> int:
        """Return the label that a continuation, the one at `position`, stands for.

        Raises EndpointError.
        """
        if self.labels is None:
            return position
        if continuation not in self.labels:
            known = ", ".join(map(repr, self.labels))
            raise EndpointError(f"model.labels has no {continuation!r}, only {known}")
        return self.labels[continuation]

    def _refuse_long(self, tokens: int) -> None:
        longest = getattr(self.model.config, "max_position_embeddings", None)
        if longest is not None and tokens > longest:
            message = f"a text of {tokens} tokens; the classifier takes {longest}"
            raise SampleError(message, kind="context_length")


class ClassifierEndpoint:
    """Judges texts one after another, in a thread of its own."""

    max_concurrency = 2

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="classifier")

    def open(
        self,
        prompt: Prompt,
        key: SampleKey,  # noqa: ARG002 - every sample is judged alike
    ) -> AbstractAsyncContextManager[Session]:
        """Hold the text of `prompt`, to which each request adds its own."""
        return nullcontext(ClassifierSession(self._classifier, self._worker, prompt))

    def environment(self) -> dict[str, Any]:
        """Return device, dtype and library versions."""
        model = self._classifier.model
        return {
            "device": str(model.device),
            "dtype": str(model.dtype).removeprefix("torch."),
            "torch": version("torch"),
            "transformers": version("transformers"),
        }

    async def close(self) -> None:
        """End the thread."""
        self._worker.shutdown(wait=False)


class ClassifierSession:
    """A text that requests go on with."""

    def __init__(self, classifier: Classifier, worker: ThreadPoolExecutor, prompt: Prompt) -> None:
        self._classifier = classifier
        self._worker = worker
        self._prompt = prompt

    async def generate(self, request: Request) -> Reply:
        """Tell how likely the continuations of `request` are. Raises SampleError, EndpointError.

        The text is what all messages say, without roles or a chat template.
        """
        continuations = request.form.continuations
        if not continuations:
            raise EndpointError(
                "engine=torch_classifier writes no replies; "
                "say protocol=likelihood protocol.of=texts"
            )
        classifier = self._classifier
        places = [classifier.place(text, i) for i, text in enumerate(continuations)]
        messages = (*self._prompt.messages, *request.messages)
        text = "".join(text_of(message.content) for message in messages)
        began = time.perf_counter()
        loop = asyncio.get_running_loop()
        found, tokens = await loop.run_in_executor(self._worker, classifier.log_probabilities, text)
        if max(places) >= len(found):
            raise EndpointError(f"the classifier has {len(found)} labels, {max(places) + 1} needed")
        return Reply(
            text="",
            stop_reason="stop",
            timing=ReplyTiming(latency_s=time.perf_counter() - began),
            usage=Usage(input_tokens=tokens),
            likelihoods=tuple(Likelihood(logprob=float(found[p]), tokens=1) for p in places),
        )


def load(folder: Path, device: str, labels: Mapping[str, str]) -> Classifier:
    """Return the classifier in `folder`. Raises ConfigError when it is none, or has other labels.

    Nothing is downloaded, and no code of the folder is run.
    """
    with quiet_transformers():
        config = transformers.AutoConfig.from_pretrained(folder, local_files_only=True)
        kinds = config.architectures or ("",)
        head = next((auto for end, auto in _HEADS.items() if kinds[0].endswith(end)), None)
        if head is None:
            raise ConfigError(f"{folder}: {kinds[0] or 'this model'} is no classifier of texts")
        where = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
        dtype = torch.float32 if where == "cpu" else "auto"
        model = head.from_pretrained(
            folder, dtype=dtype, local_files_only=True, use_safetensors=True
        )
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    return Classifier(model.to(where).eval(), tokenizer, _places(config, labels))


def _places(config: Any, labels: Mapping[str, str]) -> dict[str, int] | None:
    """Return the place of each label. Raises ConfigError for one that the model does not have."""
    if config.num_labels == 1:
        return None
    known = {str(name): int(place) for place, name in config.id2label.items()}
    for continuation, name in labels.items():
        if name not in known:
            raise ConfigError(
                f"model.labels.{continuation}: the model has no label {name!r}, only "
                f"{', '.join(known)}"
            )
    return {continuation: known[name] for continuation, name in labels.items()}
