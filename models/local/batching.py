"""Requests of many sessions, decoded together on the one thread that a model works on.

A request is admitted as soon as the thread is free: its new tokens pass the model together with
those of the requests that wait with it, and then it joins the replies that are being decoded, from
which it is taken when it ends. No reply waits for another to end.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import msgspec

from ...core.errors import SampleError
from .causal_lm import Branches, CausalLM, State
from .decoding import Decoded, Draft
from .measure import now
from .memory import memory_failures


class CancelledRequestError(Exception):
    """Nobody waits for the reply any more."""


class Begun(msgspec.Struct, frozen=True):
    """Where a reply begins: a state, the tokens of the request, the given start of the reply."""

    state: State
    ids: tuple[int, ...]
    prefill_ids: tuple[int, ...]
    draft: Draft


class Answered(msgspec.Struct, frozen=True):
    """A reply that has ended, the state after the request's tokens and the one after the reply.

    `after_reply` is None where nobody asked for it, and has seen every token but the last `unseen`.
    """

    decoded: Decoded
    after_request: State
    after_reply: State | None
    unseen: tuple[int, ...]


class Job:
    """A request on its way: `group` tells which jobs share a prompt that is yet to be encoded.

    `begin` is called on the model's thread; what it raises becomes the answer. `future` holds
    an `Answered`. Jobs with `group` None continue a conversation that the model has; with
    `keeps_reply`, the state after the reply is part of the answer.
    """

    def __init__(
        self, begin: Callable[[], Begun], group: Any = None, *, keeps_reply: bool = False
    ) -> None:
        self.begin = begin
        self.group = group
        self.keeps_reply = keeps_reply
        self.cancelled = threading.Event()
        self.future: Future[Answered] = Future()
        # Whoever waits may stop to; the thread still sets a result, which then nobody reads.
        self.future.set_running_or_notify_cancel()


class _Active(msgspec.Struct, frozen=True):
    """A job whose reply is being decoded."""

    job: Job
    begun: Begun
    after_request: State


class Batcher:
    """Brings jobs to their answers, many at a time.

    `on_memory_failure` frees what it can when memory runs out, and returns whether fewer jobs at a
    time may fit: then they may be asked again.
    """

    def __init__(
        self, lm: CausalLM, thread: ThreadPoolExecutor, on_memory_failure: Callable[[], bool]
    ) -> None:
        self._lm = lm
        self._thread = thread
        self._on_memory_failure = on_memory_failure
        self._lock = threading.Lock()
        self._waiting: list[Job] = []
        self._is_working = False
        self._active: list[_Active] = []
        self._branches: Branches | None = None

    def put(self, job: Job) -> None:
        """Queue a job; `start` lets the thread see it."""
        with self._lock:
            self._waiting.append(job)

    def start(self) -> None:
        """Let the thread work until no job is left."""
        with self._lock:
            if self._is_working or not self._waiting:
                return
            self._is_working = True
        self._thread.submit(self._work)

    def _work(self) -> None:
        while True:
            with self._lock:
                jobs, self._waiting = self._waiting, []
                if not jobs and not self._active:
                    self._is_working = False
                    return
            for group in _grouped(jobs):
                self._guarded(lambda group=group: self._admit(group), group)
            self._guarded(self._step, [active.job for active in self._active])

    def _guarded(self, work: Callable[[], None], jobs: Sequence[Job]) -> None:
        """Do `work`; what goes wrong in it is the answer of `jobs`, and of no others."""
        try:
            with memory_failures():
                work()
        except SampleError as error:
            fewer = error.kind == "out_of_memory" and self._on_memory_failure()
            self._drop(jobs, SampleError(str(error), kind=error.kind, passing=fewer))
        except Exception as error:
            # The thread serves other sessions too; whoever waits is told.
            self._drop(jobs, error)

    def _drop(self, jobs: Sequence[Job], error: Exception) -> None:
        dropped = set(map(id, jobs))
        gone = [i for i, active in enumerate(self._active) if id(active.job) in dropped]
        if gone:
            self._let_go(gone)
        for job in jobs:
            if not job.future.done():
                job.future.set_exception(error)

    def _admit(self, jobs: Sequence[Job]) -> None:
        """Let the requests of `jobs` pass the model and join the replies that are decoded."""
        begun = [(job, start) for job in jobs if (start := _begun(job)) is not None]
        if not begun:
            return
        starts = [start for _, start in begun]
        after_request = self._lm.extended([s.state for s in starts], [s.ids for s in starts])
        ready = self._lm.extended(after_request, [s.prefill_ids for s in starts])
        if self._branches is None:
            self._branches = self._lm.branches(ready)
        else:
            self._branches.join(ready)
        self._active += [
            _Active(job, start, state)
            for (job, start), state in zip(begun, after_request, strict=True)
        ]
        # The first token follows from what has just been computed.
        new = range(len(self._active) - len(begun), len(self._active))
        self._take(new, self._chosen(new))

    def _step(self) -> None:
        """Decode one more token of every reply."""
        self._let_go_of_cancelled()
        if self._branches is None:
            return
        start = now(self._lm.device)
        self._branches.advance([active.begun.draft.newest for active in self._active])
        chosen = self._chosen(range(len(self._active)))
        seconds = now(self._lm.device) - start
        for active in self._active:
            active.begun.draft.spend(seconds, len(self._active))
        self._take(range(len(self._active)), chosen)

    def _chosen(self, indices: Sequence[int]) -> list[int]:
        """Return the next token of some replies."""
        assert self._branches is not None  # noqa: S101 - there are replies, so there are branches
        logits = self._branches.logits
        likeliest: list[int] = logits.argmax(-1).tolist()
        drafts = [self._active[i].begun.draft for i in indices]
        return [
            likeliest[i] if draft.is_greedy else draft.drawn(logits[i])
            for i, draft in zip(indices, drafts, strict=True)
        ]

    def _take(self, indices: Sequence[int], tokens: Sequence[int]) -> None:
        """Put tokens behind replies; answer the jobs of those that end by it."""
        at = now(self._lm.device)
        ended = [
            i
            for i, token in zip(indices, tokens, strict=True)
            if self._active[i].begun.draft.take(token, at)
        ]
        if not ended:
            return
        for i in ended:
            self._answer(i)
        self._let_go(ended)

    def _answer(self, index: int) -> None:
        """Answer a job; its branch was fed all tokens of the reply but the last."""
        assert self._branches is not None  # noqa: S101 - there are replies, so there are branches
        active = self._active[index]
        decoded = active.begun.draft.decoded()
        active.job.future.set_result(
            Answered(
                decoded=decoded,
                after_request=active.after_request,
                after_reply=self._branches.states([index])[0] if active.job.keeps_reply else None,
                unseen=() if decoded.ended else decoded.tokens[-1:],
            )
        )

    def _let_go_of_cancelled(self) -> None:
        gone = [i for i, active in enumerate(self._active) if active.job.cancelled.is_set()]
        if gone:
            for i in gone:
                self._active[i].job.future.set_exception(CancelledRequestError())
            self._let_go(gone)

    def _let_go(self, gone: Collection[int]) -> None:
        """Decode on without some replies."""
        indices = [i for i in range(len(self._active)) if i not in gone]
        self._active = [self._active[i] for i in indices]
        if not self._active:
            self._branches = None
        elif self._branches is not None:
            self._branches.keep(indices)


def _grouped(jobs: Sequence[Job]) -> Iterator[list[Job]]:
    """Yield jobs that are admitted together: all that go on, then those of each new prompt."""
    groups: dict[Any, list[Job]] = {None: []}
    for job in jobs:
        groups.setdefault(job.group, []).append(job)
    return (group for group in groups.values() if group)


def _begun(job: Job) -> Begun | None:
    """Return where the reply begins, None when there will be none: then the job is told.

    Raises SampleError when memory runs out: jobs with the same prompt would fare no better.
    """
    if job.cancelled.is_set():
        job.future.set_exception(CancelledRequestError())
        return None
    try:
        return job.begin()
    except SampleError as error:
        if error.kind == "out_of_memory":
            raise
        job.future.set_exception(error)
        return None
