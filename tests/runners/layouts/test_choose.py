"""Which layouts a command means."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from graded import run, verdict

from evalrun.core.errors import ConfigError
from evalrun.runners.layouts.choose import layouts_of
from evalrun.runners.results import StoredRun
from evalrun.runners.status import read_status, write_status

COLUMNS = [{"name": "AVG"}]


def with_layouts(folder: Path, started_at: str = "2026", **layouts: str) -> StoredRun:
    """Return a run whose recipe has layouts of these names with these titles."""
    table = {
        "layouts": {name: {"title": title, "columns": COLUMNS} for name, title in layouts.items()}
    }
    stored = run(folder, [verdict("0", 1.0)], table=table)
    status = read_status(stored.folder)
    assert status is not None
    write_status(stored.folder, msgspec.structs.replace(status, started_at=started_at))
    return stored


def titles(runs: list[StoredRun], wanted: str | None = None) -> list[tuple[str, str]]:
    return [(name, layout.title) for name, layout in layouts_of(runs, wanted)]


def test_all_layouts_of_the_recipes_or_one_by_name(tmp_path: Path) -> None:
    runs = [with_layouts(tmp_path, paper="P", turns="T"), with_layouts(tmp_path, other="O")]
    assert titles(runs) == [("paper", "P"), ("turns", "T"), ("other", "O")]
    assert titles(runs, "turns") == [("turns", "T")]


def test_of_layouts_of_one_name_that_of_the_latest_run_counts(tmp_path: Path) -> None:
    runs = [with_layouts(tmp_path, "2026-02", paper="new"), with_layouts(tmp_path, paper="old")]
    assert titles(runs) == [("paper", "new")]


def test_an_unknown_layout_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="unknown layout 'papr': did you mean 'paper'"):
        layouts_of([with_layouts(tmp_path, paper="P")], "papr")


def test_runs_without_layouts_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"r: no layout in `table\.layouts`"):
        layouts_of([run(tmp_path, [verdict("0", 1.0)])], None)


@pytest.mark.parametrize("ending", ["yaml", "yml"])
def test_a_file_is_called_after_its_name_and_needs_no_layout_in_the_recipe(
    tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"mine.{ending}"
    path.write_text("title: Mine\ncolumns: [{name: AVG}]\n")
    assert titles([run(tmp_path, [verdict("0", 1.0)])], str(path)) == [("mine", "Mine")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "title: T\ncolumns: [{name: A}]\nrwos: [model]",
            "unknown key 'rwos': did you mean 'rows'",
        ),
        ("title: T\ncolumns: [{name: A, metrc: x}]", r"columns\[0\]: .*metrc"),
        ("title: T\ncolumns: [{name: A, statistic: men}]", r"columns\[0\].statistic"),
        ("- title", "should hold the keys of a layout"),
        ("title: [", "mine.yaml"),
        ("columns: []", "title"),
    ],
)
def test_a_bad_file_is_refused_by_name_and_key(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message) as caught:
        layouts_of([], str(path))
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: No such file"):
        layouts_of([], str(tmp_path / "nowhere.yaml"))
