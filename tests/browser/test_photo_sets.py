"""A teacher makes a photo set in the admin: drops photos, watches, mends a place on the map, publishes, plays."""

import base64
import re
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import PHONE, WIDE, remember, remembered, sign_in, soon
from tests.browser.test_game import Installation, drop_pin, phase, start
from tests.conftest import jpeg
from tests.game.playback import Answer, Service

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TEACHER = "teacher"
DONE_MS = 240_000  # twenty photos in all their sizes, on whatever this machine has to spare
WITH_PLACE = 19
WORKED = "[data-shows=worked-words]"

DROP = """files => {
  const transfer = new DataTransfer();
  for (const [name, type, data] of files) {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    transfer.items.add(new File([bytes], name, { type, lastModified: 1000 }));
  }
  for (const kind of ["dragenter", "dragover", "drop"]) {
    document.querySelector(".drop").dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: transfer }));
  }
}"""  # noqa: E501


@pytest.fixture
def teacher(chromium: Browser, address: str, installation: Installation) -> Iterator[Page]:
    """The teacher's browser, signed in; a script error or a failure of the server fails the test."""
    context = chromium.new_context(viewport=WIDE, reduced_motion="reduce")
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("response", lambda answer: errors.append(answer.url) if answer.status >= 500 else None)
    sign_in(page, address, installation[0], TEACHER)
    yield page
    context.close()
    assert errors == []


def make_set(page: Page, address: str, name: str) -> str:
    """Make a set as the admin leads to it; return the address of its pages."""
    page.goto(f"{address}/admin/")
    page.get_by_role("link", name="Photo sets", exact=True).first.click()
    page.get_by_role("link", name=re.compile("Add photo set", re.IGNORECASE)).first.click()
    page.locator("#id_name").fill(name)
    page.locator("#id_description").click()
    expect(page.locator("#id_slug")).to_have_value(name.lower().replace(" ", "-"))
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#import[data-state=ready]")).to_be_attached()
    return page.url.split("/upload/")[0]


def drop(page: Page, files: Sequence[tuple[str, bytes]]) -> None:
    told = [[name, "image/jpeg", base64.b64encode(data).decode()] for name, data in files]
    page.evaluate(DROP, told)


def look(page: Page, screens: Path, name: str) -> None:
    """Take a page wide and as a phone has it, by day and by night; nothing of it lies beyond the edge."""
    for size, viewport in (("phone", PHONE), ("wide", WIDE)):
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        for theme in ("dark", "light"):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
            page.wait_for_timeout(150)  # maps are painted anew
            page.screenshot(path=str(screens / f"{size}-{name}-{theme}.png"))
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], f"{name} at {size}"


def real(trial_photos: Path) -> list[tuple[str, bytes]]:
    """Twenty real photographs, of which all but one know where they were taken."""
    files = sorted(trial_photos.glob("*/*.jpg"), key=lambda each: each.name)
    knows = [each for each in files if Image.open(each).getexif().get_ifd(0x8825).keys() >= {1, 2, 3, 4}]
    lost = trial_photos / "case-travel-unsplash" / "case-travel-unsplash-001.jpg"
    chosen = [each for each in knows if each.stat().st_size < 300_000][:WITH_PLACE]
    return [(each.name, each.read_bytes()) for each in (*chosen, lost)]


