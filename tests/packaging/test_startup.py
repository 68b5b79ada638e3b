"""Finding out what there is stays instant: heavy libraries are imported where they are used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from evalrun.benchmarks.registry import BENCHMARKS
from evalrun.core.registry import Registry
from evalrun.models.registry import KV_METHODS, MODELS
from evalrun.scorers.registry import SCORERS

HEAVY = {
    "aiohttp",
    "datasets",
    "hydra",
    "kvpress",
    "litellm",
    "nltk",
    "numpy",
    "omegaconf",
    "pandas",
    "pyarrow",
    "torch",
    "transformers",
    "vllm",
}


def imported_by(*arguments: str, cwd: Path) -> set[str]:
    """Return the names of all modules that `evalrun` with these arguments imports."""
    program = "from evalrun.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", program, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stderr.splitlines()
    imports = [line for line in lines if line.startswith("import time:")]
    assert done.returncode == 0, "\n".join(line for line in lines if line not in imports)
    return {line.rpartition("|")[2].strip() for line in imports}


def test_imports_are_seen(tmp_path: Path) -> None:
    assert {"typer", "evalrun.cli.main"} <= imported_by("--help", cwd=tmp_path)


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["ls"], ["ls", "recipes"], ["ls", "models"], ["ls", "kv"], ["ls", "scorers"]],
    ids=" ".join,
)
def test_help_and_listings_import_no_heavy_library(arguments: list[str], tmp_path: Path) -> None:
    top_level = {name.partition(".")[0] for name in imported_by(*arguments, cwd=tmp_path)}
    assert not top_level & HEAVY


@pytest.mark.parametrize(
    "words",
    [
        [""],
        ["recipe="],
        ["recipe=scbench", "kv=snapkv", "kv."],
        ["recipe=scbench", "run.save_inputs="],
        ["agreement", "recipe=benchbench", ""],
        ["rescore", ""],
        ["ls", ""],
        ["table", "--format", ""],
    ],
    ids=" ".join,
)
def test_completion_imports_no_heavy_library(words: list[str], tmp_path: Path) -> None:
    names = imported_by("__complete", "zsh", *words, cwd=tmp_path)
    assert "evalrun.runners.completion.command_line" in names
    assert not {name.partition(".")[0] for name in names} & HEAVY


@pytest.mark.parametrize(
    "registry", [BENCHMARKS, KV_METHODS, MODELS, SCORERS], ids=lambda r: r.kind
)
def test_listings_import_no_part_that_they_name(registry: Registry, tmp_path: Path) -> None:
    parts = {path.partition(":")[0] for path in registry.builtin.values()}
    assert not imported_by("ls", cwd=tmp_path) & parts
