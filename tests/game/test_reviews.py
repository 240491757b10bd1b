"""The review: what staff decide about photos, in the verbs and through the admin's pages."""

import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.http import QueryDict
from django.test import Client

from geogame import photos, reviews, tasks
from geogame.admin.reviewing import asked_for
from geogame.admin.uploading import why
from geogame.language import isolated
from geogame.models import Doubt, Game, Photo, PhotoSet
from geogame.positions import Oddity
from geogame.rules.refusals import BadInput, NotNow
from geogame.rules.sphere import Point
from geogame.sources import Item, single
from tests.conftest import NOON, PLACES, add_photo, jpeg
from tests.game.test_photos import with_gps

THERE = Point(-1.2920659, 36.8219462)


@pytest.fixture
def boss(db: None) -> Any:
    return get_user_model().objects.create_superuser("boss")


@pytest.fixture(autouse=True)
def _no_hints(toy_set: PhotoSet) -> None:
    Doubt.objects.all().delete()  # that the photos of the tests are small


@pytest.fixture
def lost(toy_set: PhotoSet) -> Photo:
    """A photo that nobody knows the place of, and that is held for it."""
    photo = photos.take_in(toy_set, single("lost.jpg", jpeg()))
    photo.doubts.exclude(kind="no-place").delete()
    return photo


def doubt(photo: Photo, kind: str = "blank", severity: int = Doubt.GRAVE, other: Photo | None = None) -> Doubt:
    return Doubt.objects.create(photo=photo, kind=kind, severity=severity, other=other)


def shown(photo_set: PhotoSet) -> set[int]:
    """The photos that a game may show."""
    return {each.pk for exhibit in photos.usable(photo_set, "any") for each in exhibit.photos.all()}


def only(*some: Photo) -> Any:
    return Photo.objects.filter(pk__in=[each.pk for each in some])


def test_a_photo_that_is_put_on_the_map_comes_into_play_and_its_place_is_doubted_no_more(
    toy_set: PhotoSet, lost: Photo, boss: Any
) -> None:
    assert lost.doubts.filter(kind="no-place", verdict="").exists()
    assert lost.pk not in shown(toy_set)
    other = doubt(lost, "screenshot", Doubt.DOUBT)
    reviews.place(lost, THERE, boss, NOON)
    lost.refresh_from_db()
    assert (lost.lat, lost.lng, lost.place_from) == (*THERE, Photo.From.HAND)
    exhibit = lost.exhibits.get()
    assert (exhibit.lat, exhibit.lng) == THERE
    settled = lost.doubts.get(kind="no-place")
    assert (settled.verdict, settled.settled_at, settled.settled_by) == (Doubt.Verdict.MENDED, NOON, boss)
    other.refresh_from_db()
    assert other.verdict == ""  # of its place nobody has doubted that
    assert lost.pk in shown(toy_set)


def test_the_name_of_a_place_goes_when_the_photo_is_put_elsewhere(toy_set: PhotoSet, boss: Any) -> None:
    photo = toy_set.photos.earliest("pk")
    Photo.objects.filter(pk=photo.pk).update(extra={"near": "Munich", "country": "DE", "weather": "sun"})
    reviews.place(Photo.objects.get(pk=photo.pk), THERE, boss, NOON)
    assert Photo.objects.get(pk=photo.pk).extra == {"weather": "sun"}


def test_accepting_settles_all_doubts_but_leaves_out_what_has_no_place(
    toy_set: PhotoSet, lost: Photo, boss: Any
) -> None:
    held = toy_set.photos.earliest("pk")
    doubt(held)
    assert held.pk not in shown(toy_set)
    assert reviews.accept(only(held, lost), boss, NOON) == 1
    held.refresh_from_db()
    lost.refresh_from_db()
    assert (held.review, held.reviewed_at, lost.review) == ("accepted", NOON, "")
    assert held.doubts.get().verdict == Doubt.Verdict.FINE
    assert lost.doubts.get().verdict == ""
    assert held.pk in shown(toy_set)


def test_a_rejected_photo_is_in_no_game_and_its_twin_is_doubted_no_more(toy_set: PhotoSet, boss: Any) -> None:
    first, second, _ = toy_set.photos.order_by("pk")
    alike = doubt(second, "alike", Doubt.DOUBT, first)
    assert reviews.reject(only(first), boss, NOON) == 1
    assert first.pk not in shown(toy_set)
    alike.refresh_from_db()
    assert alike.verdict == Doubt.Verdict.MENDED


@pytest.mark.parametrize("verb", [reviews.accept, reviews.reject])
def test_a_decision_can_be_taken_back_with_all_that_it_settled(toy_set: PhotoSet, boss: Any, verb: Any) -> None:
    first, second, _ = toy_set.photos.order_by("pk")
    alike, before, blank = (
        doubt(second, "alike", Doubt.DOUBT, first), doubt(first, "sea", Doubt.DOUBT), doubt(first),
    )  # fmt: skip
    reviews.settle(before, "fine", boss, NOON - timedelta(days=1))
    verb(only(first), boss, NOON)
    assert reviews.reopen(only(first)) == 1
    for each in (alike, before, blank, first):
        each.refresh_from_db()
    assert (first.review, first.reviewed_at) == ("", None)
    assert (alike.verdict, blank.verdict, blank.settled_at) == ("", "", None)
    assert before.verdict == Doubt.Verdict.FINE  # which had been settled by itself


