"""The leaderboard, the comparison and the export, on games small enough to reckon by hand."""

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from geogame import comparisons, evidence, filters, findings, play, records
from geogame.export.columns import COLUMNS
from geogame.models import Game, Person, PhotoSet, Round
from geogame.rules.sphere import Point
from geogame.selections import Selection
from geogame.statistics.duels import Duels
from geogame.statistics.report import Figures, figures
from tests.conftest import CARD, NOON

Says = Callable[..., None]


def north_of(place: Point, degrees: float) -> Point:
    """Return a point this many degrees of latitude away (111.195 km each), towards the equator."""
    return Point(place.lat - degrees if place.lat > 0 else place.lat + degrees, place.lng)


def play_game(
    photo_set: PhotoSet, person: Person, off: list[float | None], machine_off: list[float | None], machine_says: Says
) -> Game:
    """Play one game, an hour after the last; both answers lie so many degrees off the truth, None for no answer."""
    start = NOON + timedelta(hours=Game.objects.count())
    game = play.open_game(photo_set, [CARD], len(off), 60, start)
    seat = play.join(game, person, person.name, start)
    for mine, theirs in zip(off, machine_off, strict=True):
        opened = play.start_round(game, start)
        assert opened is not None
        if theirs is None:
            machine_says(opened, "The photo could not be read.")
        else:
            machine_says(opened, north_of(opened.truth(), theirs))
        if mine is not None:
            play.guess(seat, opened, north_of(opened.truth(), mine), "k", start + timedelta(seconds=4))
        play.close_if_due(opened, start + timedelta(seconds=61))
    play.finish(game, start)
    return game


def told_of(**selected: Any) -> dict[str, Any]:
    """Return the figures of a selection, counts and all."""
    seen = comparisons.build(Selection(**selected))["figures"]
    return dict(seen | seen["counts"])


KM = 111.19508  # of one degree of latitude on a sphere of 6371.0088 km


def test_the_comparison_of_a_game_reckoned_by_hand(toy_set: PhotoSet, ana: Person, machine_says: Says) -> None:
    """Ana wins by 1° against 2°, loses by 5° against 3°, and loses by giving no answer."""
    play_game(toy_set, ana, [1, 5, None], [2, 3, 4], machine_says)
    told = told_of()
    assert (told["duels"], told["rounds"], told["people_won"], told["machine_won"], told["ties"]) == (3, 3, 1, 2, 0)
    assert (told["missing_people"], told["missing_machine"]) == (1, 0)
    assert told["people_median_km"] == pytest.approx(5 * KM, rel=1e-5)  # of 1, 5 and none
    assert told["machine_median_km"] == pytest.approx(3 * KM, rel=1e-5)
    assert told["people_median_answered_km"] == pytest.approx(3 * KM, rel=1e-5)


def test_the_machines_median_takes_each_exhibit_once(
    toy_set: PhotoSet, ana: Person, ben: Person, machine_says: Says
) -> None:
    for person in (ana, ben):
        play_game(toy_set, person, [1, 1, 1], [2, 4, 6], machine_says)
    told = told_of()
    assert told["duels"] == 6
    duels = evidence.read(Selection()).duels
    exhibits = dict(zip(duels.exhibit.tolist(), duels.machine_km.tolist(), strict=True))
    assert told["machine_median_km"] == sorted(exhibits.values())[1]


def test_a_photo_met_before_does_not_count_unless_asked(toy_set: PhotoSet, ana: Person, machine_says: Says) -> None:
    for _ in range(2):
        play_game(toy_set, ana, [1, 1, 1], [2, 2, 2], machine_says)
    assert told_of()["duels"] == 3
    assert told_of(include_seen=True)["duels"] == 6


def test_a_machine_out_of_its_domain_does_not_count_unless_asked(
    toy_set: PhotoSet, ana: Person, machine_says: Says
) -> None:
    toy_set.domain = "real"
    toy_set.save()
    play_game(toy_set, ana, [1], [2], machine_says)
    assert told_of()["duels"] == 0
    assert told_of(include_out_of_domain=True)["duels"] == 1
    assert records.leaderboard()[1] == []


def test_a_set_described_anew_changes_no_game_that_was_played(
    toy_set: PhotoSet, ana: Person, machine_says: Says, capsys: pytest.CaptureFixture[str]
) -> None:
    play_game(toy_set, ana, [1], [2], machine_says)
    toy_set.domain = "real"
    toy_set.save()
    assert told_of()["duels"] == 1
    rows = [json.loads(line) for line in export(capsys, "--format", "ndjson").splitlines()]
    assert [row["in_domain"] for row in rows if row["kind"] == "machine"] == [True]


