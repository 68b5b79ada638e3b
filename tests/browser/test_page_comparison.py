"""Two runs on the same samples."""

from __future__ import annotations

import pytest
from browser.reports import Report, failed_row, report, row, turn
from browser.visit import Visit

from evalrun.runners.report.model import RowView

pytestmark = pytest.mark.browser


def judged(number: int, score: float, output: str = "same words") -> RowView:
    return row(number, scores={"f1": score}, turns=(turn(number, output=output),))


def two_runs() -> Report:
    """Return runs of which both are right once, none once, the first thrice, the second once."""
    first = [judged(n, score) for n, score in enumerate([1, 0, 1, 1, 1, 0])]
    second = [judged(n, score) for n, score in enumerate([1, 0, 0, 0, 0, 1])]
    return report([*first, failed_row(6), row(7)], [*reversed(second), row(6)])


def facts(visit: Visit) -> dict[str, str]:
    box = visit.page.locator(".facts").first
    names, values = (box.locator(tag).all_inner_texts() for tag in ("dt", "dd"))
    return dict(zip(names, values, strict=True))


def test_counts_say_who_is_right_where(visit: Visit) -> None:
    visit.open(two_runs(), "#/diff/r0/r1")
    visit.count("4 samples.")
    assert facts(visit) == {
        "Both right": "1",
        "Both wrong": "1",
        "Only the first right": "3",
        "Only the second right": "1",
        "Rows without a scored counterpart": "3",
    }


@pytest.mark.parametrize(
    ("show", "listed"),
    [
        ("", ["doc-00002", "doc-00003", "doc-00004", "doc-00005"]),
        ("first", ["doc-00002", "doc-00003", "doc-00004"]),
        ("second", ["doc-00005"]),
        ("right", ["doc-00000"]),
        ("wrong", ["doc-00001"]),
        ("all", [f"doc-0000{n}" for n in range(6)]),
    ],
)
def test_direction_narrows_the_list(visit: Visit, show: str, listed: list[str]) -> None:
    visit.open(two_runs(), "#/diff/r0/r1?show=all")
    visit.count("6 samples.")
    visit.page.get_by_label("Show").select_option(show)
    visit.count(f"{len(listed)} sample{'s' if len(listed) > 1 else ''}.")
    assert visit.listed() == listed


def test_what_counts_as_right_can_be_chosen(visit: Visit) -> None:
    first, second = [judged(0, 0.6), judged(1, 0.4)], [judged(0, 0.5), judged(1, 0.9)]
    visit.open(report(first, second), "#/diff/r0/r1?right=0.5")
    visit.count("1 sample.")
    assert visit.listed() == ["doc-00001"]


def test_words_that_differ_are_marked(visit: Visit) -> None:
    first = [judged(0, 1, "The keeper lit the lantern in winter, by the old river.")]
    second = [judged(0, 0, "The keeper lit a lantern in winter by the river today.")]
    visit.open(report(first, second), "#/diff/r0/r1")
    visit.page.get_by_role("link", name="doc-00000").click()
    visit.says("Outputs of doc-00000")
    assert visit.page.locator("del").all_text_contents() == ["the", ",", "old "]
    assert visit.page.locator("ins").all_text_contents() == ["a", " today"]


def test_texts_too_long_to_align_are_marked_as_a_whole(visit: Visit) -> None:
    first = [judged(0, 1, "start " + "a b " * 2000 + "end")]
    second = [judged(0, 0, "start " + "c d " * 2000 + "end")]
    visit.open(report(first, second), "#/diff/r0/r1/doc-00000")
    visit.says("too long to be compared word by word")
    assert visit.page.locator("del").all_text_contents() == ["a b " * 1999 + "a b"]


def test_n_and_p_go_through_the_pairs_and_escape_back(visit: Visit) -> None:
    visit.open(two_runs(), "#/diff/r0/r1")
    visit.count("4 samples.")
    for key, opened in [("n", "doc-00002"), ("n", "doc-00003"), ("p", "doc-00002")]:
        visit.page.keyboard.press(key)
        visit.says(f"Outputs of {opened}")
    visit.page.keyboard.press("Escape")
    visit.page.get_by_text("Outputs of").wait_for(state="detached")
    assert visit.page.url.endswith("#/diff/r0/r1")


def test_runs_without_a_sample_in_common_say_so(visit: Visit) -> None:
    visit.open(report([row(0)], [row(1)]), "#/diff/r0/r1")
    visit.count("No sample fits.")