def test_a_teacher_makes_a_set_of_real_photos_and_plays_it(
    teacher: Page, address: str, screens: Path, trial_photos: Path
) -> None:
    page = teacher
    here = make_set(page, address, "Class trip")
    look(page, screens, "60-upload-empty")
    remember(page, WORKED)
    drop(page, [*real(trial_photos), ("notes.txt", b"Do not forget the sandwiches")])
    expect(page.locator("[data-shows=sent-words]")).to_have_text("21 of 21 files", timeout=DONE_MS)
    expect(page.locator(WORKED)).to_have_text(re.compile("^[1-9]"), timeout=DONE_MS)
    look(page, screens, "61-upload-at-work")
    expect(page.locator("#import")).to_contain_text("All is done", timeout=DONE_MS)
    assert [each for each in remembered(page, WORKED) if re.match(r"([1-9]|1\d) of 21", each)]  # told while at it
    look(page, screens, "62-upload-done")
    page.get_by_role("link", name=re.compile("not used")).click()
    expect(page.locator(".files tbody tr")).to_have_count(1)
    expect(page.locator(".files")).to_contain_text("notes.txt")
    page.get_by_role("link", name="Map", exact=False).first.click()
    expect(page.locator("#set-map[data-state=ready]")).to_be_visible()
    expect(page.locator(".lost li")).to_have_count(1)
    look(page, screens, "63-map")
    page.locator(".lost button").click()
    page.locator("#whole-map").click(position={"x": 300, "y": 200})
    expect(page.locator("#said")).to_have_text("1 photo put on the map.")
    expect(page.locator(".lost")).to_be_hidden()
    look(page, screens, "64-map-mended")
    page.goto(f"{here}/review/")
    expect(page.locator(".thumb")).to_have_count(20)
    look(page, screens, "65-review")
    page.goto(f"{here}/change/")
    look(page, screens, "66-set")
    page.get_by_label("Licence").fill("All rights reserved; used with permission")
    page.get_by_label("Credit").fill("Class 7b")
    page.get_by_role("button", name="Save and continue").click()
    expect(page.locator(".messagelist")).to_contain_text("changed successfully")
    page.locator("#publish").get_by_role("button", name=re.compile("Publish")).click()
    expect(page.locator(".messagelist")).to_contain_text("players can choose it")
    look(page, screens, "67-published")
    start(page, address, rounds=1, photo_set="class-trip")
    drop_pin(page, 0.5, 0.4)
    page.locator("#guess").click()
    phase(page, "reveal")
    expect(page.locator("#card")).to_contain_text("km")


