"""`engine: torch_classifier`: a classifier in this process, which tells how likely labels are."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any, Literal

from msgspec import field

from ...core.config import Options
from ...core.errors import MissingExtraError
from ...core.interfaces import Asset, Endpoint, KVMethod, Problem
from ..local.weights import weights_folder, weights_problem, weights_revision
from ..local.weights_assets import weights_asset

_PACKAGES = ("torch", "transformers")


class ClassifierOptions(Options, frozen=True, kw_only=True):
    """A classifier of texts, or of tokens, of which the last one counts.

    `weights` is a Hugging Face id or a folder; the name when not given. `labels` says which label
    of the model each continuation that may be asked about stands for. A model with a single score
    needs none: its second continuation is as likely as the sigmoid of the score. `device` auto is
    the first GPU if there is one.
    """

    engine: Literal["torch_classifier"] = "torch_classifier"
    name: str
    weights: str | None = None
    labels: dict[str, str] = field(default_factory=lambda: {"-": "LABEL_0", "+": "LABEL_1"})
    device: str = "auto"
    gated: bool = False

    @property
    def weights_source(self) -> str:
        """Where the weights come from."""
        return self.weights or self.name


class ClassifierModel:
    """A classifier that PyTorch runs here; its weights are loaded when first needed."""

    Options = ClassifierOptions

    def __init__(self, options: ClassifierOptions) -> None:
        self.options = options

    def problems(self, kv: KVMethod | None) -> Sequence[Problem]:
        """Say what is missing (packages, weights) without loading anything."""
        found: list[Problem] = []
        missing = [name for name in _PACKAGES if find_spec(name) is None]
        if missing:
            what = f"engine=torch_classifier needs packages: {', '.join(missing)}"
            found.append(Problem(what, "pip install 'evalrun[local]'"))
        weights = weights_problem(self.options.weights_source, gated=self.options.gated)
        if weights is not None:
            found.append(weights)
        if kv is not None and kv.label != "full":
            found.append(Problem(f"a classifier has no KV cache for kv={kv.label}", "say kv=full"))
        return found

    def assets(self) -> Sequence[Asset]:
        """Return the weights."""
        return (weights_asset(self.options.weights_source, gated=self.options.gated),)

    def provenance(self) -> dict[str, Any]:
        """Return the hub commit of the weights, where they have one."""
        return {"weights_revision": weights_revision(self.options.weights_source)}

    def endpoint(self, kv: KVMethod | None) -> Endpoint:  # noqa: ARG002 - see problems()
        """Load the weights. Raises ConfigError, MissingExtraError."""
        try:
            from .endpoint import ClassifierEndpoint, load
        except ImportError as error:
            raise MissingExtraError(f"engine=torch_classifier ({error.name})", "local") from error
        options = self.options
        loaded = load(weights_folder(options.weights_source), options.device, options.labels)
        return ClassifierEndpoint(loaded)

    def release(self) -> None:
        """Hold nothing between endpoints."""
