"""A room in real Chromiums: a host and two players, with a reload of each in each phase; verify; the date line.

Screenshots of every screen go to the folder that SCREENSHOTS names (default: var/screens).
"""

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, WebSocketRoute, expect

from tests.browser.conftest import PHONE, WIDE, remember, remembered, soon
from tests.browser.test_game import Installation, drop_pin, is_phone, phase
from tests.servers import environment, manage, web

pytestmark = [pytest.mark.browser, pytest.mark.slow]
HALL = {"width": 1280, "height": 720}
TABLET, LANDSCAPE = {"width": 768, "height": 1024}, {"width": 640, "height": 360}
Opener = Callable[..., Page]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The game under a name that is not localhost, by plain http: browsers give such pages no crypto.subtle."""
    folder = tmp_path_factory.mktemp("hall")
    env = environment(folder, MACHINE_WAIT_S="60", ALLOWED_HOSTS="beatplanet.test,127.0.0.1")
    with web(env, folder) as url:
        yield f"http://beatplanet.test:{urlsplit(url).port}/"


@pytest.fixture
def opened(chromium: Browser) -> Iterator[Opener]:
    """Open browsers that know nothing of each other; a script error in any of them fails the test."""
    contexts, errors = [], list[str]()

    def open_one(viewport: dict[str, int], phone: bool = False, dark: bool = False) -> Page:
        context = chromium.new_context(
            viewport=viewport, has_touch=phone, is_mobile=phone, reduced_motion="reduce",
            color_scheme="dark" if dark else "light",
        )  # fmt: skip
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(f"{error}\n{error.stack}"))
        page.on("dialog", lambda dialog: dialog.accept())
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert errors == []


def shoot(page: Page, screens: Path, name: str) -> None:
    page.wait_for_timeout(500)
    page.screenshot(path=str(screens / f"room-{name}.png"))


def open_room(
    page: Page, served: str, rounds: int = 2, plays: bool = True, photo_set: str = "first-steps", limit: str = "0"
) -> str:
    """Open a room as its host; return its address."""
    page.goto(f"{served}rooms/")
    page.locator(f"input[name=photo_set][value={photo_set}]").check(force=True)
    page.get_by_label("Rounds", exact=True).fill(str(rounds))
    page.get_by_label("Time for each round").select_option(limit)
    page.get_by_label("I play too").set_checked(plays)
    page.get_by_label("Your name").fill("Hanna")
    page.get_by_role("button", name="Open the room").click()
    phase(page, "lobby")
    page.wait_for_selector("#panel:not([inert])", state="attached", timeout=60_000)  # the script has run
    return page.url


def come_in(page: Page, address: str, name: str) -> None:
    page.goto(address)
    page.get_by_label("Your name").fill(name)
    page.get_by_role("button", name="Take a seat").click()
    page.wait_for_selector("#game[data-role=play]")
    page.wait_for_selector("#panel:not([inert])", state="attached", timeout=60_000)


def lock_in(page: Page, across: float = 0.5, down: float = 0.4) -> None:
    drop_pin(page, across, down)
    page.locator("#guess").click()
    page.wait_for_selector("#game[data-phase=reveal], #guess[data-state=waiting]", timeout=90_000)


def seat_and_total(page: Page) -> tuple[object, object]:
    told = page.evaluate("fetch(location.pathname + 'snapshot/').then((answer) => answer.json())")
    own = next(each for each in told["players"] if each["id"] == told["own"]["seat"])
    return own["id"], own["total"]


Box = dict[str, float]


def resize(page: Page, size: dict[str, int]) -> None:
    page.set_viewport_size(size)
    page.wait_for_timeout(400)  # what is measured is measured when the window stands still


def boxes(page: Page, marks: str) -> list[Box]:
    """Return where elements are that can be seen, within the window."""
    return page.evaluate(SEEN, marks)


SEEN = """
(marks) => [...document.querySelectorAll(marks)]
  .filter((each) => each.checkVisibility({ visibilityProperty: true }))
  .map((each) => each.getBoundingClientRect().toJSON())
  .filter((box) => box.right > 0 && box.left < innerWidth)
