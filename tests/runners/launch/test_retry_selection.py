"""Which jobs are submitted again or cancelled, and how."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sweep_world import jobs_of, new_sweep, recorded_config, tell

from evalrun.core.errors import ConfigError, RunHeldError
from evalrun.runners.launch.local.queue import Queue
from evalrun.runners.launch.record import End
from evalrun.runners.launch.retry import as_jobs, cancel, parse_jobs, retry
from evalrun.runners.launch.sweep import SweepFolder
from evalrun.runners.lock import held


@pytest.fixture
def sweep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SweepFolder]:
    """A sweep of five jobs, whose background process is never started."""
    monkeypatch.setattr("evalrun.runners.launch.local.launcher._start_server", lambda _: None)
    swept = new_sweep(tmp_path, jobs_of([recorded_config(tmp_path)] * 5))
    handles = Queue(swept).add(list(swept.read_whole_jobs(range(4))))
    swept.note_submissions(handles, "local", "then")
    for job, end in enumerate(
        (End("complete", 0), End("failed_samples", 1), End("failed", 2, "no key"))
    ):
        tell(swept, job, handles[job])
        tell(swept, job, handles[job], end)
    return swept


def test_all_but_complete_jobs_are_submitted_again(sweep: SweepFolder) -> None:
    assert retry(sweep) == [1, 2, 3, 4]
    assert sweep.read_submissions()[1].handle == "local-4"
    assert sweep.read_submissions()[0].handle == "local-0"


def test_of_chosen_jobs_only_those_that_need_it(sweep: SweepFolder) -> None:
    assert retry(sweep, jobs={0, 2}) == [2]
    assert retry(sweep, jobs={0}) == []


def test_a_waiting_job_is_not_submitted_twice(sweep: SweepFolder) -> None:
    lock = Queue(sweep).lock.take()
    assert lock is not None
    assert retry(sweep) == [1, 2, 4]
    assert retry(sweep) == []


def test_keys_of_the_launcher_hold_from_then_on(sweep: SweepFolder) -> None:
    retry(sweep, ["launcher.parallel=3", "launcher.scratch=/scratch"])
    launcher = sweep.read_head().launcher
    assert (launcher["parallel"], launcher["scratch"]) == (3, "/scratch")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("run.limit=3", "a retry takes keys of the launcher"),
        ("launcher=slurm", "a retry takes keys of the launcher"),
        ("launcher.name=slurm", "but for name and shards"),
        ("launcher.shards=4", "but for name and shards"),
        ("launcher.paralel=3", "did you mean 'parallel'?"),
        ("launcher.parallel=many", "launcher.parallel: expected int, got str"),
        ("launcher.parallel.more=1", "parallel holds no keys"),
    ],
)
def test_a_wrong_key_is_refused_and_nothing_submitted(
    sweep: SweepFolder, override: str, message: str
) -> None:
    before = sweep.read_submissions(), sweep.read_head()
    with pytest.raises(ConfigError) as caught:
        retry(sweep, [override])
    assert message in str(caught.value)
    assert (sweep.read_submissions(), sweep.read_head()) == before


def test_one_process_at_a_time_submits(sweep: SweepFolder) -> None:
    with held(sweep.path), pytest.raises(RunHeldError):
        retry(sweep)


def test_only_jobs_under_way_are_cancelled(sweep: SweepFolder) -> None:
    assert cancel(sweep) == []
    lock = Queue(sweep).lock.take()
    assert lock is not None
    assert cancel(sweep, jobs={2}) == []
    assert cancel(sweep) == [3]
    assert Queue(sweep).cancelled() == {"local-3"}


def test_a_job_that_is_not_there_is_named(sweep: SweepFolder) -> None:
    with pytest.raises(ConfigError, match="has no job 7; its jobs are 0-4"):
        retry(sweep, jobs={2, 7})


def test_jobs_are_named_by_numbers_and_ranges() -> None:
    assert parse_jobs("3,5-7, 9") == {3, 5, 6, 7, 9}
    assert as_jobs([7, 3, 5, 6, 9]) == "3,5-7,9"
    assert as_jobs([]) == ""


@pytest.mark.parametrize("text", ["", "a", "3-", "-3", "3,,4", "1.5"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="should be numbers and ranges"):
        parse_jobs(text)
