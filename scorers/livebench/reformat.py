"""Tables to be written in another format: functions for processes with limits.

Source: `tablereformat/utils.py`. Both versions read tables with pandas and compare all cells.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from io import StringIO
from typing import Any

from ...core.errors import MissingExtraError
from .reading import ReplyError

_COMMAND = "Please convert the Input Table from "
_TARGET = "Target Format"
_SEPARATORS = {"csv": ",", "tsv": "\t"}
_TOLERANCE = 1e-6
_SOLUTION = re.compile(r"<solution>(.*?)</solution>", re.DOTALL)
_FENCES = tuple(re.compile(rf"```{name}\n(.*?)```", re.DOTALL) for name in ("json", "html"))
_FIRST_FENCE = re.compile(r"^```.*\n")
_PHRASE = re.compile(r"^\s*(Here|Input)\b.*?\b(format|table)\s*[:)]\s*", re.IGNORECASE)

Read = Callable[[str, str], Any]


def reformat_v1(question: str, truth: str, reply: str) -> int:
    """Return 1 if `reply` holds the table `truth`; else 0. For releases before 2025-04-25.

    Raises ReplyError, MissingExtraError.
    """
    wanted = question.split(_COMMAND)[1:2]
    target = wanted[0].split("format to ")[1:2] if wanted else []
    if not target:
        raise ReplyError("the question names no formats")
    return _grade(target[0].split(" format")[0].lower(), truth, reply, _read_v1)


def reformat_v2(question: str, truth: str, reply: str) -> int:
    """Return 1 if `reply` holds the table `truth`; else 0. For releases from 2025-04-25.

    Raises ReplyError, MissingExtraError.
    """
    lines = [line for line in question.split("\n") if _TARGET in line]
    target = lines[-1].split(f"{_TARGET}: ")[1:2] if lines else []
    if not target:
        raise ReplyError("the question names no formats")
    return _grade(target[0].strip().lower(), truth, reply, _read_v2)


def _grade(form: str, truth: str, reply: str, read: Read) -> int:
    golden = _golden(form, truth, read)
    text = _PHRASE.sub("", _bare(reply)).strip()
    try:
        table = read(form, text)
    except MissingExtraError:
        raise
    except Exception:
        table = _inside(form, text, golden)
        if table is None:
            return 0
    return int(_same(table, golden) or _same_inside(form, text, golden))


def _golden(form: str, truth: str, read: Read) -> Any:
    try:
        return read(form, truth)
    except MissingExtraError:
        raise
    except Exception as error:
        raise ReplyError(f"the truth is no {form} table: {error!r:.200}") from None


def _same_inside(form: str, text: str, golden: Any) -> bool:
    """Tell whether the text holds the table below its header, with other text around it."""
    if form not in ("csv", "jsonl"):
        return False
    table = _inside(form, text, golden)
    return table is not None and _same(table, golden)


def _bare(reply: str) -> str:
    """Return the last solution or the last fenced block of `reply`, or all of it."""
    found = _SOLUTION.findall(reply)
    if found:
        return _bare(found[-1].strip())
    for fence in _FENCES:
        blocks = fence.findall(reply)
        if blocks:
            return blocks[-1].strip()
    return _FIRST_FENCE.sub("", reply).replace("&amp;", "&").replace("```", "").strip()


def _inside(form: str, text: str, golden: Any) -> Any:
    """Return the table that stands somewhere in `text`; None if there is none to be found."""
    if form in _SEPARATORS:
        return _below_header(text, _SEPARATORS[form], golden.columns)
    return _of_lines(text, golden.columns) if form == "jsonl" else None


def _below_header(text: str, separator: str, columns: Sequence[str]) -> Any:
    """Read from the line that is the header, fewer lines of the end until it can be read."""
    pd = _pandas()

    header = separator.join(columns).strip()
    lines = text.strip().split("\n")
    begin = next((i for i, line in enumerate(lines) if line.strip() == header), len(lines))
    for end in range(len(lines), begin, -1):
        try:
            return pd.read_csv(StringIO("\n".join(lines[begin:end])), sep=separator)
        except Exception:  # noqa: S112 - as above
            continue
    return None


def _of_lines(text: str, columns: Sequence[str]) -> Any:
    """Read the lines that are JSON objects with all columns; None if there are none."""
    pd = _pandas()

    rows: list[Any] = []
    for line in text.strip().split("\n"):
        if len(line) > 1 and line[0] == "{" and line[-1] == "}" and all(c in line for c in columns):
            try:
                rows.append(json.loads(line))
            except (ValueError, RecursionError):
                continue
    return pd.DataFrame(rows) if rows else None


def _read_v1(form: str, text: str) -> Any:
    pd = _pandas()

    if form == "json":
        return _first_json(text, ("index", "records", "lines", "table", "values"))
    if form == "markdown":
        return pd.read_table(StringIO(text), sep="|", header=0, index_col=1, skipinitialspace=True)
    return _read(form, text)


def _read_v2(form: str, text: str) -> Any:
    pd = _pandas()

    if form == "json":
        try:
            return _first_json(text, ("table", "index", "records"))
        except Exception:
            return None
    if form != "markdown":
        return _read(form, text)
    header, *rest = text.strip().split("\n")
    plain = f"{header}\n" + "\n".join(rest[1:])
    table = pd.read_table(StringIO(plain), sep="|", header=0, skipinitialspace=True)
    table = table.iloc[:, 1:-1]
    for column in table.columns:
        if table[column].dtype == object or isinstance(table[column].dtype, pd.StringDtype):
            table[column] = table[column].astype(str).str.strip()
    return table


def _read(form: str, text: str) -> Any:
    """Read a form that both versions read alike. Raises what pandas does."""
    pd = _pandas()

    if form == "jsonl":
        return pd.read_json(StringIO(text), orient="records", lines=True)
    if form == "html":
        return _read_html(text)
    if form in _SEPARATORS:
        return pd.read_csv(StringIO(text), sep=_SEPARATORS[form])
    raise ReplyError(f"no format of tables: {form:.40}")


def _read_html(text: str) -> Any:
    """Return all tables of `text` below each other. Raises MissingExtraError, what pandas does."""
    pd = _pandas()
    if find_spec("lxml") is None:
        raise MissingExtraError("reading HTML tables", "livebench")
    return pd.concat(pd.read_html(StringIO(text)), axis=0)


def _first_json(text: str, orients: Sequence[str]) -> Any:
    """Return `text` read by the first of `orients` that can. Raises ValueError if none can."""
    pd = _pandas()

    for orient in orients:
        lines = orient == "lines"
        how: Any = "records" if lines else orient
        try:
            return pd.read_json(StringIO(text), orient=how, lines=lines)
        except Exception:  # noqa: S112 - as above
            continue
    raise ValueError("no JSON table")


def _pandas() -> Any:
    """Return pandas. Raises MissingExtraError."""
    try:
        import pandas as pd
    except ImportError:
        raise MissingExtraError("reading tables", "stats") from None
    return pd


def _same(table: Any, golden: Any) -> bool:
    """Tell whether two tables have the same columns, in any order, rows and cells."""
    try:
        given, wanted = _named(table), _named(golden)
        if len(given) != len(wanted) or sorted(given.columns) != sorted(wanted.columns):
            return False
        rows = ((given.iloc[i], wanted.iloc[i]) for i in range(len(given)))
        return all(_same_cell(a[column], b[column]) for a, b in rows for column in given.columns)
    except Exception:
        return False


def _named(table: Any) -> Any:
    """Return `table` without spaces around the names of columns, and without the column index."""
    table.columns = [name.strip() for name in table.columns]
    return table.drop(columns=["index"]) if "index" in table.columns else table


def _same_cell(given: Any, wanted: Any) -> bool:
    given = given.strip() if isinstance(given, str) else given
    wanted = wanted.strip() if isinstance(wanted, str) else wanted
    if not (_is_number(given) and _is_number(wanted)):
        return bool(given == wanted)
    try:
        a, b = float(given), float(wanted)
    except (TypeError, ValueError):
        return str(given).strip() == str(wanted).strip()
    return (math.isnan(a) and math.isnan(b)) or abs(a - b) < _TOLERANCE


def _is_number(value: Any) -> bool:
    from pandas.api.types import is_numeric_dtype

    # pandas would take a text for the name of a type.
    return isinstance(value, float) or (not isinstance(value, str) and is_numeric_dtype(value))