def test_one_doubt_is_settled_by_itself(toy_set: PhotoSet, lost: Photo, boss: Any) -> None:
    photo = toy_set.photos.earliest("pk")
    sea, blank = doubt(photo, "sea", Doubt.DOUBT), doubt(photo)
    reviews.settle(sea, "fine", boss, NOON)
    blank.refresh_from_db()
    assert blank.verdict == ""
    with pytest.raises(NotNow, match="no place yet"):
        reviews.settle(lost.doubts.get(), "fine", boss, NOON)
    with pytest.raises(BadInput):
        reviews.settle(blank, "mended", boss, NOON)
    reviews.settle(blank, "rejected", boss, NOON)
    photo.refresh_from_db()
    assert photo.review == "rejected"


def test_licence_and_credit_are_written_beside_many_and_what_is_not_told_stays(toy_set: PhotoSet) -> None:
    assert reviews.credit(toy_set.photos.all(), " CC BY 4.0 ", None) == 3
    assert set(toy_set.photos.values_list("licence", "credit")) == {("CC BY 4.0", "Painter")}
    with pytest.raises(BadInput, match="longer than 200"):
        reviews.credit(toy_set.photos.all(), "x" * 201, None)


def test_tags_are_added_and_taken_off_and_other_columns_stay(toy_set: PhotoSet) -> None:
    photo = toy_set.photos.earliest("pk")
    Photo.objects.filter(pk=photo.pk).update(extra={"weather": "sun", "tags": ["trip"]})
    assert reviews.tag(only(photo), "city", 4, ["rain  coat", "trip"]) == 1
    assert Photo.objects.get(pk=photo.pk).extra == {
        "weather": "sun", "scene": "city", "difficulty": 4, "tags": ["trip", "rain coat"],
    }  # fmt: skip
    reviews.tag(only(photo), drop=["trip", "rain coat"], difficulty=0)
    assert Photo.objects.get(pk=photo.pk).extra == {"weather": "sun", "scene": "city"}
    for wrong in ({"difficulty": 6}, {"add": ["x" * 41]}, {"add": [str(n) for n in range(21)]}):
        with pytest.raises(BadInput):
            reviews.tag(only(photo), **wrong)  # type: ignore[arg-type]


def album(photo_set: PhotoSet, name: str = "Trip") -> list[int]:
    exhibit = photo_set.exhibits.filter(album=name).first()
    return [each.pk for each in exhibit.ordered_photos()] if exhibit else []


def test_an_album_shows_its_photos_in_order_at_the_place_of_the_last(toy_set: PhotoSet) -> None:
    one, two, three = toy_set.photos.order_by("pk")
    reviews.order(toy_set, "Trip", [three.pk, one.pk], NOON)
    assert album(toy_set) == [three.pk, one.pk]
    assert (toy_set.exhibits.get(album="Trip").lat, toy_set.exhibits.count()) == (PLACES[0].lat, 2)
    reviews.order(toy_set, "Trip", [one.pk, two.pk, three.pk], NOON)
    assert (toy_set.exhibits.get().lat, album(toy_set)) == (PLACES[2].lat, [one.pk, two.pk, three.pk])
    reviews.order(toy_set, "Other", [two.pk], NOON)
    assert (album(toy_set), album(toy_set, "Other")) == ([one.pk, three.pk], [two.pk])
    reviews.order(toy_set, "Trip", [], NOON)
    assert not toy_set.exhibits.filter(album="Trip").exists()
    assert toy_set.exhibits.filter(album="", photos__in=[one, three]).count() == 2  # alone again
    assert shown(toy_set) == {one.pk, two.pk, three.pk}


def test_how_well_a_place_is_known_stays_when_a_photo_leaves_its_album(toy_set: PhotoSet) -> None:
    Photo.objects.update(place_from=Photo.From.TABLE, precision_m=11.1)
    one, two, _ = toy_set.photos.order_by("pk")
    reviews.order(toy_set, "Trip", [one.pk, two.pk], NOON)
    reviews.order(toy_set, "Trip", [two.pk], NOON)
    one.refresh_from_db()
    assert (one.place_from, one.precision_m) == (Photo.From.TABLE, 11.1)
    assert (one.exhibits.get().album, one.exhibits.get().lat) == ("", one.lat)


def test_a_picture_that_was_destroyed_comes_into_no_album_and_out_of_one_into_no_game(
    staff: Client, toy_set: PhotoSet
) -> None:
    one, two, three = toy_set.photos.order_by("pk")
    reviews.order(toy_set, "Trip", [one.pk, two.pk], NOON)
    photos.destroy(only(one, three), NOON)
    assert states(staff, toy_set)[0] == ("Its picture was destroyed: it is in no game.", False)
    for pks in ([two.pk, one.pk], [two.pk, three.pk]):
        with pytest.raises(NotNow, match="was destroyed"):
            reviews.order(toy_set, "Trip", pks, NOON)
    reviews.order(toy_set, "Trip", [], NOON)
    assert shown(toy_set) == {two.pk}


