"""A five-round game in a real Chromium, as a person plays it: by mouse and finger, by keyboard, with refreshes between.

Screenshots of every phase go to the folder that SCREENSHOTS names (default: var/screens).
"""

import csv
import json
import re
import shutil
import threading
from pathlib import Path

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.conftest import soon
from tests.conftest import jpeg
from tests.leaks import EXIF_MARKS
from tests.servers import manage

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ROUNDS = 5
Installation = tuple[dict[str, str], Path]


def is_phone(page: Page) -> bool:
    assert page.viewport_size is not None
    return page.viewport_size["width"] < 640


def start(
    page: Page, address: str, rounds: int = ROUNDS, time_limit: str = "0", photo_set: str = "first-steps"
) -> None:
    page.goto(address)
    page.locator(f"input[name=photo_set][value={photo_set}]").check(force=True)
    page.get_by_label("Rounds", exact=True).fill(str(rounds))
    page.get_by_label("Time for each round").select_option(time_limit)
    page.get_by_label("Your name").fill("Ana")
    page.get_by_role("button", name="Play against PlaNet").click()
    page.wait_for_selector("#game[data-phase=showing]")
    # The page as it is served shows a round already; the map comes alive when the script has run.
    page.wait_for_selector("#panel:not([inert])", timeout=60_000)


def phase(page: Page, wanted: str) -> None:
    page.wait_for_selector(f"#game[data-phase={wanted}]", timeout=90_000)  # the machine may be slow


def open_map(page: Page) -> None:
    """Bring the map to where a pin can be dropped: a sheet on a phone, a panel that grows elsewhere."""
    if is_phone(page):
        if page.locator("[data-does=tab]").get_attribute("aria-expanded") != "true":
            page.locator("[data-does=tab]").click()
    else:
        page.locator("#panel").hover()
    page.wait_for_timeout(400)  # the sheet slides


def drop_pin(page: Page, across: float, down: float) -> None:
    open_map(page)
    box = page.locator("#map").bounding_box()
    assert box is not None
    x, y = box["width"] * across, box["height"] * down
    (page.locator("#map").tap if is_phone(page) else page.locator("#map").click)(position={"x": x, "y": y})
    expect(page.locator("#guess")).to_have_text("Guess here")


def drop_pin_and_tell(page: Page, across: float, down: float) -> None:
    """Drop a pin, and wait until the server knows of it: what is done at once after the drop may come before that."""
    with page.expect_response("**/draft/") as told:
        drop_pin(page, across, down)
    assert told.value.ok


def shoot(page: Page, screens: Path, name: str) -> None:
    size = "phone" if is_phone(page) else "wide"
    page.wait_for_timeout(600)  # let the picture settle
    page.screenshot(path=str(screens / f"{size}-{name}.png"))


def test_a_five_round_game_is_played_to_the_end(
    page: Page, address: str, screens: Path, installation: Installation
) -> None:
    page.goto(address)
    shoot(page, screens, "1-home")
    start(page, address)
    code = page.url.rstrip("/").split("/")[-1]
    for number in range(1, ROUNDS + 1):
        expect(page.locator("#bar")).to_contain_text(re.compile(rf"{number}\D+{ROUNDS}"))
        expect(page.locator("#guess")).to_have_text("Drop a pin first")
        if number == 1:
            shoot(page, screens, "2-round")
        (drop_pin_and_tell if number == 1 else drop_pin)(page, 0.2 + 0.12 * number, 0.45)
        if number == 1:
            shoot(page, screens, "3-pin")
            page.reload()  # a dropped pin survives a refresh
            expect(page.locator("#guess")).to_have_text("Guess here")
        page.locator("#guess").click()
        phase(page, "reveal")
        expect(page.locator("#card")).to_contain_text("km")
        expect(page.locator("#card")).to_contain_text("Toy Earth")
        assert page.locator("#card").evaluate("card => card.scrollTop") == 0
        page.locator("#card").evaluate("card => { card.scrollTop = 50; }")  # as a thumb may do
        if number == 1:
            shoot(page, screens, "4-reveal")
            page.reload()
            phase(page, "reveal")
            shoot(page, screens, "5-reveal-again")
        page.locator("#next").click()
        phase(page, "showing" if number < ROUNDS else "over")
    expect(page.locator("#results .rounds tbody tr")).to_have_count(ROUNDS)
    shoot(page, screens, "6-results")
    page.reload()
    phase(page, "over")
    page.goto(f"{address}/leaderboard/")
    expect(page.locator("main")).to_contain_text("Ana", timeout=120_000)  # the page appears when it is reckoned
    expect(page.locator("main")).to_contain_text("PlaNet")
    shoot(page, screens, "7-leaderboard")
    env, _folder = installation
    rows = [
        json.loads(line) for line in manage(env, "export_rounds", "--format", "ndjson", "--game", code).splitlines()
    ]
    assert len(rows) == 2 * ROUNDS
    assert not any(row["missing"] for row in rows)


