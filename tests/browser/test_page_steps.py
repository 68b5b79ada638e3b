"""Replies that led to the graded ones, and likelihoods of choices: folded, and shown as text."""

from __future__ import annotations

import pytest
from browser.reports import report, row, turn
from browser.visit import Visit

from evalrun.core.content import ToolCall
from evalrun.runners.report.model import ChoiceView, TurnView

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>\u202e"
STEPS = (
    turn(1, query=None, target=None, answer=None, status=None, output="First step."),
    TurnView(output=HOSTILE, role=HOSTILE, tool_calls=(ToolCall("c", "look", "{}"),)),
)
CHOICES = (
    ChoiceView(text="the keeper of the lantern", logprob=-0.25, tokens=5),
    ChoiceView(text=HOSTILE, logprob=-12.123456, tokens=9),
    ChoiceView(text="nobody", tokens=2),
)


def test_intermediate_replies_are_folded_and_open_in_their_order(visit: Visit) -> None:
    visit.open(report([row(0, intermediate=STEPS), row(1)]), "#/row/r0/doc-00000")
    folded = visit.page.locator("details", has_text="2 intermediate replies")
    folded.wait_for()
    assert folded.get_attribute("open") is None
    assert not folded.get_by_text("First step.").is_visible()
    folded.locator("summary").first.click()
    assert folded.get_by_text("First step.").is_visible()
    titles = folded.get_by_role("heading", level=3).all_inner_texts()
    assert titles[0] == "Reply 1"
    assert titles[2].startswith("Reply 2, <img src=x")
    assert "Call of the tool look" in titles


def test_likelihoods_are_folded_and_stand_in_a_table(visit: Visit) -> None:
    liked = turn(0, likelihoods=CHOICES)
    visit.open(report([row(0, turns=(liked,))]), "#/row/r0/doc-00000")
    folded = visit.page.locator("details", has_text="Likelihoods of 3 choices")
    folded.wait_for()
    assert folded.get_attribute("open") is None
    folded.locator("summary").click()
    lines = folded.locator("tbody tr")
    assert lines.nth(0).locator("td").all_inner_texts() == [
        "1",
        "-0.25",
        "5",
        "the keeper of the lantern",
    ]
    second = lines.nth(1).locator("td").all_inner_texts()
    assert second[:3] == ["2", "-12.1235", "9"]
    assert second[3].startswith("<img src=x onerror=alert(1)>")
    assert second[3].endswith("⟨U+202E⟩")
    assert lines.nth(2).locator("td").nth(1).inner_text() == "\u2013"


def test_likelihoods_of_unknown_choices_have_no_texts(visit: Visit) -> None:
    bare = (ChoiceView(logprob=-1.0, tokens=1), ChoiceView(logprob=-2.0, tokens=1))
    visit.open(report([row(0, turns=(turn(0, likelihoods=bare),))]), "#/row/r0/doc-00000")
    folded = visit.page.locator("details", has_text="Likelihoods of 2 choices")
    folded.locator("summary").click()
    assert folded.locator("thead th").all_inner_texts() == ["Choice", "Log-likelihood", "Tokens"]


def test_what_is_folded_is_found_by_a_search_in_full_texts(visit: Visit) -> None:
    visit.open(report([row(0, intermediate=STEPS), row(1)]), "#/rows?q=first+step&in=text")
    visit.count("1 of 2 rows.")
    assert visit.listed() == ["doc-00000"]
