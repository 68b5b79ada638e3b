"""Models behind an API: hosted providers and OpenAI-compatible servers, through LiteLLM."""

from __future__ import annotations

import importlib.util
import os
from typing import Any
from urllib.parse import urlsplit

import msgspec

from ..core.config import Options
from ..core.interfaces import KVMethod, Problem
from ..core.redact import redact_text
from .chat import ChatEndpoint
from .litellm_client import LiteLLMClient, Route
from .litellm_errors import Caller

COMPATIBLE = "openai-compatible"

_KEY_ENV = {
    "openai": "OPENAI_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "gemini": "GEMINI_API_KEY",
    COMPATIBLE: "OPENAI_API_KEY",
}
# The client insists on a key; local servers do not.
_NO_KEY = "none"
# What a request always carries; `extra` must not quietly replace it.
_RESERVED = frozenset(
    {"model", "messages", "api_base", "api_key", "n", "stream", "timeout"}
    | {"temperature", "top_p", "max_tokens", "stop", "seed"}
)


class LiteLLMOptions(Options, frozen=True):
    """The section `model` of an API model.

    `name` is the name sent to the provider and the label in tables. `provider` is LiteLLM's name
    of the provider, or `openai-compatible` for a server at `api_base`. `api_key_env` names the
    environment variable that holds the key. `extra` goes with each request, such as
    `reasoning_effort` or what a server takes beyond OpenAI's API.
    """

    engine: str
    provider: str
    name: str | None = None
    api_base: str | None = None
    api_key_env: str | None = None
    extra: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])


class LiteLLMModel:
    """A model at a provider; nothing is imported before the first endpoint."""

    Options = LiteLLMOptions

    def __init__(self, options: LiteLLMOptions) -> None:
        self.options = options

    def problems(self, kv: KVMethod | None) -> list[Problem]:
        """Say what is missing: the extra, the name, the address, the key."""
        found = [
            self._missing_extra(),
            self._missing_name(),
            self._bad_address(),
            self._missing_key(),
            self._reserved_extra(),
            _inapplicable(kv),
        ]
        return [problem for problem in found if problem is not None]

    def provenance(self) -> dict[str, Any]:
        """Return nothing: the configuration says all that is known of a remote model."""
        return {}

    def endpoint(self, kv: KVMethod | None) -> ChatEndpoint:  # noqa: ARG002 - see problems()
        """Return the provider, ready to be called. Raises MissingExtraError."""
        options, key = self.options, self._key()
        compatible = options.provider == COMPATIBLE
        route = Route(
            model=f"{'openai' if compatible else options.provider}/{options.name}",
            api_base=options.api_base,
            api_key=key or (_NO_KEY if compatible else None),
            extra=options.extra,
        )
        caller = Caller(
            model=str(options.name),
            api_base=options.api_base,
            key_env=self._key_env,
            secrets=(key,) if key else (),
        )
        return ChatEndpoint(LiteLLMClient(route, caller))

    def release(self) -> None:
        """Hold nothing between endpoints."""

    @property
    def _key_env(self) -> str | None:
        return self.options.api_key_env or _KEY_ENV.get(self.options.provider)

    def _key(self) -> str | None:
        name = self._key_env
        return (os.environ.get(name) or "").strip() or None if name else None

    def _missing_extra(self) -> Problem | None:
        if importlib.util.find_spec("litellm") is not None:
            return None
        return Problem("calling an API needs an extra", "pip install 'evalrun[api]'")

    def _missing_name(self) -> Problem | None:
        if self.options.name:
            return None
        what = f"{self.options.provider}: which model is not said"
        return Problem(what, "say model.name=MODEL (judge.name=MODEL for a judge)")

    def _bad_address(self) -> Problem | None:
        base = self.options.api_base
        remedy = "say model.api_base=URL, such as http://localhost:8000/v1"
        if base is None:
            missing = self.options.provider == COMPATIBLE
            return Problem(f"{COMPATIBLE}: no address", remedy) if missing else None
        if _is_web_address(base):
            return None
        return Problem(f"model.api_base is not a web address: {redact_text(base)}", remedy)

    def _missing_key(self) -> Problem | None:
        """Miss the key of a hosted provider; of one not known here, LiteLLM finds the key."""
        name = self._key_env
        if name is None or self.options.provider == COMPATIBLE or self._key():
            return None
        return Problem(f"{self.options.provider}: {name} is not set", f"export {name}=KEY")

    def _reserved_extra(self) -> Problem | None:
        taken = sorted(_RESERVED & self.options.extra.keys())
        if not taken:
            return None
        what = f"model.extra must not hold {', '.join(taken)}"
        return Problem(what, "use the keys under model and generation")


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _inapplicable(kv: KVMethod | None) -> Problem | None:
    if kv is None or kv.label == "full":
        return None
    return Problem(
        f"kv={kv.label} needs the model's own cache, which an API does not give",
        "say kv=full, or take a model that runs here, such as model=smollm2",
    )
