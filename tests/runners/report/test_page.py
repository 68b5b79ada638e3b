"""The page's file, before any browser sees it."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import sys
from collections.abc import Iterable
from html.parser import HTMLParser

import msgspec
import pytest
from browser.reports import overview, report, row
from hypothesis import given
from hypothesis import strategies as st

from evalrun.core.errors import MissingExtraError
from evalrun.core.unicode import well_formed
from evalrun.runners.report.model import Overview, RowChunk, RowView
from evalrun.runners.report.page import page
from evalrun.runners.report.pieces import inert_json, script

ANY_TEXT = st.text(st.characters(), max_size=40)
ENDINGS = ("</script", "<!--", "\u2028", "\u2029", "'", "\x00", "\n")


class Elements(HTMLParser):
    """The scripts of a page by id or position, and its policy."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.policy = ""
        self.in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.in_script = tag == "script"
        if self.in_script:
            self.scripts.append((given, ""))
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"] or ""

    def handle_endtag(self, tag: str) -> None:
        self.in_script = False

    def handle_data(self, data: str) -> None:
        if self.in_script:
            attributes, text = self.scripts[-1]
            self.scripts[-1] = (attributes, text + data)


def parsed(given: Overview, pieces: Iterable[tuple[str, bytes]] = ()) -> Elements:
    elements = Elements()
    elements.feed("".join(page(given, pieces)))
    return elements


def chunk(text: str) -> RowChunk:
    return RowChunk(rows=(RowView(id=text, sample=text, epoch=0, task=text, labels={text: text}),))


@given(ANY_TEXT)
def test_json_of_a_piece_gives_back_any_text(text: str) -> None:
    written = inert_json(chunk(text))
    assert not any(ending in written for ending in ENDINGS)
    read = json.loads(written)["rows"][0]
    assert read["id"] == well_formed(text)
    assert read["labels"] == {well_formed(text): well_formed(text)}


@given(ANY_TEXT)
def test_script_of_a_piece_holds_the_json_as_a_string(text: str) -> None:
    written = script("r0/rows-1", chunk(text)).decode()
    call = re.fullmatch(r"evalrun\.provide\('r0/rows-1', '(.*)'\);\n", written)
    assert call is not None
    literal = call.group(1)
    assert "'" not in literal
    assert literal.replace("\\\\", "\\") == inert_json(chunk(text))
    assert "\\" not in literal.replace("\\\\", "")


def test_lone_surrogates_become_replacement_characters() -> None:
    assert well_formed({"\ud800": ["a\udc00b", 1, None]}) == {"\ufffd": ["a\ufffdb", 1, None]}
    assert well_formed("\U0001f600") == "\U0001f600"


def test_numbers_that_json_does_not_have_become_null() -> None:
    given = RowView(id="a\ud800", sample="s", epoch=0, task="t", scores={"f1": float("nan")})
    assert json.loads(inert_json(given))["scores"] == {"f1": None}


def test_page_holds_the_overview_as_it_is() -> None:
    given = overview(title="</script><script>alert(1)</script>")
    elements = parsed(given)
    attributes, text = elements.scripts[0]
    assert attributes == {"type": "application/json", "id": "overview"}
    assert msgspec.json.decode(text, type=Overview) == given


def test_policy_names_the_scripts_inside_by_their_hashes() -> None:
    elements = parsed(overview())
    running = [text for attributes, text in elements.scripts if "type" not in attributes]
    assert len(running) == 2
    for text in running:
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in elements.policy
    directives = dict(part.split(" ", 1) for part in elements.policy.split("; "))
    assert directives["default-src"] == "'none'"
    assert directives["connect-src"] == "'none'"
    assert "unsafe" not in directives["script-src"]


def test_live_page_may_ask_its_own_server() -> None:
    assert "connect-src 'self';" in parsed(overview(live=True)).policy


def test_given_pieces_stand_in_elements_that_nothing_runs() -> None:
    content = chunk("</script><script>alert(1)</script>")
    elements = parsed(overview(), [("r0/rows-0", script("r0/rows-0", content))])
    attributes, text = elements.scripts[-1]
    assert attributes == {"type": "text/plain", "id": "pieces/r0/rows-0"}
    assert text == script("r0/rows-0", content).decode()


def test_pieces_are_written_one_at_a_time() -> None:
    taken: list[int] = []

    def pieces() -> Iterable[tuple[str, bytes]]:
        for number in range(3):
            taken.append(number)
            yield f"r0/rows-{number}", b"text"

    for part in page(overview(), pieces()):
        if "pieces/r0/rows-0" in part:
            break
    assert taken == [0]


def test_title_is_escaped() -> None:
    title = '<b>"A & B"</b>\ud800'
    text = "".join(page(overview(title=title)))
    assert f"<title>{html.escape(well_formed(title))}</title>" in text
    text.encode()


def test_page_asks_for_no_other_file() -> None:
    written = "".join(page(overview()))
    own = written.replace(parsed(overview()).scripts[-1][1], "")
    assert not re.search(r"""(?:src|href)=["'](?!data:|#)""", own)
    assert "http://" not in own
    assert "https://" not in own


def test_no_module_writes_markup_or_handlers() -> None:
    own = next(text for given, text in parsed(overview()).scripts if not given)
    for word in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "Function(",
    ):
        assert word not in own


def test_missing_plotly_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "plotly.offline", None)
    with pytest.raises(MissingExtraError, match=r"evalrun\[report\]"):
        list(page(report([row(0)]).overview))
