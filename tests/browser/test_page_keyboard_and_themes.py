"""The page without a mouse, in the dark, in small windows and on paper."""

from __future__ import annotations

import msgspec
import pytest
from browser.reports import overview, report, rich_row, row
from browser.visit import Visit

pytestmark = pytest.mark.browser

ROWS = [rich_row(0), *(row(number) for number in range(1, 30))]
ROUTES = [
    "#/overview",
    "#/plots",
    "#/rows",
    "#/row/r0/doc-00000",
    "#/run/r0",
    "#/diff/r0/r1/doc-00001?show=all",
]
LIGHT, DARK = "rgb(246, 247, 249)", "rgb(20, 23, 27)"


def focused(visit: Visit) -> str:
    return visit.page.evaluate("document.activeElement.textContent")


def background(visit: Visit) -> str:
    return visit.page.evaluate("getComputedStyle(document.body).backgroundColor")


def contrast(visit: Visit, ink: str, sheet: str) -> float:
    """Return the contrast ratio of two colours of the theme (WCAG 2.2, 1.4.3)."""
    script = "name => evalrun.theme.colour(name).match(/\\d+/g).map(Number)"
    lights = sorted(luminance(visit.page.evaluate(script, name)) for name in (ink, sheet))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def luminance(colour: list[int]) -> float:
    parts = [part / 255 for part in colour]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_rows_are_gone_through_opened_and_left_by_keys(visit: Visit) -> None:
    visit.open(report(ROWS), "#/rows")
    visit.count("30 of 30 rows.")
    for key, row_id in [("j", "00000"), ("j", "00001"), ("ArrowDown", "00002"), ("k", "00001")]:
        visit.page.keyboard.press(key)
        assert focused(visit) == f"doc-{row_id}"
    visit.page.keyboard.press("Enter")
    visit.heading("Row doc-00001")
    visit.says("2 of 30")
    visit.page.keyboard.press("n")
    visit.heading("Row doc-00002")
    visit.says("3 of 30")
    visit.page.keyboard.press("p")
    visit.heading("Row doc-00001")
    visit.page.keyboard.press("Escape")
    visit.count("30 of 30 rows.")
    assert focused(visit) == "doc-00001"
    visit.page.keyboard.press("Escape")
    visit.heading("Two methods")


def test_keys_reach_rows_that_are_not_drawn_yet(visit: Visit) -> None:
    visit.open(report([row(number) for number in range(120)]), "#/rows")
    visit.count("120 of 120 rows.")
    for _ in range(100):
        visit.page.keyboard.press("j")
    assert focused(visit) == "doc-00099"
    assert visit.page.locator(":focus").is_visible()


def test_slash_goes_to_the_search_and_escape_leaves_it(visit: Visit) -> None:
    visit.open(report(ROWS), "#/rows")
    visit.count("30 of 30 rows.")
    visit.page.keyboard.press("/")
    visit.page.keyboard.type("doc-0002 j")
    assert visit.page.get_by_role("searchbox").input_value() == "doc-0002 j"
    visit.page.keyboard.press("Escape")
    assert visit.page.evaluate("document.activeElement === document.body")


def test_question_mark_lists_the_keys(visit: Visit) -> None:
    visit.open(report(ROWS))
    visit.page.keyboard.press("?")
    dialog = visit.page.get_by_role("dialog", name="Keys")
    dialog.wait_for()
    visit.page.keyboard.press("t")
    assert background(visit) == LIGHT
    visit.page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")


def test_skip_link_comes_first_and_leads_to_the_content(visit: Visit) -> None:
    visit.open(report(ROWS), "#/rows")
    visit.count("30 of 30 rows.")
    visit.page.keyboard.press("Tab")
    assert focused(visit) == "Skip to content"
    visit.page.keyboard.press("Enter")
    assert visit.page.evaluate("document.activeElement.id") == "main"
    assert visit.page.url.endswith("#/rows")


def test_focus_is_visible(visit: Visit) -> None:
    visit.open(report(ROWS))
    visit.page.keyboard.press("Tab")
    visit.page.keyboard.press("Tab")
    style = visit.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert style == "solid"


def test_page_has_landmarks_and_a_table_with_its_true_length(visit: Visit) -> None:
    visit.open(report([row(number) for number in range(120)]), "#/rows")
    visit.count("120 of 120 rows.")
    for role in ("banner", "navigation", "main", "search"):
        visit.page.get_by_role(role).first.wait_for()
    table = visit.page.get_by_role("table", name="Rows")
    assert table.get_attribute("aria-rowcount") == "121"
    assert table.get_by_role("row").count() < 60
    assert visit.page.locator(".count").get_attribute("aria-live") == "polite"


