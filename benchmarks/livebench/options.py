"""The section `benchmark` of `recipe=livebench`."""

from __future__ import annotations

from ...core.config import Options, Positive
from ...core.source import FileSource


class LiveBenchOptions(Options, frozen=True):
    """Which questions are asked.

    - `task`: "all", names of categories and tasks joined by commas, or a list of them.
    - `release`: the day of a release, `YYYY-MM-DD`: questions released by then and not removed by
      then. Null takes every row of `path`, and of the official files those of `DEFAULT_RELEASE`.
    - `max_tokens`: the limit of a reply.
    - `data_dir`: where the official files lie, and where `evalrun fetch` puts those that `fetch`
      names. `path` is a file of official rows instead, of any tasks.
    """

    name: str = "livebench"
    task: str | tuple[str, ...] = "all"
    release: str | None = None
    max_tokens: Positive = 4096
    fetch: tuple[FileSource, ...] = ()
    data_dir: str = "."
    path: str | None = None
