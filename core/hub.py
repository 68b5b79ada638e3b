"""What goes wrong with the Hugging Face hub, in one line that says the way out."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Literal

import msgspec

from .errors import DataError, UnreachableError


class HubRemedies(msgspec.Struct, frozen=True):
    """What messages about one repository say: what `kind` it is, and what a user can do.

    `gated` is how access is got, `revision` and `files` where a wrong one is set, `offline` what
    works without the hub, and `room` how to choose another place for the files.
    """

    kind: Literal["dataset", "model"]
    gated: str
    revision: str
    files: str
    offline: str
    room: str


@contextmanager
def explained(place: str, remedies: HubRemedies) -> Generator[None]:
    """Turn what the hub's client raises about `place` into DataError or UnreachableError."""
    import httpx

    try:
        yield
    except (OSError, ValueError, httpx.HTTPError) as error:
        raise _explanation(error, place, remedies) from None


@contextmanager
def bars_on_terminals_only() -> Generator[None]:
    """Keep the hub's client from drawing progress into files."""
    from huggingface_hub.utils import (
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
    )

    if sys.stderr.isatty() or are_progress_bars_disabled():
        yield
        return
    disable_progress_bars()
    try:
        yield
    finally:
        enable_progress_bars()


def _explanation(error: Exception, place: str, remedies: HubRemedies) -> DataError:
    reason = _named(error, remedies) or _told(error, remedies)
    if reason is not None:
        return DataError(f"{place}: {reason}")
    cause = _last_cause(error)
    return UnreachableError(
        f"{place}: no connection to the hub ({cause}); try again, or {remedies.offline}"
    )


def _named(error: Exception, remedies: HubRemedies) -> str | None:
    """Return the reason that the hub or its client has a name for."""
    from huggingface_hub import errors as hub

    unknown = f"no such {remedies.kind}, or it is private: then export HF_TOKEN=TOKEN"
    named: tuple[tuple[type[Exception], str], ...] = (
        (hub.GatedRepoError, f"access must be granted: {remedies.gated}"),
        (hub.RepositoryNotFoundError, unknown),
        (hub.RevisionNotFoundError, remedies.revision),
        (hub.EntryNotFoundError, f"no such file at this revision; {remedies.files}"),
        (hub.OfflineModeIsEnabled, f"HF_HUB_OFFLINE is set; unset it, or {remedies.offline}"),
    )
    for kind, reason in named:
        # A file that the hub could not be asked for looks like a missing one.
        if isinstance(error, kind) and not isinstance(error, hub.LocalEntryNotFoundError):
            return reason
    return None


def _told(error: Exception, remedies: HubRemedies) -> str | None:
    """Return the reason that the system, a status or a faulty name tells."""
    from huggingface_hub import errors as hub

    if isinstance(error, OSError) and error.errno is not None:
        return f"{error.strerror}; make room, or choose another place: {remedies.room}"
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status is not None:
        return f"the hub answered with status {status}; try again later"
    if isinstance(error, hub.HFValidationError):
        return " ".join(str(error).split())
    return None


def _last_cause(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    return " ".join(str(error).split())[:200] or type(error).__name__
