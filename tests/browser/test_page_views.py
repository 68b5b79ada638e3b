"""Each view of a report, from a folder and from a single file."""

from __future__ import annotations

import msgspec
import pytest
from browser.reports import failed_row, report, rich_row, row, turn
from browser.visit import Visit

pytestmark = pytest.mark.browser

ROWS = [rich_row(0), *(row(number) for number in range(1, 12))]
VIEWS = {
    "#/overview": "Two methods on long documents",
    "#/plots": "Plots",
    "#/rows": "Rows",
    "#/row/r0/doc-00004": "Row doc-00004",
    "#/run/r0": "longdocs / small-model (full cache)",
    "#/diff/r0/r1": "Two runs side by side",
}


@pytest.mark.parametrize("single", [False, True], ids=["folder", "single file"])
def test_every_view_opens_from_its_address(visit: Visit, single: bool) -> None:
    visit.open(report(ROWS, ROWS), single=single)
    for route, heading in VIEWS.items():
        visit.go(route)
        visit.heading(heading)


def test_single_file_needs_no_other_file(visit: Visit) -> None:
    visit.open(report(ROWS), "#/row/r0/doc-00004", single=True)
    visit.says("Who kept the lantern in document 4?")
    assert [url for url in visit.requests if url.startswith("file:")] == [
        (visit.folder / "report.html").as_uri()
    ]


def test_title_and_mark_in_the_navigation_follow_the_view(visit: Visit) -> None:
    visit.open(report(ROWS))
    visit.page.get_by_role("link", name="Plots", exact=True).click()
    visit.heading("Plots")
    assert visit.page.title() == "Plots - Two methods on long documents"
    marked = visit.page.locator("nav [aria-current=page]")
    assert marked.all_inner_texts() == ["Plots"]
    assert visit.page.evaluate("document.activeElement.textContent") == "Plots"


@pytest.mark.parametrize("route", ["#/nothing", "#/run/r9", "#/diff/r0/r9", "#/%E0%A4%A"])
def test_unknown_address_says_so(visit: Visit, route: str) -> None:
    visit.open(report(ROWS), route)
    visit.heading("Not found")
    visit.page.get_by_role("link", name="To the overview").click()
    visit.heading("Two methods")


def test_overview_shows_spans_ranks_and_notes(visit: Visit) -> None:
    visit.open(report(ROWS))
    table = visit.page.locator("table.cells").first
    assert table.locator(".spans th").get_attribute("colspan") == "3"
    assert table.locator("tbody tr").first.locator("td.best").all_text_contents() == [
        "71.2 ± 1.3 (best)",
        "99.5 ± 0.2 (best)",
    ]
    visit.says("Means with standard errors, clustered by document.")


def test_overview_shows_how_runs_stand(visit: Visit) -> None:
    visit.open(report(ROWS))
    cells = visit.page.get_by_role("row", name="full cache").last.locator("td").all_inner_texts()
    assert cells == [
        "complete",
        "11 of 12",
        "1 timeout",
        "10 ok, 1 unparsed",
        "1,204,332",
        "8,211",
        "$0.31",
        "12 min 34 s",
        "rows",
    ]


def test_report_without_anything_says_so(visit: Visit) -> None:
    visit.open(report(tables=(), figures=()))
    visit.says("This report has no runs.")
    visit.go("#/plots")
    visit.says("This report has no plots.")
    visit.go("#/rows")
    visit.count("There are no rows.")


def test_run_shows_configuration_provenance_and_notes(visit: Visit) -> None:
    visit.open(report(ROWS), "#/run/r0")
    for text in ("seed: 0", "4f2c9e", "Limited to 4 samples of each task."):
        visit.says(text)


def test_row_shows_all_of_its_turns(visit: Visit) -> None:
    visit.open(report(ROWS), "#/row/r0/doc-00000")
    visit.heading("Row doc-00000")
    for text in (
        "Context, 140 characters",
        "Who kept the lantern in document 0?",
        "Call of the tool look_up",
        "The reply names the keeper and the year.",
        "f1 = 0.5, judge = 7",
        "language=de",
        "901 in, 18 out",
    ):
        visit.says(text)
    assert visit.page.locator(".media img").evaluate("image => image.naturalWidth") == 1
    reasoning = visit.page.get_by_text("Document 0 names a keeper.")
    assert not reasoning.is_visible()
    visit.page.get_by_text("Reasoning, 26 characters").first.click()
    assert reasoning.is_visible()