def test_an_album_is_ordered_by_the_times_of_its_photos(toy_set: PhotoSet) -> None:
    one, two, three = toy_set.photos.order_by("pk")
    reviews.order(toy_set, "Trip", [one.pk, two.pk, three.pk], NOON)
    for photo, day in ((two, 1), (one, 2)):
        Photo.objects.filter(pk=photo.pk).update(taken_at=datetime(2026, 2, day, tzinfo=UTC))
    reviews.order_by_time(toy_set, "Trip", NOON)
    assert album(toy_set) == [two.pk, one.pk, three.pk]


def test_what_the_machine_said_of_an_album_goes_when_it_shows_other_photos(toy_set: PhotoSet) -> None:
    one, two, _ = toy_set.photos.order_by("pk")
    reviews.order(toy_set, "Trip", [one.pk, two.pk], NOON)
    trip = toy_set.exhibits.get(album="Trip")
    photos.record_prediction(trip, "planet", "w", "no idea")
    reviews.order(toy_set, "Trip", [one.pk, two.pk], NOON)
    assert trip.predictions.exists()
    reviews.order(toy_set, "Trip", [two.pk, one.pk], NOON)
    assert not trip.predictions.exists()


def test_what_no_album_can_show_is_refused(toy_set: PhotoSet, lost: Photo) -> None:
    one = toy_set.photos.earliest("pk")
    elsewhere = PhotoSet.objects.create(name="Elsewhere", slug="elsewhere")
    stranger = add_photo(elsewhere, THERE).photos.get()
    for name, pks, error in (
        ("Trip", [one.pk, lost.pk], NotNow), ("Trip", [one.pk, one.pk], BadInput), ("Trip", [stranger.pk], BadInput),
        (" ", [one.pk], BadInput), ("x" * 201, [one.pk], BadInput),
    ):  # fmt: skip
        with pytest.raises(error):
            reviews.order(toy_set, name, pks, NOON)
    assert toy_set.exhibits.count() == 3


def test_an_album_that_was_played_stays_and_a_photo_that_was_played_alone_stays_on_record(
    toy_set: PhotoSet, game: Game
) -> None:
    played = game.rounds.first().exhibit  # type: ignore[union-attr]
    photo = played.photos.get()
    others = [each.pk for each in toy_set.photos.exclude(pk=photo.pk)]
    reviews.order(toy_set, "Trip", [photo.pk], NOON)
    played.refresh_from_db()
    assert played.retired_at == NOON
    trip = toy_set.exhibits.get(album="Trip")
    game.rounds.update(exhibit=trip)
    with pytest.raises(NotNow, match="“Trip” has been played already"):
        reviews.order(toy_set, "Trip", [photo.pk, *others], NOON)


def test_a_frozen_set_keeps_what_it_shows_and_where(toy_set: PhotoSet, boss: Any) -> None:
    PhotoSet.objects.filter(pk=toy_set.pk).update(frozen_at=NOON, frozen_sha256="a" * 64)
    toy_set.refresh_from_db()
    photo = toy_set.photos.earliest("pk")
    for verb in (
        lambda: reviews.place(photo, THERE, boss, NOON), lambda: reviews.accept(only(photo), boss, NOON),
        lambda: reviews.reject(only(photo), boss, NOON), lambda: reviews.reopen(only(photo)),
        lambda: reviews.order(toy_set, "Trip", [photo.pk], NOON),
    ):  # fmt: skip
        with pytest.raises(NotNow, match="frozen"):
            verb()
    assert reviews.credit(only(photo), "CC0", None) == 1


# Through the admin


@pytest.fixture
def staff(client: Client, boss: Any) -> Client:
    client.force_login(boss)
    return client


def decided(client: Client, photo_set: PhotoSet, verb: str, **body: object) -> Any:
    address = f"/admin/geogame/photoset/{photo_set.pk}/review/{verb}/"
    return client.post(address, json.dumps(body), content_type="application/json")


def test_a_decision_is_answered_with_how_the_photo_is_now_and_kept_in_the_history(
    staff: Client, toy_set: PhotoSet, lost: Photo
) -> None:
    told = decided(staff, toy_set, "place", photos=[lost.pk], lat=THERE.lat, lng=THERE.lng).json()
    assert told["said"] == "1 photo put on the map."
    assert told["photos"][0]["place"] == {"lat": THERE.lat, "lng": THERE.lng}
    assert told["photos"][0]["doubts"] == []
    assert "1 photo put on the map." in staff.get(f"/admin/geogame/photoset/{toy_set.pk}/history/").content.decode()