"""


def meet(a: Box, b: Box) -> bool:
    return a["left"] < b["right"] and b["left"] < a["right"] and a["top"] < b["bottom"] and b["top"] < a["bottom"]


def reload_all(pages: list[Page], wanted: str) -> None:
    """Whatever is on the screen, a reload brings the same seat, score and phase."""
    for page in pages:
        before = seat_and_total(page)
        page.reload()
        phase(page, wanted)
        assert seat_and_total(page) == before


def test_a_host_and_two_players_reload_in_every_phase(opened: Opener, served: str, screens: Path) -> None:
    host, ana, ben = opened(WIDE), opened(PHONE, phone=True), opened(WIDE)
    screen, stranger = opened(HALL), opened(WIDE)
    address = open_room(host, served)
    ana.goto(address)
    shoot(ana, screens, "phone-door")
    come_in(ana, address, "Ana")
    code = re.sub(r"\W", "", address.rsplit("/", 2)[-2])
    ben.goto(served)
    ben.get_by_label("Code of a room").fill(f"{code[:5].lower()} {code[5:]}")
    shoot(ben, screens, "home")
    ben.get_by_role("button", name="Join").click()
    ben.wait_for_url(address)
    come_in(ben, address, "Ben")
    screen.goto(f"{address}screen/")
    expect(host.locator("#lobby")).to_contain_text("3 are here")
    expect(screen.locator("#lobby")).to_contain_text("Ben")
    for page, name in ((host, "host-lobby"), (ana, "phone-lobby"), (screen, "screen-lobby")):
        shoot(page, screens, name)
    reload_all([host, ana, ben], "lobby")
    expect(ana.get_by_role("button", name="Start the game")).to_be_hidden()
    host.get_by_role("button", name="Start the game").click()
    people = [host, ana, ben]
    for page in (*people, screen):
        phase(page, "showing")
    shoot(screen, screens, "screen-showing")
    expect(screen.locator(".bar-code")).to_contain_text(f"{code[:5]}-{code[5:]}")
    reload_all(people, "showing")
    stranger.goto(address)
    come_in(stranger, address, "Late Lee")
    expect(stranger.locator(".late")).to_be_visible()
    for name in ("Hanna", "Ana", "Ben", "Late Lee"):
        expect(screen.locator(".chip-name", has_text=name)).to_be_visible()
    shoot(stranger, screens, "late")
    host.get_by_role("button", name="Room").click()
    expect(host.locator("#room")).to_contain_text("Late Lee")
    shoot(host, screens, "host-menu")
    host.get_by_role("button", name="Close").click()
    lock_in(ana, 0.4)
    reload_all(people, "showing")
    expect(ana.locator("#guess")).to_contain_text("Waiting for")  # locked, still
    expect(host.locator(".count-long")).to_have_text("1 of 3 locked in")  # neither the late one nor the machine counts
    shoot(ana, screens, "phone-locked")
    for size in (TABLET, WIDE):
        resize(host, size)
        soon(host, lambda: host.locator(".bar-title, .chips").evaluate_all(CUT), [])
    lock_in(ben, 0.6)
    lock_in(host, 0.5, 0.6)
    for page in (*people, screen, stranger):
        phase(page, "reveal")
    for page, name in ((host, "host-reveal"), (ana, "phone-reveal"), (screen, "screen-reveal")):
        shoot(page, screens, name)
    soon(ana, lambda: pin_names(ana), (True, []))  # her own is there, at least
    reload_all(people, "reveal")
    expect(ana.locator("#next")).to_be_hidden()
    host.locator("#next").click()
    for page in (*people, stranger):
        phase(page, "showing")
    expect(stranger.locator("#panel")).to_be_visible()  # the late one plays now
    for page, across in ((stranger, 0.3), (ana, 0.4), (host, 0.5)):
        lock_in(page, across)
    host.get_by_role("button", name="Room").click()
    host.get_by_role("button", name="End this round now").click()  # Ben has dropped no pin
    for page in (*people, screen, stranger):
        phase(page, "reveal")
    host.locator("#next").click()
    for page in (*people, screen, stranger):
        phase(page, "over")
    for page, name in ((host, "host-end"), (ana, "phone-end"), (screen, "screen-end")):
        shoot(page, screens, name)
    expect(screen.locator(".places tbody tr")).to_have_count(5)
    soon(screen, lambda: [each["bottom"] <= HALL["height"] for each in boxes(screen, ".places tbody tr")], [True] * 5)
    reload_all(people, "over")
    expect(ana.locator(".podium-step")).to_have_count(3)
    host.get_by_role("button", name="Play again in a new room").click()
    phase(host, "lobby")
    ana.get_by_role("link", name="Come along").click()
    ana.wait_for_url(host.url)
    come_in(ana, host.url, "Ana")
    expect(host.locator("#lobby")).to_contain_text("2 are here")
    expect(screen).to_have_url(f"{host.url}screen/")  # it went there by itself
    expect(screen.locator("#lobby")).to_contain_text("Ana")


CUT = "all => all.filter((each) => each.scrollWidth > each.clientWidth).map((each) => each.className)"


def pin_names(page: Page) -> tuple[bool, list[tuple[Box, Box]]]:
    """Return whether any pin wears a name that is seen, and which of those cover each other."""
    names = boxes(page, ".pin-name")
    return bool(names), [(one, other) for i, one in enumerate(names) for other in names[:i] if meet(one, other)]


WRONG_CLOCK = """
const Right = Date, ahead = %d * 3600e3;
Date = class extends Right {
  constructor(...given) { given.length ? super(...given) : super(Right.now() + ahead); }
  static now() { return Right.now() + ahead; }
};
"""


def counts_down_rightly(page: Page) -> bool:
    """Tell whether the time that the page shows is what the server says, give or take two seconds."""
    before, left, after = page.evaluate(SECONDS_LEFT)
    return 0 < left <= 120 and after - 2 <= left <= before + 2


# However long the server's answer takes, what it says was true at some moment between the two looks.
SECONDS_LEFT = """async () => {
  const shown = () => {
    const [minutes, seconds] = document.querySelector("[data-shows=ring] b").textContent.split(":").map(Number);
    return 60 * minutes + seconds;
  };
  const before = shown();
  const { clock } = await (await fetch(`${location.pathname}snapshot/`)).json();
  return [before, clock.closesInMs / 1000, shown()];
}"""


def test_a_browser_whose_clock_is_wrong_plays_like_the_others(opened: Opener, served: str, screens: Path) -> None:
    """Deadlines are the server's, and on the wire there are only durations. In the dark, for once."""
    host, early, late = opened(WIDE, dark=True), opened(PHONE, phone=True, dark=True), opened(HALL, dark=True)
    early.add_init_script(WRONG_CLOCK % -30)
    late.add_init_script(WRONG_CLOCK % 50)
    host.goto(f"{served}rooms/")
    shoot(host, screens, "dark-new")
    address = open_room(host, served, rounds=1, limit="120")
    for page, name in ((early, "Ana"), (late, "Ben")):
        page.goto(address)
        shoot(page, screens, f"dark-door-{name}")
        come_in(page, address, name)
    shoot(host, screens, "dark-host-lobby")
    host.get_by_role("button", name="Start the game").click()
    for page in (host, early, late):
        phase(page, "showing")
        soon(page, partial(counts_down_rightly, page), True)
    for page, across in ((early, 0.4), (late, 0.5), (host, 0.6)):
        lock_in(page, across)
    for page, name in ((host, "host"), (early, "phone"), (late, "late")):
        phase(page, "reveal")
        assert "no answer" not in page.locator("#game").inner_text().lower()
        shoot(page, screens, f"dark-{name}-reveal")
    host.get_by_role("button", name="Room").click()
    shoot(host, screens, "dark-host-menu")


