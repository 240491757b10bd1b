"""The comparison: its page, its filters, what is told of it live, when it is reckoned, and what it keeps to itself."""

import asyncio
import json
import re
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from geogame import asgi, charts, comparison_consumer, comparisons, evidence, filters, findings, photos, records, tasks
from geogame.asgi import application
from geogame.celery import app
from geogame.filters import selection
from geogame.methods import SECTIONS
from geogame.models import Comparison, Experiment, Game, Guess, Person, Photo, PhotoSet, Prediction, Round
from geogame.rules.sphere import Point
from geogame.selections import Selection
from geogame.statistics.sequential import settled_shares
from geogame.views import metrics
from tests.conftest import NOON, PLACES, add_photo
from tests.game.conftest import Socket
from tests.game.test_asgi import Request
from tests.game.test_exports import Stays
from tests.game.test_records import KM, play_game
from tests.leaks import Secrets, find

Says = Callable[..., None]
LATER = NOON + timedelta(days=1)


def reckoned(chosen: Selection = Selection(), now: datetime = LATER) -> dict[str, Any]:  # noqa: B008
    """Look at a selection and reckon it, as the task does; return what is stored."""
    comparisons.reckon(comparisons.ask(chosen, now), now)
    return Comparison.objects.get(key=chosen.key()).report or {}


def page(client: Client, query: str = "", status: int = 200) -> str:
    answer = client.get(f"/comparison/{query}")
    assert answer.status_code == status
    return answer.content.decode()


@pytest.fixture
def played(toy_set: PhotoSet, ana: Person, ben: Person, machine_says: Says) -> PhotoSet:
    """Ana wins one duel of three, Ben one of two; an hour lies between."""
    play_game(toy_set, ana, [1, 5, None], [2, 3, 4], machine_says)
    play_game(toy_set, ben, [1, 9], [2, 3], machine_says)
    return toy_set


