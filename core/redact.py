"""Secrets out of everything that is written or printed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import Any, cast
from urllib.parse import quote

MARK = "***"

_SECRET_NAME = re.compile(
    r"(?:^|[_-])(?:"
    r"api_?key|(?:private|secret|access|signing|encryption)_?key|secret|password|passwd|"
    r"authorization|credentials?|bearer|cookie|"
    r"(?:access|api|auth|bearer|hf|hub|refresh|security|session)_?token"
    r")$|^(?:token|key|auth|x-api-key)$",
    re.IGNORECASE,
)
_SECRET_VALUE = re.compile(
    r"\b(?:sk|pk|rk|xai|gsk|ghp|gho|github_pat|glpat|hf|r8|pplx|nvapi)[-_][A-Za-z0-9_-]{16,}"
    r"|\bAIza[A-Za-z0-9_-]{30,}|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"
    r"|(?<=Bearer )[A-Za-z0-9._~+/-]{8,}=*"
)
_NAMED_SECRETS = "EVALRUN_SECRETS"
_HEADERS = re.compile(r"(?:^|[_-])headers$", re.IGNORECASE)
_USER_INFO = re.compile(r"(?<=://)[^/\s@]+(?=@)")
_QUERY = re.compile(r"(?<=[?&])([A-Za-z0-9_.-]+)=([^&#\s'\"]+)")
# Shorter values turn up in ordinary text; an environment variable may hold just "1".
_SHORTEST_SECRET = 8


def redact_config(section: Mapping[str, Any]) -> dict[str, Any]:
    """Return `section` with the values of secret-looking keys, and keys inside texts, masked.

    Names of things that are no secrets stay: `api_key_env`, `max_tokens`, `eos_token`. Of HTTP
    headers the names stay and every value is masked: servers call their keys what they like.
    """
    return {key: _redacted_entry(key, value) for key, value in section.items()}


def redact_text(text: str, secrets: Iterable[str] = ()) -> str:
    """Return `text` with `secrets`, what looks like a key, and secrets inside URLs masked.

    Secrets are masked as they are and as they stand in URLs, percent-encoded.
    """
    for secret in sorted(secrets, key=len, reverse=True):
        for form in (secret, quote(secret, safe="")) if secret else ():
            text = text.replace(form, MARK)
    text = _USER_INFO.sub(MARK, _SECRET_VALUE.sub(MARK, text))
    return _QUERY.sub(_redacted_parameter, text)


def redact_message(text: str) -> str:
    """Return `text` as it may be shown or stored: the environment's own secrets masked, too."""
    return redact_text(text, secrets_in(os.environ))


def secrets_in(environment: Mapping[str, str]) -> frozenset[str]:
    """Return the values of the environment's variables that hold secrets.

    Their names say so, or stand in the variable `EVALRUN_SECRETS` (`with_secret_variables`).
    """
    named = environment.get(_NAMED_SECRETS, "").split(",")
    return frozenset(
        value
        for name, value in environment.items()
        if len(value) >= _SHORTEST_SECRET
        and (name in named or _is_secret_name(name, suffix_token=True))
    )


def with_secret_variables(environment: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """Return what `environment` needs for `secrets_in` to know that `names` hold secrets.

    The environment itself carries it, so that whatever may print a secret can find out: the last
    resort for a crash, and other processes.
    """
    named = {*environment.get(_NAMED_SECRETS, "").split(","), *names} - {""}
    return {_NAMED_SECRETS: ",".join(sorted(named))} if named else {}


def _redacted_entry(key: str, value: Any) -> Any:
    if value and _is_secret_name(key):
        return MARK
    if _HEADERS.search(key) and isinstance(value, Mapping):
        return dict.fromkeys(cast("Mapping[str, Any]", value), MARK)
    return _redacted(value)


def _redacted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return redact_config(cast("Mapping[str, Any]", value))
    if isinstance(value, (list, tuple)):
        return [_redacted(item) for item in cast("list[Any]", value)]
    return redact_text(value) if isinstance(value, str) else value


def _redacted_parameter(match: re.Match[str]) -> str:
    name, value = match.groups()
    return f"{name}={MARK if _is_secret_name(name) else value}"


def _is_secret_name(name: str, *, suffix_token: bool = False) -> bool:
    """Whether `name` names a secret; in the environment, every `..._TOKEN` does."""
    if suffix_token and name.upper().endswith("_TOKEN"):
        return True
    return _SECRET_NAME.search(name) is not None