def test_the_leaderboard_is_reckoned_anew_when_a_round_has_closed(
    toy_set: PhotoSet, ana: Person, ben: Person, machine_says: Says
) -> None:
    for person in (ana, ben):
        play_game(toy_set, person, [1, 1], [2, 2], machine_says)
        assert person.name in {line.name for line in records.leaderboard()[0]}


def figures_of(errors: list[tuple[float | None, float | None]]) -> Figures:
    """Return the figures of duels that each show another exhibit to the same person; None for no answer."""
    people, machine = (np.array([np.inf if km is None else km for km in side]) for side in zip(*errors, strict=True))
    numbers = np.arange(len(errors))
    return figures(Duels(np.zeros_like(numbers), numbers, numbers, people, machine))


def test_a_golden_table_with_ties_and_missing_answers() -> None:
    """Six duels: won, lost, tied to the metre, person missing, machine missing, both missing."""
    errors: list[tuple[float | None, float | None]] = [
        (100.0, 200.0), (300.0, 50.0), (10.0001, 10.0003), (None, 70.0), (80.0, None), (None, None),
    ]  # fmt: skip
    told = figures_of(errors)
    seen = told.counts
    assert (seen.duels, seen.people_won, seen.machine_won, seen.ties, seen.no_duel) == (5, 2, 2, 1, 1)
    assert (seen.missing_people, seen.missing_machine) == (2, 2)
    assert told.people_median_km == (100.0 + 300.0) / 2  # of 10, 80, 100, 300, none, none
    assert told.machine_median_km == (70.0 + 200.0) / 2  # of 10, 50, 70, 200, none, none


def test_the_papers_figures_come_out_of_rounds_like_the_papers() -> None:
    """Fifty rounds of which the machine wins 28, with the paper's medians: the golden fixture."""
    people = [2320.75] * 50
    machine = [1131.7] * 28 + [2320.75 + n for n in range(1, 23)]
    told = figures_of(list(zip(people, machine, strict=True)))
    assert (told.counts.duels, told.counts.machine_won, told.counts.people_won) == (50, 28, 22)
    assert (told.people_median_km, told.machine_median_km) == (2320.75, 1131.7)


def test_the_leaderboard_ranks_by_median_and_puts_missing_answers_last(
    toy_set: PhotoSet, ana: Person, ben: Person, machine_says: Says
) -> None:
    play_game(toy_set, ana, [None, None, 1], [2, 2, 2], machine_says)
    play_game(toy_set, ben, [9, 9, 9], [2, 2, 2], machine_says)
    people, machines = records.leaderboard()
    assert [(line.name, line.rounds, line.median_km is None) for line in people] == [
        ("Ben", 3, False),
        ("Ana", 3, True),
    ]
    assert [(line.name, line.rounds, line.wins) for line in machines] == [("PlaNet", 6, 5)]


def test_the_leaderboard_takes_a_machines_answer_to_an_exhibit_once(
    toy_set: PhotoSet, ana: Person, ben: Person, machine_says: Says
) -> None:
    """Ben meets one of Ana's three photos again: the machine's answer to it is one answer."""
    play_game(toy_set, ana, [1, 1, 1], [2, 4, 6], machine_says)
    play_game(toy_set, ben, [1], [8], machine_says)  # what it said the first time stands
    (machine,) = records.leaderboard()[1]
    assert machine.rounds == 4
    assert machine.median_km == told_of()["machine_median_km"]