def test_what_has_arrived_stays_when_the_line_breaks_and_only_the_rest_is_sent_again(
    teacher: Page, address: str, screens: Path
) -> None:
    page = teacher
    make_set(page, address, "Broken line")
    files = [(f"trip/{number}.jpg", jpeg((160, 120))) for number in range(8)]
    sent: list[str] = []

    def four_and_no_more(route: Route) -> None:
        sent.append(route.request.url)
        if len(sent) > 4:
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/files/*/?offset=*", four_and_no_more)
    drop(page, files)
    expect(page.locator("[data-shows=trouble]")).to_contain_text("The line is broken")
    expect(page.locator("[data-shows=sent-words]")).to_have_text("4 of 8 files")
    look(page, screens, "70-broken-line")
    page.on("dialog", lambda dialog: dialog.accept())  # that not all is sent yet
    page.reload()
    expect(page.locator("#upload")).to_contain_text("Drop the same folder again")
    expect(page.locator("#import[data-state=ready]")).to_be_attached()
    page.unroute("**/files/*/?offset=*")
    again: list[str] = []
    page.on("request", lambda request: again.append(request.url) if "?offset=" in request.url else None)
    drop(page, files)
    expect(page.locator("#import")).to_contain_text("All is done", timeout=DONE_MS)
    assert len(again) == 4
    assert not {each.split("?")[0] for each in again} & {each.split("?")[0] for each in sent[:4]}
    expect(page.locator("[data-count=taken]")).to_have_text("8")


def bring_in(page: Page, address: str, folder: Path, name: str, count: int, lost: int = 0) -> str:
    """Make a set of stops of a trip, a degree apart, and of photos that nobody knows the place of; open its review.

    Returns the address of its pages.
    """
    here = make_set(page, address, name)
    for number in range(count + lost):
        (folder / f"{number}.jpg").write_bytes(jpeg((700, 500)))
    rows = [f"{n}.jpg,{n + 40},{n + 5},Stop {n}\n" for n in range(count)]
    (folder / "photos.csv").write_text("filename,latitude,longitude,title\n" + "".join(rows))
    page.locator("#choose-folder").set_input_files(folder)
    expect(page.locator("#import")).to_contain_text("All is done", timeout=DONE_MS)
    page.goto(f"{here}/review/")
    expect(page.locator(".thumb").first).to_be_focused()
    return here


def reviews_of(page: Page) -> list[str]:
    """Return what is decided about each photo of the page; where a decision is still under way, that."""
    told: list[str] = page.locator(".thumb").evaluate_all("all => all.map(({ dataset: d }) => d.post || d.review)")
    return told


def test_a_folder_is_reviewed_by_keyboard_and_made_an_album(
    teacher: Page, address: str, screens: Path, tmp_path: Path
) -> None:
    """Accept, reject, take back, put on the map, tag, into an album; there into another order."""
    page = teacher
    here = bring_in(page, address, tmp_path, "By keyboard", 4)
    thumbs, to_look_at = page.locator(".thumb"), page.locator(".set-tabs [data-tab=review] b")
    expect(thumbs.first).to_be_focused()
    expect(to_look_at).to_have_text("4")
    page.keyboard.press("a")  # which goes on to the next
    expect(thumbs.nth(0)).to_have_attribute("data-review", "accepted")
    expect(to_look_at).to_have_text("3")  # without a reload
    expect(thumbs.nth(1)).to_be_focused()
    page.keyboard.press("r")
    expect(thumbs.nth(1)).to_have_attribute("data-review", "rejected")
    expect(thumbs.nth(2)).to_be_focused()
    expect(to_look_at).to_have_text("2")
    expect(page.locator("#next")).to_contain_text("2 photos are worth a look.")
    page.keyboard.press("u")  # which goes back to it
    expect(thumbs.nth(1)).to_be_focused()
    expect(thumbs.nth(1)).to_have_attribute("data-review", "")
    expect(to_look_at).to_have_text("3")
    page.keyboard.press("p")
    expect(page.locator("#pin-map")).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_have_text("1 photo put on the map.")
    expect(page.locator("[data-shows=where]")).to_contain_text("somebody on the map")
    page.keyboard.press("Escape")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")
    expect(page.locator("[data-shows=count]")).to_have_text("2 chosen")
    page.get_by_role("button", name="Tags…").click()
    page.get_by_label("Tags to add").fill("bus, rain")
    look(page, screens, "80-tags")
    page.get_by_role("button", name="Write it down").click()
    expect(page.locator("#said")).to_have_text("Written beside 2 photos.")
    for number in (2, 3):
        thumbs.nth(number).locator(".thumb-choose").click()
    page.get_by_role("button", name="Album…").click()
    page.get_by_label("Name of the album").fill("The bus")
    page.get_by_role("button", name="Put them in").click()
    expect(page.locator("#said")).to_have_text("2 photos are in “The bus” now.")
    page.goto(f"{here}/albums/")
    names = page.locator(".strip img")
    expect(names.first).to_have_attribute("alt", "Stop 2")
    page.get_by_role("button", name="Stop 2: later").click()
    expect(page.locator("#said")).to_have_text("“The bus” has a new order.")
    expect(names.first).to_have_attribute("alt", "Stop 3")
    with page.expect_response("**/albums/order/"):
        page.locator(".strip li").first.drag_to(page.locator(".strip li").last, target_position={"x": 140, "y": 40})
    expect(names.first).to_have_attribute("alt", "Stop 2")
    page.reload()
    expect(names.first).to_have_attribute("alt", "Stop 2")
    look(page, screens, "81-albums")