def test_a_room_on_a_phone_is_played_to_the_end(opened: Opener, served: str) -> None:
    """360 by 640: the host plays alone in the hand, and no page is wider than the window. Turned, it shows both."""
    page = opened(PHONE, phone=True)
    open_room(page, served, rounds=1)
    assert is_phone(page)
    page.get_by_role("button", name="Start the game").click()
    phase(page, "showing")
    lock_in(page)
    phase(page, "reveal")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    for size in (LANDSCAPE, PHONE):
        resize(page, size)
        soon(page, lambda: shows_the_truth(page), True)
    page.locator("#next").click()
    phase(page, "over")
    assert page.evaluate("document.querySelector('#results').scrollWidth") <= 360


def shows_the_truth(page: Page) -> bool:
    """Tell whether a flag is seen on the map, and not behind the card."""
    cards, views = boxes(page, "#card"), boxes(page, "#map")
    return any(
        view["top"] <= flag["top"] and flag["bottom"] <= view["bottom"] and not meet(flag, card)
        for flag in boxes(page, "#map .mark-truth")
        for card in cards
        for view in views
    )


def test_verify_is_true_and_false_where_a_byte_was_changed(opened: Opener, served: str, screens: Path) -> None:
    page = opened(WIDE)
    open_room(page, served, rounds=1)
    assert page.evaluate("window.isSecureContext") is False  # as on a classroom's own network
    page.get_by_role("button", name="Start the game").click()
    phase(page, "showing")
    expect(page.locator(".chip.is-locked")).to_have_count(1)  # the machine, and its promise is here
    lock_in(page)
    phase(page, "reveal")
    verify = page.locator("#verify")
    verify.get_by_role("button").click()
    expect(verify.locator("li")).to_have_count(2)  # it is the last round: no place is promised after it
    expect(verify.locator("li[data-verdict=true]")).to_have_count(2)
    shoot(page, screens, "verified")
    page.evaluate(
        """() => {
          const key = Object.keys(sessionStorage).find((name) => name.startsWith("promises "));
          const kept = JSON.parse(sessionStorage.getItem(key));
          kept.place = (kept.place[0] === "0" ? "1" : "0") + kept.place.slice(1);
          sessionStorage.setItem(key, JSON.stringify(kept));
        }"""
    )
    verify.get_by_role("button").click()
    expect(verify.locator("li[data-verdict=false]")).to_have_count(1)
    expect(verify.locator("li[data-verdict=false]")).to_contain_text("The place: false")
    page.evaluate("sessionStorage.clear()")
    verify.get_by_role("button").click()
    expect(verify.locator("li[data-verdict=null]")).to_have_count(2)