def test_row_says_how_much_of_its_context_is_shown(visit: Visit) -> None:
    visit.open(report([row(0, context="ab" * 50, context_chars=1_234_567)]), "#/row/r0/doc-00000")
    visit.says("Context, its first 100 characters of 1,234,567")


def test_failed_row_shows_its_error(visit: Visit) -> None:
    visit.open(report([failed_row(0)]), "#/row/r0/doc-00000")
    visit.page.locator(".text", has_text="timeout").wait_for()


def test_row_that_is_not_there_says_so(visit: Visit) -> None:
    visit.open(report(ROWS), "#/row/r0/doc-99999")
    visit.says("The run has no row doc-99999.")


def test_media_beside_the_page_are_shown_and_others_named(visit: Visit) -> None:
    missing = "media/none.png"
    given = turn(0, images=("https://images.example/a.png", "//host/b.png", "/etc/c.png", missing))
    visit.open(report([row(0, turns=(given,))]), "#/row/r0/doc-00000")
    visit.says("Not shown, because it is not part of the report: https://images.example/a.png")
    visit.says("Not shown, because it is not part of the report: //host/b.png")
    visit.says("Not shown, because it is not part of the report: /etc/c.png")
    visit.says("Could not be shown: media/none.png")
    visit.complaints = [text for text in visit.complaints if "ERR_FILE_NOT_FOUND" not in text]


def test_sound_gets_a_player(visit: Visit) -> None:
    (visit.folder / "media").mkdir()
    (visit.folder / "media" / "a b.wav").write_bytes(b"RIFF")
    given = turn(0, files=("media/a b.wav",))
    visit.open(report([row(0, turns=(given,))]), "#/row/r0/doc-00000")
    player = visit.page.locator("audio")
    player.wait_for()
    assert player.get_attribute("src") == "media/a%20b.wav"


def test_missing_piece_is_named_with_the_way_out(visit: Visit) -> None:
    given = report(ROWS)
    visit.open(msgspec.structs.replace(given, pieces={}), "#/rows")
    visit.says("pieces/r0/index-0.js could not be loaded.")
    given.folder(visit.folder)
    visit.page.get_by_role("button", name="Try again").click()
    visit.count("12 of 12 rows.")
    visit.complaints = [text for text in visit.complaints if "ERR_FILE_NOT_FOUND" not in text]


def test_copy_button_copies_the_output_as_it_is(visit: Visit) -> None:
    output = "one\u202etwo\x00 <b>three</b>"
    visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit.open(report([row(0, turns=(turn(0, output=output),))]), "#/row/r0/doc-00000")
    visit.page.get_by_role("button", name="Copy").click()
    visit.page.get_by_role("button", name="Copied").wait_for()
    assert visit.page.evaluate("navigator.clipboard.readText()") == output


def test_runs_to_compare_are_chosen_on_the_overview(visit: Visit) -> None:
    visit.open(report(ROWS, ROWS))
    visit.page.get_by_label("Second run").select_option("r0")
    visit.page.get_by_label("First run").select_option("r1")
    visit.page.get_by_role("button", name="Compare").click()
    visit.heading("Two runs side by side")
    assert visit.page.url.endswith("#/diff/r1/r0")


def test_long_text_is_shown_on_demand(visit: Visit) -> None:
    output = "x" * 30_000 + "the end"
    visit.open(report([row(0, turns=(turn(0, output=output),))]), "#/row/r0/doc-00000")
    visit.page.get_by_role("button", name="Show all 30,007 characters").click()
    box = visit.page.get_by_role("group", name="Output")
    assert box.inner_text().endswith("the end")


def test_run_without_rows_has_an_empty_list(visit: Visit) -> None:
    visit.open(report([]), "#/rows")
    visit.count("There are no rows.")