def test_keys_that_come_faster_than_answers_each_decide_about_the_photo_that_was_looked_at(
    teacher: Page, address: str, tmp_path: Path
) -> None:
    """What was done last is taken back first; by U, wherever one looks."""
    page, thumbs = teacher, teacher.locator(".thumb")
    bring_in(page, address, tmp_path, "Fast keys", 8)
    held: list[Route] = []
    page.route("**/review/*/", lambda route: held.append(route))
    for key in "aarrar":
        page.keyboard.press(key)
    expect(thumbs.nth(6)).to_be_focused()
    assert reviews_of(page) == ["waiting"] * 6 + [""] * 2
    asked: list[str] = []
    page.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_role("link", name="Map").click()
    soon(page, lambda: asked, ["beforeunload"])  # whoever leaves now would lose what waits
    for _ in range(6):
        soon(page, lambda: len(held), 1)  # the next goes up when this one is answered
        held.pop().continue_()
    page.unroute("**/review/*/")
    decided = ["accepted", "accepted", "rejected", "rejected", "accepted", "rejected", "", ""]
    soon(page, lambda: reviews_of(page), decided)
    page.keyboard.press("u")
    expect(thumbs.nth(5)).to_be_focused()
    page.keyboard.press("u")
    page.keyboard.press("u")
    expect(thumbs.nth(3)).to_be_focused()
    soon(page, lambda: reviews_of(page), [*decided[:3], *[""] * 5])
    page.reload()
    expect(thumbs.first).to_be_focused()
    assert reviews_of(page) == [*decided[:3], *[""] * 5]
    page.keyboard.press("u")
    expect(page.locator("#said")).to_contain_text("On this page nothing is left to take back.")
    assert reviews_of(page) == [*decided[:3], *[""] * 5]


def test_a_decision_that_was_not_done_leads_back_to_its_photo(
    teacher: Page, address: str, screens: Path, tmp_path: Path
) -> None:
    """Keys that are pressed meanwhile decide about nothing."""
    page, thumbs = teacher, teacher.locator(".thumb")
    here = bring_in(page, address, tmp_path, "Two admins", 4)
    page.route("**/review/reject/", lambda route: route.abort("connectionreset"))
    page.keyboard.press("a")
    page.keyboard.press("r")
    expect(page.locator("#not-done")).to_contain_text("That did not reach the server.")
    page.keyboard.press("a")
    look(page, screens, "82-not-done")
    page.keyboard.press("Enter")
    expect(thumbs.nth(1)).to_be_focused()
    expect(thumbs.nth(1)).to_have_attribute("aria-label", re.compile("the last decision was not done"))
    assert reviews_of(page) == ["accepted", "failed", "", ""]
    page.unroute("**/review/reject/")
    page.keyboard.press("r")
    soon(page, lambda: reviews_of(page), ["accepted", "rejected", "", ""])
    other = page.context.new_page()
    other.goto(f"{here}/review/")
    expect(other.locator(".thumb").first).to_be_focused()
    other.locator(".thumb").nth(2).click()
    other.keyboard.press("r")
    expect(other.locator(".thumb").nth(3)).to_be_focused()  # also after a click: nothing covers the others here
    soon(other, lambda: reviews_of(other), ["accepted", "rejected", "rejected", ""])
    page.keyboard.press("a")
    expect(page.locator("#not-done")).to_contain_text("Somebody has rejected this photo meanwhile.")
    page.keyboard.press("Enter")
    expect(thumbs.nth(2)).to_be_focused()
    expect(thumbs.nth(2)).to_have_attribute("data-review", "rejected")
    page.keyboard.press("a")  # now it is known
    soon(page, lambda: reviews_of(page), ["accepted", "rejected", "accepted", ""])


def test_a_photo_that_cannot_be_accepted_leads_back_to_itself(teacher: Page, address: str, tmp_path: Path) -> None:
    page, thumbs = teacher, teacher.locator(".thumb")
    bring_in(page, address, tmp_path, "No place", 1, lost=2)
    places = page.locator(".thumb").evaluate_all("all => all.map((each) => Boolean(each.querySelector('.badge-lost')))")
    assert sorted(places) == [False, True, True]
    fine, *others = sorted(range(3), key=lambda at: places[at])
    thumbs.nth(others[0]).click()
    page.keyboard.press("a")
    expect(page.locator("#not-done")).to_contain_text("0 photos accepted. 1 has no place yet.")
    page.keyboard.press("Enter")
    expect(thumbs.nth(others[0])).to_be_focused()
    page.keyboard.press("u")
    expect(page.locator("#said")).to_contain_text("nothing is left to take back")
    page.get_by_role("button", name="Choose this page").click()
    page.keyboard.press("a")
    expect(page.locator("#not-done")).to_contain_text("1 photo accepted. 2 have no place yet.")
    page.keyboard.press("Enter")
    expect(page.locator("[data-shows=count]")).to_have_text("2 chosen")
    expect(thumbs.nth(fine)).to_have_attribute("data-review", "accepted")
    expect(thumbs.nth(fine)).to_have_attribute("aria-selected", "false")


