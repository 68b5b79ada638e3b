"""Tables as text, a module for each format."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

from ...core.errors import ConfigError
from ...core.suggest import did_you_mean
from ..tables.table import Table
from .csv import csv_text
from .html import html_page
from .json import json_text
from .latex import latex_fragment
from .markdown import markdown_text
from .terminal import terminal_text

AUTO = "auto"

_WRITERS: dict[str, Callable[[Sequence[Table]], str]] = {
    "terminal": terminal_text,
    "md": markdown_text,
    "csv": csv_text,
    "tex": latex_fragment,
    "html": html_page,
}
FORMATS = (AUTO, *_WRITERS, "json")


def check_format(form: str) -> None:
    """Raise ConfigError, naming the nearest one, unless `form` is the name of a format."""
    if form not in FORMATS:
        raise ConfigError(f"unknown format {form!r}: {did_you_mean(form, FORMATS)}")


def rendered(tables: Sequence[Table], content: Any, form: str) -> str:
    """Return `tables` one after another in the format `form`. Raises ConfigError.

    JSON is for programs and writes `content`, unrounded, instead. `auto` is `terminal` where
    standard output is one, and Markdown elsewhere.
    """
    check_format(form)
    if form == AUTO:
        form = "terminal" if sys.stdout.isatty() else "md"
    return json_text(content) if form == "json" else _WRITERS[form](tables)
