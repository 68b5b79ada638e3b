"""The sweep folder: which jobs there are, what was submitted when, and what each job tells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from ...core.config import Config
from ...core.errors import ConfigError, DataError, StoreError
from ...core.options import to_options
from ...core.schema import Section
from ..folder import write_atomically
from ..log import append_lines, read_log


class Sweep(msgspec.Struct, frozen=True, kw_only=True):
    """What `sweep.json` holds: how the jobs came about.

    `command` is what was typed, `cwd` where; jobs run there. `recipes` are the user's own folders.
    `launcher` is how the latest submission was launched.
    """

    created_at: str
    evalrun: str
    cwd: str
    command: tuple[str, ...]
    recipes: tuple[str, ...]
    launcher: Section


class JobHead(msgspec.Struct, frozen=True, kw_only=True):
    """A job without its configuration: its name for people, and the run folder it works on.

    `shard` is "i/n" where the job is a part of a run; `planned` are the samples of the whole run,
    repeats counted. A job is `complete` here when its run was before the sweep began: it is never
    submitted.
    """

    index: int
    name: str
    folder: str
    planned: int
    shard: str | None = None
    complete: bool = False


class Job(JobHead, frozen=True, kw_only=True):
    """One run of a sweep, or one shard of one."""

    config: dict[str, Any]

    def read_config(self) -> Config:
        """Return the configuration. Raises ConfigError where another version wrote it."""
        return to_options(self.config, Config)


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """A job given to a launcher, which calls it `handle`."""

    job: int
    launcher: str
    handle: str
    at: str


class SweepFolder(msgspec.Struct, frozen=True):
    """The files of one sweep, `outputs/sweeps/<name>/`.

    `jobs.jsonl` is written once; `submissions.jsonl` grows by a line a job and submission. Below
    `jobs/<index>/` lies what the job itself writes.
    """

    path: Path

    @property
    def head(self) -> Path:
        """How the sweep came about."""
        return self.path / "sweep.json"

    @property
    def jobs(self) -> Path:
        """A line a job, with its whole configuration."""
        return self.path / "jobs.jsonl"

    @property
    def submissions(self) -> Path:
        """A line a job each time it is submitted."""
        return self.path / "submissions.jsonl"

    def job_folder(self, index: int) -> Path:
        """Return where a job keeps its record and what it prints."""
        return self.path / "jobs" / str(index)

    def job_log(self, index: int) -> Path:
        """Return what a job prints, every time it is started."""
        return self.job_folder(index) / "log.txt"

    def create(self, sweep: Sweep, jobs: Sequence[Job]) -> None:
        """Write a new sweep; `sweep.json` comes last, so that a folder with one is whole.

        Raises StoreError.
        """
        try:
            for job in jobs:
                self.job_folder(job.index).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"cannot create {self.path}: {error.strerror}; choose another place: outputs=DIR"
            ) from None
        write_atomically(self.jobs, b"".join(msgspec.json.encode(job) + b"\n" for job in jobs))
        self.write_head(sweep)

    def write_head(self, sweep: Sweep) -> None:
        """Replace `sweep.json`. Raises StoreError."""
        text = msgspec.json.format(msgspec.json.encode(sweep), indent=2)
        write_atomically(self.head, text + b"\n")

    def read_head(self) -> Sweep:
        """Return how the sweep came about. Raises ConfigError for a folder that is no sweep."""
        try:
            return msgspec.json.decode(self.head.read_bytes(), type=Sweep)
        except OSError:
            raise ConfigError(f"{self.path} is not a sweep folder: it has no sweep.json") from None
        except msgspec.DecodeError as error:
            raise DataError(f"{self.head}: {error}") from None

    def recipe_folders(self) -> tuple[Path, ...]:
        """Return the user's own folders of recipes that the sweep was submitted with."""
        head = self.read_head()
        return tuple(Path(head.cwd) / folder for folder in head.recipes)

    def read_jobs(self) -> list[JobHead]:
        """Return the jobs without their configurations, by their index. Raises DataError."""
        return [job for _, job in read_log(self.jobs, JobHead)]

    def read_job(self, index: int) -> Job:
        """Return one job with its configuration. Raises ConfigError, DataError."""
        for job in self.read_whole_jobs([index]):
            return job
        raise ConfigError(f"{self.path} has no job {index}")

    def read_whole_jobs(self, indices: Iterable[int]) -> Iterator[Job]:
        """Yield some jobs with their configurations. Raises DataError."""
        # The job of index i stands on line i: no job decodes the lines of all others.
        wanted = set(indices)
        decoder = msgspec.json.Decoder(Job)
        try:
            with self.jobs.open("rb") as file:
                for index, line in enumerate(file):
                    if index in wanted:
                        yield decoder.decode(line)
        except OSError as error:
            raise DataError(f"cannot read {self.jobs}: {error.strerror}") from None
        except msgspec.DecodeError as error:
            raise DataError(f"{self.jobs}: {error}") from None

    def read_submissions(self) -> dict[int, Submission]:
        """Return the latest submission of each job that was ever submitted. Raises DataError."""
        return {one.job: one for _, one in read_log(self.submissions, Submission)}

    def note_submissions(self, submitted: Mapping[int, str], launcher: str, at: str) -> None:
        """Append what a launcher took, durably. Raises StoreError."""
        rows = (
            Submission(job=job, launcher=launcher, handle=handle, at=at)
            for job, handle in submitted.items()
        )
        append_lines(self.submissions, rows)


def list_sweeps(outputs: Path) -> list[SweepFolder]:
    """Return the sweeps below `outputs`, the latest last."""
    heads = (outputs / "sweeps").glob("*/sweep.json")
    created = [(sweep.read_head().created_at, sweep.path) for sweep in map(_holder, heads)]
    return [SweepFolder(path) for _, path in sorted(created)]


def find_sweep(path: Path | None, outputs: Path) -> SweepFolder:
    """Return the sweep at `path`, or the latest below `outputs`. Raises ConfigError."""
    if path is not None:
        sweep = SweepFolder(path.absolute())
        sweep.read_head()
        return sweep
    sweeps = list_sweeps(outputs.absolute())
    if not sweeps:
        raise ConfigError(
            f"no sweep below {outputs / 'sweeps'}; `evalrun ... launcher=NAME` makes one"
        )
    return sweeps[-1]


def read_job_log(sweep: SweepFolder, index: int) -> str:
    """Return what a job printed. Raises ConfigError when it did not."""
    try:
        return sweep.job_log(index).read_text(encoding="utf-8", errors="replace")
    except OSError:
        sweep.read_job(index)
        raise ConfigError(f"job {index} of {sweep.path} has printed nothing so far") from None


def _holder(head: Path) -> SweepFolder:
    return SweepFolder(head.parent)
