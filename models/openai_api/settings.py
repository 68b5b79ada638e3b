"""What is set of a model, whichever of a server's APIs it is asked by."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from ...core.exchange import Sampling
from ...core.redact import redact_config

MaxTokensField = Literal["max_tokens", "max_completion_tokens"]


class ApiSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The model's name at the server, what goes with each request, and how limits are named."""

    model: str
    extra: dict[str, Any] = {}
    max_tokens_field: MaxTokensField = "max_tokens"
    send_seed: bool = True

    def fields(self, sampling: Sampling, max_tokens_field: str | None = None) -> dict[str, Any]:
        """Return the request's fields that are alike for all texts.

        What is at its default is not sent, but for the temperature, whose default differs between
        servers. `top_k` is no part of OpenAI's API: servers such as vLLM take it, others refuse it.
        """
        fields: dict[str, Any] = {
            **self.extra,
            "model": self.model,
            "temperature": sampling.temperature,
        }
        if sampling.top_p != 1.0:
            fields["top_p"] = sampling.top_p
        if sampling.top_k is not None:
            fields["top_k"] = sampling.top_k
        if sampling.max_tokens is not None:
            fields[max_tokens_field or self.max_tokens_field] = sampling.max_tokens
        if sampling.stop:
            fields["stop"] = sampling.stop
        if sampling.seed is not None and self.send_seed:
            fields["seed"] = sampling.seed
        return fields

    def identity(self) -> dict[str, Any]:
        """Return all of it, secrets masked."""
        return {
            "name": self.model,
            "extra": redact_config(self.extra),
            "max_tokens_field": self.max_tokens_field,
            "send_seed": self.send_seed,
        }
