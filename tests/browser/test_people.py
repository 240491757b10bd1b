"""Accounts and a person's rights in a real Chromium: a guest plays, makes an account, sees what is stored, deletes it.

Screenshots go to the folder that SCREENSHOTS names (default: var/screens).
"""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_game import drop_pin, is_phone, phase, start

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PASSWORD = "seven red balloons"


def shoot(page: Page, screens: Path, name: str) -> None:
    assert page.viewport_size is not None
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.viewport_size["width"], f"{name} scrolls sideways"
    page.screenshot(path=str(screens / f"people-{'phone' if is_phone(page) else 'wide'}-{name}.png"), full_page=True)


def test_a_guest_plays_makes_an_account_and_deletes_everything(page: Page, address: str, screens: Path) -> None:
    account = "phone1990" if is_phone(page) else "wide1990"
    page.goto(f"{address}/you/")
    shoot(page, screens, "nobody")
    start(page, address, rounds=1)
    drop_pin(page, 0.5, 0.5)
    page.locator("#guess").click()
    phase(page, "reveal")
    page.goto(f"{address}/you/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ana")
    shoot(page, screens, "guest")

    page.get_by_role("link", name="Make an account and keep these games").click()
    expect(page.get_by_label("Password confirmation")).to_be_visible()
    shoot(page, screens, "sign-up")
    page.get_by_label("Account name").fill(account)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password confirmation").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_text(f"You are signed in with the account {account}.")).to_be_visible()
    shoot(page, screens, "account")
    page.goto(address)
    expect(page.get_by_text("Playing as Ana.")).to_be_visible()
    shoot(page, screens, "home")

    page.goto(f"{address}/you/")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download my data").click()
    told = json.loads(Path(str(download.value.path())).read_text())
    assert (told["account"]["username"], len(told["games"][0]["guesses"])) == (account, 1)

    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{address}/")  # whoever goes elsewhere at once is signed in still
    page.goto(f"{address}/account/?next=/you/")
    shoot(page, screens, "sign-in")
    page.get_by_label("Account name").fill(account)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Delete my data").click()
    expect(page.get_by_role("button", name="Delete everything for good")).to_be_visible()
    shoot(page, screens, "delete")
    page.get_by_label("Type your name to confirm: Ana").fill("Ana")
    page.get_by_role("button", name="Delete everything for good").click()
    expect(page.get_by_role("heading", name="Your data are deleted")).to_be_visible()
    shoot(page, screens, "deleted")
    page.goto(f"{address}/you/")
    expect(page.get_by_text("nothing is stored about you")).to_be_visible()
