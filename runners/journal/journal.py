"""The file `calls.jsonl` of a run folder: every reply that a play or a verdict was made of."""

from __future__ import annotations

from collections import defaultdict, deque
from pathlib import Path

import msgspec

from ...core.exchange import Reply
from ..log import AppendLog, read_log, read_row


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One reply: in which play and role it was given, and the hash of all that was said before."""

    id: str
    role: str
    asked_sha256: str
    reply: Reply


class _EntryHead(msgspec.Struct):
    id: str
    role: str
    asked_sha256: str


class Journal:
    """Keeps replies on disk, and gives back those of earlier starts, each once.

    Those of earlier starts are in `path`; new ones go to `own` if that is another file. Of what is
    kept it holds hashes and offsets, never texts. Raises StoreError, DataError.
    """

    def __init__(self, path: Path, own: Path | None = None) -> None:
        self._path = path
        self._own = own or path
        self._log: AppendLog | None = None
        self._offsets: defaultdict[tuple[str, str, str], deque[int]] = defaultdict(deque)
        for offset, head in read_log(path, _EntryHead):
            self._offsets[head.id, head.role, head.asked_sha256].append(offset)

    def recall(self, id_: str, role: str, asked: str) -> Reply | None:
        """Return a reply to what was asked in this play and role, if one was kept and not used."""
        offsets = self._offsets.get((id_, role, asked))
        if not offsets:
            return None
        return read_row(self._path, offsets.popleft(), Entry).reply

    async def keep(self, id_: str, role: str, asked: str, reply: Reply) -> None:
        """Write a reply; it is on disk when this returns."""
        if self._log is None:
            self._log = AppendLog(self._own)
        await self._log.append(Entry(id=id_, role=role, asked_sha256=asked, reply=reply))

    async def close(self) -> None:
        """Write what waits, and close the file."""
        if self._log is not None:
            await self._log.close()
            self._log = None