def test_the_leaderboard_keeps_to_the_first_and_knows_who_won_a_round(
    toy_set: PhotoSet, ana: Person, ben: Person, machine_says: Says, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ana wins one round, ties one to the metre, and loses one; Ben, who is farther off, is beyond the last line."""
    play_game(toy_set, ana, [1, 2.000001, 5], [2, 2, 2], machine_says)
    play_game(toy_set, ben, [None, 9], [2, 2], machine_says)
    people, machines = records.leaderboard()
    assert [(line.name, line.wins) for line in people + machines] == [("Ana", 1), ("Ben", 0), ("PlaNet", 3)]
    monkeypatch.setattr(records, "MOST_LINES", 1)
    assert [line.name for line in records.leaderboard()[0]] == ["Ana"]


def test_an_empty_record_has_empty_boards(db: None) -> None:
    assert records.leaderboard() == ([], [])


def export(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    call_command("export_rounds", *options)
    return capsys.readouterr().out


def test_the_export_has_a_row_for_each_guess_missing_ones_too(
    toy_set: PhotoSet, ana: Person, machine_says: Says, capsys: pytest.CaptureFixture[str]
) -> None:
    game = play_game(toy_set, ana, [1, None], [2, 3], machine_says)
    rows = list(csv.DictReader(io.StringIO(export(capsys, "--format", "csv"))))
    assert list(rows[0]) == [each.name for each in COLUMNS]
    assert len(rows) == 4
    mine = next(row for row in rows if row["kind"] == "human" and row["missing"] == "false")
    truth = Round.objects.get(game=game, number=mine["round"])
    assert float(mine["error_km"]) == pytest.approx(KM, rel=1e-5)
    assert (float(mine["true_lat"]), mine["seconds"], mine["auto"]) == (truth.lat, "4.0", "false")
    lost = next(row for row in rows if row["missing"] == "true")
    assert (lost["guess_lat"], lost["error_km"], lost["points"]) == ("", "", "")
    lines = [json.loads(line) for line in export(capsys, "--format", "ndjson").splitlines()]
    assert [line["error_km"] for line in lines if line["missing"]] == [None]
    assert {line["in_domain"] for line in lines if line["kind"] == "machine"} == {True}


def test_the_export_says_what_the_machines_answer_took_and_where(
    toy_set: PhotoSet, ana: Person, machine_says: Says, capsys: pytest.CaptureFixture[str]
) -> None:
    play_game(toy_set, ana, [1, 1], [2, 2], machine_says)
    measured = Round.objects.get(number=2).exhibit.predictions.get()
    measured.seconds, measured.device = 0.03, "cpu"
    measured.save()
    rows = [json.loads(line) for line in export(capsys, "--format", "ndjson").splitlines()]
    told = {(row["kind"], row["round"]): (row["prediction_seconds"], row["prediction_device"]) for row in rows}
    nothing = (None, None)
    assert told == {
        ("human", 1): nothing, ("machine", 1): nothing, ("human", 2): nothing, ("machine", 2): (0.03, "cpu"),
    }  # fmt: skip


def test_the_export_keeps_to_the_opponent_asked_for(
    toy_set: PhotoSet, ana: Person, machine_says: Says, capsys: pytest.CaptureFixture[str]
) -> None:
    game = play_game(toy_set, ana, [1], [2], machine_says)
    other = game.players.create(kind="machine", name="IM2GPS", opponent="im2gps", weights="w", domain="real")
    game.rounds.get().guesses.create(player=other, created_at=NOON)

    def opponents(*options: str) -> list[str]:
        lines = export(capsys, "--format", "ndjson", *options).splitlines()
        return [json.loads(line)["opponent"] for line in lines]

    assert opponents() == ["planet", "", "im2gps"]
    assert opponents("--opponent", "planet") == ["planet", ""]
    assert opponents("--weights", "w") == ["", "im2gps"]
    with pytest.raises(CommandError, match="No machine nobody has played here"):
        opponents("--opponent", "nobody")


@pytest.mark.parametrize(
    ("until", "rows"),
    [("2026-02-28", 0), ("2026-03-01", 2), ("2026-03-01T12:00", 0), ("2026-03-01T12:00:01+00:00", 2)],
)
def test_the_last_day_that_is_asked_for_counts_in_command_and_page_alike(
    toy_set: PhotoSet, ana: Person, machine_says: Says, capsys: pytest.CaptureFixture[str], until: str, rows: int
) -> None:
    play_game(toy_set, ana, [1], [2], machine_says)  # at noon
    assert len(export(capsys, "--until", until).splitlines()) == 1 + rows
    if "T" not in until:
        assert filters.selection({"until": until}).guesses().count() == rows


@pytest.mark.parametrize("wrong", ["9999-12-31", "soon"])
def test_a_last_day_that_is_none_is_refused(wrong: str) -> None:
    with pytest.raises(CommandError, match="until"):
        call_command("export_rounds", "--until", wrong)


def test_a_name_that_is_a_formula_is_not_run_by_a_spreadsheet(
    toy_set: PhotoSet, machine_says: Says, capsys: pytest.CaptureFixture[str]
) -> None:
    play_game(toy_set, Person.objects.create(name="=1+1"), [1], [2], machine_says)
    rows = list(csv.DictReader(io.StringIO(export(capsys, "--names"))))
    assert {row["player"] for row in rows} == {"'=1+1", "PlaNet"}
    assert all(not row["guess_lng"].startswith("'") for row in rows)


def test_the_export_writes_a_file(
    toy_set: PhotoSet,
    ana: Person,
    machine_says: Says,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    play_game(toy_set, ana, [1], [2], machine_says)
    monkeypatch.chdir(tmp_path)
    assert len(export(capsys, "--output", "-").splitlines()) == 3  # standard output, as other programs call it
    assert list(tmp_path.iterdir()) == []
    assert "2 rows written" in export(capsys, "--output", str(tmp_path / "rounds.csv"))
    assert len((tmp_path / "rounds.csv").read_text().splitlines()) == 3


def told(capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
    call_command("compare", "--json", *options)
    return dict(json.loads(capsys.readouterr().out))


def test_compare_prints_a_selection(
    toy_set: PhotoSet, ana: Person, machine_says: Says, capsys: pytest.CaptureFixture[str]
) -> None:
    game = play_game(toy_set, ana, [1, 2], [2, 1], machine_says)
    assert told(capsys, "--set", "toy", "--game", game.code)["duels"] == 2
    assert told(capsys, "--since", "2026-03-02")["duels"] == 0
    call_command("compare")
    assert "won by people     1" in capsys.readouterr().out


def test_compare_prints_what_the_page_tells(
    toy_set: PhotoSet, ana: Person, machine_says: Says, capsys: pytest.CaptureFixture[str]
) -> None:
    play_game(toy_set, ana, [1, 2], [2, 1], machine_says)
    call_command("compare")
    words = " ".join(capsys.readouterr().out.split())
    report = comparisons.build(Selection())
    for each in findings.all_of(report):
        assert f"{each.title} {' '.join(each.sentence.split())}" in words
    assert "within 750 km people 100.0 %" in words
    assert "to notice 56 % 566 independent duels" in words
    assert "people ahead" not in words  # no test
    call_command("compare", "--tables")
    tables = " ".join(capsys.readouterr().out.split())
    assert all(cell in tables for each in findings.all_of(report) for row in each.rows for cell in row)
    whole = told(capsys)
    assert {"crowds", "map", "curves", "calibration", "watched", "enough"} <= set(whole)
    assert "boards" not in whole


def test_compare_says_which_of_several_machines_it_is_about(
    toy_set: PhotoSet, ana: Person, machine_says: Says, capsys: pytest.CaptureFixture[str]
) -> None:
    game = play_game(toy_set, ana, [1, 2], [2, 1], machine_says)
    other = game.players.create(kind="machine", name="IM2GPS", opponent="im2gps", weights="w", domain="toy-earth")
    game.rounds.get(number=1).guesses.create(player=other, created_at=NOON)
    call_command("compare")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("the machine       PlaNet (planet, weights 0123456789ab; 2 guesses)")
    assert "IM2GPS (im2gps, weights w; 1 guess)" in lines[1]
    assert told(capsys, "--opponent", "im2gps")["machine"]["name"] == "IM2GPS"
    assert told(capsys)["intervals"]["people_median_km"]["level"] == 0.95


def test_compare_says_of_an_empty_record_that_it_is(toy_set: PhotoSet, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("compare")
    words = " ".join(capsys.readouterr().out.split())
    assert "There is no answer yet." in words
    assert "are missing" not in words
    with pytest.raises(CommandError, match="since"):
        call_command("compare", "--since", "0001-01-01T00:00+14:00")


def test_the_last_duels_are_duels_and_ties_are_named(toy_set: PhotoSet, ana: Person, machine_says: Says) -> None:
    play_game(toy_set, ana, [1, None, 2], [1, None, 1], machine_says)
    (found,) = [each for each in findings.all_of(comparisons.build(Selection())) if each.name == "pairs"]
    assert found.sentence == "Of the last 2 duels people were nearer in none, the machine in 1, and 1 were even."


@pytest.mark.parametrize("command", ["compare", "export_rounds"])
@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("--set", "There is no photo set Mars. Sets here: Toy"), ("--game", "no game Mars"),
        ("--group", "no group Mars. Groups here: none yet"), ("--opponent", "No machine Mars has played here"),
    ],
)  # fmt: skip
def test_what_nobody_here_has_met_is_named(command: str, option: str, words: str, toy_set: PhotoSet) -> None:
    with pytest.raises(CommandError, match=words):
        call_command(command, option, "Mars")
