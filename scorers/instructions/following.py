"""Whether a reply follows an instruction, whichever benchmark has it."""

from __future__ import annotations

from collections.abc import Mapping

from ...core.errors import DataError
from ...core.suggest import did_you_mean
from . import ifeval
from .check import Arguments, Check
from .ifbench import counts, custom, custom_tables, formats, ratios, repeats, sentences, words

CHECKS: Mapping[str, Check] = {
    **ifeval.CHECKS,
    **counts.CHECKS,
    **ratios.CHECKS,
    **words.CHECKS,
    **sentences.CHECKS,
    **formats.CHECKS,
    **repeats.CHECKS,
    **custom.CHECKS,
    **custom_tables.CHECKS,
}


def follows(instruction: str, arguments: Arguments, reply: str) -> bool:
    """Tell whether `reply` follows `instruction`; a blank one follows none.

    Raises DataError for an instruction that is not known or lacks an argument, and where data of
    NLTK are missing; UncheckableReplyError; MissingExtraError.
    """
    if instruction not in CHECKS:
        raise DataError(f"instruction {instruction!r}: {did_you_mean(instruction, CHECKS)}")
    try:
        return bool(reply.strip()) and CHECKS[instruction](reply, arguments)
    except KeyError as error:
        raise DataError(f"instruction {instruction!r} lacks its argument {error}") from None