def test_what_was_written_beside_all_that_a_filter_finds_is_said_when_it_finds_none_any_more(
    teacher: Page, address: str, tmp_path: Path
) -> None:
    page = teacher
    here = bring_in(page, address, tmp_path, "All at once", 2)
    page.goto(f"{here}/review/?lacks=licence#credit-form")
    page.get_by_label("Licence", exact=True).fill("CC BY 4.0")
    page.get_by_role("button", name="Write it down").click()
    expect(page.locator(".set-empty")).to_contain_text("No photo is like that.")
    expect(page.locator("#said")).to_have_text("Written beside 2 photos.")


def test_albums_are_kept_by_keyboard_and_say_what_became_of_them(
    teacher: Page, address: str, screens: Path, tmp_path: Path
) -> None:
    page, said = teacher, teacher.locator("#said")
    here = bring_in(page, address, tmp_path, "Albums", 4)
    for some, name in (((0, 1, 2), "The bus"), ((3,), "The \u202eferry")):
        for number in some:
            page.locator(".thumb").nth(number).locator(".thumb-choose").click()
        page.get_by_role("button", name="Album…").click()
        page.get_by_label("Name of the album").fill(name)
        page.get_by_role("button", name="Put them in").click()
        expect(said).to_contain_text("in “The")
    page.locator(".thumb").first.click()
    page.keyboard.press("r")
    expect(page.locator(".thumb").nth(1)).to_have_attribute(
        "aria-label", re.compile("a photo of the album was rejected")
    )
    look(page, screens, "83-album-held")
    page.goto(f"{here}/albums/")
    bus, names = page.locator(".album").first, page.locator(".album").first.locator(".strip img")
    expect(bus.locator(".album-out")).to_have_text("Not in games: a photo of the album was rejected.")
    look(page, screens, "84-albums")
    later = bus.get_by_role("button", name="Stop 0: later")
    later.focus()
    for _ in range(3):  # of which the last moves nothing
        page.keyboard.press("Enter")
    soon(page, lambda: names.evaluate_all("all => all.map((each) => each.alt)"), ["Stop 1", "Stop 2", "Stop 0"])
    expect(later).to_be_focused()
    with page.expect_response("**/albums/order/"):
        bus.get_by_role("button", name="Stop 0: out").click()
    expect(said).to_have_text("1 photo has left “The bus”: it is shown alone.")
    expect(bus.locator(".album-head")).to_contain_text("2 photos")
    expect(bus.locator(".album-out")).to_have_count(0)
    expect(bus.get_by_role("button", name="Stop 2: out")).to_be_focused()
    bus.get_by_role("button", name="Order by time").click()
    expect(said).to_have_text("“The bus” has this order already.")
    expect(bus.get_by_role("button", name="Order by time")).to_be_focused()
    bus.get_by_text("Rename or dissolve…").click()
    look(page, screens, "85-album-rename")
    bus.get_by_label("New name").fill("By bus")
    page.keyboard.press("Enter")
    expect(said).to_have_text("“The bus” is called “By bus” now.")
    expect(bus.locator("h2")).to_have_text("By bus")
    expect(names.first).to_have_attribute("alt", "Stop 1")
    other = page.context.new_page()
    other.goto(f"{here}/albums/")
    other.locator(".album").first.get_by_text("Rename or dissolve…").click()
    other.locator(".album").first.get_by_role("button", name="Dissolve").click()
    expect(other.locator(".album")).to_have_count(1)
    expect(other.locator("#said")).to_have_text("“By bus” is dissolved: its photos are shown one by one.")
    bus.get_by_role("button", name="Stop 2: earlier").click()
    expect(said).to_have_text("There is no album of this name.")
    expect(names.first).to_have_attribute("alt", "Stop 1")  # as it was
    expect(bus.get_by_role("button", name="Stop 2: earlier")).to_be_focused()


