"""One of the parts that a big run is split into: `run.shard=3/16`."""

from __future__ import annotations

import re

import msgspec

from .errors import ConfigError

_WRITTEN = re.compile(r"([1-9][0-9]*)/([1-9][0-9]*)", re.ASCII)


class Shard(msgspec.Struct, frozen=True):
    """Part `index` of `count`, counted from 1."""

    index: int
    count: int

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

    @property
    def name(self) -> str:
        """The shard as a file name: `3-of-16`."""
        return f"{self.index}-of-{self.count}"


def parse_shard(text: str) -> Shard:
    """Return the shard that is written as `index/count`. Raises ConfigError."""
    written = _WRITTEN.fullmatch(text)
    if written is not None:
        shard = Shard(*map(int, written.groups()))
        if shard.index <= shard.count:
            return shard
    raise ConfigError(
        f"run.shard={text}: should be i/n, part i of n with 1 <= i <= n, such as run.shard=3/16"
    )
