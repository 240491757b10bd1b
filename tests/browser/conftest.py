"""A real Chromium before a real game: the one-process server, started for these tests on a port of its own."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.servers import environment, web

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--host-resolver-rules=MAP beatplanet.test 127.0.0.1",  # a name that is not localhost
]  # fmt: skip
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 640}


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
def installation(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], Path]:
    folder = tmp_path_factory.mktemp("installation")
    return environment(folder, MACHINE_WAIT_S="15"), folder


@pytest.fixture(scope="session")
def address(installation: tuple[dict[str, str], Path]) -> Iterator[str]:
    """The game as `make play` serves it, with its starter photos."""
    env, folder = installation
    with web(env, folder) as url:
        yield url


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
