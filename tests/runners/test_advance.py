"""`progress.json`: how far a run is, for whoever watches from elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from worlds import World

from evalrun.core.exchange import Usage
from evalrun.core.prediction import Failure, Prediction
from evalrun.runners.advance import Advance, AdvanceFile, read_progress
from evalrun.runners.folder import RunFolder
from evalrun.runners.progress import Progress

SPENT = Usage(input_tokens=3, output_tokens=1)


def prediction(error: Failure | None = None) -> Prediction:
    return Prediction(id="n/0#0", sample_id="n/0", epoch=0, task="n", error=error)


def counts(advance: Advance | None) -> tuple[int, int, int, int]:
    assert advance is not None
    return advance.done, advance.failed, advance.total, advance.asked


def progress(folder: RunFolder, total: int) -> Progress:
    return Progress(total, "", quiet=True, file=AdvanceFile(folder.progress))


def test_a_run_says_at_its_start_and_its_end_how_far_it_is(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    watched = progress(folder, 4)
    watched.begin()
    assert counts(read_progress(folder)) == (0, 0, 4, 0)
    watched.skip()
    watched.done(prediction(), SPENT)
    watched.done(prediction(Failure("timeout", "late")), SPENT)
    watched.done(prediction(), SPENT, graded=False)
    watched.close()
    advance = read_progress(folder)
    assert counts(advance) == (2, 2, 4, 3)
    assert advance is not None
    assert advance.usage == SPENT + SPENT + SPENT
    assert [file.name for file in tmp_path.iterdir()] == ["progress.json"]


def test_while_samples_finish_it_is_rewritten_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("evalrun.runners.advance.time.monotonic", lambda: now[0])
    folder = RunFolder(tmp_path)
    watched = progress(folder, 9)
    watched.begin()
    watched.done(prediction(), SPENT)
    assert counts(read_progress(folder)) == (0, 0, 9, 0)
    now[0] += 5.0
    watched.done(prediction(), SPENT)
    assert counts(read_progress(folder)) == (2, 0, 9, 2)
    watched.done(prediction(), SPENT)
    assert counts(read_progress(folder)) == (2, 0, 9, 2)


def test_a_file_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    watched = progress(RunFolder(tmp_path / "absent"), 1)
    watched.begin()
    watched.close()
    assert read_progress(RunFolder(tmp_path / "absent")) is None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"done": "many"}'])
def test_a_file_that_says_nothing_is_as_good_as_none(tmp_path: Path, content: str) -> None:
    world = World(tmp_path, 0)
    world.folder.progress.write_text(content)
    assert read_progress(world.folder) is None
