"""The plots that runs have, drawn by Plotly in the page."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser.reports import report, row
from browser.visit import Visit
from fabricated import cell, results, stored
from playwright.sync_api import expect

from evalrun.core.exchange import Usage
from evalrun.runners.report.figures import figures
from evalrun.runners.report.model import Figure
from evalrun.runners.results import Measures

pytestmark = pytest.mark.browser

LINK = "<a href='https://evil.example'>t</a>"
TEMPLATE = "%{meta.narrow.height} &lt;b&gt; $x$"


def plots(folder: Path, task: str, kv: str) -> tuple[Figure, ...]:
    """Return the plots of two methods on a task of several turns."""
    runs = [
        results(
            *(cell("turn", task, 0.9 - 0.1 * turn, turn=turn) for turn in range(3)),
            *(cell(level, name, 0.8) for level in ("subtask", "task") for name in (task, "u")),
            kv=method,
            measures=Measures(cache_bytes=size, ttft_later_s=0.1),
            usage=Usage(input_tokens=int(size), cost_usd=size),
            statuses={"ok": 5, "empty": 1},
        )
        for method, size in (("full", 9.0), (kv, 2.0))
    ]
    return figures([stored(folder / str(i), run) for i, run in enumerate(runs)])


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_plot_is_drawn_in_wide_and_narrow_pages(
    visit: Visit, tmp_path: Path, width: int, scheme: str
) -> None:
    found = plots(tmp_path / "runs", "retrieval", "tova")
    assert len(found) == 6
    visit.page.set_viewport_size({"width": width, "height": 900})
    visit.page.emulate_media(color_scheme=scheme)
    visit.open(report([row(0)], figures=found), "#/plots")
    boxes = visit.page.locator(".plot")
    for position in range(len(found)):
        boxes.nth(position).scroll_into_view_if_needed()
        expect(boxes.nth(position).locator("svg.main-svg").first).to_be_visible()
    assert not visit.scrolls_sideways()


def test_names_of_tasks_and_methods_are_shown_as_they_are(visit: Visit, tmp_path: Path) -> None:
    found = plots(tmp_path / "runs", LINK, TEMPLATE)
    visit.open(report([row(0)], figures=found[:1]), "#/plots")
    plot = visit.page.locator(".plot")
    expect(plot.locator(".legendtext").nth(1)).to_have_text(TEMPLATE)
    shown = plot.locator(".ytick text").first.text_content() or ""
    assert shown.replace(" ", "") == LINK.replace(" ", "")
    plot.locator(".barlayer .point").first.hover(force=True)
    expect(plot.locator(".hovertext")).to_contain_text(LINK)
    assert plot.locator("[href*='evil']").count() == 0
