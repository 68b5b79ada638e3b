"""LLMLingua-2: a classifier says which words a prompt needs (Pan et al. 2024, arXiv 2403.12968)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from ...core.config import Options
from ...core.errors import MissingExtraError
from ...core.interfaces import Asset, Problem
from ..local.weights import config_of, weights_folder, weights_problem, weights_revision
from ..local.weights_assets import weights_asset
from .cl100k_base import FILE, Cl100kBase
from .method import UNTREATED, ModelShape, PromptFacts, Slot, Treatment, label_with_changes

if TYPE_CHECKING:
    from .llmlingua2_compressor import Compressor

_MODEL = "microsoft/llmlingua-2-xlm-roberta-large-meetingbank"
_MOST_FORCE_TOKENS = 100
_KINDS = ("xlm-roberta", "bert")


class LLMLingua2Options(Options, frozen=True):
    """About the share `rate` of the tokens stays: SCBench's third, not the package's half.

    `force_tokens` always stay. `model` is a Hugging Face id or a folder; `device` auto is the first
    GPU if there is one.
    """

    method: Literal["llmlingua2"] = "llmlingua2"
    model: str = _MODEL
    rate: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 1 / 3
    force_tokens: Annotated[
        tuple[Annotated[str, msgspec.Meta(min_length=1)], ...],
        msgspec.Meta(max_length=_MOST_FORCE_TOKENS),
    ] = ("\n", "?")
    device: str = "auto"


class LLMLingua2:
    """Drop the words of the shared text that matter least, before a model reads it.

    The classifier sees chunks of up to 512 tokens and gives each token a probability to be kept; a
    word has the mean of its tokens. In every chunk the likeliest words stay, in their order. The
    text is rewritten once for all questions about it, as in SCBench.
    """

    Options = LLMLingua2Options
    slots: frozenset[Slot] = frozenset({"prompt"})

    def __init__(self, options: LLMLingua2Options) -> None:
        self.options = options
        name = f"llmlingua2-{options.rate:.3g}"
        self.label = label_with_changes(name, options, said=("rate", "device"))
        self._compressor: Compressor | None = None

    def treatment(self, prompt: PromptFacts, shape: ModelShape) -> Treatment:  # noqa: ARG002
        """Leave the cache as it is: the prompt became shorter before."""
        return UNTREATED

    def problems(self) -> Sequence[Problem]:
        """Say what is missing (the extra, weights, a file, a device) without loading anything."""
        return tuple(_problems(self.options))

    def assets(self) -> Sequence[Asset]:
        """Return the weights of the classifier, and the tokenizer that it counts with."""
        return (weights_asset(self.options.model, gated=False), Cl100kBase())

    def provenance(self) -> dict[str, Any]:
        """Return the hub commit of the classifier, where it has one."""
        return {"weights_revision": weights_revision(self.options.model)}

    def environment(self) -> dict[str, Any]:
        """Return the package's version and the device of the classifier."""
        return {"llmlingua": version("llmlingua"), "llmlingua_device": _device(self.options.device)}

    def rewritten(self, text: str) -> str:
        """Return `text` without the words that matter least; the classifier is loaded once.

        Raises ConfigError, MissingExtraError, EndpointError, SampleError.
        """
        if self._compressor is None:
            self._compressor = self._load()
        return self._compressor.compressed(
            text, rate=self.options.rate, force_tokens=self.options.force_tokens
        )

    def release(self) -> None:
        """Let go of the classifier."""
        self._compressor = None

    def _load(self) -> Compressor:
        try:
            from .llmlingua2_compressor import Compressor
        except ModuleNotFoundError as error:
            raise MissingExtraError(f"kv=llmlingua2 ({error.name})", "llmlingua") from error
        Cl100kBase().choose()
        return Compressor(weights_folder(self.options.model), _device(self.options.device))


def _problems(options: LLMLingua2Options) -> Iterator[Problem]:
    installed = find_spec("llmlingua") is not None
    if not installed:
        yield Problem("kv=llmlingua2 needs an extra", "pip install 'evalrun[llmlingua]'")
    weights = weights_problem(options.model, gated=False)
    if weights is not None:
        remedy = f"`hf download {options.model}`, or kv.model=/path/to/folder"
        yield Problem(weights.what, remedy)
    elif (config_of(options.model) or {}).get("model_type") not in _KINDS:
        what = f"kv.model={options.model} is no classifier of LLMLingua-2"
        yield Problem(what, f"take one with model_type {' or '.join(_KINDS)}, such as {_MODEL}")
    if Cl100kBase().found() is None:
        yield Problem(
            "kv=llmlingua2 counts tokens with tiktoken's cl100k_base, which is not in its cache",
            "`evalrun prefetch` downloads it; "
            f"offline, set TIKTOKEN_CACHE_DIR to a folder that holds it as {FILE}",
        )
    if installed and options.device.startswith("cuda") and _device("auto") != "cuda":
        what = f"kv.device={options.device}, and torch sees no CUDA device here"
        yield Problem(what, "kv.device=cpu", here_only=True)


def _device(chosen: str) -> str:
    if chosen != "auto":
        return chosen
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"
