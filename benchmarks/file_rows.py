"""Which columns of a user's file mean what, and how their cells are read."""

from __future__ import annotations

import string
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import msgspec

from ..core.config import Options
from ..core.content import AudioPart, Content, ImagePart, Message, joined, local_path
from ..core.errors import DataError
from ..core.exchange import Tool
from ..core.rows import Row, require
from .file_forms import read_schema, read_tools
from .template import fill

LETTERS = string.ascii_uppercase
_LETTER_COLUMNS = "ABCD"


class FileOptions(Options, frozen=True):
    """Which file, and which columns of it mean what.

    Only the column of the input must be there.

    - `id_field`: the column of a row's id; without one it is the number of the row.
    - `input_field`: that of the question, a text or a list of messages.
    - `target_field`: that of the accepted answer, or of a list of them.
    - `choices_field`: that of the options of a question.
    - `images_field`, `audio_field`: those of files or addresses that are shown before the text.
    - `reply_schema_field`: that of a JSON schema that the reply fits.
    - `tools_field`: that of functions that the model may ask to have called.
    - `group_field`: that of what belongs together in the statistics.
    - `template`: the text of the question, with `{column}` for a column of the row; null is the
      input alone.
    - `show_choices`: the choices stand behind the question, as lettered lines.
    """

    name: str = "file"
    path: str | None = None
    id_field: str = "id"
    input_field: str = "input"
    target_field: str = "target"
    choices_field: str = "choices"
    images_field: str = "images"
    audio_field: str = "audio"
    reply_schema_field: str = "reply_schema"
    tools_field: str = "tools"
    group_field: str = "group"
    template: str | None = None
    show_choices: bool = True


class RowReader:
    """Reads the parts of a sample out of a row. Every method raises DataError naming `place`.

    Relative paths of images and sounds start at `folder`.
    """

    def __init__(self, options: FileOptions, folder: Path) -> None:
        self._options = options
        self._folder = folder
        self._used = {
            options.id_field,
            options.input_field,
            options.target_field,
            options.choices_field,
            options.images_field,
            options.audio_field,
            options.reply_schema_field,
            options.tools_field,
            options.group_field,
        }

    def id(self, row: Row, place: str) -> str | int | None:
        """Return the row's own id, if it has one."""
        return self._optional(row, self._options.id_field, (str, int), place)

    def group(self, row: Row, place: str) -> str | None:
        """Return what the row belongs to, if it says so."""
        value = self._optional(row, self._options.group_field, (str, int), place)
        return None if value is None else str(value)

    def target(self, row: Row, place: str) -> Any:
        """Return the accepted answer or answers, if there are any."""
        kinds = (str, int, float, list)
        value = self._optional(row, self._options.target_field, kinds, place)
        if isinstance(value, list):
            return _texts(cast("list[Any]", value), self._options.target_field, place)
        return value if value is None or isinstance(value, str) else str(value)

    def choices(self, row: Row, place: str) -> tuple[str, ...]:
        """Return the choices: a list, a cell with a JSON list, or the columns A, B, C and D."""
        field = self._options.choices_field
        value = self._optional(row, field, (list, str), place)
        if value is None:
            return tuple(str(row[name]) for name in _LETTER_COLUMNS if not _is_blank(row.get(name)))
        items = _json_list(value, field, place) if isinstance(value, str) else value
        choices = tuple(_texts(cast("list[Any]", items), field, place))
        if len(choices) > len(LETTERS):
            raise DataError(f"{place}: {len(choices)} choices; at most {len(LETTERS)} have letters")
        return choices

    def messages(self, row: Row, choices: Sequence[str], place: str) -> tuple[Message, ...]:
        """Return what is said to the model, the user's question last, with its `choices`."""
        *before, last = self._input(row, place)
        content: Content = last.content
        if choices and self._options.show_choices:
            content = joined(content, "\n\n" + _lettered(choices))
        options = self._options
        images = map(ImagePart, self._files(row, options.images_field, "image", place))
        sounds = map(AudioPart, self._files(row, options.audio_field, "sound", place))
        attached = (*images, *sounds)
        if attached:
            content = joined(attached, content)
        return (*before, Message("user", content))

    def reply_schema(self, row: Row, place: str) -> dict[str, Any] | None:
        """Return the JSON schema that the reply should fit, if the row names one."""
        field = self._options.reply_schema_field
        cell = self._optional(row, field, (dict, str), place)
        return None if cell is None else read_schema(cell, field, place)

    def tools(self, row: Row, place: str) -> tuple[Tool, ...]:
        """Return the tools that the model may ask for."""
        field = self._options.tools_field
        cell = self._optional(row, field, (list, str), place)
        return () if cell is None else read_tools(cell, field, place)

    def rest(self, row: Row) -> dict[str, Any]:
        """Return the columns that have no meaning here."""
        return {field: value for field, value in row.items() if field not in self._used}

    def _input(self, row: Row, place: str) -> tuple[Message, ...]:
        options = self._options
        if options.template is not None:
            return (Message("user", fill(options.template, row, place)),)
        value = require(row, options.input_field, (str, list), place)
        if isinstance(value, str):
            return (Message("user", value),)
        try:
            messages = msgspec.convert(value, tuple[Message, ...])
        except msgspec.ValidationError as error:
            raise DataError(f"{place}: field {options.input_field!r}: {error}") from None
        if not messages or messages[-1].role != "user":
            raise DataError(f"{place}: the last message should be the user's")
        return messages

    def _files(self, row: Row, field: str, kind: str, place: str) -> list[str]:
        """Return addresses and paths: a list of them, a cell with a JSON list, or one alone."""
        value = self._optional(row, field, (list, str), place)
        if value is None:
            return []
        items = value
        if isinstance(value, str):
            items = _json_list(value, field, place) if value.startswith("[") else [value]
        names = _texts(cast("list[Any]", items), field, place)
        return [self._located(name, kind, place) for name in names]

    def _located(self, name: str, kind: str, place: str) -> str:
        """Return a web address or data URL as it is, and a path if there is such a file."""
        if local_path(name) is None:
            return name
        path = self._folder / name
        if not path.is_file():
            raise DataError(
                f"{place}: no {kind} {str(path)!r}; paths start at the rows' own folder"
            )
        return str(path)

    def _optional(self, row: Row, field: str, kinds: tuple[type, ...], place: str) -> Any:
        """Return a field, or None when it is absent, null or an empty cell."""
        return None if _is_blank(row.get(field)) else require(row, field, kinds, place)


def _is_blank(cell: Any) -> bool:
    return cell is None or cell == ""


def _lettered(choices: Sequence[str]) -> str:
    return "\n".join(f"{LETTERS[index]}. {choice}" for index, choice in enumerate(choices))


def _json_list(cell: str, field: str, place: str) -> list[Any]:
    try:
        return msgspec.json.decode(cell, type=list[Any])
    except msgspec.MsgspecError:
        message = f"{place}: field {field!r} should hold a JSON list, found {cell!r:.60}"
        raise DataError(message) from None


def _texts(items: list[Any], field: str, place: str) -> list[str]:
    for item in items:
        if not isinstance(item, (str, int, float)):
            raise DataError(
                f"{place}: field {field!r} should hold texts, found {type(item).__name__}"
            )
    return [str(item) for item in items]
