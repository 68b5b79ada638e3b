"""Plots: which there are, what they show, and that all of it can be read."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fabricated import cell, results, stored
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from test_needle_map import line

from evalrun.core.errors import ConfigError, StoreError
from evalrun.runners.looks import looks_of
from evalrun.runners.plots.files import write_plots
from evalrun.runners.plots.labels import Named, write_names
from evalrun.runners.plots.needle import needle_figure
from evalrun.runners.plots.pareto import pareto_figure
from evalrun.runners.plots.style import new_figure
from evalrun.runners.plots.turns import turns_figure
from evalrun.runners.results import Measures, Results, StoredRun

METHODS = {
    "full": (0.9, 17.2e9, 0.050),
    "snapkv-4096": (0.3, 0.537e9, 0.031),
    "pyramidkv-4096": (0.31, 0.54e9, 0.031),
    "streamingllm-4096": (0.28, 0.537e9, 0.030),
    "minference+snapkv-4096[window_size=16]": (0.25, 0.537e9, 0.031),
    "kivi-2bit": (0.8, 3.1e9, 0.08),
    "quest": (0.7, 18.5e9, 0.04),
}


def run(kv: str, protocol: str = "multi_turn", **fields) -> Results:
    quality, bytes_, later_s = METHODS[kv]
    cells = [cell("turn", "t", quality - 0.05 * i, turn=i) for i in range(3)]
    measured = Measures(cache_bytes=bytes_, ttft_later_s=later_s)
    whole = {"kv": kv, "protocol": protocol, "measures": measured, **fields}
    return results(*cells, cell("subtask", "t", quality), cell("task", "t", quality), **whole)


def sweep() -> list[Results]:
    return [run(kv, protocol) for protocol in ("multi_turn", "multi_request") for kv in METHODS]


def needles(folder: Path, kv: str, size: int = 4) -> StoredRun:
    grid = itertools.product(range(1000, 1000 + 500 * size, 500), range(0, 101, 100 // size))
    lines = [line(f"needle/{length}/{depth}", depth / 100) for length, depth in grid]
    return stored(folder / kv, results(kv=kv), b"".join(lines))


def shown_texts(figure: Figure) -> Iterator[Text]:
    """Yield every text that is drawn; ticks outside the limits of their axis are not."""
    figure.draw_without_rendering()
    for axes in figure.axes:
        if axes.get_visible():
            yield from (axes.title, axes._left_title, axes.xaxis.label, axes.yaxis.label)
            yield from axes.texts
            for axis in (axes.xaxis, axes.yaxis):
                yield from (tick.label1 for tick in axis._update_ticks())
    for legend in figure.legends:
        yield from legend.get_texts()


def words(figure: Figure) -> list[str]:
    return [text.get_text() for text in shown_texts(figure) if text.get_text()]


def clipped(figure: Figure) -> list[str]:
    """Return the texts that go beyond the edge of the figure, by more than rounding."""
    inside = figure.bbox.padded(0.5)
    return [
        text.get_text()
        for text in shown_texts(figure)
        if text.get_text() and not _contains(inside, Text.get_window_extent(text))
    ]


def _contains(outer: Bbox, inner: Bbox) -> bool:
    return outer.contains(inner.x0, inner.y0) and outer.contains(inner.x1, inner.y1)


def test_each_plot_is_written_as_svg_and_png(tmp_path: Path) -> None:
    runs = [stored(tmp_path / run.kv, run) for run in sweep()[: len(METHODS)]]
    written = write_plots([*runs, needles(tmp_path / "n", "full")], tmp_path / "new" / "plots")
    assert [path.relative_to(tmp_path / "new" / "plots").as_posix() for path in written] == [
        "kv_pareto.svg",
        "kv_pareto.png",
        "turns.svg",
        "turns.png",
        "needle.svg",
        "needle.png",
    ]
    assert all(path.stat().st_size > 1000 for path in written)


def test_only_what_runs_have_is_drawn(tmp_path: Path) -> None:
    once = stored(tmp_path / "a", results(cell("task", "t"), measures=Measures(cache_bytes=1e6)))
    written = write_plots([once], tmp_path / "plots")
    assert [path.name for path in written] == ["kv_pareto.svg", "kv_pareto.png"]


def test_runs_with_nothing_to_draw_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    once = stored(tmp_path / "a", results(cell("task", "t")))
    with pytest.raises(ConfigError, match="nothing to plot"):
        write_plots([once], tmp_path / "plots")
    assert not (tmp_path / "plots").exists()


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    once = stored(tmp_path / "a", run("full"))
    with pytest.raises(StoreError, match=r"cannot write to .*file"):
        write_plots([once], tmp_path / "file" / "plots")


def test_the_same_runs_give_the_same_files(tmp_path: Path) -> None:
    runs = [stored(tmp_path / run.kv, run) for run in sweep()[:3]]
    first, second = (write_plots(runs, tmp_path / name) for name in ("one", "two"))
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_every_method_is_named_in_both_panels_of_every_mode() -> None:
    figure = pareto_figure(sweep())
    assert figure is not None
    found = words(figure)
    assert len(figure.axes) == 4
    assert all(found.count(kv) == 4 for kv in METHODS)
    assert {"multi_turn", "multi_request", "KV cache, MB"} <= {*found}


def test_latency_has_no_panel_when_it_was_not_measured() -> None:
    cached = Measures(cache_bytes=1e6)
    figure = pareto_figure([run("full", measures=cached), run("kivi-2bit", measures=cached)])
    assert figure is not None
    (axes,) = figure.axes
    assert axes.get_xlabel() == "KV cache, MB"


def test_points_on_the_front_are_filled_and_beaten_ones_are_hollow() -> None:
    figure = pareto_figure([run(kv) for kv in METHODS])
    assert figure is not None
    looks = looks_of([run(kv) for kv in METHODS])
    points = [line for line in figure.axes[0].lines if line.get_linestyle() == "None"]
    filled = {point.get_color(): point.get_markerfacecolor() != "white" for point in points}
    beaten = "minference+snapkv-4096[window_size=16]"
    assert filled[looks["full"].colour]
    assert not filled[looks[beaten].colour]


def test_the_front_of_a_panel_goes_through_the_points_that_none_beats_there() -> None:
    figure = pareto_figure([run("full"), run("snapkv-4096"), run("kivi-2bit"), run("quest")])
    assert figure is not None
    front = next(line for line in figure.axes[0].lines if line.get_linestyle() == "--")
    corners = {(x, round(y)) for x, y in zip(*front.get_data(), strict=True)}
    assert corners == {(537, 30), (3100, 30), (3100, 80), (17200, 80), (17200, 90)}


def test_curves_have_a_panel_a_task_a_line_a_method_and_percentages() -> None:
    figure = turns_figure(sweep())
    assert figure is not None
    assert len(figure.axes) == 2
    first = figure.axes[0]
    assert len(first.lines) == len(METHODS)
    assert list(first.lines[0].get_xdata()) == [1, 2, 3]
    assert list(first.lines[0].get_ydata()) == pytest.approx([90, 85, 80])
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [*METHODS]


def test_a_band_is_the_interval_in_percent() -> None:
    figure = turns_figure([run("kivi-2bit")])
    assert figure is not None
    (band,) = figure.axes[0].collections
    corners = band.get_paths()[0].vertices
    assert corners[:, 1].min() == pytest.approx(60)
    assert corners[:, 1].max() == pytest.approx(90)


def test_many_tasks_fill_several_lines_of_panels() -> None:
    tasks = [f"t{i}" for i in range(6)]
    turns = [cell("turn", task, turn=i) for task in tasks for i in range(2)]
    above = [cell(level, task) for task in tasks for level in ("subtask", "task")]
    figure = turns_figure([results(*turns, *above)])
    assert figure is not None
    shown = [axes for axes in figure.axes if axes.get_visible()]
    assert [axes.get_title() for axes in shown] == tasks
    assert len(figure.axes) == 8
    assert not clipped(figure)


def test_a_curve_without_intervals_is_drawn_over_all_its_turns() -> None:
    alone = {"stderr": None, "low": None, "high": None}
    turns = [cell("turn", "t", turn=i, **alone) for i in range(5)]
    figure = turns_figure([results(*turns, cell("subtask", "t", **alone), cell("task", "t"))])
    assert figure is not None
    left, right = figure.axes[0].get_xlim()
    assert left <= 1
    assert right >= 5


def test_comparisons_over_other_samples_are_told_apart_by_their_number() -> None:
    measured = Measures(cache_bytes=1e6)
    figure = pareto_figure([results(cell("task", "t", n=n), measures=measured) for n in (10, 50)])
    assert figure is not None
    assert {"n = 10", "n = 50"} <= {*words(figure)}


def test_a_needle_map_has_depth_0_above_and_a_panel_a_method(tmp_path: Path) -> None:
    figure = needle_figure([needles(tmp_path, kv) for kv in ("full", "tova")])
    assert figure is not None
    first, second, bar = figure.axes
    assert [axes.get_title() for axes in (first, second)] == ["full: mean 50.0", "tova: mean 50.0"]
    assert "score %" in bar.get_ylabel()
    (image,) = first.images
    assert image.get_array()[0].tolist() == [0.0] * 4
    assert image.get_array()[-1].tolist() == [100.0] * 4
    assert first.get_ylim()[0] > first.get_ylim()[1]


@pytest.mark.parametrize("size", [1, 4, 25])
@pytest.mark.parametrize("maps", [1, 2, 5])
def test_no_text_of_a_needle_map_is_clipped(tmp_path: Path, maps: int, size: int) -> None:
    figure = needle_figure([needles(tmp_path, f"kv{i}", size) for i in range(maps)])
    assert figure is not None
    assert not clipped(figure)


@pytest.mark.parametrize("runs", [sweep(), sweep()[:1], sweep()[4:5]], ids=["all", "one", "long"])
def test_no_text_is_clipped(runs: list[Results]) -> None:
    for figure in (pareto_figure(runs), turns_figure(runs)):
        assert figure is not None
        assert not clipped(figure)


def test_names_beside_points_cover_neither_each_other_nor_points() -> None:
    figure, [[axes]] = new_figure(1, 1, (4.6, 3.4))
    axes.set(xlim=(0, 10), ylim=(0, 100))
    figure.draw_without_rendering()
    points = [Named(f"method-{i}", 5.0 + 0.05 * (i % 3), 40.0 + i, 30.0, 60.0) for i in range(12)]
    write_names(axes, points)
    found = [Text.get_window_extent(text) for text in axes.texts]
    assert [text.get_text() for text in axes.texts] == [point.name for point in points]
    assert all(_contains(axes.bbox, box) for box in found)
    for one, other in itertools.combinations(found, 2):
        assert not one.overlaps(other)
    places = axes.transData.transform([(point.x, point.y) for point in points])
    assert not any(box.contains(*place) for box in found for place in places)


def test_every_method_looks_different_and_keeps_its_look() -> None:
    runs = [results(kv=f"method-{i}") for i in range(42)]
    looks = looks_of(runs)
    assert len({(look.colour, look.marker) for look in looks.values()}) == 43
    assert looks_of(runs)["method-7"] == looks["method-7"]


def python(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", program, str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


PROGRAM = """\
import sys
from pathlib import Path
{before}
from evalrun.runners.looks import looks_of
from evalrun.runners.plots.files import write_plots
from evalrun.runners.stored import read_runs
folder = Path(sys.argv[1])
write_plots(read_runs([folder]), folder / "plots")
{after}
"""


def test_without_matplotlib_the_extra_is_named(tmp_path: Path) -> None:
    stored(tmp_path / "a", run("full"))
    done = python(PROGRAM.format(before="sys.modules['matplotlib'] = None", after=""), tmp_path)
    assert done.stderr.splitlines()[-1].endswith(
        "MissingExtraError: drawing plots needs an extra: pip install 'evalrun[report]'"
    )


def test_drawing_leaves_pyplot_alone(tmp_path: Path) -> None:
    stored(tmp_path / "a", run("full"))
    after = "assert 'matplotlib.pyplot' not in sys.modules"
    done = python(PROGRAM.format(before="", after=after), tmp_path)
    assert done.returncode == 0, done.stderr
