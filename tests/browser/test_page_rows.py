"""The list of rows: filters, search, order, and the address that keeps them."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from browser.reports import failed_row, report, row, turn
from browser.visit import Visit

pytestmark = pytest.mark.browser

ROWS = [row(number) for number in range(24)]


def test_list_says_how_many_rows_there_are(visit: Visit) -> None:
    visit.open(report(ROWS, ROWS), "#/rows")
    visit.count("48 of 48 rows.")
    assert visit.listed()[:3] == ["doc-00000", "doc-00001", "doc-00002"]


def test_filters_narrow_the_list_and_stand_in_the_address(visit: Visit) -> None:
    visit.open(report(ROWS, ROWS), "#/rows")
    visit.count("48 of 48 rows.")
    visit.page.get_by_label("Task").select_option("qa")
    visit.count("16 of 48 rows.")
    visit.page.get_by_label("Verdict").select_option("wrong")
    visit.count("8 of 48 rows.")
    visit.page.get_by_label("Run").select_option("r1")
    visit.count("4 of 24 rows.")
    assert visit.page.url.endswith("#/rows?run=r1&task=qa&verdict=wrong")


def test_address_shows_the_same_list_again(visit: Visit) -> None:
    visit.open(report(ROWS), "#/rows?task=qa&verdict=wrong&sort=id&desc=1")
    visit.count("4 of 24 rows.")
    assert visit.listed() == ["doc-00021", "doc-00015", "doc-00009", "doc-00003"]
    assert visit.page.get_by_label("Task").input_value() == "qa"
    assert visit.page.get_by_label("Verdict").input_value() == "wrong"


def test_cleared_filters_show_everything(visit: Visit) -> None:
    visit.open(report(ROWS), "#/rows?task=qa&low=0.5")
    visit.count("4 of 24 rows.")
    visit.page.get_by_role("button", name="Clear filters").click()
    visit.count("24 of 24 rows.")


def test_rows_with_and_without_errors_and_scores(visit: Visit) -> None:
    visit.open(report([*ROWS, failed_row(24)]), "#/rows?error=*")
    visit.count("1 of 25 rows.")
    visit.page.get_by_label("Error").select_option("-")
    visit.count("24 of 25 rows.")
    visit.page.get_by_label("Error").select_option("timeout")
    visit.count("1 of 25 rows.")
    visit.go("#/rows?status=-&verdict=none")
    visit.count("1 of 25 rows.")


def test_score_range_leaves_out_rows_without_a_score(visit: Visit) -> None:
    graded = [row(number, scores={"f1": number / 10}) for number in range(10)]
    visit.open(report([*graded, failed_row(10)]), "#/rows")
    visit.count("11 of 11 rows.")
    visit.page.get_by_label("Score from").fill("0.25")
    visit.page.get_by_label("Score to").fill("0.6")
    visit.page.get_by_label("Score to").blur()
    visit.count("4 of 11 rows.")


def test_what_counts_as_right_can_be_chosen(visit: Visit) -> None:
    graded = [row(number, scores={"f1": number / 10}) for number in range(11)]
    visit.open(report(graded), "#/rows?verdict=right")
    visit.count("1 of 11 rows.")
    visit.page.get_by_label("Right from").fill("0.5")
    visit.page.get_by_label("Right from").blur()
    visit.count("6 of 11 rows.")


def test_search_in_the_index_follows_typing(visit: Visit) -> None:
    visit.open(report(ROWS), "#/rows")
    visit.count("24 of 24 rows.")
    visit.page.get_by_role("searchbox").press_sequentially("DOC-0001")
    visit.count("10 of 24 rows.")
    visit.page.get_by_role("searchbox").fill("nowhere")
    visit.count("None of 24 rows fits the filters.")


def test_search_in_full_texts_goes_through_all_pieces(visit: Visit) -> None:
    rare = turn(17, reasoning="It mentions a Marzipan clock.")
    rows = [*ROWS[:17], row(17, turns=(rare,)), *ROWS[18:]]
    visit.open(report(rows, ROWS), "#/rows")
    visit.page.get_by_label("Where to search").select_option("text")
    visit.page.get_by_role("searchbox").fill("marzipan CLOCK")
    visit.page.get_by_role("button", name="Search").click()
    visit.count("1 of 48 rows.")
    assert visit.listed() == ["doc-00017"]
    visit.searched()
    assert {url.rpartition("/pieces/")[2] for url in visit.requests if "/rows-" in url} == {
        f"r{run}/rows-{number}.js" for run in (0, 1) for number in range(8)
    }


def test_link_to_a_search_in_full_texts_repeats_it(visit: Visit) -> None:
    visit.open(report(ROWS), "#/rows?q=document+13%3F&in=text", single=True)
    visit.count("1 of 24 rows.")
    assert visit.listed() == ["doc-00013"]


def test_search_in_labels(visit: Visit) -> None:
    visit.open(report(ROWS), "#/rows?q=language%3Dde&in=labels")
    visit.count("6 of 24 rows.")


def test_only_pieces_with_rows_that_fit_the_filters_are_searched(visit: Visit) -> None:
    visit.open(report(ROWS), "#/rows?q=document&in=text&low=2")
    visit.count("None of 24 rows fits the filters.")
    assert not [url for url in visit.requests if "/rows-" in url]


def test_search_in_full_texts_can_be_cancelled(visit: Visit) -> None:
    visit.page.route("**/rows-2.js", lambda route: None)  # this piece never arrives
    visit.open(report(ROWS), "#/rows")
    visit.go("#/rows?q=document&in=text")
    visit.says("Searched 2 of 8 pieces: 6 found.")
    visit.page.get_by_role("button", name="Cancel").click()
    visit.says("The search was cancelled")
    visit.count("6 of 24 rows.")


@pytest.mark.parametrize(
    ("column", "first", "last"),
    [("Row", "doc-00000", "doc-00023"), ("Tokens", "doc-00000", "doc-00023")],
)
def test_heading_sorts_up_then_down_then_not(
    visit: Visit, column: str, first: str, last: str
) -> None:
    visit.open(report(list(reversed(ROWS))), "#/rows")
    visit.count("24 of 24 rows.")
    heading = visit.page.locator("th", has_text=column).first
    heading.get_by_role("button").click()
    assert heading.get_attribute("aria-sort") == "ascending"
    assert visit.listed()[0] == first
    heading.get_by_role("button").click()
    assert heading.get_attribute("aria-sort") == "descending"
    assert visit.listed()[0] == last
    heading.get_by_role("button").click()
    assert heading.get_attribute("aria-sort") is None


def test_ids_are_sorted_with_their_numbers_as_numbers(visit: Visit) -> None:
    ids = ["q10#0", "q9#0", "q9#1", "p100#0", "q"]
    visit.open(report([row(n, id=name) for n, name in enumerate(ids)]), "#/rows?sort=id")
    visit.count("5 of 5 rows.")
    assert visit.listed() == ["p100#0", "q", "q9#0", "q9#1", "q10#0"]


def test_rows_without_a_score_come_last_in_both_orders(visit: Visit) -> None:
    rows = [failed_row(0), row(1), row(2), failed_row(3), row(4)]
    visit.open(report(rows), "#/rows?sort=score")
    visit.count("5 of 5 rows.")
    assert visit.listed() == ["doc-00001", "doc-00002", "doc-00004", "doc-00000", "doc-00003"]
    visit.go("#/rows?sort=score&desc=1")
    visit.page.locator("[aria-sort=descending]").wait_for()
    assert visit.listed() == ["doc-00002", "doc-00004", "doc-00001", "doc-00000", "doc-00003"]


def test_export_holds_the_filtered_rows_in_their_order(visit: Visit) -> None:
    rows = [*ROWS[:6], row(6, id='a,"b"\n', task="qa"), failed_row(7)]
    visit.open(report(rows), "#/rows?task=qa&sort=id&desc=1")
    visit.count("3 of 8 rows.")
    with visit.page.expect_download() as download:
        visit.page.get_by_role("button", name="Export CSV").click()
    path = Path(download.value.path())
    with path.open(newline="", encoding="utf-8") as file:
        written = list(csv.DictReader(file))
    assert [line["id"] for line in written] == ["doc-00003", "doc-00000", 'a,"b"\n']
    assert written[0] == {
        "run": "longdocs / small-model (full cache)",
        "id": "doc-00003",
        "sample": "doc-00003",
        "epoch": "0",
        "task": "qa",
        "status": "ok",
        "score": "0",
        "error": "",
    }


def test_next_and_previous_stay_within_the_list(visit: Visit) -> None:
    visit.open(report(ROWS), "#/rows?task=qa&sort=id&desc=1")
    visit.count("8 of 24 rows.")
    visit.page.get_by_role("link", name="doc-00018").click()
    visit.heading("Row doc-00018")
    visit.says("2 of 8")
    visit.page.get_by_role("button", name="Next").click()
    visit.heading("Row doc-00015")
    visit.page.get_by_role("button", name="Previous").click()
    visit.heading("Row doc-00018")
    visit.page.get_by_role("button", name="Previous").click()
    visit.heading("Row doc-00021")
    visit.says("1 of 8")
    assert visit.page.get_by_role("button", name="Previous").is_disabled()


def test_next_follows_what_a_search_in_full_texts_found(visit: Visit) -> None:
    visit.open(report(ROWS), "#/rows?q=language%3Dde&in=labels")
    visit.count("6 of 24 rows.")
    visit.searched()
    visit.page.get_by_role("link", name="doc-00004").click()
    visit.says("2 of 6")
    visit.page.get_by_role("button", name="Next").click()
    visit.heading("Row doc-00008")


def test_click_anywhere_in_a_line_opens_the_row(visit: Visit) -> None:
    visit.open(report(ROWS), "#/rows")
    visit.count("24 of 24 rows.")
    visit.page.locator(".list tbody tr", has_text="doc-00003").locator("td").nth(2).click()
    visit.heading("Row doc-00003")


def test_epochs_and_groups_get_columns_where_there_are_any(visit: Visit) -> None:
    visit.open(report(ROWS[:3]), "#/rows")
    visit.count("3 of 3 rows.")
    columns = visit.page.locator(".list thead th").all_inner_texts()
    assert columns == ["Row", "Task", "Status", "Score", "Latency", "Tokens", "Output begins"]
    visit.open(report([row(0, epoch=1, group="g"), failed_row(1)], ROWS[:1]), "#/rows")
    visit.page.reload()
    visit.count("3 of 3 rows.")
    assert set(visit.page.locator(".list thead th").all_inner_texts()) - set(columns) == {
        "Epoch",
        "Group",
        "Error",
        "Run",
    }