def shared(page: Page, name: str) -> str:
    """Return the address of one of the page's modules."""
    address = page.locator(f"link[rel=modulepreload][href*='/{name}.']").get_attribute("href")
    assert address is not None
    return address


RUDE = "<img/src=x/onerror=window.pwned=1>"


def test_a_name_is_never_html_and_whoever_follows_the_host_can_go_on(
    opened: Opener, address: str, installation: Installation
) -> None:
    host, rude, ana = opened(WIDE), opened(PHONE, phone=True), opened(WIDE)
    room = open_room(host, f"{address}/", rounds=2)
    come_in(ana, room, "Ana")
    come_in(rude, room, RUDE)
    host.get_by_role("button", name="Start the game").click()
    for page, across in ((host, 0.4), (rude, 0.5), (ana, 0.6)):
        phase(page, "showing")
        lock_in(page, across)
    for page in (host, rude, ana):
        phase(page, "reveal")
        expect(page.locator(".pin-name", has_text="You" if page is rude else RUDE)).to_be_attached()
        assert page.evaluate("window.pwned") is None
        assert page.locator("#card").evaluate("card => card.scrollWidth <= card.clientWidth")
    expect(ana.locator("#next")).to_be_hidden()
    ana.keyboard.press("n")  # which presses no button that is not there
    host.context.close()
    code = room.rstrip("/").rsplit("/", 1)[-1]
    manage(installation[0], "shell", "-c", HOST_GONE % code)
    ana.evaluate("window.dispatchEvent(new Event('online'))")  # as after a tunnel: the page has a look
    ana.get_by_role("button", name="Lead the room").click()
    ana.locator("#next").click()
    phase(ana, "showing")
    expect(rude.locator("#take-over")).to_be_hidden()  # it was not their turn