def commons(services: Service, *numbers: int) -> dict[str, object]:
    """What Wikimedia Commons says of so many files."""
    info = {
        "mime": "image/jpeg", "descriptionurl": "https://commons.wikimedia.org/wiki/File:1",
        "extmetadata": {"Artist": {"value": "<a>Ana</a>"}, "LicenseShortName": {"value": "CC BY-SA 4.0"}},
    }  # fmt: skip
    place = {"lon": 2.35, "primary": True, "globe": "earth"}
    pages = [
        {
            "pageid": number, "title": f"File:{number}.jpg", "coordinates": [place | {"lat": 48.85 + number / 1000}],
            "imageinfo": [info | {"thumburl": f"{services.address}/{number}.jpg"}],
        }
        for number in numbers
    ]  # fmt: skip
    return {"query": {"pages": pages}}


def ask(page: Page, service: str, **words: str) -> None:
    """Fill in the form of a service and start."""
    page.locator("summary", has_text=service).click()
    form = page.locator(f"form[data-service={service.split()[-1].lower()}]")
    for name, value in words.items():
        form.locator(f"[name={name}]").fill(value)
    form.get_by_role("button", name="Bring them in").click()
    expect(page.locator("#import[data-import]")).to_be_attached()


def test_photos_of_a_service_are_asked_for_and_what_goes_wrong_is_told(
    teacher: Page, address: str, screens: Path, services: Service
) -> None:
    page = teacher
    make_set(page, address, "From services")
    seen = threading.Event()
    services.says("/commons", Answer(commons(services, 1, 2)))
    services.says("/1.jpg", Answer(jpeg((700, 500)), hold=seen))
    services.says("/2.jpg", Answer(status=404))
    ask(page, "Wikimedia Commons", box="48.80, 2.30, 48.90, 2.40", most="10")
    expect(page.locator(WORKED)).to_have_text(re.compile("^0 of"), timeout=DONE_MS)
    seen.set()
    expect(page.locator(WORKED)).to_have_text("2 of 2 files", timeout=DONE_MS)
    expect(page.locator("#import")).to_contain_text("All is done", timeout=DONE_MS)
    expect(page.locator("[data-shows=sent]")).to_be_hidden()  # nothing is sent from here
    expect(page.locator(".files")).to_contain_text("The service answers 404 for its file.")
    expect(page.locator("[data-count=taken]")).to_have_text("1")
    services.says("/mapillary/images", Answer({"error": {"message": "Invalid OAuth token"}}, status=401))
    ask(page, "Mapillary", box="48.80, 2.30, 48.82, 2.32")
    expect(page.locator("#import .errornote")).to_contain_text("HTTP 401", timeout=DONE_MS)
    expect(page.locator("#content")).not_to_contain_text("All is done")
    assert services.asked[-1].headers["Authorization"] == "OAuth secret"
    look(page, screens, "91-mapillary-refuses")
    told = {"id": "7", "geometry": {"coordinates": [2.31, 48.81]}, "thumb_2048_url": f"{services.address}/7.jpg"}
    services.says("/mapillary/images", Answer({"data": [told]}))
    services.says("/7.jpg", Answer(jpeg((700, 500))))
    ask(page, "Mapillary", box="48.80, 2.30, 48.82, 2.32")
    expect(page.locator("#import")).to_contain_text("All is done", timeout=DONE_MS)
    expect(page.locator(".files .is-taken")).to_have_count(1)
    expect(page.locator(".set-tabs [data-tab=review]")).to_contain_text("1")  # they look like each other
    later = threading.Event()
    services.says("/commons", Answer(commons(services, 3, 4)))
    services.says("/3.jpg", Answer(jpeg((700, 500)), hold=later))
    ask(page, "Wikimedia Commons", box="48.80, 2.30, 48.90, 2.40", most="10")
    look(page, screens, "92-service-is-asked")
    page.get_by_role("button", name="Stop", exact=True).click()
    later.set()
    expect(page.locator("#import .errornote")).to_contain_text("Somebody stopped it", timeout=DONE_MS)
    expect(page.get_by_role("button", name="Stop", exact=True)).to_be_hidden()
    expect(page.locator("#import")).to_contain_text("The rest is done", timeout=DONE_MS)
