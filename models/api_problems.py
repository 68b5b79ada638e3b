"""What may be missing in the configuration of a model behind an API, and how to mend it."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

from ..core.interfaces import KVMethod, Problem
from ..core.redact import redact_text

_ADDRESS_REMEDY = "say model.api_base=URL, such as http://localhost:8000/v1"


def key_in(name: str | None) -> str | None:
    """Return the key that the environment variable `name` holds, if any."""
    return (os.environ.get(name) or "").strip() or None if name else None


def missing_name(label: str, name: str | None) -> Problem | None:
    """Miss the name of the model; `label` is what it is a model of."""
    if name:
        return None
    remedy = "say model.name=MODEL (judge.name=MODEL for a judge)"
    return Problem(f"{label}: which model is not said", remedy)


def bad_address(label: str, api_base: str | None, *, required: bool) -> Problem | None:
    """Find fault with an address that is none, or miss it where it is `required`."""
    if api_base is None:
        return Problem(f"{label}: no address", _ADDRESS_REMEDY) if required else None
    if _is_web_address(api_base):
        return None
    what = f"model.api_base is not a web address: {redact_text(api_base)}"
    return Problem(what, _ADDRESS_REMEDY)


def missing_key(label: str, name: str | None) -> Problem | None:
    """Miss the key that the environment variable `name` should hold."""
    if name is None:
        return Problem(f"{label}: no variable is named that holds the key", "say model.api_key_env")
    return None if key_in(name) else Problem(f"{label}: {name} is not set", f"export {name}=KEY")


def reserved_extra(extra: Mapping[str, Any], reserved: Collection[str]) -> Problem | None:
    """Refuse extra parameters that would quietly replace what a request always carries."""
    taken = sorted(set(reserved) & extra.keys())
    if not taken:
        return None
    what = f"model.extra must not hold {', '.join(taken)}"
    return Problem(what, "use the keys under model and generation")


def inapplicable_kv(kv: KVMethod | None) -> Problem | None:
    """Refuse KV methods: the cache is the server's own."""
    if kv is None or kv.label == "full":
        return None
    return Problem(
        f"kv={kv.label} needs the model's own cache, which an API does not give",
        "say kv=full, or take a model that runs here, such as model=smollm2",
    )


def hosts_of(api_base: str | None) -> tuple[str, ...]:
    """Return the server at an address: none where there is no address, or none in it."""
    if api_base is None or not _is_web_address(api_base):
        return ()
    return (str(urlsplit(api_base).hostname),)


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
