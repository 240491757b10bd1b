"""A sealed experiment from the admin to its result: staff make and seal it, two people play two rounds each."""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PHONE, WIDE, remember, remembered, sign_in, soon
from tests.browser.test_game import Installation, drop_pin, is_phone, phase

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ADMIN = "seal-keeper"
ALL_ANSWERED_MS = 300_000  # a hundred pictures, on whatever this machine has to spare
LOOKED_AGAIN_MS = 120_000  # a beat, a check, a reckoning, and a page that looks every few seconds
ROUNDS = 2


@pytest.fixture
def staff_page(chromium: Browser, address: str, installation: Installation) -> Iterator[Page]:
    context = chromium.new_context(viewport=WIDE, reduced_motion="reduce")
    page = context.new_page()
    sign_in(page, address, installation[0], ADMIN)
    yield page
    context.close()


def picture(page: Page, screens: Path, name: str) -> None:
    """Take the whole page in both themes."""
    size = "phone" if is_phone(page) else "wide"
    width = PHONE["width"] if is_phone(page) else WIDE["width"]
    soon(page, lambda: page.evaluate("width => document.documentElement.scrollWidth <= width", width), True)
    for theme in ("dark", "light"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
        page.screenshot(path=str(screens / f"{size}-{name}-{theme}.png"), full_page=True)


def make_and_seal(page: Page, address: str, slug: str, screens: Path) -> None:
    page.goto(f"{address}/admin/geogame/experiment/")
    page.get_by_role("link", name="The paper’s protocol").click()
    expect(page.get_by_label("Rounds for each")).to_have_value("5")
    page.get_by_label("Name").fill("Two against PlaNet")
    page.locator("#id_slug").fill(slug)
    page.get_by_label("Question").fill("Are two people nearer than PlaNet, on photographs that nobody has met?")
    page.get_by_label("Photo set").select_option(label="First steps")
    page.get_by_label("People").fill("2")
    page.get_by_label("Rounds for each").fill(str(ROUNDS))
    page.screenshot(path=str(screens / "wide-30-admin-made.png"), full_page=True)
    page.get_by_role("button", name="Save and continue editing").click()
    page.get_by_role("button", name="Prepare").click()
    expect(page.locator("#progress")).to_contain_text("of 100 answers computed")
    page.screenshot(path=str(screens / "wide-31-admin-preparing.png"), full_page=True)
    expect(page.locator("#progress")).to_have_text("100 of 100 answers computed", timeout=ALL_ANSWERED_MS)
    expect(page.locator("#content")).to_contain_text("2 spare places are drawn too")
    expect(page.locator("#content")).to_contain_text("The set is published")
    page.screenshot(path=str(screens / "wide-32-admin-prepared.png"), full_page=True)
    page.get_by_role("button", name="Seal", exact=True).click()
    expect(page.locator("main, #content").first).to_contain_text("From now on nothing changes")
    page.screenshot(path=str(screens / "wide-33-admin-sealed.png"), full_page=True)


def not_cut(page: Page, screens: Path, name: str) -> None:
    """Look at an admin page at a phone's width: nothing of it lies beyond the right edge, not even hidden there."""
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    beyond = (
        "all => all.filter(each => each.getBoundingClientRect().right > innerWidth + 1).map(each => each.outerHTML)"
    )
    soon(page, lambda: page.locator("#container *:visible").evaluate_all(beyond), [])
    page.screenshot(path=str(screens / f"phone-{name}.png"), full_page=True)
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]


def abandon_another(page: Page, screens: Path) -> None:
    """Make another experiment from the sealed one that the admin shows, seal it and abandon it at once."""
    not_cut(page, screens, "40-admin-sealed")
    page.get_by_role("button", name="Make a new experiment").click()
    page.get_by_role("button", name="Prepare").click()
    expect(page.locator("#progress")).to_have_text("100 of 100 answers computed", timeout=ALL_ANSWERED_MS)
    not_cut(page, screens, "41-admin-prepared")
    page.get_by_role("button", name="Seal", exact=True).click()
    page.get_by_label("Reason").fill("The photographs were in the newspaper this morning.")
    page.get_by_role("button", name="Abandon the experiment").click()
    expect(page.locator(".messagelist")).to_contain_text("nothing of it is compared")
    page.get_by_role("link", name="Its page").click()
    page.wait_for_url("**/experiments/*/")