def test_a_decision_is_answered_with_the_counts_that_it_changed(staff: Client, toy_set: PhotoSet, lost: Photo) -> None:
    """On the tabs, in the sentence that says what is next, and of the filter; and with the twin that is one no more."""
    first, second, _ = toy_set.photos.exclude(pk=lost.pk).order_by("pk")
    doubt(second, "alike", Doubt.DOUBT, first)
    told = decided(staff, toy_set, "reject", photos=[first.pk], filter="doubts=worth").json()
    assert {each["pk"]: len(each["doubts"]) for each in told["photos"]} == {first.pk: 0, second.pk: 0}
    assert (told["found"], told["tabs"]["review"], told["tabs"]["map"]) == (1, 1, 1)
    assert "1 photo has no place yet" in told["next"]
    told = decided(staff, toy_set, "place", photos=[lost.pk], lat=1, lng=2, filter="doubts=worth").json()
    assert (told["found"], told["tabs"]["review"], told["tabs"]["map"]) == (0, 0, 0)
    assert "1 photo has no licence" in told["next"]
    assert "found" not in decided(staff, toy_set, "reopen", photos=[first.pk]).json()  # nobody asked for it


def states(client: Client, photo_set: PhotoSet) -> list[tuple[str, bool]]:
    """Return what the review says of each photo, and whether it is marked as one that games show."""
    shown = client.get(f"/admin/geogame/photoset/{photo_set.pk}/review/").context["records"]
    return [(each["state"], each["inGames"]) for each in shown]


def test_only_of_photos_that_games_show_it_is_said_that_they_are_in_games(
    staff: Client, toy_set: PhotoSet, lost: Photo, boss: Any
) -> None:
    for _ in range(2):
        add_photo(toy_set, THERE)
    Doubt.objects.exclude(kind="no-place").delete()
    accepted, rejected, withdrawn, _, grave, _ = toy_set.photos.order_by("pk")
    reviews.accept(only(accepted), boss, NOON)
    reviews.reject(only(rejected), boss, NOON)
    photos.withdraw([withdrawn], NOON)
    doubt(grave)
    assert states(staff, toy_set) == [
        ("Accepted. In games.", True),
        ("Rejected: it is in no game.", False),
        ("Not in games: it was withdrawn.", False),
        ("It has no place, so it is in no game.", False),
        ("Kept out of games until a doubt is settled.", False),
        ("In games.", True),
    ]


def test_an_album_that_is_kept_out_of_games_whole_says_so_beside_each_of_its_photos(
    staff: Client, toy_set: PhotoSet
) -> None:
    one, two, _ = toy_set.photos.order_by("pk")
    reviews.order(toy_set, "Trip", [one.pk, two.pk], NOON)
    told = decided(staff, toy_set, "reject", photos=[two.pk]).json()["photos"]
    held = "Not in games: a photo of the album was rejected."
    assert [(each["pk"], each["state"]) for each in told] == [(one.pk, held), (two.pk, "Rejected: it is in no game.")]
    albums = f"/admin/geogame/photoset/{toy_set.pk}/albums/"
    assert held in staff.get(albums).content.decode()
    decided(staff, toy_set, "reopen", photos=[two.pk])
    doubt(two)
    held = "Not in games until a doubt about a photo of the album is settled."
    assert states(staff, toy_set)[0] == (held, False)
    assert held in staff.get(albums).content.decode()
    Doubt.objects.all().delete()
    assert states(staff, toy_set) == [("In games.", True)] * 3
    assert "Not in games" not in staff.get(albums).content.decode()
    photos.withdraw([one], NOON)
    assert states(staff, toy_set) == [("Not in games: it was withdrawn.", False)] * 2 + [("In games.", True)]
    assert "Not in games: it was withdrawn." in staff.get(albums).content.decode()


def test_a_photo_that_somebody_deleted_meanwhile_is_said_to_be_gone(staff: Client, toy_set: PhotoSet) -> None:
    gone, here, _ = toy_set.photos.order_by("pk")
    key = gone.pk
    photos.remove(gone)
    refused = decided(staff, toy_set, "accept", photos=[key])
    assert (refused.status_code, refused.json()["error"]) == (400, "This photo is not in the set any more.")
    told = decided(staff, toy_set, "accept", photos=[key, here.pk]).json()
    assert told["said"] == "1 photo accepted. 1 is not in the set any more."


def test_what_somebody_else_decided_meanwhile_is_seen_before_it_is_decided_otherwise(
    staff: Client, toy_set: PhotoSet, boss: Any
) -> None:
    one, two, three = toy_set.photos.order_by("pk")
    reviews.reject(only(one, two), boss, NOON)
    seen = {str(each.pk): "" for each in (one, two)}
    refused = decided(staff, toy_set, "accept", photos=[one.pk], seen={str(one.pk): ""})
    assert (refused.status_code, refused.json()["error"]) == (409, "Somebody has rejected this photo meanwhile.")
    assert refused.json()["photos"][0]["review"] == "rejected"  # so that it is shown as it is
    refused = decided(staff, toy_set, "accept", photos=[one.pk, two.pk, three.pk], seen={**seen, str(three.pk): ""})
    assert refused.json()["error"] == "Somebody has decided about 2 of them meanwhile. Look again."
    assert not toy_set.photos.filter(review="accepted").exists()
    for verb, known in (("reject", ""), ("accept", "rejected"), ("reopen", "accepted"), ("tag", "?")):
        assert decided(staff, toy_set, verb, photos=[one.pk], seen={str(one.pk): known}).status_code == 200, verb
    for nonsense in ([1], {str(one.pk): [1]}, "x"):
        assert decided(staff, toy_set, "reject", photos=[one.pk], seen=nonsense).status_code < 500


