"""A look at a report in a browser tab, with a record of what the tab did."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from browser.reports import Report

LOCAL = ("file:", "data:", "blob:")


class Visit:
    """One tab. `complaints` are errors and warnings of its console, `requests` addresses asked."""

    def __init__(self, page: Any, folder: Path) -> None:
        self.page = page
        self.folder = folder
        self.complaints: list[str] = []
        self.dialogs: list[str] = []
        self.requests: list[str] = []
        self.allowed: tuple[str, ...] = LOCAL
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("dialog", self._asked)

    def open(self, report: Report, route: str = "", *, single: bool = False) -> None:
        """Write `report` and open it at `route`, such as #/rows."""
        path = report.single_file(self.folder) if single else report.folder(self.folder)
        self.page.goto(f"{path.as_uri()}{route}")

    def go(self, route: str) -> None:
        """Change the address as a click on a link does."""
        self.page.evaluate("route => { location.hash = route; }", route)

    def heading(self, text: str) -> None:
        """Wait until the view's heading is `text`."""
        self.page.locator("h1", has_text=text).wait_for()

    def count(self, text: str) -> None:
        """Wait until the line that counts rows or samples is `text`."""
        self.page.locator(".count").get_by_text(text, exact=True).wait_for()

    def searched(self) -> None:
        """Wait until no search is under way."""
        self.page.locator(".progress").wait_for(state="detached")

    def listed(self) -> list[str]:
        """Return the names of the rows that are drawn."""
        return self.page.locator(".list tbody a").all_inner_texts()

    def says(self, text: str) -> None:
        """Wait until `text` stands on the page."""
        self.page.get_by_text(text).first.wait_for()

    def scrolls_sideways(self) -> bool:
        """Whether the page as a whole is wider than its window."""
        return self.page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )

    def asked_outside(self) -> list[str]:
        """Return the requests that went to anything but the report."""
        return [url for url in self.requests if not url.startswith(self.allowed)]

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _asked(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()
