"""Replies made elsewhere, served from a file."""

from __future__ import annotations

from array import array
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path
from typing import Any

import msgspec

from ..core.config import Options
from ..core.errors import DataError, SampleError
from ..core.exchange import Prompt, Reply, ReplyTiming, Request, SampleKey
from ..core.hashing import sha256_of_file
from ..core.interfaces import KVMethod, Problem, Session
from .forms import refuse_form

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class RecordedOptions(Options, frozen=True):
    """The section `model` of `model=recorded`; `name` is the label in tables, `path` the file."""

    engine: str
    name: str = "recorded"
    path: str | None = None


class RecordedModel:
    """A file of replies, a JSON object a line.

    `{"id": official id or sample id}` or `{"index": row}`, and `"output"`: a string, or a list of
    strings with one for each turn.
    """

    Options = RecordedOptions

    def __init__(self, options: RecordedOptions) -> None:
        self.options = options

    def problems(self, kv: KVMethod | None) -> list[Problem]:
        """Say that there is no file, or that a KV method has no cache to work on."""
        problems: list[Problem] = []
        path = self.options.path
        if path is None:
            problems.append(Problem("recorded replies need a file", "say model.path=FILE"))
        elif not Path(path).is_file():
            problems.append(Problem(f"{path}: no such file", "say model.path=FILE"))
        if kv is not None and kv.label != "full":
            what = f"recorded replies have no KV cache for kv={kv.label}"
            problems.append(Problem(what, "say kv=full"))
        return problems

    def provenance(self) -> dict[str, Any]:
        """Return the hash of the file, if it is there."""
        path = self.options.path
        if path is None or not Path(path).is_file():
            return {}
        return {"sha256": sha256_of_file(Path(path))}

    def endpoint(self, kv: KVMethod | None) -> RecordedEndpoint:  # noqa: ARG002 - see problems()
        """Read the keys of the file. Raises DataError naming the file and the line."""
        return RecordedEndpoint(_Index(Path(self.options.path or "")))

    def release(self) -> None:
        """Hold nothing between endpoints."""


class RecordedEndpoint:
    """Serves the replies of one file."""

    max_concurrency = None

    def __init__(self, index: _Index) -> None:
        self._index = index

    def open(
        self,
        prompt: Prompt,  # noqa: ARG002 - what was asked is not in the file
        key: SampleKey,
    ) -> AbstractAsyncContextManager[Session]:
        """Return a session that knows which line answers it."""
        return nullcontext(RecordedSession(self._index, key))

    def environment(self) -> dict[str, Any]:
        """Return where the replies come from."""
        return {"recorded_from": str(self._index.path)}

    async def close(self) -> None:
        """Close the file."""
        self._index.close()


class RecordedSession:
    """The reply to one sample, a string a turn."""

    def __init__(self, index: _Index, key: SampleKey) -> None:
        self._index = index
        self._key = key

    async def generate(self, request: Request) -> Reply:
        """Return the recorded reply of `request.turn`. Raises SampleError when there is none."""
        refuse_form(request.form, "model=recorded", schemas=True, tools=True)
        output = self._index.output(self._key)
        if output is None:
            raise SampleError(
                f"{self._index.path}: no reply to sample {self._key.sample_id} "
                f"(row {self._key.row})",
                kind="missing_reply",
            )
        turns = (output,) if isinstance(output, str) else output
        if request.turn >= len(turns):
            raise SampleError(
                f"{self._index.path}: sample {self._key.sample_id} has {len(turns)} replies, "
                f"none for turn {request.turn + 1}",
                kind="missing_reply",
            )
        return Reply(
            text=turns[request.turn], stop_reason="stop", timing=ReplyTiming(latency_s=0.0)
        )


class _Line(msgspec.Struct):
    """A line of the file."""

    output: str | tuple[str, ...]
    id: str | int | None = None
    index: int | None = None


class _Index:
    """Where in the file each reply stands; the texts stay on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._offsets = array("q")
        # Ids are kept as strings, so the rows' numbers cannot be taken for them.
        self._numbers: dict[str | int, int] = {}
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise DataError(f"{path}: {error.strerror}") from None
        try:
            self._read_keys()
        except DataError:
            self._file.close()
            raise

    def output(self, key: SampleKey) -> str | tuple[str, ...] | None:
        """Return what was recorded for `key`: by official id, by sample id, by row."""
        official = () if key.row_id is None else (str(key.row_id),)
        names = (*official, key.sample_id, key.row)
        number = next((self._numbers[name] for name in names if name in self._numbers), None)
        if number is None:
            return None
        self._file.seek(self._offsets[number])
        return self._parsed(self._file.readline(), number).output

    def close(self) -> None:
        self._file.close()

    def _read_keys(self) -> None:
        offset = 0
        for number, raw in enumerate(self._file):
            self._offsets.append(offset)
            offset += len(raw)
            if raw.strip():
                self._add(self._parsed(raw, number), number)

    def _add(self, line: _Line, number: int) -> None:
        key = line.index if line.id is None else str(line.id)
        if key is None:
            raise DataError(f'{self._place(number)}: neither "id" nor "index"')
        first = self._numbers.setdefault(key, number)
        if first != number:
            raise DataError(f"{self._place(number)}: {key!r} has a reply on line {first + 1} too")

    def _parsed(self, raw: bytes, number: int) -> _Line:
        try:
            return msgspec.json.decode(raw.removeprefix(_BYTE_ORDER_MARK), type=_Line)
        except msgspec.MsgspecError as error:
            raise DataError(f"{self._place(number)}: {error}") from None

    def _place(self, number: int) -> str:
        return f"{self.path}, line {number + 1}"