def test_a_photo_that_is_put_elsewhere_is_named_anew_at_once(
    staff: Client, toy_set: PhotoSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("geogame.admin.reviewing.nudge_naming", lambda photo_set: tasks.name_places(photo_set.pk))
    photo = toy_set.photos.earliest("pk")
    Photo.objects.filter(pk=photo.pk).update(extra={"near": "Munich", "country": "DE", "weather": "sun"})
    decided(staff, toy_set, "place", photos=[photo.pk], lat=THERE.lat, lng=THERE.lng)
    photo.refresh_from_db()
    assert photo.extra == {"near": "Nairobi", "country": "KE", "weather": "sun"}


def test_the_reason_of_an_odd_place_is_told_in_the_reader_s_language(
    staff: Client, toy_set: PhotoSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The latitude that is offered is another than the one that makes no sense."""
    photo = photos.take_in(toy_set, single("a.jpg", with_gps((151.0, 12.0, 0.0), (33.0, 51.0, 0.0))))
    words = {"Latitude %(given)s is out of range; are latitude and longitude swapped?": "Breite %(given)s ist keine."}
    monkeypatch.setattr("geogame.admin.reviewing.gettext", lambda sentence: words.get(sentence, sentence))
    told = staff.get(f"/admin/geogame/photoset/{toy_set.pk}/photos/{photo.pk}/").json()
    assert [each["says"] for each in told["doubts"] if each["kind"] == "place-odd"] == [
        "The file's place makes no sense: Breite 151.2 ist keine."
    ]
    assert told["offered"] == {"lat": pytest.approx(33.85), "lng": pytest.approx(151.2)}


def test_swapped_coordinates_are_turned_round_by_one_button_one_photo_or_many(staff: Client, toy_set: PhotoSet) -> None:
    def swapped(name: str, size: tuple[int, int]) -> Photo:
        odd = Oddity("swapped", {"told": "151.2, -33.8", "lat": -33.8, "lng": 151.2})
        return photos.take_in(toy_set, Item(name, lambda: jpeg(size), odd=odd))

    one, other, fine = swapped("a.jpg", (800, 600)), swapped("b.jpg", (810, 600)), toy_set.photos.earliest("pk")
    before = fine.lat
    told = staff.get(f"/admin/geogame/photoset/{toy_set.pk}/photos/{one.pk}/").json()
    assert told["offerSays"] == "Swap latitude and longitude"
    assert "“151.2, -33.8”" in told["doubts"][0]["says"]
    page = staff.get(f"/admin/geogame/photoset/{toy_set.pk}/review/").content.decode()
    assert "Take the offered places" in page
    assert "For 2 photos a place is offered" in page
    assert {each.pk for each in asked_for(toy_set, QueryDict("doubts=offered"))} == {one.pk, other.pk}
    fine_all_the_same = {"doubt": one.doubts.get(kind="swapped").pk, "verdict": "fine"}
    assert decided(staff, toy_set, "settle", photos=[one.pk], **fine_all_the_same).status_code == 409
    said = decided(staff, toy_set, "offered", photos=[one.pk, other.pk, fine.pk]).json()["said"]
    assert said == "2 photos put on the map. For 1 photo no place is offered."
    for photo in (one, other):
        photo.refresh_from_db()
        assert (photo.lat, photo.lng, photo.place_from) == (-33.8, 151.2, "hand")
        assert photo.doubts.get(kind="swapped").verdict == Doubt.Verdict.MENDED
    assert {one.pk, other.pk} <= shown(toy_set)
    fine.refresh_from_db()
    assert fine.lat == before
    page = staff.get(f"/admin/geogame/photoset/{toy_set.pk}/review/").content.decode()
    assert "Take the offered places" not in page
    assert "a place is offered" not in page


@pytest.mark.parametrize(("lat", "lng", "words"), [(0, 0, "0, 0"), (91, 5, "Latitude 91"), ("48,1", 11, "two numbers")])
def test_no_photo_is_put_by_hand_where_none_can_have_been_taken(
    staff: Client, toy_set: PhotoSet, lost: Photo, lat: Any, lng: Any, words: str
) -> None:
    refused = decided(staff, toy_set, "place", photos=[lost.pk], lat=lat, lng=lng)
    assert (refused.status_code, words in refused.json()["error"]) == (400, True)
    lost.refresh_from_db()
    assert lost.lat is None


def test_a_place_may_be_written_as_people_write_it(staff: Client, toy_set: PhotoSet, lost: Photo) -> None:
    assert decided(staff, toy_set, "place", photos=[lost.pk], text="N 48 51 30 E 2 17 40").status_code == 200
    lost.refresh_from_db()
    assert (lost.lat, lost.lng) == (pytest.approx(48.858333, abs=1e-5), pytest.approx(2.294444, abs=1e-5))
    for text in ("Paris", 5, None):
        refused = decided(staff, toy_set, "place", photos=[lost.pk], text=text)
        assert (refused.status_code, "like 48.86, 2.35" in refused.json()["error"]) == (400, True)


def test_a_frozen_set_takes_no_offers_and_says_so_where_there_are_none_either(staff: Client, toy_set: PhotoSet) -> None:
    PhotoSet.objects.update(frozen_at=NOON, frozen_sha256="0" * 64)
    assert decided(staff, toy_set, "offered", photos=[toy_set.photos.earliest("pk").pk]).status_code == 409


def test_a_kind_of_doubt_finds_no_photo_that_was_rejected(toy_set: PhotoSet) -> None:
    photo = toy_set.photos.earliest("pk")
    doubt(photo)
    assert list(asked_for(toy_set, QueryDict("doubts=blank"))) == [photo]
    Photo.objects.filter(pk=photo.pk).update(review=Photo.Review.REJECTED)
    assert not asked_for(toy_set, QueryDict("doubts=blank")).exists()


def test_all_that_a_filter_finds_is_decided_at_once(staff: Client, toy_set: PhotoSet) -> None:
    odd = list(toy_set.photos.order_by("pk"))[:2]
    for each in odd:
        doubt(each)
    assert decided(staff, toy_set, "accept", asked="doubts=held").json()["said"] == "2 photos accepted."
    assert {each.pk for each in toy_set.photos.filter(review="accepted")} == {each.pk for each in odd}


@pytest.mark.parametrize(
    ("verb", "body", "status"),
    [
        ("accept", {}, 400),
        ("accept", {"photos": []}, 400),
        ("accept", {"photos": ["1"]}, 400),
        ("vanish", {"photos": "own"}, 400),
        ("place", {"photos": "own", "lat": "x", "lng": 2}, 400),
        ("place", {"photos": "own", "lat": 91, "lng": 2}, 400),
        ("settle", {"photos": "own", "doubt": 0, "verdict": "fine"}, 400),
        ("tag", {"photos": "own", "difficulty": True}, 400),
        ("tag", {"photos": "own", "add": "word"}, 400),
        ("credit", {"photos": "own", "licence": 3}, 400),
        ("accept", {"photos": "other"}, 400),
    ],
)
def test_what_is_no_decision_gets_a_sentence_and_changes_nothing(
    staff: Client, toy_set: PhotoSet, verb: str, body: dict[str, Any], status: int
) -> None:
    elsewhere = PhotoSet.objects.create(name="Elsewhere", slug="elsewhere")
    other = add_photo(elsewhere, THERE).photos.get()
    chosen = {"own": [toy_set.photos.earliest("pk").pk], "other": [other.pk]}.get(str(body.get("photos")))
    before = list(Photo.objects.order_by("pk").values())
    answer = decided(staff, toy_set, verb, **{**body, **({"photos": chosen} if chosen else {})})
    assert answer.status_code == status
    assert answer.json()["error"]
    assert list(Photo.objects.order_by("pk").values()) == before


def test_only_who_may_change_photos_decides(client: Client, toy_set: PhotoSet) -> None:
    photo = toy_set.photos.earliest("pk")
    helper = get_user_model().objects.create_user("helper", is_staff=True)
    assert decided(client, toy_set, "reject", photos=[photo.pk]).status_code == 302  # to sign in
    client.force_login(helper)
    page = f"/admin/geogame/photoset/{toy_set.pk}/review/"
    assert (decided(client, toy_set, "reject", photos=[photo.pk]).status_code, client.get(page).status_code) == (
        403,
        403,
    )
    helper.user_permissions.add(Permission.objects.get(codename="view_photo"))
    assert decided(client, toy_set, "reject", photos=[photo.pk]).status_code == 403
    assert "data-verb=" not in client.get(page).content.decode()
    helper.user_permissions.add(Permission.objects.get(codename="change_photo"))
    assert decided(client, toy_set, "reject", photos=[photo.pk]).status_code == 200
    assert client.get(f"{page}reject/").status_code == 405


def test_the_grid_filters(toy_set: PhotoSet, lost: Photo, rf_query: Any) -> None:
    one, two, three = toy_set.photos.exclude(pk=lost.pk).order_by("pk")
    doubt(one, "sea", Doubt.DOUBT)
    doubt(two, "small", Doubt.HINT)
    reviews.reject(only(three), None, NOON)
    reviews.order(toy_set, "Trip", [one.pk], NOON)
    reviews.tag(only(two), add=["old"])
    reviews.credit(only(one), "", None)
    for asked, found in (
        ("", {one, two, three, lost}), ("doubts=held", {lost}), ("doubts=worth", {one, lost}), ("doubts=hints", {two}),
        ("doubts=sea", {one}), ("state=rejected", {three}), ("state=waiting", {one, two, lost}),
        ("lacks=place", {lost}), ("lacks=licence", {one, lost}),
        ("album=Trip", {one}), ("album=-", {two, three, lost}), ("tag=old", {two}),
        ("q=lost", {lost}), ("q=place+1", {one}), (f"photo={two.pk}", {two}),
        ("doubts=nonsense&state=x", {one, two, three, lost}),
    ):  # fmt: skip
        assert set(asked_for(toy_set, rf_query(asked))) == found, asked


def page(client: Client, photo_set: PhotoSet, asked: str) -> tuple[list[int], dict[str, str]]:
    """Return the photos of a page of the review, and where its links to more lead."""
    shown = client.get(f"/admin/geogame/photoset/{photo_set.pk}/review/?{asked}")
    links = re.findall(r'href="\?([^"]*)">(Next|Before)<', shown.content.decode())
    return [each["pk"] for each in shown.context["records"]], {name: unescape(where) for where, name in links}


def test_no_photo_is_missed_where_a_filter_empties_from_page_to_page(
    staff: Client, toy_set: PhotoSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("geogame.admin.reviewing.A_PAGE", 2)
    for _ in range(4):
        add_photo(toy_set, THERE)
    everything = list(toy_set.photos.order_by("pk").values_list("pk", flat=True))
    first, links = page(staff, toy_set, "state=waiting")
    assert (first, set(links)) == (everything[:2], {"Next"})
    decided(staff, toy_set, "accept", photos=first)
    second, links = page(staff, toy_set, links["Next"])
    assert (second, set(links)) == (everything[2:4], {"Next"})  # none is left before them
    third, links = page(staff, toy_set, links["Next"])
    assert (third, set(links)) == (everything[4:6], {"Before", "Next"})
    assert page(staff, toy_set, links["Before"])[0] == second
    fourth, links = page(staff, toy_set, links["Next"])
    assert (fourth, set(links)) == (everything[6:], {"Before"})
    decided(staff, toy_set, "reject", photos=fourth)
    assert page(staff, toy_set, f"state=waiting&after={third[-1]}")[0] == second  # nothing comes after: from the start


def test_what_is_no_page_of_the_review_is_its_first(staff: Client, toy_set: PhotoSet) -> None:
    everything = list(toy_set.photos.order_by("pk").values_list("pk", flat=True))
    for asked in ("after=x", "before=²", f"after={9**40}", f"before={9**40}", f"before={everything[1]}", "page=2"):
        assert page(staff, toy_set, asked)[0] == everything, asked


@pytest.fixture
def rf_query() -> Any:
    from django.http import QueryDict

    return QueryDict


def test_the_pages_of_a_set_say_what_is_to_be_done_next(staff: Client, toy_set: PhotoSet, lost: Photo) -> None:
    root = f"/admin/geogame/photoset/{toy_set.pk}"
    for page in ("change", "review"):
        assert "1 photo has no place yet: put it on the map." in staff.get(f"{root}/{page}/").content.decode(), page
    rows = staff.get(f"{root}/map/points/").json()["photos"]
    assert sorted(row[1:3] for row in rows) == sorted([list(each) for each in PLACES])
    assert staff.get(f"{root}/photos/{lost.pk}/").json()["doubts"][0]["title"] == "No place"
    assert staff.get(f"{root}/photos/{lost.pk + 1}/").status_code == 400


def test_whoever_publishes_is_told_what_is_open(staff: Client, toy_set: PhotoSet, lost: Photo) -> None:
    PhotoSet.objects.update(published=False)
    page = staff.post(
        f"/admin/geogame/photoset/{toy_set.pk}/publish/", {"published": "on"}, follow=True
    ).content.decode()
    assert "Published: players can choose it." in page
    assert "1 photo has no place." in page
    assert "1 photo has no licence." in page
    toy_set.refresh_from_db()
    assert toy_set.published
    staff.post(f"/admin/geogame/photoset/{toy_set.pk}/publish/", follow=True)
    toy_set.refresh_from_db()
    assert not toy_set.published


def test_a_licence_of_the_set_is_lent_to_photos_that_have_none(staff: Client, toy_set: PhotoSet, lost: Photo) -> None:
    form = {"name": "Toy", "slug": "toy", "domain": "toy-earth", "licence": "CC BY 4.0"}
    page = staff.post(f"/admin/geogame/photoset/{toy_set.pk}/change/", form, follow=True).content.decode()
    assert "Written beside 1 photo that had none." in page
    assert sorted(toy_set.photos.values_list("licence", flat=True)) == ["CC BY 4.0", *["CC0-1.0"] * 3]


def told_album(client: Client, photo_set: PhotoSet, verb: str = "order", **body: object) -> tuple[int, str]:
    """Post to the page of albums; return the status and what is said."""
    address = f"/admin/geogame/photoset/{photo_set.pk}/albums/{verb}/"
    told = client.post(address, json.dumps(body), content_type="application/json")
    return told.status_code, told.json().get("said") or told.json()["error"]


def test_albums_are_ordered_through_their_page_which_says_what_was_done(staff: Client, toy_set: PhotoSet) -> None:
    one, two, three = (each.pk for each in toy_set.photos.order_by("pk"))
    decided(staff, toy_set, "album", photos=[one, two, three], album="Trip")
    for asked, now, said in (
        ([two, one, three], [two, one, three], "“Trip” has a new order."),
        ([two, one, three], [two, one, three], "“Trip” has this order already."),
        ([two, one], [two, one], "1 photo has left “Trip”: it is shown alone."),
        (None, [two, one], "“Trip” has this order already."),
        ([], [], "“Trip” is dissolved: its photos are shown one by one."),
    ):
        assert told_album(staff, toy_set, album="Trip", photos=asked) == (200, said)
        assert album(toy_set) == now
    history = staff.get(f"/admin/geogame/photoset/{toy_set.pk}/history/").content.decode()
    assert ("has left “Trip”" in history, "has this order already" in history) == (True, False)


def test_a_name_that_turns_writing_round_turns_no_words_beside_it(staff: Client, toy_set: PhotoSet) -> None:
    one, two, _ = (each.pk for each in toy_set.photos.order_by("pk"))
    turned = "gpj.\u202eTrip"
    said = decided(staff, toy_set, "album", photos=[one, two], album=turned).json()["said"]
    assert said == f"2 photos are in “\u2068{turned}\u2069” now."
    assert told_album(staff, toy_set, album=turned, photos=[two, one])[1] == f"“\u2068{turned}\u2069” has a new order."
    assert isolated("\u2069\u202ename") == "\u2068\u202ename\u2069"  # nor where it would end that by itself
    reviews.order(toy_set, "Other", [one], NOON)
    refused = told_album(staff, toy_set, "rename", album="Other", name=turned)
    assert refused == (409, f"There is an album “\u2068{turned}\u2069” already.")
    page = staff.get(f"/admin/geogame/photoset/{toy_set.pk}/albums/").content.decode()
    assert f"<bdi>{turned}</bdi>" in page
    assert why(["%(name)s is no photo.", {"name": turned}]) == f"\u2068{turned}\u2069 is no photo."


def test_what_the_page_of_albums_refuses(staff: Client, toy_set: PhotoSet, game: Game) -> None:
    one, two, three = (each.pk for each in toy_set.photos.order_by("pk"))
    reviews.order(toy_set, "Trip", [one, two], NOON)
    reviews.order(toy_set, "Other", [three], NOON)
    assert told_album(staff, toy_set, album="Trip", photos="all")[0] == 400
    for verb in ("order", "rename"):
        gone = told_album(staff, toy_set, verb, album="Gone", photos=[one], name="New")  # which is not made anew
        assert gone == (400, "There is no album of this name.")
    stale = told_album(staff, toy_set, album="Trip", photos=[two], seen=[two, one])
    assert stale == (409, "Somebody has changed this album meanwhile. Load the page again.")
    assert told_album(staff, toy_set, "rename", album="Trip", name=5)[0] == 400
    assert told_album(staff, toy_set, "rename", album="Trip", name="x" * 201)[0] == 400
    assert told_album(staff, toy_set, "rename", album="Trip", name="Other") == (
        409,
        "There is an album “Other” already.",
    )
    game.rounds.update(exhibit=toy_set.exhibits.get(album="Trip"))
    played = (409, "“Trip” has been played already and can no longer change.")
    assert told_album(staff, toy_set, "rename", album="Trip", name="New") == played
    assert told_album(staff, toy_set, album="Trip", photos=[]) == played
    assert (album(toy_set), album(toy_set, "Other")) == ([one, two], [three])


def test_an_album_keeps_its_order_and_what_the_machine_said_when_it_is_renamed(
    staff: Client, toy_set: PhotoSet
) -> None:
    one, two, _ = (each.pk for each in toy_set.photos.order_by("pk"))
    reviews.order(toy_set, "Trip", [two, one], NOON)
    photos.record_prediction(toy_set.exhibits.get(album="Trip"), "planet", "w", "no idea")
    said = (200, "“Trip” is called “Journey” now.")
    assert told_album(staff, toy_set, "rename", album="Trip", name=" Journey ") == said
    assert (album(toy_set), album(toy_set, "Journey")) == ([], [two, one])
    assert toy_set.exhibits.get(album="Journey").predictions.exists()


def test_a_frozen_set_offers_nothing_that_it_would_refuse(staff: Client, toy_set: PhotoSet, lost: Photo) -> None:
    reviews.order(toy_set, "Trip", [toy_set.photos.earliest("pk").pk], NOON)
    offered = {
        "review": ["data-verb=", 'data-opens="album-form', "large-place", 'data-decides="yes'],
        "albums": ["<button", "?album=-"],
        "map": ['data-may="yes', "click on the map"],
    }
    for is_frozen in (False, True):
        if is_frozen:
            PhotoSet.objects.update(frozen_at=NOON, frozen_sha256="0" * 64)
        for name, marks in offered.items():
            page = staff.get(f"/admin/geogame/photoset/{toy_set.pk}/{name}/").content.decode().split('id="content"')[1]
            assert ("This set is frozen" in page) == is_frozen
            assert [mark for mark in marks if (mark in page) == is_frozen] == [], name
            assert 'data-opens="credit-form' in page or name != "review"  # which may still be mended
    assert told_album(staff, toy_set, "rename", album="Trip", name="New")[0] == 409