def test_theme_follows_the_system_until_one_is_chosen(visit: Visit) -> None:
    visit.page.emulate_media(color_scheme="dark")
    visit.open(report(ROWS))
    assert background(visit) == DARK
    visit.page.keyboard.press("t")
    assert background(visit) == LIGHT
    visit.page.reload()
    assert background(visit) == LIGHT
    visit.page.get_by_role("button", name="Theme").click()
    assert background(visit) == DARK


def test_theme_can_be_chosen_where_nothing_can_be_stored(visit: Visit) -> None:
    visit.page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('refused'); } });"
    )
    visit.open(report(ROWS))
    visit.page.keyboard.press("t")
    assert background(visit) == DARK


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_texts_have_enough_contrast(visit: Visit, theme: str) -> None:
    visit.page.emulate_media(color_scheme=theme)
    visit.open(report(ROWS))
    for ink in ("--ink", "--quiet", "--accent", "--error"):
        for sheet in ("--page", "--sheet"):
            assert contrast(visit, ink, sheet) >= 4.5, (ink, sheet)
    for sheet in ("--removed", "--added", "--accent-soft"):
        assert contrast(visit, "--ink", sheet) >= 4.5, sheet
    assert contrast(visit, "--accent", "--accent-soft") >= 4.5


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("route", ROUTES)
def test_page_never_scrolls_sideways(visit: Visit, width: int, route: str) -> None:
    visit.page.set_viewport_size({"width": width, "height": 800})
    wide = overview().tables[0]
    visit.open(report(ROWS, ROWS, tables=(wide, wide)), route)
    visit.page.wait_for_load_state("networkidle")
    assert not visit.scrolls_sideways()


def test_plots_are_drawn_when_they_come_in_sight(visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 1280, "height": 300})
    figure = overview().figures[0]
    visit.open(report(ROWS, figures=(figure,) * 6), "#/plots")
    visit.page.locator(".plot svg").first.wait_for()
    last = visit.page.locator(".plot").last
    assert last.locator("svg").count() == 0
    last.scroll_into_view_if_needed()
    last.locator("svg").first.wait_for()
    assert last.get_attribute("aria-label") == figure.alt


def test_plots_take_the_colours_of_the_theme(visit: Visit) -> None:
    visit.open(report(ROWS), "#/plots")
    sheet = visit.page.locator(".plot .main-svg").first
    sheet.wait_for()
    before = sheet.evaluate("svg => svg.style.background")
    visit.page.keyboard.press("t")
    visit.page.wait_for_function(
        "before => document.querySelector('.plot .main-svg').style.background !== before",
        arg=before,
    )
    assert sheet.evaluate("svg => svg.style.background") == "rgb(27, 31, 37)"


def test_plot_that_fails_says_so_and_others_stand(visit: Visit) -> None:
    visit.page.add_init_script(
        """document.addEventListener('DOMContentLoaded', () => {
          const draw = Plotly.react;
          let calls = 0;
          globalThis.Plotly = { ...Plotly, react: (...given) => {
            if (calls++ === 0) throw new Error('bad axis');
            return draw(...given);
          } };
        });"""
    )
    visit.open(report(ROWS), "#/plots")
    visit.says("The plot could not be drawn: bad axis")
    visit.page.locator(".plot svg").first.wait_for()


def test_paper_is_light_without_controls_and_whole(visit: Visit) -> None:
    visit.page.emulate_media(media="print", color_scheme="dark")
    visit.page.set_viewport_size({"width": 800, "height": 400})
    visit.open(report(ROWS, ROWS, figures=overview().figures * 3))
    ink = visit.page.evaluate("getComputedStyle(document.body).color")
    assert ink == "rgb(27, 31, 36)"
    assert not visit.page.get_by_role("banner").is_visible()
    assert not visit.page.get_by_role("button", name="Compare").is_visible()
    box = visit.page.locator(".scroll").first
    assert box.evaluate("box => getComputedStyle(box).overflowX") == "visible"
    visit.go("#/plots")
    visit.heading("Plots")
    visit.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    visit.page.wait_for_function(
        "() => [...document.querySelectorAll('.plot')].every((plot) => plot.querySelector('svg'))"
    )


def test_plots_take_their_own_height_and_their_parts_for_narrow_pages(visit: Visit) -> None:
    figure = overview().figures[0]
    layout = {"height": 500, "meta": {"narrow": {"height": 700}}}
    given = msgspec.structs.replace(figure, layout=layout)
    visit.open(report(ROWS, figures=(given,)), "#/plots")
    drawn = visit.page.locator(".plot .main-svg").first
    drawn.wait_for()
    assert drawn.get_attribute("height") == "500"
    visit.page.set_viewport_size({"width": 390, "height": 900})
    visit.page.locator(".plot .main-svg[height='700']").first.wait_for()
    assert not visit.scrolls_sideways()
