"""Runs of `evalrun` against local servers that echo questions, and what such a run must leave."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from command import evalrun
from rows import only_run, read_jsonl, write_jsonl
from servers.script import Script

LITELLM = ("model.engine=litellm", "model.provider=openai-compatible")
KEY = "a-key-of-no-account"
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


def question(number: int) -> str:
    return f"say {number}"


def number_of(asked: str) -> int:
    """Return which question `asked` is."""
    return int(asked.removeprefix("say "))


def questions(size: int) -> set[str]:
    return {question(number) for number in range(size)}


def arguments(folder: Path, api_base: str, size: int, *overrides: str) -> list[str]:
    """Write rows.jsonl, and return the command's arguments that ask it of `api_base`."""
    write_jsonl(folder / "rows.jsonl", rows_of(range(size)))
    return asked_of(api_base, *overrides)


def rows_of(numbers: Iterable[int]) -> list[dict[str, str]]:
    """Return rows that a server which echoes answers well."""
    return [
        {"id": f"q{n}", "input": question(n), "target": f"echo of {question(n)}"} for n in numbers
    ]


def asked_of(api_base: str, *overrides: str) -> list[str]:
    """Return the command's arguments that ask what is in rows.jsonl of a server."""
    return [
        "recipe=file",
        "benchmark.path=rows.jsonl",
        "model=openai-compatible",
        "model.name=served",
        f"model.api_base={api_base}",
        *overrides,
    ]


def environment(folder: Path, changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return variables that keep a run to itself: no proxy, a cache of its own."""
    apart = {name: "" for upper in _PROXIES for name in (upper, upper.lower())}
    return {
        **apart,
        "EVALRUN_CACHE": str(folder / "cache"),
        "OPENAI_API_KEY": KEY,
        **(changes or {}),
    }


def run(
    folder: Path,
    api_base: str,
    *overrides: str,
    size: int,
    changes: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Ask `size` questions of the server at `api_base`; `changes` are environment variables."""
    called = arguments(folder, api_base, size, *overrides)
    return evalrun(*called, cwd=folder, **environment(folder, changes))


def predictions(folder: Path) -> list[dict[str, Any]]:
    return read_jsonl(only_run(folder) / "predictions.jsonl")


def good_rows(folder: Path) -> list[dict[str, Any]]:
    return [row for row in predictions(folder) if row["error"] is None]


def failures(folder: Path) -> dict[str, str]:
    """Return the kind of failure of each sample that has no reply."""
    good = {row["sample_id"] for row in good_rows(folder)}
    return {
        row["sample_id"]: row["error"]["kind"]
        for row in predictions(folder)
        if row["sample_id"] not in good
    }


def assert_nothing_is_lost_or_mixed_up(folder: Path, size: int) -> None:
    """Every sample has one good row, the echo of its own question, or an error row alone."""
    good = good_rows(folder)
    assert set(Counter(row["sample_id"] for row in good).values()) <= {1}
    for row in good:
        (output,) = row["outputs"]
        assert output == f"echo of {question(int(row['sample_id'][1:]))}"
    known = {row["sample_id"] for row in good} | failures(folder).keys()
    assert known == {f"q{n}" for n in range(size)}


def assert_complete(folder: Path, size: int, script: Script) -> None:
    """Every sample has its own reply, which was given and stored once."""
    assert_nothing_is_lost_or_mixed_up(folder, size)
    assert failures(folder) == {}
    assert script.answered == dict.fromkeys(questions(size), 1)


def said_by_evalrun(stderr: str) -> list[str]:
    """Return the lines in which the command says what stopped it."""
    return [line for line in stderr.splitlines() if line.startswith("evalrun: ")]
