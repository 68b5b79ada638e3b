"""What is measured: how each program is started on the same rows, and what it made of them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from environments import INSPECT, LM_EVAL, Package, litellm_package, programs

PEERS = Path(__file__).parent / "peers"
EVALRUN = Path(sys.executable).with_name("evalrun")


class Job(msgspec.Struct, frozen=True):
    """The rows to ask, the server to ask, at most how many at a time, and the folder to run in."""

    rows: Path
    api_base: str
    connections: int
    folder: Path


class Launch(msgspec.Struct, frozen=True):
    """A command, and what its environment has beside ours."""

    command: tuple[str | Path, ...]
    environment: dict[str, str] = {}


class Answers(msgspec.Struct, frozen=True):
    """How many answers a finished program holds, and the score it gives them, if it grades."""

    count: int
    score: float | None = None


class Subject(msgspec.Struct, frozen=True):
    """A program: `launch` says how it is started, `answers` reads what it left in its folder.

    `fast` ones are measured at every size. `resumes` says that the same command again is a resume.
    """

    name: str
    launch: Callable[[Job], Launch]
    answers: Callable[[Path], Answers]
    fast: bool = False
    resumes: bool = False
    package: Package | None = None


def subjects(envs: Path) -> tuple[Subject, ...]:
    """Return all programs; those of others are installed below `envs` when they are launched."""
    litellm = litellm_package()
    return (
        Subject("evalrun", evalrun_file(cache=False), evalrun_answers, fast=True, resumes=True),
        Subject("evalrun, cache", evalrun_file(cache=True), evalrun_answers, fast=True),
        Subject("aiohttp loop", aiohttp_loop, loop_answers, fast=True),
        Subject("aiohttp loop, uvloop", _aiohttp_on_uvloop, loop_answers, fast=True),
        Subject("litellm loop", _litellm_loop(litellm, envs), loop_answers, package=litellm),
        Subject("inspect-ai", _inspect(envs), _inspect_answers(envs), package=INSPECT),
        Subject("lm-eval", _lm_eval(envs), _lm_eval_answers, package=LM_EVAL),
    )


def evalrun(job: Job, *overrides: str) -> Launch:
    """Return the command of a run against the job's server; its cache is empty at first."""
    command = (
        EVALRUN,
        *overrides,
        "model=openai-compatible",
        "model.name=mock",
        f"model.api_base={job.api_base}",
        f"run.max_connections={job.connections}",
    )
    return Launch(command, {"EVALRUN_CACHE": str(job.folder / "cache")})


def evalrun_file(*, cache: bool) -> Callable[[Job], Launch]:
    def launch(job: Job) -> Launch:
        path, kept = f"benchmark.path={job.rows}", f"run.cache={str(cache).lower()}"
        return evalrun(job, "recipe=file", path, "scorer=exact", kept)

    return launch


def aiohttp_loop(job: Job) -> Launch:
    return _loop(Path(sys.executable), "aiohttp_loop.py", job)


def _aiohttp_on_uvloop(job: Job) -> Launch:
    launch = aiohttp_loop(job)
    return msgspec.structs.replace(launch, command=(*launch.command, "--uvloop"))


def _litellm_loop(package: Package, envs: Path) -> Callable[[Job], Launch]:
    return lambda job: _loop(programs(package, envs) / "python", "litellm_loop.py", job)


def _loop(python: Path, script: str, job: Job) -> Launch:
    to, limit = ("--api-base", job.api_base), ("--connections", str(job.connections))
    return Launch((python, PEERS / script, job.rows, "replies.jsonl", *to, *limit))


def _inspect(envs: Path) -> Callable[[Job], Launch]:
    def launch(job: Job) -> Launch:
        limit = str(job.connections)
        shutil.copy(PEERS / "inspect_task.py", job.folder)  # it takes no absolute path
        command = (
            *(programs(INSPECT, envs) / "inspect", "eval", "inspect_task.py"),
            *("-T", f"rows={job.rows}", "--model", "openai-api/local/mock"),
            *("--max-connections", limit, "--max-samples", limit),
            *("--display", "none", "--log-dir", job.folder / "logs"),
        )
        here = str(job.folder / "data")
        server = {"LOCAL_API_KEY": "none", "LOCAL_BASE_URL": job.api_base}
        return Launch(command, {**server, "XDG_DATA_HOME": here, "XDG_CACHE_HOME": here})

    return launch


def _lm_eval(envs: Path) -> Callable[[Job], Launch]:
    def launch(job: Job) -> Launch:
        task = (PEERS / "lm_eval_task.yaml").read_text().replace("ROWS", str(job.rows))
        (job.folder / "short_mock.yaml").write_text(task)
        model = {
            "model": "mock",
            "base_url": f"{job.api_base}/chat/completions",
            "num_concurrent": job.connections,
            "max_retries": 3,
            "tokenized_requests": False,
        }
        command = (
            *(programs(LM_EVAL, envs) / "lm_eval", "run", "--model", "local-chat-completions"),
            *("--model_args", ",".join(f"{name}={value}" for name, value in model.items())),
            *("--include_path", job.folder, "--tasks", "short_mock", "--apply_chat_template"),
            *("--output_path", "out", "--log_samples"),
        )
        # Beside the rows, so that they are converted once for all rounds.
        hub = {"HF_HOME": str(job.rows.parent / "hub")}
        offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
        return Launch(command, {"OPENAI_API_KEY": "none", **hub, **offline})

    return launch


def evalrun_answers(folder: Path) -> Answers:
    """Return the rows of `predictions.jsonl`, and the score of the table."""
    run = next(folder.glob("outputs/*/*/*/results.json")).parent
    results = json.loads((run / "results.json").read_text())
    whole = next(cell for cell in results["cells"] if cell["level"] == "task")
    return Answers(_lines(run / "predictions.jsonl"), whole["value"])


def loop_answers(folder: Path) -> Answers:
    return Answers(_lines(folder / "replies.jsonl"))


def _inspect_answers(envs: Path) -> Callable[[Path], Answers]:
    def answers(folder: Path) -> Answers:
        path = next((folder / "logs").glob("*.eval"))
        dump = (programs(INSPECT, envs) / "inspect", "log", "dump", "--header-only", path)
        shown = subprocess.run(dump, check=True, capture_output=True, cwd=folder)
        scored = json.loads(shown.stdout)["results"]["scores"][0]["metrics"]["accuracy"]["value"]
        with zipfile.ZipFile(path) as log:
            return Answers(sum(name.startswith("samples/") for name in log.namelist()), scored)

    return answers


def _lm_eval_answers(folder: Path) -> Answers:
    results: dict[str, Any] = json.loads(next(folder.glob("out/*/results_*.json")).read_text())
    samples = next(folder.glob("out/*/samples_short_mock_*.jsonl"))
    return Answers(_lines(samples), results["results"]["short_mock"]["exact_match,none"])


def _lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for _ in file)
