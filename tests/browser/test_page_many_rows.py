"""A hundred thousand rows in one list."""

from __future__ import annotations

import sys
import time

import pytest
from browser.reports import row, sized_report, turn
from browser.visit import Visit

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MANY = 100_000


def test_a_hundred_thousand_rows_are_listed_filtered_sorted_and_scrolled(
    visit: Visit, capsys: pytest.CaptureFixture[str]
) -> None:
    turns = [(turn(number),) for number in range(50)]
    rows = [row(number, turns=turns[number % 50], context=None) for number in range(MANY)]
    took: dict[str, float] = {}

    def measured(name: str, text: str) -> None:
        visit.count(text)
        took[name] = time.perf_counter() - start

    report = sized_report([rows], index_rows=10_000, chunk_rows=1_000)
    start = time.perf_counter()
    visit.open(report, "#/rows")
    measured("write, open and list all", "100,000 of 100,000 rows.")

    start = time.perf_counter()
    visit.page.reload()
    measured("open and list all", "100,000 of 100,000 rows.")
    assert visit.page.locator(".list tbody tr").count() < 80

    start = time.perf_counter()
    visit.page.get_by_label("Verdict").select_option("wrong")
    measured("filter", "50,000 of 100,000 rows.")

    start = time.perf_counter()
    visit.page.locator("th", has_text="Row").get_by_role("button").click()
    visit.page.locator("[aria-sort=ascending]").wait_for()
    took["sort by id"] = time.perf_counter() - start

    start = time.perf_counter()
    visit.page.get_by_role("searchbox").fill("doc-9999")
    measured("search in the index", "5 of 100,000 rows.")

    visit.go("#/rows")
    visit.count("100,000 of 100,000 rows.")
    start = time.perf_counter()
    visit.page.locator(".list-box").evaluate("box => { box.scrollTop = box.scrollHeight; }")
    visit.page.get_by_role("link", name="doc-99999").wait_for()
    took["scroll to the end"] = time.perf_counter() - start
    visit.page.locator(".list-box").evaluate("box => { box.scrollTop = 34 * 50000; }")
    visit.page.get_by_role("link", name="doc-50000").click()
    visit.says("50,001 of 100,000")

    start = time.perf_counter()
    visit.go("#/rows?q=document+7%3F&in=text")
    measured("search in full texts", "2,000 of 100,000 rows.")
    with capsys.disabled():
        sys.stdout.writelines(f"\n{name}: {seconds:.2f} s" for name, seconds in took.items())
