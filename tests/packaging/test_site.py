"""The documentation site builds without a warning, and asks no network for anything."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Literal

import pytest
from source_tree import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest.importorskip("mkdocs", reason="the extra docs is not installed")
pytest.importorskip("material", reason="the extra docs is not installed")

pytestmark = pytest.mark.slow

# What a browser fetches on its own; links that people follow may lead anywhere.
FETCHED = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}
# Told to machines, and fetched by no browser.
NOT_FETCHED = ("canonical", "next", "prev")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site strictly: a warning is a failure."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return folder


class Fetches(HTMLParser):
    """Gathers the addresses that a page has a browser fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        address = told.get(FETCHED.get(tag, ""))
        if address and told.get("rel") not in NOT_FETCHED:
            self.addresses.append(address)


def test_no_page_has_a_browser_fetch_anything_from_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 50
    for page in pages:
        fetches = Fetches()
        fetches.feed(page.read_text(encoding="utf-8"))
        assert fetches.addresses
        outside = [one for one in fetches.addresses if re.match(r"(\w+:)?//", one)]
        assert not outside, page


def test_no_style_fetches_anything_from_elsewhere(site: Path) -> None:
    for sheet in site.rglob("*.css"):
        addresses = re.findall(r"url\(\s*[\"']?([^\"')]+)", sheet.read_text(encoding="utf-8"))
        assert not [one for one in addresses if re.match(r"(https?:)?//", one)], sheet


def test_every_recipe_has_a_page_that_the_navigation_leads_to(site: Path) -> None:
    home = (site / "index.html").read_text(encoding="utf-8")
    start = (site / "recipes" / "index.html").read_text(encoding="utf-8")
    assert 'href="recipes/index.html"' in home
    for recipe in (ROOT / "recipes" / "recipe").glob("*.yaml"):
        assert (site / "recipes" / f"{recipe.stem}.html").is_file()
        assert f'href="{recipe.stem}.html" class="md-nav__link"' in start


def test_the_navigation_has_recipes_in_their_families() -> None:
    listed = (ROOT / "docs" / "recipes" / "index.md").read_text(encoding="utf-8")
    families = re.split(r"^## ", listed, flags=re.MULTILINE)[1:]
    expected = {
        text.splitlines()[0]: re.findall(r"\]\((\w+)\.md\)", text.partition("\n")[2])
        for text in families
    }
    nav = re.findall(
        r"^ {6}- (.+):\n((?: {10}- \w+: recipes/\w+\.md\n)+)",
        (ROOT / "mkdocs.yml").read_text(encoding="utf-8"),
        flags=re.MULTILINE,
    )
    assert {family: re.findall(r"/(\w+)\.md", pages) for family, pages in nav} == expected


def test_the_changelog_is_a_page(site: Path) -> None:
    versions = re.findall(
        r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE
    )
    page = (site / "changelog.html").read_text(encoding="utf-8")
    assert versions
    for version in versions:
        assert f"[{version}]" in page


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_the_screen_and_ask_no_network(
    site: Path, chromium: Browser, width: int, scheme: Literal["light", "dark"]
) -> None:
    asked: list[str] = []
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    for name in ("index", "quickstart", "recipes/scbench", "configuration/kv", "commands"):
        page.goto((site / f"{name}.html").as_uri())
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(wider) <= 0, name
        dark = page.evaluate("document.body.dataset.mdColorScheme") == "slate"
        assert dark == (scheme == "dark")
    context.close()
    assert not [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]


@pytest.mark.browser
@pytest.mark.parametrize(
    ("words", "page", "section"),
    [
        ("max_connections", "configuration.html", "run"),
        ("kv.window_size", "configuration/kv.html", "snapkv"),
        ("evalrun rescore", "commands.html", "evalrun rescore"),
    ],
)
def test_the_search_finds_keys_and_commands(
    site: Path, chromium: Browser, words: str, page: str, section: str
) -> None:
    with served(site) as address:
        tab = chromium.new_page()
        tab.goto(f"{address}/index.html")
        tab.fill("input[name=query]", words)
        found = tab.locator(f".md-search-result__link[href*='{page}']", has_text=section)
        found.first.wait_for(state="attached")
        tab.close()


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on this machine; the search needs more than files."""
    handler = partial(Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing of it."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the library
        return