def take_part(page: Page, address: str, slug: str, name: str) -> None:
    page.goto(f"{address}/experiments/")
    page.locator(f"a[href='/experiments/{slug}/']").click()
    page.get_by_label("Your name").fill(name)
    page.get_by_role("button", name="Take part").click()
    page.wait_for_selector("#game[data-phase=showing]")
    page.wait_for_selector("#panel:not([inert])", timeout=60_000)


def play(page: Page) -> None:
    for number in range(1, ROUNDS + 1):
        drop_pin(page, 0.55, 0.4)
        page.locator("#guess").click()
        phase(page, "reveal")
        page.locator("#next").click()
        phase(page, "showing" if number < ROUNDS else "over")


def other_page(chromium: Browser, page: Page) -> Page:
    phone = is_phone(page)
    size = PHONE if phone else WIDE
    context = chromium.new_context(viewport=size, has_touch=phone, is_mobile=phone, reduced_motion="reduce")
    return context.new_page()


def test_a_sealed_experiment_from_seal_to_result(
    page: Page, staff_page: Page, chromium: Browser, address: str, screens: Path
) -> None:
    slug = "two-phone" if is_phone(page) else "two-wide"
    make_and_seal(staff_page, address, slug, screens)
    here = f"{address}/experiments/{slug}/"

    page.goto(here)
    expect(page.locator(".experiment-count")).to_have_text("0 of 2 places played")
    expect(page.locator(".seal-state")).to_contain_text("The seal holds.")
    picture(page, screens, "34-experiment-open")
    file = page.request.get(f"{here}protocol.json").body()
    seal = hashlib.sha256(file).hexdigest()
    assert page.locator(".digest code").inner_text().replace("\n", "").replace(" ", "") == seal
    assert json.loads(file)["people"] == 2
    expect(page.locator("#link")).to_have_value(re.compile(rf"/experiments/{slug}/\?seal={seal}$"))
    remember(page, "[data-does=copy]")
    page.get_by_role("button", name="Copy link").click()
    soon(page, lambda: "Copied" in remembered(page, "[data-does=copy]"), True)  # for two seconds

    take_part(page, address, slug, "Ana")
    page.goto(here)
    expect(page.get_by_role("link", name="Go on")).to_be_visible()
    expect(page.locator(".experiment-progress")).to_contain_text("1 person is playing now")
    picture(page, screens, "35-experiment-playing")
    page.get_by_role("link", name="Go on").click()
    page.wait_for_selector("#panel:not([inert])", timeout=60_000)
    play(page)
    page.goto(here)
    expect(page.locator("main")).to_contain_text("You have played. Thank you.")
    expect(page.locator("main")).not_to_contain_text("The result")
    picture(page, screens, "36-experiment-played")

    second = other_page(chromium, page)
    take_part(second, address, slug, "Ben")
    play(second)
    second.context.close()
    page.goto(here)
    expect(page.locator(".p-value")).to_contain_text("p = ", timeout=LOOKED_AGAIN_MS)  # the page looks again by itself
    expect(page.locator(".experiment-seal")).to_contain_text(
        "The files of the photographs, read anew, are the sealed ones."
    )
    expect(page.locator(".counted").last).to_contain_text("games that were not finished in time")
    picture(page, screens, "37-experiment-result")
    page.goto(f"{address}/experiments/")
    expect(page.locator("main")).to_contain_text("finished on")
    picture(page, screens, "38-experiments")

    abandon_another(staff_page, screens)
    page.goto(staff_page.url)
    expect(page.locator("main")).to_contain_text("Ended after 0 of 2 places. Nothing of it is compared.")
    expect(page.locator("main")).to_contain_text("The photographs were in the newspaper this morning.")
    expect(page.locator(".experiment-seal")).to_contain_text("read anew", timeout=LOOKED_AGAIN_MS)
    picture(page, screens, "39-experiment-abandoned")
