"""The comparison in a real Chromium: chosen by form, drawn, taken along, and up to date by itself.

Screenshots in both sizes and themes go to the folder that SCREENSHOTS names (default: var/screens).
"""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.servers import Browser, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.slow]
RECKONED_MS = 120_000  # a look, ten seconds of rest, a beat, and a machine with other work
CHARTS = 8
THE_TABLE_AGREES = """() => {  // the open table follows the headline
  const [people, machine] = document.querySelectorAll("#wins tbody td");
  const told = (name) => document.querySelector(`.headline [data-figure=${name}]`).textContent;
  return people.textContent === told("people_won") && machine.textContent === told("machine_won");
}"""


def play(address: str, rounds: int) -> None:
    """Play a game to its end without a screen; whoever does is somebody new."""
    player = Browser(address)
    player.start("first-steps", rounds)
    for number in range(rounds):
        player.guess(10.0 + number, 20.0)
        wait_for(lambda: player.state()["phase"] in {"reveal", "over"}, 120, "the round does not close")
        player.next()


def open_comparison(page: Page, address: str, query: str = "") -> None:
    page.goto(f"{address}/comparison/{query}")
    page.wait_for_selector("#comparison[data-state=told]", timeout=RECKONED_MS)


def see_all_charts(page: Page) -> None:
    """Scroll past every chart, so that each is loaded, and back."""
    for name in page.locator(".chart:has(img)").evaluate_all("charts => charts.map((chart) => chart.id)"):
        page.wait_for_function(IS_LOADED, arg=name)
    page.evaluate("scrollTo(0, 0)")


# By name, and scrolled to each time: what is reckoned meanwhile may put a new chart where the old one stood.
IS_LOADED = """name => {
  const image = document.querySelector(`#${name} img`);
  image.scrollIntoView();
  return image.complete && image.naturalWidth > 0;
}"""


def duels(page: Page) -> int:
    return int(page.locator(".tallies [data-figure=duels]").inner_text())


def test_the_page_shows_figures_and_charts_in_both_themes(page: Page, address: str, screens: Path) -> None:
    play(address, 2)
    size = "phone" if (page.viewport_size or {})["width"] < 640 else "wide"
    for theme in ("dark", "light"):
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        open_comparison(page, address)
        expect(page.locator(".chart")).to_have_count(CHARTS)  # of which those without anything to draw have words alone
        see_all_charts(page)
        page.screenshot(path=str(screens / f"{size}-comparison-{theme}.png"), full_page=True)
        page.wait_for_function(IS_FOR, arg=[theme, size == "phone"])
        assert "2,320.75 km" in page.locator(".numbers").inner_text()  # the figures of 2016, in a column or a sentence
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.goto(f"{address}/comparison/methods/#bootstrap")
    page.screenshot(path=str(screens / f"{size}-methods.png"))


IS_FOR = """([theme, isPhone]) => {
  const address = document.querySelector(".chart img").currentSrc;
  return address.includes(`theme=${theme}`) && address.includes("narrow=1") === isPhone;
}"""


def test_what_is_compared_can_be_chosen(page: Page, address: str, screens: Path) -> None:
    play(address, 1)
    open_comparison(page, address)
    page.get_by_text("Choose what is compared").click()
    page.get_by_label("Photo set").select_option("first-steps")
    page.get_by_label("Photographs seen before count, too").check()
    page.get_by_role("button", name="Compare").click()
    page.wait_for_url(re.compile("set=first-steps"))
    page.wait_for_selector("#comparison:is([data-state=told], [data-state=few])", timeout=RECKONED_MS)  # by who played
    expect(page.locator(".filters summary")).to_contain_text("First steps")
    page.goto(f"{address}/comparison/?since=2035-01-01")
    expect(page.get_by_text("No duel in this selection yet")).to_be_visible(timeout=RECKONED_MS)
    size = "phone" if (page.viewport_size or {})["width"] < 640 else "wide"
    page.screenshot(path=str(screens / f"{size}-comparison-empty.png"))


def test_charts_and_numbers_can_be_taken_along(page: Page, address: str) -> None:
    play(address, 1)
    open_comparison(page, address)
    chart = page.locator("#curves")
    chart.get_by_text("The numbers behind it").click()
    expect(chart.locator("tbody tr").first).to_be_visible()
    for kind, begins in (("SVG", b"<?xml"), ("PNG", b"\x89PNG"), ("PDF", b"%PDF")):
        with page.expect_download() as download:
            chart.get_by_role("link", name=kind).click()
        path = download.value.path()
        assert path.read_bytes().startswith(begins)
        assert download.value.suggested_filename == f"curves.{kind.lower()}"


def test_it_stays_up_to_date_by_itself(page: Page, address: str) -> None:
    play(address, 1)
    news: list[tuple[WebSocketRoute, str]] = []

    def carry(socket: WebSocketRoute) -> None:
        def pass_on(told: str | bytes) -> None:
            news.append((socket, str(told)))
            socket.send(told)

        socket.connect_to_server().on_message(pass_on)

    page.route_web_socket("**/ws/comparison/**", carry)
    open_comparison(page, address)
    page.locator("#wins .behind summary").click()
    before, first_drawing = duels(page), page.locator("#wins img").get_attribute("src")
    page.evaluate("window.sameDocument = true")
    play(address, 1)
    expect(page.locator(".tallies [data-figure=duels]")).not_to_have_text(str(before), timeout=RECKONED_MS)
    page.wait_for_function(THE_TABLE_AGREES)
    page.locator("#wins").scroll_into_view_if_needed()
    expect(page.locator("#wins img")).not_to_have_attribute("src", first_drawing or "")

    page.locator("#curves picture").evaluate("drawing => drawing.remove()")  # as where there was nothing to draw yet
    socket, told = news[-1]
    socket.send(json.dumps(json.loads(told) | {"reckonedAt": "2035-01-01T00:00:00+00:00"}))
    expect(page.locator("#curves img")).to_be_attached()
    expect(page.locator("#wins .behind")).to_have_attribute("open", "")  # what somebody reads stays open
    assert page.evaluate("window.sameDocument") is True


def test_it_works_without_scripts(chromium: Chromium, address: str) -> None:
    play(address, 1)
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/comparison/?set=first-steps&others=on")
    expect(page.locator("#comparison[data-state=told]")).to_be_visible(timeout=RECKONED_MS)  # loads anew by itself
    expect(page.locator("#wins img")).to_be_visible()
    context.close()