HOST_GONE = """
from datetime import timedelta
from django.utils import timezone
from geogame.models import Game
Game.objects.filter(code="%s").update(host_seen_at=timezone.now() - timedelta(seconds=90))
"""


def test_a_socket_that_is_dead_and_does_not_know_it_is_found_out(opened: Opener, served: str) -> None:
    host, ana = opened(WIDE), opened(WIDE)
    heard: list[list[str | bytes]] = []  # by socket

    def carry(socket: WebSocketRoute) -> None:
        told: list[str | bytes] = []
        heard.append(told)

        def pass_on(text: str | bytes) -> None:
            told.append(text)
            if told is not heard[0] or len(told) == 1:  # the first one falls silent, and stays open
                socket.send(text)

        socket.connect_to_server().on_message(pass_on)

    ana.route_web_socket("**/ws/**", carry)
    ana.clock.install()
    room = open_room(host, served, rounds=2, limit="120")
    come_in(ana, room, "Ana")
    soon(ana, lambda: bool(heard and heard[0]), True)
    host.get_by_role("button", name="Start the game").click()
    phase(host, "showing")
    ana.route("**/snapshot/", lambda route: route.abort())
    ana.clock.fast_forward(31_000)
    expect(ana.locator("#banner")).to_be_visible()  # no network either
    ana.unroute("**/snapshot/")
    ana.clock.fast_forward(6_000)
    phase(ana, "showing")
    expect(ana.locator("#banner")).to_be_hidden()
    ana.clock.fast_forward(3_000)
    soon(ana, lambda: len(heard), 2)
    bells: list[str] = []

    def lose(route: Route) -> None:
        bells.append(route.request.url)
        route.abort()

    ana.route(re.compile(r"/(bell|snapshot)/$"), lose)

    def rings_again() -> bool:
        ana.clock.fast_forward(125_000)
        return sum("bell" in each for each in bells) > 1

    soon(ana, rings_again, True)  # whoever hears nothing goes on asking
    expect(ana.locator("#banner")).to_be_visible()
    ana.unroute_all()
    expect(ana.locator("#banner")).to_be_hidden()
    ana.context.clear_cookies()
    remember(ana, "#toast")
    drop_pin(ana, 0.5, 0.4)
    ana.locator("#guess").click()
    unknown = "This browser is no longer known here: load the page anew."
    soon(ana, lambda: unknown in remembered(ana, "#toast"), True)


