"""Texts that would run, if anything of them were taken for more than text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from browser.reports import Report, overview, report, results_table, row, run_view, turn
from browser.visit import Visit

from evalrun.core.content import ToolCall
from evalrun.runners.report.model import IndexChunk, RowView

pytestmark = pytest.mark.browser

RUN = "window.ran=true;alert(1);new Image().src='https://leak.example/x'"
HOSTILE = {
    "script": f"<script>{RUN}</script>",
    "closing tags": f"</script></style></title></textarea><script>{RUN}</script>",
    "comment": f"<!--<script>{RUN}//--><script>",
    "handler": f'"><img src=x onerror="{RUN}"><svg/onload="{RUN}"><p onclick=\'{RUN}\'>',
    "address": f"javascript:{RUN}",
    "link": "<a href='https://leak.example/'>https://leak.example/</a>",
    "template": "${" + RUN + "} {{constructor.constructor('" + RUN + "')()}} `" + RUN + "`",
    "string end": f"');{RUN};('\\',\n\r\u2028\u2029{RUN}",
    "style": "<style>*{display:none}</style><link rel=stylesheet href=https://leak.example/a.css>",
    "frame": f"<iframe srcdoc='<script>{RUN}</script>'></iframe><base href=https://leak.example/>",
    "direction": "abc\u202egnp.exe\u2066\u2067 \u200f",
    "NUL": "a\x00b\x1b[31m\x7f\x9b",
    "surrogate": "a\ud83d b\udc00 \ud800",
    "prototype": "__proto__",
    "replacement": "$& $1 $` $' <!-- slot: pieces -->",
}

# What could end the element in which a single file keeps its pieces.
ENDS_ELEMENTS = ("script", "closing tags", "comment", "string end", "NUL", "surrogate")


def hostile_row(text: str) -> RowView:
    """Return a row that has `text` in every place a model, a judge or a data set can reach."""
    one = turn(
        0,
        query=text,
        images=(text,),
        output=text,
        reasoning=text,
        tool_calls=(ToolCall(text, text, text),),
        files=(text,),
        stop_reason=text,
        status=text,
        subtask=text,
        scores={text: 1.0},
        target={text: [text]},
        answer=text,
        explanation=text,
    )
    return row(
        0,
        id=text,
        sample=text,
        task=text,
        group=text,
        labels={text: text},
        status=text,
        scores={text: 1.0},
        error=text,
        context=text,
        turns=(one, one),
        messages=({"role": text, "content": text}, {text: text}),
        kv={text: text},
    )


def hostile_report(text: str) -> Report:
    """Return a report of two runs with `text` in every field that is one."""
    figure = msgspec.structs.replace(
        overview().figures[0],
        title=text,
        alt=text,
        note=text,
        data=({"type": "bar", "x": [text], "y": [1], "name": text, "hovertext": [text]},),
        layout={"title": {"text": text}, "xaxis": {"title": {"text": text}}},
    )
    table = msgspec.structs.replace(
        results_table(), title=text, header=(text,) * 5, rows=((text,) * 5,), notes=(text,)
    )
    changed = dict.fromkeys(
        ("label", "recipe", "model", "kv", "protocol", "scorer", "folder", "state", "started_at"),
        text,
    )
    runs = tuple(hostile_run(f"r{number}", text, changed) for number in range(2))
    rows = [hostile_row(text)]
    worse = [msgspec.structs.replace(rows[0], scores={text: 0.0})]
    made = {"title": text, "made_at": text, "version": text}
    return report(rows, worse, tables=(table,), figures=(figure,), runs=runs, **made)


def hostile_run(key: str, text: str, changed: dict[str, str]) -> Any:
    return run_view(
        key,
        failed={text: 1},
        statuses={text: 1},
        tasks=(text,),
        metrics=(text,),
        config=text,
        provenance={text: {text: text}},
        notes=(text,),
        rows=1,
        index_chunks=1,
        **changed,
    )


def look_at_everything(visit: Visit) -> None:
    """Go through all views, and open all that folds."""
    visit.go("#/rows")
    visit.count("2 of 2 rows.")
    visit.page.locator(".list tbody a").first.click()
    visit.page.locator(".turn").first.wait_for()
    visit.page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    for route in ("#/diff/r0/r1", "#/run/r0", "#/plots", "#/overview"):
        visit.go(route)
        visit.page.locator("main h1").wait_for()
        if "diff" in route:
            visit.page.locator(".list tbody a").first.click()
            visit.page.locator(".beside").first.wait_for()
        if "plots" in route:
            visit.page.locator(".plot svg").first.wait_for()
    visit.page.wait_for_load_state("networkidle")


@pytest.mark.parametrize(
    ("name", "single"),
    [*((name, False) for name in HOSTILE), *((name, True) for name in ENDS_ELEMENTS)],
)
def test_nothing_of_a_text_runs_and_the_page_stays_usable(
    visit: Visit, name: str, single: bool
) -> None:
    visit.open(hostile_report(HOSTILE[name]), single=single)
    look_at_everything(visit)
    assert visit.page.evaluate("window.ran") is None
    assert visit.page.evaluate("({}).polluted") is None
    assert visit.page.locator("main iframe, main script, main style, main link").count() == 0
    for link in visit.page.locator("main a").all():
        assert (link.get_attribute("href") or "").startswith("#/")
    # The text is also the name of an image that is not there.
    missing = "Failed to load resource"
    visit.complaints = [line for line in visit.complaints if missing not in line]


@pytest.mark.parametrize("name", ["script", "closing tags", "handler", "string end", "template"])
def test_text_is_shown_as_it_is(visit: Visit, name: str) -> None:
    text = HOSTILE[name]
    given = row(0, turns=(turn(0, output=text),))
    visit.open(report([given]), "#/row/r0/doc-00000")
    box = visit.page.get_by_role("group", name="Output")
    box.wait_for()
    assert box.text_content() == text.replace("\r", "\u240d")


def test_characters_that_hide_or_turn_text_are_shown_by_their_number(visit: Visit) -> None:
    given = row(0, turns=(turn(0, output="abc\u202egnp.exe\x00\x7f"),))
    visit.open(report([given]), "#/row/r0/doc-00000")
    box = visit.page.get_by_role("group", name="Output")
    box.wait_for()
    assert box.text_content() == "abc⟨U+202E⟩gnp.exe\u2400⟨U+007F⟩"


def test_a_megabyte_in_one_line_is_shown_and_searched(visit: Visit) -> None:
    line = "y" * 1_000_000 + "needle"
    given = row(0, turns=(turn(0, output=line, reasoning=line),), context=line)
    visit.open(report([given, row(1)]), "#/rows?q=needle&in=text")
    visit.count("1 of 2 rows.")
    visit.page.get_by_role("link", name="doc-00000").click()
    visit.page.get_by_role("button", name="Show all 1,000,006 characters").first.click()
    visit.page.wait_for_function(
        "[...document.querySelectorAll('.text')].some((box) => box.textContent.endsWith('needle'))"
    )
    assert not visit.scrolls_sideways()


def test_policy_refuses_scripts_and_requests_that_are_not_of_the_report(visit: Visit) -> None:
    visit.open(report([row(0)]))
    outcome = visit.page.evaluate(
        """async () => {
          const script = document.createElement('script');
          script.textContent = 'window.ran = true';
          document.body.append(script);
          const button = document.createElement('button');
          button.setAttribute('onclick', 'window.ran = true');
          document.body.append(button);
          button.click();
          const sent = await fetch('https://leak.example/').then(() => 'sent', () => 'refused');
          return [window.ran ?? null, sent];
        }"""
    )
    assert outcome == [None, "refused"]
    assert len(visit.complaints) >= 3
    visit.complaints = []


def test_ids_with_anything_in_them_are_addresses(visit: Visit) -> None:
    ids = ["a/b?c#d&e=f", "100%", "ü ñ 漢字", "..", " ", "\u202e", "<b>"]
    visit.open(report([row(n, id=name) for n, name in enumerate(ids)]), "#/rows")
    visit.count("7 of 7 rows.")
    for number in range(len(ids)):
        visit.go("#/rows")
        visit.count("7 of 7 rows.")
        visit.page.locator(".list tbody a").nth(number).press("Enter")
        visit.says(f"Who kept the lantern in document {number}?")
        visit.says(f"{number + 1} of 7")


def test_index_and_rows_that_disagree_end_in_words(visit: Visit, tmp_path: Path) -> None:
    given = report([row(0)])
    broken = dict(given.pieces)
    chunk = broken["r0/index-0"]
    assert isinstance(chunk, IndexChunk)
    broken["r0/index-0"] = msgspec.structs.replace(chunk, place=(7,))
    visit.open(msgspec.structs.replace(given, pieces=broken), "#/row/r0/doc-00000")
    visit.says("The piece r0/rows-0 does not hold this row.")