def test_a_game_by_keyboard_alone(page: Page, address: str) -> None:
    if is_phone(page):
        pytest.skip("a phone has no keyboard")
    start(page, address, rounds=1)
    page.locator("#map").focus()
    for key in ("ArrowRight", "ArrowUp", "Enter"):
        page.keyboard.press(key)
        page.wait_for_timeout(200)
    expect(page.locator("#guess")).to_have_text("Guess here")
    page.locator("#guess").focus()
    page.keyboard.press("Enter")
    phase(page, "reveal")
    page.keyboard.press("n")
    phase(page, "over")


def let_the_time_run_out(page: Page, installation: Installation) -> None:
    """Bring the end of the round near, and wait for it: two minutes are long, and half a minute may be too short."""
    manage(installation[0], "shell", "-c", SOON_OVER % page.url.rstrip("/").split("/")[-1])
    phase(page, "reveal")


SOON_OVER = """
from datetime import timedelta
from django.utils import timezone
from geogame.models import Round
from geogame.news import OPENED, announce
opened = Round.objects.select_related("game").get(game__code="%s", opened_at__isnull=False, closed_at=None)
Round.objects.filter(pk=opened.pk).update(closes_at=timezone.now() + timedelta(seconds=3))
announce(opened.game, OPENED)
"""


def test_a_dropped_pin_counts_when_the_time_is_up(
    page: Page, address: str, screens: Path, installation: Installation
) -> None:
    start(page, address, rounds=1, time_limit="120")
    drop_pin_and_tell(page, 0.5, 0.5)
    shoot(page, screens, "8-countdown")
    let_the_time_run_out(page, installation)
    expect(page.locator("#card")).to_contain_text("km")
    expect(page.locator("#card")).not_to_contain_text("no answer")


def test_time_is_up_without_a_pin_and_the_error_is_not_zero(
    page: Page, address: str, screens: Path, installation: Installation
) -> None:
    start(page, address, rounds=1, time_limit="120")
    let_the_time_run_out(page, installation)
    expect(page.locator("#card")).to_contain_text("no answer")
    shoot(page, screens, "9-no-answer")


def test_no_photo_that_arrives_carries_metadata_or_a_name(page: Page, address: str) -> None:
    photos = []
    page.on("response", lambda answer: photos.append(answer) if "/photos/" in answer.url else None)
    start(page, address, rounds=1)
    soon(page, lambda: bool(photos), True)
    for answer in photos:
        assert not {"etag", "last-modified"} & set(answer.headers)
        assert not any(mark in answer.body() for mark in EXIF_MARKS[:3])


def test_a_lost_connection_is_announced_and_healed(page: Page, address: str, screens: Path) -> None:
    sockets: list[WebSocketRoute] = []
    cut = threading.Event()

    def carry(socket: WebSocketRoute) -> None:
        if cut.is_set():
            socket.close()
        else:
            sockets.append(socket)
            socket.connect_to_server()

    page.route_web_socket("**/ws/**", carry)
    start(page, address, rounds=1)
    page.wait_for_function("document.querySelector('#banner').hidden")
    cut.set()
    page.context.set_offline(True)  # leaves sockets that are open alone
    for socket in sockets:
        socket.close()
    expect(page.locator("#banner")).to_be_visible()
    shoot(page, screens, "10-offline")
    cut.clear()
    page.context.set_offline(False)
    expect(page.locator("#banner")).to_be_hidden()
    drop_pin(page, 0.4, 0.4)
    page.locator("#guess").click()
    phase(page, "reveal")