def test_the_big_screen_in_the_hosts_browser_is_nobodys(opened: Opener, served: str) -> None:
    host = opened(WIDE)
    room = open_room(host, served, rounds=1)
    screen = host.context.new_page()
    screen.set_viewport_size({"width": 1920, "height": 1080})
    screen.goto(f"{room}screen/")
    screen.wait_for_selector("#panel:not([inert])", state="attached")
    soon(screen, lambda: screen.evaluate(CODE_IS_LEFT_OF_PEOPLE), True)
    for size in (HALL, {"width": 1920, "height": 1080}):
        resize(screen, size)
        modules = [shared(screen, name) for name in ("lobby", "ranks", "podium")]
        told = screen.evaluate(CROWD, modules)
        assert told.pop("waits") == "The host starts the game."  # of one without a seat
        for what, words in told.items():
            assert re.search(r"and \d+ more", words), (what, size)
            assert "PlaNet" in words, (what, size)
    host.get_by_role("button", name="Start the game").click()
    phase(screen, "showing")
    expect(screen.locator("#game")).to_have_attribute("data-seated", "false")
    expect(screen.locator(".chip-name", has_text="You")).to_have_count(0)
    expect(screen.locator("#guess")).to_be_hidden()
    lock_in(host)
    phase(screen, "reveal")
    expect(screen.locator("#next")).to_be_hidden()
    expect(screen.locator("#card")).to_contain_text("The place is revealed.")


CROWD = """
async ([lobby, ranks, podium]) => {
  const part = (id) => document.getElementById(id);
  const player = (id) => ({ id, name: `Player ${id}`, kind: "human", hue: 0, initials: "P", total: 0 });
  const people = Array.from({ length: 90 }, (_, i) => player(i + 1));
  const players = [{ ...player(0), name: "PlaNet", kind: "machine" }, ...people];
  const guesses = players.map(({ id }) => ({ player: id, lat: 0, lng: 0, errorKm: 100 - id, points: 1 }));
  const snapshot = { phase: "lobby", players, own: { seat: null, leads: false }, reveal: { guesses },
    game: { host: "", hostSeat: null, locked: false } };
  const sums = new Map(players.map(({ id }) => [id, { total: 1, medianKm: 1, won: 0 }]));
  const shown = {};
  const look = (phase, list, draw, last = "") => {
    part("game").dataset.phase = phase;
    draw();
    const bottoms = [...list.querySelectorAll("li, tr")].map((each) => each.getBoundingClientRect().bottom);
    shown[phase] = Math.max(...bottoms) <= innerHeight && list.textContent.includes(last) ? list.textContent : "";
  };
  const [ranked, table, steps] = [".card-guesses", ".places", ".podium"].map((each) => document.querySelector(each));
  const { openLobby } = await import(lobby);
  const { drawRanks } = await import(ranks);
  const { drawPodium } = await import(podium);
  look("reveal", ranked, () => drawRanks(ranked, part("card"), snapshot, null));
  look("over", table, () => drawPodium(steps, table, players, sums, null, true));
  look("lobby", part("lobby").querySelector(".people"), () => openLobby(part("lobby"), {}).draw(snapshot), "Player 90");
  return { ...shown, waits: part("lobby").querySelector("[data-shows=waiting]").textContent };
}
"""
CODE_IS_LEFT_OF_PEOPLE = """() => {
  const box = (mark) => document.querySelector(mark).getBoundingClientRect();
  const [code, people] = [".lobby-code", ".lobby-people"].map(box);
  return code.width > 0 && people.width > 0 && code.right <= people.left;
}"""


def test_a_watcher_is_shown_the_way_to_a_seat(opened: Opener, served: str) -> None:
    host, watcher = opened(WIDE), opened(PHONE, phone=True)
    room = open_room(host, served, rounds=1)
    watcher.goto(f"{room}?watch")
    watcher.locator("#lobby").get_by_role("link", name="Take a seat").click()
    watcher.get_by_label("Your name").fill("Ana")
    watcher.get_by_role("button", name="Take a seat").click()
    watcher.wait_for_selector("#game[data-role=play]")


def test_a_half_is_rounded_in_every_language(opened: Opener, served: str) -> None:
    """Python's -123456789.5 rounds to -123456790, JavaScript's to -123456789: the same place to a centimetre."""
    page = opened(WIDE)
    open_room(page, served, rounds=1)
    shown = "{ reveal: { place: { lat: -12.34567895, lng: 1 }, guesses: [] }, players: [] }"
    fits = "async (url) => (await import(url)).isShown({ of: 'place', lat: '%s', lng: '10000000' }, " + shown + ")"
    assert page.evaluate(fits % "-123456790", shared(page, "verify"))
    assert not page.evaluate(fits % "-123456800", shared(page, "verify"))


