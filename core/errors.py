"""Errors, each with the line a user reads and the exit code it ends in."""

from __future__ import annotations

from typing import Literal

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130

FailureKind = Literal[
    "rate_limit",
    "timeout",
    "connection",
    "server",
    "overloaded",
    "bad_reply",
    "context_length",
    "content_filter",
    "bad_request",
    "out_of_memory",
    "missing_reply",
]


class EvalrunError(Exception):
    """An error whose text is meant for the user: what is wrong, where, and the way out."""

    exit_code = EXIT_FAILED


class ConfigError(EvalrunError):
    """A recipe, an override or an option is wrong; nothing was started."""

    exit_code = EXIT_USAGE


class DataError(EvalrunError):
    """An input file is missing or a row of it is malformed."""

    exit_code = EXIT_USAGE


class UnreachableError(DataError):
    """What should be fetched lies on a server that does not answer; so does whatever comes next."""


class MissingExtraError(ConfigError):
    """A part that is not installed is needed."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs an extra: pip install 'evalrun[{extra}]'")


class RunHeldError(EvalrunError):
    """Another process works on this run folder."""


class StoreError(EvalrunError):
    """The run folder cannot be written."""


class EndpointError(EvalrunError):
    """A call to a model failed for good; the endpoint cannot serve any other sample either."""

    exit_code = EXIT_USAGE


class OutageError(EvalrunError):
    """A server stayed down, or asks for a longer pause than a run waits; it can be resumed."""


class NotApplicableError(EvalrunError):
    """A reply cannot be graded on this machine: a toolchain is absent, say. Nothing is guessed."""


class SampleError(EvalrunError):
    """A model gave no reply to one sample. `passing` errors may succeed when asked again."""

    def __init__(
        self,
        message: str,
        *,
        kind: FailureKind,
        passing: bool = False,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.kind: FailureKind = kind
        self.passing = passing
        self.retry_after_s = retry_after_s
