"""Measures what the reply cache costs, beside the least that any cache of encoded replies costs.

Run it with the interpreter that has evalrun: `.venv/bin/python tests/benchmarks/reply_cache.py`.
Prints microseconds of processor time, of all threads of the process, for each hit, miss and put at
two sizes of the cache; the limit is a dict of encoded replies, measured in the same run. Then what
a key costs, and how many bytes of disk a reply takes.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from evalrun.core.content import Message
from evalrun.core.exchange import Call, Reply, ReplyTiming, Sampling, Usage
from evalrun.runners.notices import Notices
from evalrun.runners.reply_cache.file import contents
from evalrun.runners.reply_cache.key import ReplyKeys
from evalrun.runners.reply_cache.store import ReplyStore

SIZES = (1_000, 100_000)
LOOKUPS = 20_000
REPLY_CHARACTERS = 500
QUESTION_CHARACTERS = (500, 500_000)


class Limit:
    """A cache that dies with the process: a dict of encoded replies."""

    def __init__(self) -> None:
        self._rows: dict[bytes, bytes] = {}
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(Reply).decode

    async def get(self, key: bytes) -> Reply | None:
        row = self._rows.get(key)
        return None if row is None else self._decode(row)

    def put(self, key: bytes, reply: Reply) -> None:
        self._rows[key] = self._encode(reply)

    def close(self) -> None:
        self._rows.clear()


async def microseconds(count: int, work: Callable[[], Awaitable[None]]) -> float:
    """Return the processor time of each of `count` pieces of `work`."""
    start = time.process_time()
    await work()
    return (time.process_time() - start) / count * 1e6


async def measure(opened: Callable[[], Limit | ReplyStore], size: int) -> list[float]:
    """Return the cost of a hit, a miss and a put; puts are counted until they are on disk."""
    keys = [hashlib.sha256(b"%d" % index).digest() for index in range(size)]
    absent = [hashlib.sha256(key).digest() for key in random.choices(keys, k=LOOKUPS)]
    stored = random.choices(keys, k=LOOKUPS)

    async def fill() -> None:
        store = opened()
        for index, key in enumerate(keys):
            store.put(key, reply(index))
            if index % 100 == 99:
                await asyncio.sleep(0)
        if isinstance(store, ReplyStore):
            store.close()

    put = await microseconds(size, fill)
    store = opened()

    async def look_up(wanted: list[bytes], there: bool) -> None:
        for key in wanted:
            assert (await store.get(key) is not None) == there

    hit = await microseconds(LOOKUPS, lambda: look_up(stored, True))
    miss = await microseconds(LOOKUPS, lambda: look_up(absent, False))
    store.close()
    return [hit, miss, put]


def reply(index: int) -> Reply:
    """Return a reply like that of an API; making it is part of the cost of both caches."""
    return Reply(
        text=f"{index} ".ljust(REPLY_CHARACTERS, "x"),
        stop_reason="stop",
        timing=ReplyTiming(latency_s=0.731),
        usage=Usage(input_tokens=812, output_tokens=125, cost_usd=0.00123),
    )


async def key_microseconds(characters: int) -> float:
    """Return what the key of a call costs."""
    keys = ReplyKeys({"engine": "openai", "model": "m"})
    call = Call(messages=(Message("user", "x" * characters),), sampling=Sampling(seed=1))
    count = 20_000_000 // (1_000 + characters)

    async def make() -> None:
        for _ in range(count):
            keys.key(call)

    return await microseconds(count, make)


async def main() -> None:
    """Print a line for each size of each cache."""
    sys.stdout.write(f"{'microseconds of CPU':22}{'replies':>9}{'hit':>8}{'miss':>8}{'put':>8}\n")
    for size in SIZES:
        limit = Limit()
        show("dict", size, await measure(lambda limit=limit: limit, size))
        with tempfile.TemporaryDirectory() as folder:
            costs = await measure(lambda at=Path(folder): ReplyStore(told(), at), size)
            show("reply cache", size, costs)
            each = contents(Path(folder)).size / size
        sys.stdout.write(f"{each:.0f} bytes on disk a reply of {REPLY_CHARACTERS} characters\n")
    for characters in QUESTION_CHARACTERS:
        cost = await key_microseconds(characters)
        sys.stdout.write(f"key of {characters:,} characters: {cost:.1f} microseconds\n")


def show(name: str, size: int, costs: list[float]) -> None:
    """Print a line of the table."""
    sys.stdout.write(f"{name:22}{size:>9,}" + "".join(f"{cost:>8.1f}" for cost in costs) + "\n")


def told() -> Notices:
    """Return notices that go to stderr."""
    return Notices(lambda line: print(line, file=sys.stderr))


if __name__ == "__main__":
    asyncio.run(main())
