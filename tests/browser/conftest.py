"""A real Chromium before a real game: the one-process server, started for these tests on a port of its own."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.game.playback import Service, service
from tests.servers import environment, manage, web

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--host-resolver-rules=MAP beatplanet.test 127.0.0.1",  # a name that is not localhost
]  # fmt: skip
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 640}
PATIENCE_S = 60  # for what a browser does soon, on a machine that has other work
expect.set_options(timeout=1000 * PATIENCE_S)


@pytest.fixture(scope="module")  # its event loop must not run any more when other tests start theirs
def chromium() -> Iterator[Browser]:
    path = CHROMIUM if Path(CHROMIUM).exists() else shutil.which("chromium")
    if not path:
        pytest.skip("Chromium is not installed")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def services() -> Iterator[Service]:
    """Commons and Mapillary, played back."""
    with service() as made:
        yield made


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory, services: Service) -> tuple[dict[str, str], Path]:
    folder = tmp_path_factory.mktemp("installation")
    played_back = {
        "DJANGO_SETTINGS_MODULE": "tests.browser.played_back", "SERVICES": services.address,
        "COMMONS_CONTACT": "us@example.org", "MAPILLARY_TOKEN": "secret",
    }  # fmt: skip
    # That the machine is slow is no missing answer.
    return environment(folder, MACHINE_WAIT_S="60", **played_back), folder


@pytest.fixture(scope="session")
def address(installation: tuple[dict[str, str], Path]) -> Iterator[str]:
    """The game as `make play` serves it, with its starter photos."""
    env, folder = installation
    with web(env, folder) as url:
        yield url


def soon(page: Page, ask: Callable[[], object], wanted: object) -> None:
    """Ask until the answer is the wanted one: what is read but once may be read a moment too early."""
    deadline = time.monotonic() + PATIENCE_S
    while (answer := ask()) != wanted and time.monotonic() < deadline:
        page.wait_for_timeout(100)
    assert answer == wanted


def remember(page: Page, mark: str) -> None:
    """From now on note each text that an element shows, however soon it is followed by another."""
    page.locator(mark).first.evaluate(REMEMBER, mark)


def remembered(page: Page, mark: str) -> list[str]:
    """Return the texts that an element has shown since `remember`, on the same page."""
    told: list[str] = page.evaluate("(mark) => window.remembered[mark]", mark)
    return told


REMEMBER = """
(element, mark) => {
  const texts = ((window.remembered ??= {})[mark] = []);
  new MutationObserver(() => texts.push(element.textContent)).observe(
    element, { childList: true, characterData: true, subtree: true });
}
"""


def sign_in(page: Page, address: str, env: dict[str, str], name: str) -> None:
    """Sign in to the admin, as a superuser who is made where there is none of this name."""
    script = (
        "from django.contrib.auth.models import User; "
        f"User.objects.filter(username='{name}').exists() or "
        f"User.objects.create_superuser('{name}', password='{name}')"
    )
    manage(env, "shell", "-c", script)
    page.goto(f"{address}/admin/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(name)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{address}/admin/")  # whoever goes elsewhere at once is not signed in


@pytest.fixture
def screens() -> Path:
    """Where screenshots go: SCREENSHOTS, or nowhere that is kept."""
    folder = Path(os.environ.get("SCREENSHOTS", "var/screens"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(params=["wide", "phone"])
def page(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    """A page of a fresh browser, wide or phone-sized; a script error or a failed request fails the test."""
    phone = request.param == "phone"
    context = chromium.new_context(
        viewport=PHONE if phone else WIDE, has_touch=phone, is_mobile=phone, reduced_motion="reduce"
    )
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on(
        "response", lambda answer: errors.append(f"{answer.status} {answer.url}") if answer.status >= 500 else None
    )
    yield opened
    context.close()
    assert errors == []