def test_who_won_a_round_is_told_even_without_a_column(opened: Opener, served: str) -> None:
    page = opened(WIDE)
    open_room(page, served, rounds=1)
    row = page.evaluate(WON_BY_ANOTHER, shared(page, "rounds"))
    assert row == ["1. Here", "", "1,000 km", "–", "12.0 km", "Gil"]


WON_BY_ANOTHER = """
async (url) => {
  const player = (id, name) => ({ id, name, kind: "human", hue: 0, initials: name[0] });
  const players = [player(1, "Ana"), player(2, "Ben"), player(3, "Gil")];
  const guesses = [{ player: 1, lat: 1, lng: 1, errorKm: 1000 }, { player: 3, lat: 0, lng: 0, errorKm: 12 }];
  const round = { number: 1, title: "Here", photo: "data:,", place: { lat: 0, lng: 0 }, winner: 3, guesses,
    peopleMedianKm: 12 };
  const body = document.createElement("tbody");
  (await import(url)).drawRounds(document.createElement("tr"), body,
    { results: { rounds: [round] }, players, sides: players.slice(0, 2), own: { seat: null, guesses: null },
      hasMedian: true },
    new Promise(() => {}));
  return [...body.rows[0].cells].map((cell) => cell.lastChild ? cell.lastChild.textContent.trim() : cell.textContent);
}
"""


def test_pins_on_both_sides_of_the_date_line_are_in_one_view(
    page: Page, address: str, installation: Installation, screens: Path
) -> None:
    """The place is in Samoa, the pin in Fiji: 1,150 km apart, not the way round the world."""
    env, _folder = installation
    manage(env, "shell", "-c", SAMOA)
    page.goto(address)
    page.locator("input[name=photo_set][value=samoa]").check(force=True)
    page.get_by_label("Rounds", exact=True).fill("1")
    page.get_by_label("Your name").fill("Ana")
    page.get_by_role("button", name="Play against PlaNet").click()
    phase(page, "showing")
    page.wait_for_selector("#panel:not([inert])", timeout=60_000)
    if is_phone(page):
        page.locator("[data-does=tab]").click()
    else:
        page.locator("#panel").hover()
    page.locator(".by-numbers summary").click()
    page.get_by_label("Latitude, longitude").fill("-17.8, 178.0")
    page.get_by_role("button", name="Drop the pin there").click()
    page.locator("#guess").click()
    phase(page, "reveal")
    page.wait_for_timeout(1500)
    shoot(page, screens, f"date-line-{'phone' if is_phone(page) else 'wide'}")
    expect(page.locator("#card")).to_contain_text(re.compile(r"1,1\d\d km"))
    soon(page, lambda: page.evaluate(ARE_INSIDE), [True, True])


ARE_INSIDE = """() => {
  const map = document.querySelector("#map");
  const box = map.getBoundingClientRect();
  const isInside = ({ width, x, y }) => width > 0 && box.left < x && x < box.right && box.top < y && y < box.bottom;
  return [".mark-person", ".mark-truth"].map((kind) =>
    [...map.querySelectorAll(kind)].some((mark) => isInside(mark.getBoundingClientRect())));
}"""
SAMOA = """
from geogame.models import Exhibit, PhotoSet, ExhibitPhoto
from geogame import photos
source = PhotoSet.objects.get(slug="first-steps")
known = {"name": "Samoa", "domain": "toy-earth", "published": True}
made, new = PhotoSet.objects.get_or_create(slug="samoa", defaults=known)
if new:
    photo = source.photos.first()
    exhibit = Exhibit.objects.create(photo_set=made, lat=-13.8, lng=-172.0)
    ExhibitPhoto.objects.create(exhibit=exhibit, photo=photo, position=1)
"""