def test_an_exhibit_of_several_photos_lets_each_be_looked_at(
    page: Page, address: str, screens: Path, installation: Installation
) -> None:
    env, folder = installation
    trip = folder / "trip"
    if not trip.exists():
        trip.mkdir()
        rows = ["filename,latitude,longitude,album"]
        for number, place in enumerate(("40,20", "41,21", "42.5,22.5"), start=1):
            (trip / f"{number}.jpg").write_bytes(jpeg((600, 400)))
            rows.append(f"{number}.jpg,{place},balkans")
        (trip / "trip.csv").write_text("\n".join(rows))
        manage(env, "import_photos", str(trip), "--set", "Trip", "--domain", "toy-earth", "--publish")
    start(page, address, rounds=1, photo_set="trip")
    buttons = page.locator(".photo-others button")
    expect(buttons).to_have_count(3)
    expect(buttons.nth(2)).to_have_attribute("aria-pressed", "true")  # the place asked for is the last photo's
    seen = {page.locator(".photo-view img").get_attribute("src")}
    for number in (0, 1):
        buttons.nth(number).click()
        expect(buttons.nth(number)).to_have_attribute("aria-pressed", "true")
        seen.add(page.locator(".photo-view img").get_attribute("src"))
    assert len(seen) == 3
    shoot(page, screens, "14-album")
    drop_pin(page, 0.5, 0.4)
    page.locator("#guess").click()
    phase(page, "reveal")


def test_a_photograph_comes_as_large_as_it_is_seen_and_whole_when_looked_at_closely(
    page: Page, address: str, installation: Installation
) -> None:
    env, folder = installation
    large = folder / "large"
    if not large.exists():
        large.mkdir()
        (large / "large.jpg").write_bytes(jpeg((2000, 1200)))
        (large / "large.csv").write_text("filename,latitude,longitude\nlarge.jpg,40,20")
        manage(env, "import_photos", str(large), "--set", "Large", "--domain", "toy-earth", "--publish")
    start(page, address, rounds=1, photo_set="large")
    picture = page.locator(".photo-view img")
    width = 640 if is_phone(page) else 1280
    expect(picture).to_have_attribute("src", re.compile(rf"/\?width={width}$"))
    expect(page.locator("#photo")).to_have_attribute("data-state", "ready")
    soon(page, lambda: picture.evaluate("(image) => image.naturalWidth"), width)
    for _ in range(3):
        page.locator("#photo").get_by_role("button", name="Zoom in").click()
        page.wait_for_timeout(400)  # the zoom is smooth
    expect(picture).to_have_attribute("src", re.compile(r"/[0-9a-f]{32}/$"))
    page.wait_for_function("document.querySelector('.photo-view img').naturalWidth === 2000")
    expect(page.locator("#photo")).to_have_attribute("data-state", "ready")


@pytest.fixture(scope="session")
def some_photos(trial_photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One in ten of the real photographs, in a folder with its table: to bring in all takes minutes."""
    folder = tmp_path_factory.mktemp("real")
    with (trial_photos / "photos.csv").open(newline="") as file:
        head, *rows = csv.reader(file)
    with (folder / "photos.csv").open("w", newline="") as file:
        csv.writer(file).writerows([head, *rows[::10]])
    for name, *_ in rows[::10]:
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(trial_photos / name, folder / name)
    return folder


def test_real_photographs_are_played_and_the_opponent_is_introduced_honestly(
    page: Page, address: str, screens: Path, installation: Installation, some_photos: Path
) -> None:
    env, _folder = installation
    report = json.loads(manage(env, "import_photos", str(some_photos), "--set", "Real", "--publish", "--json"))
    known = len((some_photos / "photos.csv").read_text().splitlines()) - 1
    # The second time (wide, then phone) every file is in the set already.
    assert report["imported"] + len(report["refused"]) == known
    assert report["imported"] == known or {each["reason"] for each in report["refused"]} == {
        "The same file is in this set already."
    }
    start(page, address, rounds=2, photo_set="real")
    for then in ("showing", "over"):
        expect(page.locator("#game")).to_contain_text("never seen a real photograph")
        shoot(page, screens, "11-real-round")
        drop_pin(page, 0.5, 0.4)
        page.locator("#guess").click()
        phase(page, "reveal")
        expect(page.locator("#card")).to_contain_text("never seen a real photograph")
        shoot(page, screens, "12-real-reveal")
        page.locator("#next").click()
        phase(page, then)
    expect(page.locator("#results")).to_contain_text("never seen a real photograph")
    shoot(page, screens, "13-real-results")
