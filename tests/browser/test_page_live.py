"""A page of runs that go on, served while they do."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest
from browser.reports import Report, bars, report, row, scatter
from browser.visit import Visit

pytestmark = pytest.mark.browser


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves a folder and says nothing."""

    def log_message(self, *args: Any) -> None: ...


@pytest.fixture
def address(visit: Visit) -> Iterator[str]:
    """Serve the visit's folder and return its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=visit.folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/"
    visit.allowed = (address, "data:", "blob:")
    yield address
    server.shutdown()
    server.server_close()


def write(given: Report, folder: Path) -> None:
    """Write the report, and its overview where a live page asks for it."""
    given.folder(folder)
    (folder / "live").mkdir(exist_ok=True)
    whole = msgspec.json.encode(given.overview)
    (folder / "live" / "new.json").write_bytes(whole)
    (folder / "live" / "new.json").replace(folder / "live" / "overview.json")


def live(rows: int, **changes: Any) -> Report:
    given = {"live": True, "made_at": f"after {rows} rows", **changes}
    return report([row(number) for number in range(rows)], **given)


def test_overview_follows_the_runs(visit: Visit, address: str) -> None:
    write(live(4), visit.folder)
    visit.page.goto(address)
    visit.says("1 run, 4 rows.")
    visit.says("Live: the page follows its runs.")
    write(live(9), visit.folder)
    visit.says("1 run, 9 rows.")


def test_list_grows_and_keeps_its_filters(visit: Visit, address: str) -> None:
    write(live(4), visit.folder)
    visit.page.goto(f"{address}#/rows?verdict=right")
    visit.count("2 of 4 rows.")
    write(live(23), visit.folder)
    visit.count("12 of 23 rows.")
    assert any("index-2.js?v=after%2023%20rows" in url for url in visit.requests)


def test_rows_that_arrived_can_be_opened(visit: Visit, address: str) -> None:
    write(live(4), visit.folder)
    visit.page.goto(f"{address}#/row/r0/doc-00003")
    visit.says("4 of 4")
    write(live(5), visit.folder)
    visit.go("#/rows")
    visit.count("5 of 5 rows.")
    visit.page.get_by_role("link", name="doc-00004").click()
    visit.says("Who kept the lantern in document 4?")


def test_plots_stay_while_numbers_change(visit: Visit, address: str) -> None:
    rows = [row(number) for number in range(2)]
    figure = msgspec.structs.replace(bars(), note="before")
    write(report(rows, rows, live=True, figures=(figure,)), visit.folder)
    visit.page.goto(f"{address}#/plots")
    visit.page.locator(".plot svg").first.wait_for()
    visit.page.evaluate("document.querySelector('.plot').dataset.kept = 'yes'")
    changed = msgspec.structs.replace(figure, note="after")
    write(report(rows, rows, live=True, figures=(changed, scatter())), visit.folder)
    visit.says("after")
    assert visit.page.locator(".plot").first.get_attribute("data-kept") == "yes"
    visit.page.locator(".plot").nth(1).locator("svg").first.wait_for()


def test_chosen_runs_stay_chosen(visit: Visit, address: str) -> None:
    rows = [row(number) for number in range(2)]
    write(report(rows, rows, live=True), visit.folder)
    visit.page.goto(address)
    visit.page.get_by_label("Second run").select_option("r0")
    visit.page.get_by_role("link", name="longdocs / small-model + snapkv", exact=True).focus()
    write(report(rows, rows, live=True, title="Later"), visit.folder)
    visit.heading("Later")
    assert visit.page.get_by_label("Second run").input_value() == "r0"
    focused = visit.page.evaluate("document.activeElement.textContent")
    assert focused == "longdocs / small-model + snapkv"


def test_end_of_the_runs_is_said_and_asking_stops(visit: Visit, address: str) -> None:
    write(live(4), visit.folder)
    visit.page.goto(address)
    write(live(4, live=False), visit.folder)
    visit.says("The runs have ended.")
    asked = len(visit.requests)
    visit.page.wait_for_timeout(2500)
    assert len(visit.requests) == asked


def test_lost_server_is_said_and_found_again(visit: Visit, address: str) -> None:
    write(live(4), visit.folder)
    visit.page.goto(address)
    visit.says("Live: the page follows its runs.")
    (visit.folder / "live" / "overview.json").unlink()
    visit.says("The server does not answer")
    write(live(6), visit.folder)
    visit.says("1 run, 6 rows.")
    visit.complaints = [text for text in visit.complaints if "404" not in text]


def test_finished_report_asks_for_nothing_new(visit: Visit, address: str) -> None:
    write(live(4, live=False), visit.folder)
    visit.page.goto(address)
    visit.says("1 run, 4 rows.")
    visit.page.wait_for_timeout(2500)
    assert not [url for url in visit.requests if "live" in url]
