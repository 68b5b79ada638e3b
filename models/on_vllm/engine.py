"""vLLM's asynchronous engine, in a thread of its own."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import weakref
from collections.abc import Coroutine, Sequence
from multiprocessing import resource_tracker
from threading import Thread
from typing import Any, TypeVar

from ...core.errors import EndpointError, SampleError
from ...core.exchange import Sampling
from .log import EngineLog
from .requests import Generated, Scored, Wanted, generated, scored

T = TypeVar("T")

_SHUTDOWN_S = 30.0
# The first token is reported when it is there, the others with the last one.
_ONLY_FIRST_AND_LAST = 1 << 30


class VLLMEngine:
    """A started engine. It outlives the event loops of runs, because it has one of its own.

    The engine's processes end with `shut_down`, when this object is collected, or at exit.
    """

    def __init__(self, arguments: dict[str, Any]) -> None:
        """Start vLLM with the `arguments` of its AsyncEngineArgs. Raises EndpointError."""
        self._log = EngineLog()
        self._loop = asyncio.new_event_loop()
        thread = Thread(target=self._loop.run_forever, name="evalrun-vllm", daemon=True)
        thread.start()
        start = asyncio.run_coroutine_threadsafe(_started(arguments), self._loop)
        try:
            with self._log.taking_output():
                self._engine = start.result()
        except Exception as error:
            _stop(self._loop, thread)
            raise EndpointError(
                f"vLLM did not start: {_cause(error, self._log)}; its log: {self._log.path}"
            ) from error
        # Its other processes go on writing to the log. This one raises what there is to say.
        logging.getLogger("vllm").setLevel(logging.CRITICAL)
        self.shut_down = weakref.finalize(
            self, _shut_down, self._engine, self._loop, thread, self._log
        )

    @property
    def is_dead(self) -> bool:
        """Whether a process of the engine has ended."""
        return self._engine.errored

    @property
    def max_length(self) -> int:
        """How many tokens a prompt and its reply may have."""
        return self._engine.model_config.max_model_len

    @property
    def dtype(self) -> str:
        """The type of the weights, as torch calls it."""
        return str(self._engine.model_config.dtype).removeprefix("torch.")

    async def generate(
        self,
        prompt_ids: Sequence[int],
        sampling: Sampling,
        max_tokens: int,
        reply_schema: dict[str, Any] | None = None,
    ) -> Generated:
        """Return up to `max_tokens` tokens that follow `prompt_ids`, JSON if there is a schema.

        Cancelling this aborts the request in the engine. Raises EndpointError when the engine
        is dead, SampleError for other failures.
        """
        wanted = Wanted(sampling, max_tokens, reply_schema)
        return await self._answered(generated(self._engine, prompt_ids, wanted))

    async def score(self, prompt_ids: Sequence[int], continuation: Sequence[int]) -> Scored:
        """Return how likely the tokens `continuation` are to follow `prompt_ids`.

        Raises SampleError, EndpointError.
        """
        return await self._answered(scored(self._engine, prompt_ids, continuation))

    async def _answered(self, request: Coroutine[Any, Any, T]) -> T:
        """Run `request` in the engine's loop and return its answer."""
        from vllm.exceptions import (  # pyright: ignore[reportMissingImports] - optional
            VLLMClientError,
        )
        from vllm.v1.engine.exceptions import (  # pyright: ignore[reportMissingImports] - optional
            EngineDeadError,
        )

        running = asyncio.run_coroutine_threadsafe(request, self._loop)
        try:
            return await asyncio.wrap_future(running)
        except (SampleError, asyncio.CancelledError):
            raise
        except EngineDeadError as error:
            raise EndpointError(
                f"vLLM ended: {_cause(error, self._log)}; its log: {self._log.path}"
            ) from error
        except VLLMClientError as error:
            raise SampleError(f"vLLM: {error}", kind="bad_request") from error
        except Exception as error:
            # What else vLLM raises for one request has no common base across its versions.
            message = f"vLLM: {error.__cause__ or error}"
            raise SampleError(message, kind="server", passing=True) from error


async def _started(arguments: dict[str, Any]) -> Any:
    # Ctrl-C in a terminal reaches every process of the program. This thread's mask is inherited:
    # the engine's processes leave it to this one, which ends them when it is done itself. Python's
    # resource tracker, started with the first of them, would take the mask off again.
    resource_tracker.ensure_running()
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    # A process that is forked while other threads run may inherit their locks.
    os.environ.setdefault("VLLM_WORKER_MULTIPROCESSING_METHOD", "spawn")
    os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")
    from vllm import (  # pyright: ignore[reportMissingImports] - optional
        AsyncEngineArgs,
        AsyncLLMEngine,
    )

    return AsyncLLMEngine.from_engine_args(
        AsyncEngineArgs(
            **arguments,
            stream_interval=_ONLY_FIRST_AND_LAST,
        )
    )


def _cause(error: Exception, log: EngineLog) -> str:
    """Return in one line what went wrong; often this process only knows that another one failed."""
    own = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return " ".join((log.last_error() or own).split())


def _shut_down(
    engine: Any, loop: asyncio.AbstractEventLoop, thread: Thread, log: EngineLog
) -> None:
    died = engine.errored
    asyncio.run_coroutine_threadsafe(_ended(engine), loop).result()
    _stop(loop, thread)
    if not died:
        log.remove()


async def _ended(engine: Any) -> None:
    engine.shutdown(timeout=_SHUTDOWN_S)
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def _stop(loop: asyncio.AbstractEventLoop, thread: Thread) -> None:
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