def test_what_nobody_has_asked_for_is_being_reckoned_and_the_task_is_told(
    client: Client, played: PhotoSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    nudges: list[int] = []
    monkeypatch.setattr("geogame.views.comparison.nudge_reckoning", lambda: nudges.append(1))
    told = page(client)
    assert "Being reckoned" in told
    assert '<noscript><meta http-equiv="refresh"' in told
    assert nudges == [1]


def test_no_request_reckons(client: Client, played: PhotoSet, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        pytest.fail("a request reckoned")

    report = comparisons.build(Selection())
    Comparison.objects.create(
        key=Selection().key(), selection={}, report=report | {"reckoned_at": NOON.isoformat()}, asked_at=NOON
    )
    monkeypatch.setattr("geogame.comparisons.build", refuse)
    for path in ("/", "/leaderboard/", "/comparison/", "/comparison/?scene=", "/comparison/charts/wins.svg"):
        assert client.get(path).status_code == 200


def test_the_page_prints_what_was_reckoned(client: Client, played: PhotoSet) -> None:
    report = reckoned()
    told = page(client)
    assert (report["figures"]["counts"]["duels"], report["figures"]["counts"]["people_won"]) == (5, 2)
    for cell in findings.figures(report).values():
        assert cell.text in told or f"{cell.name}" not in told
    assert 'data-figure="people_won">2<' in told
    assert f"{5 * KM:,.0f} km" in told  # the people's median of 1, 1, 5, 9 and none
    assert "As of round" in told
    for each in findings.all_of(report):
        assert f'id="{each.name}"' in told
        assert (f"/comparison/charts/{each.name}.pdf?" in told) == bool(each.rows)


def test_an_empty_record_has_a_page_that_says_what_to_do(client: Client, toy_set: PhotoSet) -> None:
    reckoned()
    assert "Nobody has played yet" in page(client)
    reckoned(Selection(photo_set="toy"))
    assert "No duel in this selection yet" in page(client, "?set=toy")


@pytest.mark.parametrize(
    ("query", "chosen"),
    [
        ("set=toy&seen=on", Selection(photo_set="toy", include_seen=True)),  # of two people: only staff sees it
        ("opponent=planet@0123456789ab", Selection(opponent="planet", weights="0123456789ab")),
        ("since=2026-03-01&until=2026-03-01", None),
        ("country=Peru", Selection(country="Peru")),
        ("others=on", Selection(include_out_of_domain=True)),
    ],
)
def test_an_address_names_a_selection(
    admin_client: Client, played: PhotoSet, query: str, chosen: Selection | None
) -> None:
    Photo.objects.update(extra={"country": "Peru"})
    reckoned()
    page(admin_client, f"?{query}")
    if chosen is None:  # both days count
        day = datetime.fromisoformat("2026-03-01T00:00+00:00")
        chosen = Selection(since=day, until=day + timedelta(days=1))
    assert Comparison.objects.get(key=chosen.key()).report is None
    assert reckoned(chosen)["figures"]["counts"]["duels"] == 5
    assert "won by people" in page(admin_client, f"?{query}")


@pytest.mark.parametrize(
    ("query", "words"),
    [("set=mars", ""), ("country=Peru", ""), ("group=7b", ""), ("since=yesterday", ""), ("experiment=x", ""),
     ("until=9999-12-31", "9999-12-31 is no date that a calendar goes on from."),
     ("since=2026-03-02&until=2026-03-01", "ends before it begins")],
)  # fmt: skip
def test_what_is_not_there_cannot_be_asked_for(client: Client, played: PhotoSet, query: str, words: str) -> None:
    told = page(client, f"?{query}", 400)
    assert "Choose what is compared" in told
    assert words in told
    assert "403" not in re.sub('<script.*?</script>|[?]v=[^"]*', "", told, flags=re.DOTALL)
    assert not Comparison.objects.exists()


def test_a_filter_leaves_out_the_others(client: Client, played: PhotoSet, ana: Person, ben: Person) -> None:
    Person.objects.filter(pk=ana.pk).update(group="7b")
    assert reckoned(Selection(group="7b"))["figures"]["counts"]["people"] == 1
    assert reckoned(Selection(since=NOON + timedelta(minutes=30)))["figures"]["counts"]["duels"] == 2


def test_a_group_of_few_is_not_offered(client: Client, played: PhotoSet) -> None:
    Person.objects.update(group="two of us")
    Person.objects.bulk_create(Person(group="class") for _ in range(5))
    assert reckoned()["choices"]["group"] == ["class"]
    assert "two of us" not in page(client)


FEW = "Fewer than 5 people played in this selection"


@pytest.mark.parametrize("query", ["country=Peru&scene=street", "until=2026-03-09", "opponent=planet@0123456789ab",
                                   "set=toy&seen=on"])  # fmt: skip
def test_of_few_people_whom_somebody_chose_only_staff_see_figures(
    client: Client, admin_client: Client, played: PhotoSet, query: str
) -> None:
    Photo.objects.update(extra={"country": "Peru", "scene": "street"})
    asked = dict(each.split("=") for each in query.split("&"))
    report = reckoned(selection(asked))
    assert report["figures"]["counts"]["people"] == 2
    told = page(client, f"?{query}")
    assert FEW in told
    assert "data-figure" not in told
    refused = client.get(f"/comparison/charts/medians.svg?{query}")
    assert (refused.status_code, "Fewer than 5 people" in refused.json()["error"]) == (403, True)
    assert set(json.loads(comparison_consumer.message(selection(asked).key()))) == {"reckonedAt"}
    told = page(admin_client, f"?{query}")
    assert "won by people" in told
    assert "Only staff see this" in told
    assert admin_client.get(f"/comparison/charts/medians.svg?{query}").status_code == 200
    assert client.get(f"/comparison/charts/medians.svg?{query}").status_code == 403  # though it has been drawn by now


def test_a_group_of_few_that_is_not_offered_has_no_drawings_either(client: Client, played: PhotoSet) -> None:
    Person.objects.update(group="7b")
    reckoned(Selection(group="7b"))
    assert "data-figure" not in page(client, "?group=7b", 400)
    assert client.get("/comparison/charts/medians.svg?group=7b").status_code == 400


def test_a_set_that_is_not_published_is_told_of_to_staff_alone(
    client: Client, admin_client: Client, toy_set: PhotoSet, machine_says: Says
) -> None:
    for number in range(5):
        play_game(toy_set, Person.objects.create(name=f"P{number}"), [1], [2], machine_says)
    reckoned(Selection(photo_set="toy"))
    PhotoSet.objects.update(published=False)
    for query in ("?set=toy", "?set=Toy"):
        assert "data-figure" not in page(client, query, 400)
        assert client.get(f"/comparison/charts/wins.svg{query}").status_code == 400
    assert "won by people" in page(admin_client, "?set=toy")
    assert admin_client.get("/comparison/charts/wins.svg?set=toy").status_code == 200


def test_whoever_was_not_told_a_key_cannot_make_it(monkeypatch: pytest.MonkeyPatch) -> None:
    here = Selection(photo_set="toy").key()
    assert here == Selection(photo_set="toy").key()
    assert here != Selection(photo_set="toys").key()
    monkeypatch.setattr(settings, "SECRET_KEY", "of another site")
    assert here != Selection(photo_set="toy").key()


def test_what_somebody_began_to_look_at_while_a_person_was_deleted_is_reckoned_anew(
    played: PhotoSet, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        comparisons.forget()
        reckoned()  # as in a transaction of its own, which does not see yet what is taken out
    assert Comparison.objects.get().report is None


def test_staff_may_choose_a_group_of_few(admin_client: Client, played: PhotoSet) -> None:
    Person.objects.update(group="7b")
    reckoned(Selection(group="7b"))
    assert "Only staff see this" in page(admin_client, "?group=7b")


@pytest.mark.parametrize(("text", "is_on"), [("on", True), ("1", True), ("true", True), ("0", False), ("false", False)])
def test_what_an_address_switches_off_is_off(played: PhotoSet, text: str, is_on: bool) -> None:
    assert selection({"seen": text, "others": text}) == Selection(include_seen=is_on, include_out_of_domain=is_on)
    words = filters.FilterForm({"seen": text}, is_staff=False).in_words()
    assert words == (["Photographs seen before count, too"] if is_on else [])


@pytest.mark.parametrize("is_nearer", [True, False])
def test_a_place_that_was_corrected_favours_nobody(
    toy_set: PhotoSet, ana: Person, ben: Person, is_nearer: bool, machine_says: Says
) -> None:
    """The machine's same answer is 10 km off one truth and 5,000 off the other: both count, whichever came first."""
    toy_set.exhibits.exclude(pk=toy_set.exhibits.earliest("pk").pk).delete()
    play_game(toy_set, ana, [7], [1], machine_says)
    photos.place(toy_set.photos.earliest("pk"), Point(1.0, 2.0))
    play_game(toy_set, ben, [7], [1], machine_says)
    first, second = Guess.objects.filter(player__kind="machine").order_by("pk")
    for guess, error_km in ((first, 10 if is_nearer else 5000), (second, 5000 if is_nearer else 10)):
        Guess.objects.filter(pk=guess.pk).update(error_km=error_km)
    figures = comparisons.build(Selection())["figures"]
    assert (figures["counts"]["exhibits"], figures["machine_median_km"]) == (2, 2505)
    assert figures["within"]["machine_within_25_km"] == 0.5
    _people, machines = records.leaderboard()
    assert machines[0].median_km == 2505


def test_five_people_are_enough_to_be_chosen(client: Client, toy_set: PhotoSet, machine_says: Says) -> None:
    for number in range(4):
        play_game(toy_set, Person.objects.create(name=f"P{number}"), [1], [2], machine_says)
    reckoned(Selection(photo_set="toy"))
    assert FEW in page(client, "?set=toy")
    play_game(toy_set, Person.objects.create(name="P5"), [1], [2], machine_says)
    reckoned(Selection(photo_set="toy"), LATER + timedelta(minutes=1))
    assert "won by people" in page(client, "?set=toy")
    assert "figures" in json.loads(comparison_consumer.message(Selection(photo_set="toy").key()))


def test_everything_is_shown_however_few_have_played(
    client: Client, toy_set: PhotoSet, ana: Person, machine_says: Says
) -> None:
    play_game(toy_set, ana, [1], [2], machine_says)
    for query, chosen in (("", Selection()), ("?seen=on", Selection(include_seen=True)),
                          ("?others=on", Selection(include_out_of_domain=True))):  # fmt: skip
        reckoned(chosen)
        assert "won by people" in page(client, query)
        assert client.get(f"/comparison/charts/medians.svg{query}").status_code == 200


def test_a_finished_experiment_of_few_is_shown_whole_and_in_no_parts(client: Client, played: PhotoSet) -> None:
    Game.objects.update(experiment=experiment_of(played, LATER))
    reckoned(Selection(experiment="trial"))
    reckoned(Selection(experiment="trial", photo_set="toy"))
    assert "won by people" in page(client, "?experiment=trial")
    assert FEW in page(client, "?experiment=trial&set=toy")


def test_new_selections_are_spared(client: Client, played: PhotoSet, monkeypatch: pytest.MonkeyPatch) -> None:
    from limits import RateLimitItemPerMinute

    monkeypatch.setattr("geogame.views.comparison.NEW", RateLimitItemPerMinute(1, namespace="test"))
    page(client, "?set=toy")
    assert 'aria-hidden="true">429</p>' in page(client, "?set=toy&seen=on", 429)
    page(client, "?set=toy")


def test_it_is_reckoned_at_most_every_ten_seconds_and_only_where_something_is_new(
    toy_set: PhotoSet, ana: Person, ben: Person, machine_says: Says
) -> None:
    play_game(toy_set, ana, [1], [2], machine_says)
    row = comparisons.ask(Selection(), LATER)
    assert comparisons.due(LATER) == [row]
    assert comparisons.reckon(row, LATER)
    assert comparisons.due(LATER + timedelta(minutes=1)) == []  # nothing is new
    play_game(toy_set, ben, [1], [2], machine_says)
    assert comparisons.due(LATER + timedelta(seconds=9)) == []
    assert len(comparisons.due(LATER + timedelta(seconds=10))) == 1
    assert comparisons.due(LATER + timedelta(minutes=3)) == []  # nobody looks any more


def test_what_was_stamped_before_and_written_after_a_reckoning_is_found_without_another_closing(
    toy_set: PhotoSet, ana: Person, ben: Person, machine_says: Says
) -> None:
    late, last = (play_game(toy_set, person, [1], [2], machine_says) for person in (ana, ben))
    Round.objects.filter(game=last).update(closed_at=LATER)
    Round.objects.filter(game=late).update(closed_at=None)
    soon, settled = LATER + timedelta(seconds=1), LATER + comparisons.SETTLED
    assert reckoned(now=soon)["figures"]["counts"]["rounds"] == 1
    Round.objects.filter(game=late).update(closed_at=LATER - timedelta(seconds=0.1))
    row = Comparison.objects.get()
    for now, is_due in ((soon + timedelta(seconds=20), False), (settled, True)):
        assert (comparisons.is_due(row, now), comparisons.due(now)) == (is_due, [row] * is_due)
    assert reckoned(now=settled)["figures"]["counts"]["rounds"] == 2
    row.refresh_from_db()
    assert not comparisons.is_due(row, settled + timedelta(minutes=1))  # once
    assert comparisons.due(settled + timedelta(minutes=1)) == []


def test_of_two_workers_one_reckons(played: PhotoSet) -> None:
    row = comparisons.ask(Selection(), LATER)
    assert [comparisons.reckon(row, LATER), comparisons.reckon(row, LATER)] == [True, False]


def test_what_took_long_rests_longer(played: PhotoSet) -> None:
    reckoned()
    Comparison.objects.update(seconds=30, stamp="old")
    row = Comparison.objects.get()
    comparisons.watch(row.key, LATER + timedelta(seconds=60))
    assert comparisons.due(LATER + timedelta(seconds=59)) == []
    assert len(comparisons.due(LATER + timedelta(seconds=60))) == 1


def test_the_task_reckons_what_is_watched_and_leaves_the_rest(played: PhotoSet) -> None:
    comparisons.ask(Selection(), timezone.now())
    comparisons.ask(Selection(photo_set="toy"), timezone.now() - timedelta(hours=1))
    comparisons.ask(Selection(include_seen=True), timezone.now() - timedelta(days=30))
    assert (tasks.reckon(), tasks.reckon()) == (1, 0)
    assert [row.report is None for row in Comparison.objects.order_by("-asked_at")] == [False, True]


def test_what_was_asked_for_and_has_gone_is_let_go_of_and_holds_up_nothing(played: PhotoSet) -> None:
    Person.objects.update(group="7b")
    comparisons.ask(Selection(group="7b"), timezone.now())
    comparisons.ask(Selection(), timezone.now())
    Person.objects.update(group="8b")
    assert tasks.reckon() == 1
    assert Comparison.objects.get().selection == {}


def test_a_second_task_of_the_process_returns_at_once(played: PhotoSet) -> None:
    comparisons.ask(Selection(), timezone.now())
    with tasks._reckoning:
        assert tasks.reckon() == 0


@pytest.mark.parametrize("rounds", [0, 3])
def test_a_request_asks_the_same_few_questions_of_a_record_of_any_size(
    client: Client, toy_set: PhotoSet, ana: Person, machine_says: Says, rounds: int, django_assert_max_num_queries: Any
) -> None:
    for number in range(rounds):
        play_game(toy_set, Person.objects.create(name=f"P{number}"), [1, 2, 3], [2, 2, 2], machine_says)
    if rounds:
        reckoned()
    page(client)
    with django_assert_max_num_queries(9) as asked:
        page(client)
    assert not [sql for sql in (each["sql"].lower() for each in asked.captured_queries) if "count(" in sql]
    assert not any("geogame_guess" in each["sql"] for each in asked.captured_queries)
    with django_assert_max_num_queries(1):
        comparison_consumer.message("0" * 64)


def experiment_of(
    photo_set: PhotoSet, finished_at: datetime | None, *, out_of_domain: bool = False, unit: str = "person"
) -> Experiment:
    return Experiment.objects.create(
        slug="trial", name="The trial", photo_set=photo_set, opponent="planet", weights="0123456789ab",
        seal="a" * 64, sealed_at=NOON, finished_at=finished_at,
        protocol={"out_of_domain": out_of_domain, "decision": {"unit": unit, "level_percent": 5}},
    )  # fmt: skip


def test_of_an_experiment_under_seal_nothing_is_told(client: Client, played: PhotoSet) -> None:
    Game.objects.update(experiment=experiment_of(played, None))
    assert reckoned()["figures"]["counts"]["duels"] == 0
    assert reckoned(Selection(experiment="trial"))["figures"]["counts"]["duels"] == 0
    told = page(client, "?experiment=trial")
    assert "still under seal" in told
    assert "won by people" not in told


def test_only_a_finished_experiment_whole_is_tested(client: Client, played: PhotoSet) -> None:
    Game.objects.update(experiment=experiment_of(played, LATER))
    assert "significance" in reckoned(Selection(experiment="trial"))
    assert "significance" not in reckoned(Selection(experiment="trial", include_seen=True))
    assert "significance" not in reckoned(Selection(experiment="trial", include_out_of_domain=True))
    assert "significance" not in reckoned()
    told = page(client, "?experiment=trial")
    assert "Could chance have done it?" in told
    assert "its rules were sealed before its first round" in told
    assert "Could chance have done it?" not in page(client)


@pytest.mark.parametrize("query", ["experiment=trial&scene=street", "experiment=trial&seen=on"])
def test_a_part_of_an_experiment_does_not_say_that_it_was_sealed(
    client: Client, admin_client: Client, played: PhotoSet, query: str
) -> None:
    Photo.objects.update(extra={"scene": "street"})
    Game.objects.update(experiment=experiment_of(played, LATER))
    reckoned(selection(dict(each.split("=") for each in query.split("&"))))
    told = page(admin_client, f"?{query}")
    assert "was chosen afterwards" in told
    assert "its rules were sealed" not in told
    assert 'href="?experiment=trial">The whole experiment' in told


def test_where_photographs_seen_before_count_the_page_does_not_say_that_nobody_had(
    client: Client, played: PhotoSet
) -> None:
    reckoned()
    assert "a photograph they had never seen" in page(client)
    reckoned(Selection(include_seen=True))
    told = page(client, "?seen=on")
    assert "which here they may have seen before" in told
    assert "never seen" not in told


def test_of_who_won_a_page_that_anybody_may_watch_has_only_the_interval_that_may_be(
    client: Client, played: PhotoSet
) -> None:
    report = reckoned()
    live, told = findings.wins(report), page(client)
    assert not {"win_rate", "win_rate_ties_half"} & set(report["intervals"])
    assert findings.figures(report)["win_rate"].interval == ""
    assert "Too few games are over to tell more." in live.sentence
    more = report | {"watched": {"units": 12, "mean": 0.4, "interval": {"low": 0.2, "high": 0.61}}}
    assert "however often one looks, that mean lies from 20.0 % to 61.0 %" in findings.wins(more).sentence
    assert "mean share by game, a tie being half" in {row[0] for row in live.rows}
    assert 'data-figure="watched"' in told
    assert "The same, a tie being half" in told
    Game.objects.update(experiment=experiment_of(played, LATER))
    sealed = findings.wins(reckoned(Selection(experiment="trial")))
    assert "however often one looks" not in sealed.sentence
    assert "mean share by game, a tie being half" not in {row[0] for row in sealed.rows}
    assert 'data-figure="watched"' not in page(client, "?experiment=trial")


def test_people_who_met_the_same_photos_are_one_unit_of_the_interval_that_may_be_watched(played: PhotoSet) -> None:
    watched = comparisons.build(Selection())["watched"]
    assert watched["units"] == 1
    assert watched["interval"]["high"] - watched["interval"]["low"] > 0.9


def test_who_plays_on_changes_nothing_of_what_was_watched(
    toy_set: PhotoSet, ana: Person, ben: Person, machine_says: Says
) -> None:
    """Ana's game was there first, and its last round is still open: what it shows then counts behind Ben's."""
    first = play_game(toy_set, ana, [1, 1, 1], [2, 2, 2], machine_says)
    Round.objects.filter(game=first, number=3).update(closed_at=None, skipped=True)
    play_game(toy_set, ben, [9, 9], [2, 2], machine_says)
    before = evidence.read(Selection())
    Round.objects.filter(game=first, number=3).update(closed_at=LATER)
    after = evidence.read(Selection())
    shares = [settled_shares(each.duels, each.game, each.ended).tolist() for each in (before, after)]
    assert shares[0] == [0.0]
    assert shares[1][:1] == shares[0]
    assert sorted(set(before.ended.tolist())) == [-1, 0]
    assert sorted(set(after.ended.tolist())) == [0, 1]


@pytest.mark.parametrize(("unit", "sealed"), [("person", "sign_flips"), ("exhibit", "sign_test")])
def test_an_experiment_is_tested_as_it_was_sealed_and_its_p_value_is_marked(
    client: Client, played: PhotoSet, unit: str, sealed: str
) -> None:
    Game.objects.update(experiment=experiment_of(played, LATER, unit=unit))
    report = reckoned(Selection(experiment="trial"))
    assert report["significance"]["unit"] == unit
    found = (findings.tests(report) or {})["found"]
    assert found[0]["anchor"] == sealed
    assert [each["is_sealed"] for each in found] == [True, False, False]
    told = page(client, "?experiment=trial")
    assert "sealed beforehand; decides at 5 %" in told
    assert told.count("not sealed: descriptive") == 2


def test_where_too_few_have_played_the_page_says_so_and_nothing_else(
    client: Client, toy_set: PhotoSet, ana: Person, machine_says: Says
) -> None:
    play_game(toy_set, ana, [1], [2], machine_says)
    report = reckoned()
    assert findings.figures(report)["people_median_km"].interval == "too few to tell"
    assert findings.figures(report)["watched"].interval == "too few to tell"
    assert "Too few games are over to tell more." in findings.wins(report).sentence
    assert "no bound" not in page(client)


def test_a_median_without_width_reads_too_few_different_answers(played: PhotoSet) -> None:
    report = reckoned()
    report["intervals"]["people_median_km"] |= {"low": None, "high": None, "alike": True}
    assert findings.figures(report)["people_median_km"].interval == "too few different answers to tell"


@pytest.mark.parametrize(
    ("unit", "too_small", "words"),
    [("exhibit", False, "other photographs like these"), ("person", False, "other people like these"),
     ("person", True, "the p-values are too small, and are no proof")],
)  # fmt: skip
def test_beside_a_p_value_stands_of_whom_it_speaks_and_whether_it_can_be_believed(
    client: Client, played: PhotoSet, unit: str, too_small: bool, words: str
) -> None:
    Game.objects.update(experiment=experiment_of(played, LATER))
    report = reckoned(Selection(experiment="trial"))
    report["significance"] |= {"unit": unit, "too_small": too_small}
    Comparison.objects.update(report=report)
    assert words in page(client, "?experiment=trial")


@pytest.mark.parametrize(("units", "words"), [(5, "the least p that there can be is 0.062"), (6, ""), (0, "")])
def test_where_too_few_are_left_for_the_sealed_level_that_is_said(played: PhotoSet, units: int, words: str) -> None:
    """Six were sealed, and one has withdrawn since: no sign of five can have a p below 0.0625."""
    Game.objects.update(experiment=experiment_of(played, LATER))
    report = reckoned(Selection(experiment="trial"))
    report["significance"] |= {"units": units}
    told = findings.tests(report)
    assert told is not None
    assert ("least p" in told["holds_for"], words in told["holds_for"]) == (bool(words), True)


def test_an_experiment_keeps_its_sealed_rule_on_domains(client: Client, played: PhotoSet) -> None:
    """Sealed with a machine before pictures of another kind, it is compared so by its plain address."""
    Game.objects.update(experiment=experiment_of(played, LATER, out_of_domain=True), domain="real")
    assert comparisons.meant(selection({"experiment": "trial"})).include_out_of_domain
    report = reckoned(Selection(experiment="trial", include_out_of_domain=True))
    assert ("significance" in report, report["figures"]["counts"]["duels"]) == (True, 5)
    assert "Could chance have done it?" in page(client, "?experiment=trial")
    assert client.get("/comparison/charts/wins.svg?experiment=trial").status_code == 200


@pytest.mark.parametrize("is_meant", [True, False])
def test_commands_keep_an_experiments_sealed_rule_on_domains_too(
    played: PhotoSet, tmp_path: Path, capsys: pytest.CaptureFixture[str], machine_says: Says, is_meant: bool
) -> None:
    for number in range(4):
        play_game(played, Person.objects.create(name=f"P{number}"), [1], [2], machine_says)
    Game.objects.update(experiment=experiment_of(played, LATER, out_of_domain=is_meant), domain="real")
    more = [] if is_meant else ["--include-out-of-domain"]
    call_command("compare", "--json", "--experiment", "trial", *more)
    told = json.loads(capsys.readouterr().out)
    assert ("significance" in told, told["duels"]) == (True, 9 if is_meant else 0)
    if not is_meant:
        with pytest.raises(CommandError, match="No machine played"):
            call_command("release", str(tmp_path / "made"), "--experiment", "trial", *more)
        return
    call_command("release", str(tmp_path / "made"), "--experiment", "trial")
    assert "significance" in json.loads((tmp_path / "made" / "figures.json").read_text())


def test_the_page_names_its_machine_and_links_to_the_others(
    client: Client, admin_client: Client, played: PhotoSet
) -> None:
    game = Game.objects.earliest("created_at")
    other = game.players.create(kind="machine", name="IM2GPS", opponent="im2gps", weights="w", domain="toy-earth")
    game.rounds.get(number=1).guesses.create(player=other, created_at=NOON)
    reckoned()
    told = page(client)
    assert "The machine: PlaNet, weights 0123456789ab." in told
    assert "How many people make one PlaNet" in told
    assert 'href="?opponent=im2gps%40w"' in told
    reckoned(Selection(opponent="im2gps", weights="w"))
    other_page = page(admin_client, "?opponent=im2gps@w")
    assert "How many people make one IM2GPS" in other_page
    assert "one PlaNet" not in other_page


def test_no_places_leave_with_the_comparison(client: Client, played: PhotoSet, ana: Person, machine_says: Says) -> None:
    for number in range(6):  # so that squares are shown
        play_game(played, Person.objects.create(name=f"P{number}"), [1, 2, 3], [2, 2, 2], machine_says)
    report = reckoned()
    assert report["map"]
    secrets = Secrets(PLACES, ["secret"])
    assert find(page(client).encode(), secrets) == []
    assert find(comparison_consumer.message(Selection().key()).encode(), secrets) == []
    drawing = client.get("/comparison/charts/map.svg").getvalue().decode()
    for place in PLACES:
        assert not [value for value in place if f"{value:.3f}" in drawing]


def test_a_drawing_is_sent_once(client: Client, played: PhotoSet) -> None:
    assert client.get("/comparison/charts/curves.svg").status_code == 404  # not yet reckoned
    reckoned()
    first = client.get("/comparison/charts/curves.svg?as_of=5&theme=light")
    assert (first["Content-Type"], first["Cache-Control"]) == ("image/svg+xml", "no-cache")
    again = client.get("/comparison/charts/curves.svg?as_of=5&theme=light", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/comparison/charts/curves.svg").headers["ETag"] != first["ETag"]
    for name, kind in (("mars", "svg"), ("curves", "gif")):
        assert client.get(f"/comparison/charts/{name}.{kind}").status_code == 404


def test_a_drawing_that_is_taken_along_names_its_games_and_its_moment(admin_client: Client, played: PhotoSet) -> None:
    client = admin_client  # two people have played, and the set was chosen
    PhotoSet.objects.create(name="Other", slug="other", domain="toy-earth", published=True)
    reckoned(Selection(photo_set="toy"))
    saved = client.get("/comparison/charts/wins.svg?set=toy&theme=light&saved=1")
    text = " ".join("".join(ElementTree.fromstring(saved.getvalue()).itertext()).split())
    for words in ("Who won how many duels", "People won 2 of 5", "Games: Photo set: Toy.", "Machine: PlaNet.",
                  "As of round 5, reckoned at 2026-03-02 12:00 UTC", "holds however often one looks."):  # fmt: skip
        assert words in text
    shown = client.get("/comparison/charts/wins.svg?set=toy&theme=light")
    assert shown["ETag"] != saved["ETag"]
    assert b"Games:" not in shown.getvalue()
    assert "wins.svg?set=toy&amp;as_of=5&amp;theme=light&amp;saved=1" in page(client, "?set=toy")


def test_one_place_of_the_page_is_read_out_when_figures_change(client: Client, played: PhotoSet) -> None:
    reckoned()
    assert page(client).count("aria-live") == 1


def test_one_of_anything_is_said_in_the_singular(
    client: Client, toy_set: PhotoSet, ana: Person, machine_says: Says
) -> None:
    play_game(toy_set, ana, [1], [2], machine_says)
    reckoned()
    told = page(client)
    for name, word in (("duels", "duel"), ("rounds", "round"), ("people", "person"), ("exhibits", "place")):
        assert f'<dt data-label="{name}">{word}</dt><dd data-figure="{name}">1<' in told
    for words in ("In the only duel so far people were nearer.", "People won the only decided duel.",
                  "The only answer of people was 111 km off. The only answer of the machine was 222 km off.",
                  "within 200 km of its only answer it held to be 0.0 % probable; it was not so."):  # fmt: skip
        assert words in told


@pytest.mark.parametrize("games", [[], [[1]], [[None]], [[2]], [[5], [6]]])
@pytest.mark.parametrize("is_finished", [False, True])
def test_of_none_one_or_two_no_sentence_counts_wrongly(
    client: Client, toy_set: PhotoSet, machine_says: Says, games: list[list[float | None]], is_finished: bool
) -> None:
    for number, errors in enumerate(games):
        person = Person.objects.create(name=f"P{number}")
        play_game(toy_set, person, errors, [2] * len(errors), machine_says)
    chosen = Selection(experiment="trial") if is_finished else Selection()
    if is_finished:
        Game.objects.update(experiment=experiment_of(toy_set, LATER))
    report = reckoned(chosen)
    tests = findings.tests(report)
    told = " ".join([each.sentence for each in findings.all_of(report)] + ([tests["holds_for"]] if tests else []))
    wrong = r"(?<![.,\d])1 (?:people|duels|photos|answers|squares|games|rounds)|0 that|(?:in|won|and) 0(?! %|[.]\d)"
    assert not re.findall(f"{wrong}|of 1 ", told), told


def test_the_only_square_and_none_at_all_are_said_in_words() -> None:
    here = {"lat": 0.0, "lng": 0.0, "ties": 0}
    sentences = [
        findings.squares({"map": [here | {"people_won": won, "machine_won": 5 - won} for won in counts]}).sentence
        for counts in ([4], [1], [1, 2])
    ]
    assert sentences == [
        "In the only square with five duels or more people won more of them.",
        "In the only square with five duels or more the machine won more of them.",
        "Of 2 squares people won more duels in none, the machine in 2.",
    ]


def test_the_page_gives_the_brier_score_and_what_marks_mean(client: Client, played: PhotoSet) -> None:
    report = reckoned()
    assert findings.calibration(report).marks.startswith("Bars: 95 % intervals, each for one look. Numbers:")
    grade = report["calibration"]["200"]["brier"]
    told = page(client)
    assert f"{grade:.2f} (200 km)" in told
    for each in findings.all_of(report):
        assert each.marks
        assert not each.rows or each.marks in told


def test_a_chart_is_drawn_once_and_not_by_the_request(
    client: Client, played: PhotoSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []

    def draw(name: str, *_: Any, **__: Any) -> bytes:
        drawn.append(name)
        return b"<svg/>"

    monkeypatch.setattr(charts, "draw", draw)
    reckoned()
    waiting = [client.get("/comparison/charts/wins.svg?theme=light") for _ in range(2)]
    assert drawn == []
    assert [answer.getvalue() for answer in waiting] == [b"<svg/>"] * 2
    assert client.get("/comparison/charts/wins.svg?theme=light").content == b"<svg/>"
    client.get("/comparison/charts/wins.svg?theme=light&narrow=1").getvalue()
    assert len(drawn) == 2


@pytest.mark.django_db(transaction=True)
async def test_charts_that_are_not_drawn_yet_take_no_place_from_players(
    played: PhotoSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More of them than there are threads, none of which gets done: a page is answered nevertheless."""
    goes_on = threading.Event()
    monkeypatch.setattr(charts, "draw", lambda *_, **__: goes_on.wait(120) and b"<svg/>")
    await reckon_again(LATER)
    wanted = [Stays(f"/comparison/charts/{name}.{kind}") for name in charts.CHARTS for kind in ("svg", "png")]
    assert len(wanted) > asgi.AT_ONCE
    tasks_ = [asyncio.create_task(each.answered(120)) for each in wanted]
    try:
        await asyncio.sleep(0.3)
        assert await Request("/comparison/methods/").answered() == 200
    finally:
        goes_on.set()
    assert await asyncio.gather(*tasks_) == [200] * len(wanted)
    assert {each.body for each in wanted} == {b"<svg/>"}


def test_a_drawing_is_drawn_anew_after_somebody_was_taken_out(client: Client, played: PhotoSet, ben: Person) -> None:
    reckoned()
    first = client.get("/comparison/charts/wins.svg")
    ben.seats.update(voided_at=NOON, void_reason="a test")
    comparisons.forget()
    assert reckoned(now=LATER + timedelta(seconds=10))["figures"]["counts"]["duels"] == 3
    second = client.get("/comparison/charts/wins.svg", headers={"If-None-Match": first["ETag"]})
    assert (second.status_code, second.getvalue() == first.getvalue()) == (200, False)


def test_home_and_leaderboard_show_what_was_reckoned_last(
    client: Client, played: PhotoSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "won by people" not in client.get("/").content.decode()
    assert "Being reckoned" in client.get("/leaderboard/").content.decode()
    reckoned()
    monkeypatch.setattr("geogame.records.leaderboard", lambda: pytest.fail("a page reckoned"))
    for path in ("/", "/leaderboard/"):
        assert "<b>2</b> won by people" in client.get(path).content.decode()
    board = client.get("/leaderboard/").content.decode()
    assert all(name in board for name in ("Ana", "Ben", "PlaNet"))
    assert f'data-key="{Selection().key()}"' in board


def test_what_an_earlier_version_reckoned_is_reckoned_anew(client: Client, played: PhotoSet) -> None:
    report = reckoned()
    del report["boards"]
    Comparison.objects.update(report=report, stamp=comparisons.stamp().removeprefix(f"{comparisons.REPORT} "))
    assert "Being reckoned" in client.get("/leaderboard/").content.decode()
    assert len(comparisons.due(timezone.now() + timedelta(minutes=1))) == 1


def test_the_clock_waits_for_no_reckoning() -> None:
    def queue(task: str) -> str:
        return str(app.amqp.router.route({}, task)["queue"].name)

    queues = {name: queue(each["task"]) for name, each in settings.CELERY_BEAT_SCHEDULE.items()}
    assert [name for name, found in queues.items() if found == "clock"] == ["sweep"]
    assert set(queues.values()) == set(metrics.QUEUES)


def test_every_figure_leads_to_words_on_how_it_is_reckoned(client: Client, played: PhotoSet) -> None:
    report = reckoned()
    told = client.get(reverse("methods")).content.decode()
    for each in findings.all_of(report):
        for method in each.methods:
            assert f'id="{method}"' in told, method
    for anchor in page(client).split("/comparison/methods/#")[1:]:
        assert f'id="{anchor.split(chr(34))[0]}"' in told
    assert all(len(method.paragraphs) == 2 for _title, methods in SECTIONS for method in methods)


def test_what_the_machine_said_of_its_answers_is_reckoned_once_and_kept(played: PhotoSet) -> None:
    assert set(reckoned()["calibration"]) == {"25", "200", "750"}
    assert not Prediction.objects.filter(confidence__isnull=True).exists()
    assert "held to be" in findings.calibration(reckoned(now=LATER + timedelta(seconds=10))).sentence


def crowd_words(intervals: list[tuple[float, float] | None], left_out: int = 0, not_drawn: int = 0) -> str:
    """What is said of crowds of 1, 2, … people whose shares of duels won have these intervals."""
    found = [
        {"people": size, "median_km": 1.0, "win_share": 0.5,
         "interval": {"low": ends and ends[0], "high": ends and ends[1]}}
        for size, ends in enumerate(intervals, start=1)
    ]  # fmt: skip
    low, high = (
        next((n for n, ends in enumerate(intervals, 1) if ends and ends[side] >= 0.5), None) for side in (1, 0)
    )
    told = {"crowds": found, "at_least": low, "at_most": high, "exhibits": 4, "left_out": left_out,
            "not_drawn": not_drawn}  # fmt: skip
    return findings.crowds({"crowds": told, "significance": {}, "machine": None}).sentence


@pytest.mark.parametrize(
    ("intervals", "words"),
    [
        ([(0.1, 0.4), (0.3, 0.6), (0.5, 0.8)], "between 2 and 3 people"),
        ([(0.1, 0.4), (0.3, 0.6)], "2 people or more, put together, to make one machine; of no number up to 2"),
        ([(0.1, 0.6)], "cannot be told yet: one person may do as well as it, or worse"),
        ([(0.1, 0.6), (0.4, 0.7)], "cannot be told yet: one person may be enough, and of no number up to 2 is it sure"),
        ([(0.1, 0.6), (0.6, 0.7)], "between 1 and 2 people"),
        ([(0.1, 0.4), (0.1, 0.4)], "not even 2 people"),
        ([(0.1, 0.4)], "one person alone does worse"),
        ([(0.1, 0.4), (0.6, 0.8)], "it takes 2 people,"),
        ([(0.6, 0.8)], "one person does as well as the machine"),
        ([None, None], "cannot be told yet"),
    ],
)
def test_how_many_people_make_one_machine_is_said_as_surely_as_it_is_known(
    intervals: list[tuple[float, float] | None], words: str
) -> None:
    told = crowd_words(intervals)
    assert words in told
    assert ("With 95 % confidence" in told) == ("cannot be told yet" not in told)


@pytest.mark.parametrize(
    ("shares", "words"),
    [
        ([0.3, 0.4, 0.6], "So far it takes 3 people, put together, to win half of the decided duels"),
        ([0.5], "So far one person alone wins half of the decided duels against the machine or more."),
        ([0.3], "So far one person alone wins less than half of the decided duels"),
        ([0.3, 0.4], "So far not even 2 people, put together, win half"),
        ([None, None], "cannot be told yet: no duel is decided."),
    ],
)
def test_while_anybody_may_look_again_crowds_are_told_without_intervals(shares: list[float | None], words: str) -> None:
    none = {"low": None, "high": None}
    found = [
        {"people": n, "median_km": 1.0, "win_share": each, "interval": none} for n, each in enumerate(shares, start=1)
    ]
    make_one = next((n for n, each in enumerate(shares, start=1) if each is not None and each >= 0.5), None)
    told = findings.crowds(
        {"crowds": {"crowds": found, "make_one": make_one, "exhibits": 4, "left_out": 0, "not_drawn": 0},
         "machine": None}
    )  # fmt: skip
    assert words in told.sentence
    assert ("here anybody may look again and again" in told.sentence) == (shares[0] is not None)
    assert [row[2] for row in told.rows] == [findings.share(each) for each in shares]
    assert ("interval" in told.marks, "bootstrap" in told.methods) == (False, False)


def test_only_crowds_of_a_finished_experiment_have_intervals(played: PhotoSet, machine_says: Says) -> None:
    for lng in (10, 20, 30):
        add_photo(played, Point(50.0, lng))
    for number in range(6):
        off: list[float | None] = [1, 9, 2 + number, 3, 1, 4]
        play_game(played, Person.objects.create(name=f"P{number}"), off, [2, 3, 4, 5, 6, 7], machine_says)
    live = (reckoned()["crowds"] or {})["crowds"]
    assert {end for each in live for end in (each["interval"]["low"], each["interval"]["high"])} == {None}
    Game.objects.update(experiment=experiment_of(played, LATER))
    sealed = (reckoned(Selection(experiment="trial"))["crowds"] or {})["crowds"]
    assert [each["win_share"] for each in sealed] == [each["win_share"] for each in live]
    assert all(each["interval"]["low"] is not None for each in sealed)


def test_what_crowds_leave_out_is_told() -> None:
    told = crowd_words([None, None], 1)
    assert "4 photos that at least 2 people met. Each weighs alike here, however many met it." in told
    assert "met it. 1 photo that fewer met is left out." in told
    assert crowd_words([None]).endswith("at least 1 person met. Each weighs alike here, however many met it.")
    assert "7 more could have been" in crowd_words([None], 0, 7)


def test_the_same_duels_give_the_same_figures_whichever_selection_finds_them(played: PhotoSet) -> None:
    everything, the_set = reckoned(), reckoned(Selection(photo_set="toy"))
    for name in ("crowds", "intervals", "figures"):
        assert everything[name] == the_set[name]


def test_a_missing_median_is_told_in_words(toy_set: PhotoSet, ana: Person, machine_says: Says) -> None:
    play_game(toy_set, ana, [None, None], [2, 2], machine_says)
    report = reckoned()
    assert findings.figures(report)["people_median_km"].text == "none"
    assert "half of the answers or more are missing" in findings.medians(report).sentence


def test_an_address_that_is_no_date_is_refused_for_drawings_too(client: Client, toy_set: PhotoSet) -> None:
    assert client.get("/comparison/charts/wins.svg?since=soon").status_code == 400
    assert selection({"opponent": "planet"}).weights == ""


def socket_to(key: str, origin: bytes = b"http://testserver") -> Socket:
    headers = [(b"origin", origin), (b"host", b"testserver")]
    return Socket(application, f"/ws/comparison/{key}/", headers=headers)


@sync_to_async
def reckon_again(now: datetime) -> dict[str, Any]:
    return reckoned(now=now)


@pytest.mark.django_db(transaction=True)
async def test_who_watches_is_told_when_it_was_reckoned(played: PhotoSet, ana: Person, machine_says: Says) -> None:
    await reckon_again(LATER)
    socket = socket_to(Selection().key())
    assert (await socket.connect())[0]
    first = await socket.receive_json_from()
    assert (first["asOf"], first["figures"]["people_won"]) == (5, "2")
    assert await socket.receive_nothing()
    await sync_to_async(play_game)(played, await Person.objects.acreate(name="Cem"), [1], [2], machine_says)
    await reckon_again(LATER + timedelta(seconds=10))
    second = await socket.receive_json_from()
    assert (second["asOf"], second["figures"]["people_won"]) == (6, "3")
    assert set(second) == {"asOf", "reckonedAt", "figures", "intervals", "labels", "findings", "drawn", "bar"}
    assert len(json.dumps(second)) < 6000
    await socket.disconnect()


@pytest.mark.django_db(transaction=True)
async def test_only_our_own_pages_may_watch_and_only_what_was_asked_for(played: PhotoSet) -> None:
    await reckon_again(LATER)
    assert not (await socket_to(Selection().key(), b"http://elsewhere.example").connect())[0]
    socket = socket_to("0" * 64)
    await socket.connect()
    assert (await socket.receive_output())["code"] == comparison_consumer.UNKNOWN


@pytest.mark.django_db(transaction=True)
async def test_a_lost_message_is_made_good_by_a_look(played: PhotoSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison_consumer, "LOOK_EVERY_S", 0.05)
    monkeypatch.setattr(comparisons, "announce_comparison", lambda key: None)
    await sync_to_async(comparisons.ask)(Selection(), LATER)
    socket = socket_to(Selection().key())
    assert (await socket.connect())[0]
    assert await socket.receive_nothing(0.1)
    await reckon_again(LATER)
    assert (await socket.receive_json_from())["asOf"] == 5
    await socket.disconnect()


def test_a_photo_elsewhere_changes_no_stored_figure(client: Client, played: PhotoSet) -> None:
    """What is told hangs on closed rounds alone."""
    reckoned()
    add_photo(played, PLACES[0], title="new")
    assert comparisons.due(LATER + timedelta(seconds=30)) == []
    assert Round.objects.filter(closed_at=None).count() == 0
