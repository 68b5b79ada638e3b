"""Instructions of IFBench that ask for tables with given columns: `custom:csv_...`."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence

from ..check import Arguments, Check, UncheckableReplyError

_CITY = ["ID", "Country", "City", "Year", "Count"]
_PRODUCT = ("ProductID", "Category", "Brand", "Price", "Stock")
_STUDENT = ("StudentID", "Subject", "Grade", "Semester", "Score")


def _headers(columns: Sequence[str], separator: str) -> re.Pattern[str]:
    """Return the pattern of a header, whose columns may each be quoted."""
    return re.compile(separator.join(f'(?:{column}|"{column}")' for column in columns))


_PRODUCT_HEADER = _headers(_PRODUCT, r",[ \t]*")
_STUDENT_HEADER = _headers(_STUDENT, r"\t *")
_SPECIAL = re.compile(r"[^\d\w\s]")


def _csv_city(reply: str, _given: Arguments) -> bool:
    header, *rows = _rows(reply, ",") or [[]]
    return header == _CITY and len(rows) == 7 and all(len(row) == 5 for row in rows)


def _csv_special_character(reply: str, _given: Arguments) -> bool:
    """Look for 14 rows, of which one has a quoted special character; those below it may be odd."""
    if not _PRODUCT_HEADER.fullmatch(_first_line(reply)):
        return False
    rows = _rows(_with_quotes_kept(reply), ",")[1:]
    if len(rows) != 14:
        return False
    for row in rows:
        if len(row) != 5:
            return False
        if any(map(_has_quoted_special_character, row)):
            return True
    return False


def _has_quoted_special_character(field: str) -> bool:
    """Tell whether a field begins with a quote, and another on its line has one behind it.

    A quote is a special character too, so that three of them are enough.
    """
    line = field.split("\n", 1)[0]
    return line.startswith('"') and _SPECIAL.search(line, 1, line.rfind('"')) is not None


def _csv_quotes(reply: str, _given: Arguments) -> bool:
    """Look for three rows with all fields quoted.

    Raises UncheckableReplyError for a blank field.
    """
    if not _STUDENT_HEADER.fullmatch(_first_line(reply)):
        return False
    rows = _rows(_with_quotes_kept(reply), "\t")
    return len(rows) == 4 and all(len(row) == 5 and all(map(_is_quoted, row)) for row in rows)


def _is_quoted(field: str) -> bool:
    text = field.strip()
    if not text:
        raise UncheckableReplyError("a field has nothing that could be quoted")
    return text[0] == text[-1] == '"'


def _first_line(reply: str) -> str:
    return reply.split("\n", 1)[0].strip()


def _with_quotes_kept(reply: str) -> str:
    return reply.replace('"', '"""')


def _rows(text: str, delimiter: str) -> list[list[str]]:
    """Return the rows of a table. Raises UncheckableReplyError for what is none."""
    try:
        return list(csv.reader(io.StringIO(text), delimiter=delimiter))
    except csv.Error as error:
        raise UncheckableReplyError(f"no table: {error}") from None


CHECKS: Mapping[str, Check] = {
    "custom:csv_city": _csv_city,
    "custom:csv_special_character": _csv_special_character,
    "custom:csv_quotes": _csv_quotes,
}
