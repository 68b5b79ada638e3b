"""How jobs stand by SLURM's word, which forgets them some minutes after their end."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from ....core.errors import StoreError
from ...folder import write_atomically
from ..launcher import Standing
from .commands import SlurmRefusalError, slurm
from .handles import array_of, expanded
from .verdict import files_of, last_words, read_verdict

_Known = dict[str, Standing]

# JOB STATE CODES of squeue(1) and sacct(1). One that a newer SLURM adds is an end.
_WORDS: Mapping[Standing, str] = {
    Standing("waiting"): "PENDING CONFIGURING REQUEUED REQUEUE_FED REQUEUE_HOLD RESV_DEL_HOLD "
    "SPECIAL_EXIT",
    Standing("running"): "RUNNING COMPLETING RESIZING SIGNALING STAGE_OUT STOPPED SUSPENDED",
    Standing("timeout"): "TIMEOUT DEADLINE",
    Standing("out_of_memory"): "OUT_OF_MEMORY",
    Standing("node_failed"): "NODE_FAIL BOOT_FAIL",
    Standing("cancelled"): "CANCELLED REVOKED",
}
_STATES = {word: standing for standing, words in _WORDS.items() for word in words.split()}
_FAILED = "NonZeroExitCode"
# What goes without saying beside the state.
_PLAIN = {"PENDING", "RUNNING", "COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "OUT_OF_MEMORY"}


class Standings:
    """Asks SLURM about jobs of the sweep at `sweep`, and keeps what it says of those that ended.

    squeue knows jobs that wait, run or ended lately; sacct, where the cluster keeps accounts, all;
    and a job's supervisor what neither tells.
    """

    def __init__(self, sweep: Path) -> None:
        self._sweep = sweep
        self._memory = files_of(sweep) / "standings.json"

    def of(self, handles: Collection[str]) -> Mapping[str, Standing]:
        """Return how jobs stand; those of which nothing is known are absent.

        A remembered end holds unless squeue shows the job again: an operator may have it queued
        again. Raises SlurmRefusalError where it does not answer and not all ends are known.
        """
        remembered = self._remembered()
        try:
            answers = self._asked(handles, remembered)
        except SlurmRefusalError:
            if not remembered.keys() >= set(handles):
                raise
            answers = {}
        ended = {name: one for name, one in answers.items() if not _is_open(one)}
        if ended.keys() - remembered.keys():
            self._remember(ended | remembered)
        known = answers | {
            handle: end for handle, end in remembered.items() if not _is_open(answers.get(handle))
        }
        return {handle: known[handle] for handle in handles if handle in known}

    def note_cancelled(self, handles: Collection[str]) -> None:
        """Keep that jobs were cancelled which squeue does not show any more.

        SLURM forgets a task at once that never ran. Raises SlurmRefusalError.
        """
        shown = _by_squeue(handles)
        gone = {one: Standing("cancelled") for one in handles if one not in shown}
        self._remember(self._remembered() | gone)

    def _asked(self, handles: Collection[str], remembered: Collection[str]) -> _Known:
        answers = _by_squeue(handles)
        asked = [handle for handle in handles if handle not in remembered]
        if missing := [handle for handle in asked if handle not in answers]:
            answers |= _by_sacct(missing)
        for handle in asked:
            told = self._told(handle, answers.get(handle))
            answers |= {handle: told} if told else {}
        return answers

    def _told(self, handle: str, answer: Standing | None) -> Standing | None:
        """Return what files of a job tell where SLURM's `answer` says less."""
        if answer is not None and answer.state != "ended":
            return None
        verdict = read_verdict(self._sweep, handle)
        if verdict is None and answer is not None and answer.reason == _FAILED:
            return Standing("ended", last_words(self._sweep, handle) or _FAILED)
        return verdict

    def _remembered(self) -> _Known:
        try:
            return msgspec.json.decode(self._memory.read_bytes(), type=_Known)
        except (OSError, msgspec.DecodeError):
            return {}

    def _remember(self, known: Mapping[str, Standing]) -> None:
        with suppress(StoreError):  # of a sweep that is not ours to write, nothing is kept
            write_atomically(self._memory, msgspec.json.encode(known))


def _is_open(standing: Standing | None) -> bool:
    return standing is not None and standing.state in ("waiting", "running")


def _by_squeue(handles: Collection[str]) -> _Known:
    """Return what squeue says, one line a job, pending tasks of arrays as well."""
    fields = "--format=%i|%T|%r"
    try:
        said = slurm("squeue", "--noheader", "--array", "--states=all", fields, _ids(handles))
    except SlurmRefusalError as error:
        # squeue's answer to the id of a single job that it has forgotten.
        if "Invalid job id" not in str(error):
            raise
        return {}
    return _parsed(said.splitlines(), set(handles))


def _by_sacct(handles: Collection[str]) -> _Known:
    """Return what the accounts say; nothing where the cluster keeps none."""
    options = ("--noheader", "--parsable2", "--allocations")
    try:
        said = slurm("sacct", *options, "--format=JobID,State,Reason", _ids(handles))
    except SlurmRefusalError:
        return {}
    return _parsed(said.splitlines(), set(handles))


def _ids(handles: Iterable[str]) -> str:
    return "--jobs=" + ",".join(dict.fromkeys(array_of(handle) for handle in handles))


def _parsed(lines: Iterable[str], handles: Collection[str]) -> _Known:
    """Read lines such as "1234_5|PENDING|Resources"; accounts say "CANCELLED by 1000"."""
    found: _Known = {}
    for name, said, reason in (line.split("|", 2) for line in lines if line):
        word = said.partition(" ")[0]
        told = "; ".join(_reasons(word, reason.strip())) or None
        standing = Standing(_STATES.get(word, Standing("ended")).state, told)
        found |= {handle: standing for handle in expanded(name) if handle in handles}
    return found


def _reasons(word: str, reason: str) -> Iterator[str]:
    if word not in _PLAIN:
        yield word.lower().replace("_", " ")
    if reason not in {"", "None", "(null)"}:
        yield reason
