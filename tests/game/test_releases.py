"""Open releases: what is written can be checked by anybody anywhere, and tells of nobody."""

import csv
import hashlib
import itertools
import json
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import frictionless
import pytest
from django.core.management import CommandError, call_command

from geogame import comparisons, photos
from geogame.evidence import read
from geogame.models import Experiment, Game, Guess, Person, Photo, PhotoSet, Player, Round, Slot
from geogame.release import anonymity, recompute, tables, writing
from geogame.release.anonymity import Disguise, shared_together
from geogame.release.tables import TABLES
from geogame.release.words import LICENCES
from geogame.rules.refusals import BadInput
from geogame.rules.sphere import Point
from geogame.selections import Selection
from geogame.statistics.duels import Duels
from geogame.statistics.report import figures, plain, report
from geogame.statistics.significance import Kind
from tests.conftest import NOON, add_photo
from tests.game.test_records import Says, play_game
from tests.statistics.worlds import by_hand, own, paper

SALT = b"a salt that nobody must find again"
NOW = NOON + timedelta(days=30)
PEOPLE = ["Zebedee Quux", "Yolanda Quux", "Xerxes Quux", "Wilhelmina Quux", "Vercingetorix Quux", "Ulrike Quux"]
Change = Callable[[Path], None]
CODES = (("people", "person"), ("rounds", "round"), ("rounds", "game"), ("exhibits", "exhibit"))


CSV_CELL = 131_072  # characters: Python's own limit, which frictionless raises for all who live in its process
csv.field_size_limit(CSV_CELL)


@pytest.fixture(autouse=True)
def _cells_as_ever() -> Iterator[None]:
    yield
    csv.field_size_limit(CSV_CELL)


@pytest.fixture(autouse=True)
def _few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparisons, "DRAWS", 20)


@pytest.fixture
def crowd(toy_set: PhotoSet, machine_says: Says) -> list[Person]:
    """Six people with a game of three rounds each, five of them in a class; an answer is missing on either side."""
    for photo, country in zip(toy_set.photos.all(), ("DE", "DE", "AU"), strict=True):
        photo.extra = {"country": country, "scene": "street"}
        photo.save()
    people = [Person.objects.create(name=name, group="5b" if name != PEOPLE[0] else "the few") for name in PEOPLE]
    for number, person in enumerate(people):
        off: list[float | None] = [1 + number, None if number == 2 else 2.5, 0.1 + 0.4 * number]
        last = play_game(toy_set, person, off, [2, 3, 4], machine_says)
    late = Guess.objects.filter(round__game=last, round__number=1, player__kind="machine")
    late.update(lat=None, lng=None, error_km=None, points=None)
    return people


def release(
    folder: Path, licence: str = "CC0-1.0", public: tuple[str, ...] = (), *, coarse: bool = False, **selected: Any
) -> dict[str, Any]:
    return writing.write(folder, Selection(**selected), licence, public, SALT, NOW, coarse=coarse)


def checked(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the release's script as somebody would who has nothing of this project."""
    return subprocess.run(
        [sys.executable, "-I", str(folder / "recompute.py")], cwd="/", capture_output=True, text=True, check=False
    )


def rows_of(folder: Path, table: str) -> list[dict[str, str]]:
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def text_of(folder: Path) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.iterdir()))


# The round trip


@pytest.mark.usefixtures("crowd")
def test_a_release_that_was_moved_elsewhere_recomputes_its_figures(tmp_path: Path) -> None:
    release(tmp_path / "made")
    shutil.copytree(tmp_path / "made", tmp_path / "else where" / "copy")
    shutil.rmtree(tmp_path / "made")
    done = checked(tmp_path / "else where" / "copy")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all as in figures.json" in done.stdout


@pytest.mark.usefixtures("crowd")
def test_the_figures_are_those_of_the_comparison(tmp_path: Path) -> None:
    """To the metre, to which errors are rounded."""
    told = release(tmp_path / "made")
    seen = plain(asdict(figures(read(Selection()).duels)))
    assert told["figures"]["counts"] == seen["counts"]
    assert told["figures"]["people_median_km"] == pytest.approx(seen["people_median_km"], abs=0.001)
    assert told["before"] == told["figures"]  # nothing was taken out
    assert json.loads((tmp_path / "made" / "figures.json").read_text()) == told


@pytest.fixture
def _evening(toy_set: PhotoSet, machine_says: Says) -> None:
    """Eight people before eight exhibits, met by some of them only, all of one day; the last game is not over."""
    for lng in range(5):
        add_photo(toy_set, Point(50.0, 10.0 * lng))
    for number in range(8):
        rounds = 8 - number % 3
        off = [0.3 + (7 * number + 5 * each) % 11 * 0.37 for each in range(rounds)]
        machine_off: list[float | None] = [1 + each * 0.21 for each in range(rounds)]
        person = Person.objects.create(name=f"E{number}")
        game = play_game(toy_set, person, [*off[:-1], None if number == 4 else off[-1]], machine_off, machine_says)
    Round.objects.filter(game=game, number=rounds).update(closed_at=None)


@pytest.mark.usefixtures("_evening")
def test_nothing_that_a_release_says_hangs_on_its_salt(tmp_path: Path) -> None:
    """Or whoever publishes could write releases until one pleases."""
    files = ("figures.json", "README.md", "withheld.csv", "dictionary.md")
    told = []
    for salt in (b"one", b"another", b"a third"):
        folder = tmp_path / salt.decode()
        writing.write(folder, Selection(), "CC0-1.0", (), salt, NOW)
        told.append({name: (folder / name).read_text() for name in files})
    assert told[0] == told[1] == told[2]
    intervals = json.loads(told[0]["figures.json"])["stated"]["intervals"]
    assert intervals["people_median_km"]["low"] < intervals["people_median_km"]["high"]


@pytest.mark.usefixtures("_evening")
def test_what_a_release_states_is_what_the_page_shows_to_the_metre(tmp_path: Path) -> None:
    """But for the interval that may be watched: it hangs on the order of games, which is not told."""
    told, page = release(tmp_path / "made"), comparisons.build(Selection())
    stated = told["stated"] | {"figures": told["figures"]}
    parts = ("intervals", "clustering", "enough")
    assert [stated[name] for name in parts] == [page[name] for name in parts]
    here, there = (dict(recompute.flat(each["figures"])) for each in (stated, page))
    assert here == pytest.approx(there, abs=0.0011)
    assert stated["intervals"]["people_median_km"]["low"] < stated["intervals"]["people_median_km"]["high"]
    assert set(told["stated"]) == {"intervals", "clustering", "enough", "seed", "draws", "numpy"}


@pytest.mark.usefixtures("crowd")
def test_an_exhibit_whose_place_was_corrected_is_another_one_and_recomputes(tmp_path: Path, machine_says: Says) -> None:
    photo = Photo.objects.earliest("pk")
    photos.place(photo, Point(0.0, 100.0))
    play_game(PhotoSet.objects.get(), Person.objects.create(name="New"), [1, 2, 3], [9, 9, 9], machine_says)
    told = release(tmp_path / "made")
    assert len(rows_of(tmp_path / "made", "exhibits")) == told["figures"]["counts"]["exhibits"] == 4
    here = comparisons.build(Selection())["figures"]
    assert here["machine_median_km"] == pytest.approx(told["figures"]["machine_median_km"], abs=0.001)
    assert checked(tmp_path / "made").returncode == 0


@pytest.mark.usefixtures("crowd")
def test_every_headline_number_is_recomputed_and_the_rest_is_named(tmp_path: Path) -> None:
    told = release(tmp_path / "made")
    names = told["recomputed"]
    for name in ("counts.duels", "counts.people_won", "win_rate", "people_median_km", "within.machine_within_750_km",
                 "median_of_paired_differences_km", "difference_of_medians_km", "counts.missing_people"):  # fmt: skip
        assert f"figures.{name}" in names
    assert not [name for name in names if name.startswith("significance")]
    words = (tmp_path / "made" / "README.md").read_text()
    for name in [*names, *(f"stated.{each}" for each in told["stated"]), "before"]:
        assert f"`{name}`" in words


def seal(unit: str = "person") -> None:
    """Make of all games an experiment that was sealed beforehand, is finished, and is tested by these units."""
    trial = Experiment.objects.create(
        slug="trial", name="The trial", photo_set=PhotoSet.objects.get(), opponent="planet", weights="0123456789ab",
        protocol={"out_of_domain": False, "decision": {"unit": unit, "level_percent": 5}}, seal="a" * 64,
        sealed_at=NOON, finished_at=NOW,
    )  # fmt: skip
    Game.objects.update(experiment=trial)


@pytest.mark.usefixtures("crowd")
def test_p_values_and_what_holds_for_one_look_are_told_of_sealed_experiments_only(tmp_path: Path) -> None:
    told = release(tmp_path / "made")
    assert ("significance" in told, told["sealed"]) == (False, None)
    assert not {"win_rate", "win_rate_ties_half"} & set(told["stated"]["intervals"])
    assert "There is no p-value here" in (tmp_path / "made" / "README.md").read_text()
    seal()
    told = release(tmp_path / "sealed", experiment="trial")
    assert {f"significance.{name}_p" for name in ("sign_test", "sign_flips", "wilcoxon")} <= set(told["recomputed"])
    assert told["sealed"]["unit"] == told["significance"]["unit"] == "person"
    assert told["sealed"]["p_value"] == "sign_flips_p"
    assert "win_rate" in told["stated"]["intervals"]
    words = (tmp_path / "sealed" / "README.md").read_text()
    assert "Its test is `significance.sign_flips_p`; the other p-values were not sealed" in words
    assert "significance" not in release(tmp_path / "part", experiment="trial", include_seen=True)


@pytest.mark.usefixtures("crowd")
def test_a_release_is_tested_by_the_units_that_were_sealed(tmp_path: Path) -> None:
    seal("exhibit")
    told = release(tmp_path / "exhibits", experiment="trial")
    by_exhibit = told["significance"]
    assert (by_exhibit["unit"], by_exhibit["units"], told["sealed"]["p_value"]) == ("exhibit", 3, "sign_test_p")
    assert "significance.sign_test_p`" in (tmp_path / "exhibits" / "README.md").read_text()
    assert checked(tmp_path / "exhibits").returncode == 0


FILES = [*(table.file for table in TABLES), "figures.json", "README.md", "dictionary.md", "LICENSE", "recompute.py",
         "datapackage.json", "SHA256SUMS"]  # fmt: skip


@pytest.mark.usefixtures("crowd")
def test_one_changed_byte_in_any_file_is_noticed(tmp_path: Path) -> None:
    release(tmp_path / "made")
    assert {path.name for path in (tmp_path / "made").iterdir()} == set(FILES)
    for name in FILES:
        copy = tmp_path / f"without {name}"
        shutil.copytree(tmp_path / "made", copy)
        content = (copy / name).read_bytes()
        place = content.rindex(b"5") if b"5" in content else len(content) // 2
        (copy / name).write_bytes(content[:place] + b"7" + content[place + 1 :])
        done = checked(copy)
        assert done.returncode == 1, name
        assert name in done.stdout


def test_a_file_that_was_added_or_taken_away_is_noticed(crowd: list[Person], tmp_path: Path) -> None:
    release(tmp_path / "made")
    (tmp_path / "made" / "more.csv").write_text("a\n")
    assert "more.csv" in checked(tmp_path / "made").stdout
    (tmp_path / "made" / "more.csv").unlink()
    (tmp_path / "made" / "people.csv").unlink()
    assert "people.csv is missing" in checked(tmp_path / "made").stdout


def sum_anew(folder: Path) -> None:
    """Do what a forger would: make all sums fit."""
    package = json.loads((folder / "datapackage.json").read_text())
    for each in package["resources"]:
        each["hash"] = "sha256:" + hashlib.sha256((folder / each["path"]).read_bytes()).hexdigest()
    (folder / "datapackage.json").write_text(json.dumps(package))
    _sums(folder)


def _sums(folder: Path) -> None:
    others = [path for path in sorted(folder.iterdir()) if path.name != "SHA256SUMS"]
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in others]
    (folder / "SHA256SUMS").write_text("".join(sums))


def _cell(table: str, column: str, value: str) -> Change:
    def change(folder: Path) -> None:
        rows = rows_of(folder, table)
        next(row for row in rows if row.get("missing") != "true")[column] = value
        with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    return change


def _twice(table: str) -> Change:
    """Write the first row of a table once more."""

    def change(folder: Path) -> None:
        with (folder / f"{table}.csv").open("r+", encoding="utf-8") as file:
            file.write(file.readlines()[1])

    return change


def test_the_script_knows_the_keys_and_links_of_all_tables() -> None:
    assert {each.name: each.key for each in TABLES} == recompute.KEYS
    assert {(each.name, *link) for each in TABLES for link in each.links} <= set(recompute.LINKS)


def _figure(name: str) -> Change:
    def change(folder: Path) -> None:
        told = json.loads((folder / "figures.json").read_text())
        *way, last = name.split(".")
        inner = told
        for each in way:
            inner = inner[each]
        inner[last] += 1
        (folder / "figures.json").write_text(json.dumps(told))

    return change


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (_cell("guesses", "error_km", "0.001"), "figures."),
        (_cell("guesses", "person", "p0"), "guesses.csv"),
        (_cell("guesses", "missing", "true"), "missing is true"),
        (_cell("machine", "error_km", "0.001"), "figures."),
        (_cell("rounds", "exhibit", "e0"), "rounds.csv: exhibit e0 is not in exhibits.csv"),
        (_cell("people", "person", "p0"), "guesses.csv"),
        (_cell("exhibits", "exhibit", "e0"), "exhibits.csv: exhibit e0 is not in rounds.csv"),
        (_cell("machine", "round", "r0"), "machine.csv: round r0 is not in rounds.csv"),
        (_cell("rounds", "round", ""), "rounds.csv: a row without round"),
        (_twice("guesses"), "is there twice"),
        (_twice("people"), "people.csv: p"),
        (_twice("machine"), "machine.csv: r"),
        (_cell("withheld", "answers", "1"), "withheld.csv"),
        (_figure("figures.counts.machine_won"), "figures.counts.machine_won: figures.json says"),
        (_figure("figures.people_median_km"), "figures.people_median_km"),
    ],
)
@pytest.mark.usefixtures("crowd")
def test_a_number_that_does_not_follow_from_the_rows_is_named_even_where_all_sums_fit(
    change: Change, named: str, tmp_path: Path
) -> None:
    release(tmp_path / "made")
    change(tmp_path / "made")
    sum_anew(tmp_path / "made")
    done = checked(tmp_path / "made")
    assert done.returncode == 1
    assert named in done.stdout


@pytest.mark.usefixtures("crowd")
@pytest.mark.parametrize("left", [[], ["figures.win_rate"]])
def test_a_number_that_is_taken_off_the_list_of_what_is_recomputed_is_named(tmp_path: Path, left: list[str]) -> None:
    release(tmp_path / "made")
    told = json.loads((tmp_path / "made" / "figures.json").read_text())
    told["recomputed"] = left
    (tmp_path / "made" / "figures.json").write_text(json.dumps(told))
    sum_anew(tmp_path / "made")
    done = checked(tmp_path / "made")
    assert done.returncode == 1
    assert "figures.people_median_km is not among the numbers" in done.stdout


@pytest.mark.usefixtures("crowd")
def test_a_folder_that_was_added_is_named(tmp_path: Path) -> None:
    release(tmp_path / "made")
    (tmp_path / "made" / "more").mkdir()
    assert "more is not listed" in checked(tmp_path / "made").stdout


@pytest.mark.usefixtures("crowd")
def test_a_cell_that_is_to_be_a_number_and_is_none_is_named(tmp_path: Path) -> None:
    release(tmp_path / "made")
    _cell("machine", "error_km", "x")(tmp_path / "made")
    sum_anew(tmp_path / "made")
    assert "error_km is 'x', which is no number" in checked(tmp_path / "made").stdout


def _written(name: str, content: str) -> Change:
    def change(folder: Path) -> None:
        (folder / name).write_text(content)

    return change


def _last_row(table: str, more: str) -> Change:
    """Write a row of a few cells more or less at the end of a table."""

    def change(folder: Path) -> None:
        with (folder / f"{table}.csv").open("a", encoding="utf-8") as file:
            file.write(more)

    return change


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (_cell("rounds", "true_lat", "x"), "rounds.csv, row 1: true_lat is 'x', which is no number"),
        (_cell("guesses", "missing", "no"), "missing is no"),
        (_last_row("people", "p0\n"), "people.csv, row 7: not as many cells as columns"),
        (_last_row("withheld", "x,1,,y,z\n"), "not as many cells as columns"),
        (_written("guesses.csv", "round,person\n"), "withheld.csv: 18 answers are said to be released"),
        (_written("figures.json", "{"), "not those of a release: JSONDecodeError"),
        (_written("figures.json", "{}"), "not those of a release: KeyError: 'sealed'"),
    ],
)
@pytest.mark.usefixtures("crowd")
def test_what_is_no_release_any_more_is_named(change: Change, named: str, tmp_path: Path) -> None:
    release(tmp_path / "made", public=("toy",))
    change(tmp_path / "made")
    sum_anew(tmp_path / "made")
    done = checked(tmp_path / "made")
    assert (done.returncode, done.stderr) == (1, "")
    assert named in done.stdout


@pytest.mark.usefixtures("crowd")
def test_a_package_that_describes_what_is_not_there_is_named(tmp_path: Path) -> None:
    release(tmp_path / "made")
    package = json.loads((tmp_path / "made" / "datapackage.json").read_text())
    package["resources"][0]["path"] = "nobody.csv"
    (tmp_path / "made" / "datapackage.json").write_text(json.dumps(package))
    _sums(tmp_path / "made")
    done = checked(tmp_path / "made")
    assert (done.returncode, done.stderr) == (1, "")
    assert "nobody.csv is described in datapackage.json and missing" in done.stdout
    (tmp_path / "made" / "SHA256SUMS").unlink()
    assert "not those of a release: FileNotFoundError" in checked(tmp_path / "made").stdout


@pytest.mark.usefixtures("crowd")
def test_a_p_value_that_does_not_follow_from_the_rows_is_named(tmp_path: Path) -> None:
    seal()
    release(tmp_path / "made", experiment="trial")
    _figure("significance.sign_flips_p")(tmp_path / "made")
    sum_anew(tmp_path / "made")
    assert "significance.sign_flips_p: figures.json says" in checked(tmp_path / "made").stdout


@pytest.mark.usefixtures("crowd")
def test_nothing_is_left_where_a_release_does_not_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geogame.release.writing.SUMS", "OTHERS")
    with pytest.raises(writing.Broken):
        release(tmp_path / "made")
    assert list(tmp_path.iterdir()) == []


# The script's numbers are those of the statistics


def as_rows(duels: Duels) -> list[recompute.Duel]:
    codes = zip(duels.person.tolist(), duels.exhibit.tolist(), duels.round.tolist(), strict=True)
    errors = zip(duels.person_km.tolist(), duels.machine_km.tolist(), strict=True)
    return [(str(p), str(e), str(r), *km) for (p, e, r), km in zip(codes, errors, strict=True)]


def differ(duels: Duels, sealed: Kind | None = None) -> list[str]:
    told = report(duels, seed=1, draws=20, sealed=sealed).as_dict() | {"sealed": {"unit": sealed}}
    names = [name for name, _ in recompute.flat({each: told[each] for each in ("figures", "significance")})]
    return list(recompute.differences({**told, "recomputed": names}, as_rows(duels)))


def many(people: int, exhibits: int, seed: int) -> Duels:
    """Everybody before everything; errors to a kilometre, so that many are alike, and some missing."""
    rng = random.Random(seed)

    def km() -> float:
        return float("inf") if rng.random() < 0.1 else float(round(rng.lognormvariate(6, 2)))

    machine = [km() for _ in range(exhibits)]
    entries = [(p, e, km(), machine[e]) for p in range(people) for e in range(exhibits)]
    person, exhibit, person_km, machine_km = (list(each) for each in zip(*entries, strict=True))
    return Duels(*(writing.np.array(each) for each in (person, exhibit, exhibit, person_km, machine_km)))


@pytest.mark.parametrize(
    "duels",
    [paper(), by_hand(), many(7, 30, 1), many(1, 80, 2), many(40, 5, 3), own([1.0, 2.0] * 300, [2.0, 1.5] * 300, 4),
     own([float(n * 37 % 101) for n in range(400)], [float(n * 53 % 97) for n in range(400)], 7),
     own([5.0] * 6, [5.0] * 6, 2), own([float("inf")] * 4, [float("inf")] * 4, 2)],
)  # fmt: skip
def test_the_script_reckons_what_the_statistics_reckon(duels: Duels) -> None:
    for sealed in (None, "person", "exhibit"):
        assert differ(duels, sealed) == []  # type: ignore[arg-type]


# Nobody can be found in it


@pytest.mark.usefixtures("crowd")
def test_no_name_no_key_no_code_and_no_salt_is_in_any_byte(tmp_path: Path, crowd: list[Person]) -> None:
    release(tmp_path / "made", public=("toy",))
    everything = text_of(tmp_path / "made")
    for word in ("Quux", "Zebedee", "IMG_", "Place 1", SALT.decode(), SALT.hex()):
        assert word not in everything
    secrets = [person.key for person in crowd] + list(Round.objects.values_list("pk", flat=True))
    for key in secrets:
        assert str(key) not in everything
        assert key.hex not in everything
    for code in Game.objects.values_list("code", flat=True):
        assert code not in everything


@pytest.mark.usefixtures("crowd")
def test_the_code_of_a_game_that_was_asked_for_is_not_told(
    tmp_path: Path, toy_set: PhotoSet, crowd: list[Person], machine_says: Says
) -> None:
    game = Game.objects.order_by("pk").first()
    assert game is not None
    Game.objects.exclude(pk=game.pk).update(finished_at=None)
    seats = Player.objects.filter(kind="human").exclude(game=game)
    this_round = game.rounds.get(number=1)
    for seat in seats:  # all sit down in this one
        moved = game.players.create(kind="human", name="Quux", person=seat.person)
        Guess.objects.filter(player=seat, round__number=1).update(round=this_round, player=moved)
    told = release(tmp_path / "made", game=game.code)
    assert told["figures"]["counts"]["people"] == 6
    assert game.code not in text_of(tmp_path / "made")


@pytest.mark.usefixtures("crowd")
def test_two_releases_call_everybody_differently(tmp_path: Path) -> None:
    codes = []
    for name in ("one", "two"):
        call_command("release", str(tmp_path / name))
        found = {
            row[column]
            for table, column in (
                ("people", "person"),
                ("rounds", "round"),
                ("rounds", "game"),
                ("exhibits", "exhibit"),
            )
            for row in rows_of(tmp_path / name, table)
        }
        codes.append(found)
    assert len(codes[0]) == 6 + 18 + 6 + 3
    assert not codes[0] & codes[1]


@pytest.mark.usefixtures("crowd")
def test_small_groups_are_gone_and_large_ones_are_told(tmp_path: Path) -> None:
    """One person is in the other class: if it alone were blank, everybody would know who that is."""
    release(tmp_path / "made")
    assert {row["group"] for row in rows_of(tmp_path / "made", "people")} == {""}
    Person.objects.filter(name=PEOPLE[0]).update(group="5b")
    release(tmp_path / "large")
    assert {row["group"] for row in rows_of(tmp_path / "large", "people")} == {"5b"}
    assert {row["country"] for row in rows_of(tmp_path / "large", "exhibits")} == {"DE", "AU"}
    assert "the few" not in text_of(tmp_path / "made")


def test_one_rule_holds_for_all_that_somebody_may_know_of_others() -> None:
    """Whoever adds a column to these tables decides what it is: a code, shared by enough people, or a public place."""
    disguise = Disguise(SALT, {}, frozenset())
    described = (tables.PEOPLE, tables.EXHIBITS, tables.ROUNDS)
    told = {each.name for table in described for each in table.columns(disguise)}
    assert told == {"person", "exhibit", "round", "game", "true_lat", "true_lng"} | set(tables.SHARED)


@pytest.mark.usefixtures("crowd")
def test_whoever_played_apart_from_the_others_is_not_found_by_set_day_or_time_limit(
    tmp_path: Path, machine_says: Says
) -> None:
    """If only theirs were blank they would be found by that: so others' are."""
    other = PhotoSet.objects.create(name="Other", slug="other", domain="toy-earth", published=True)
    add_photo(other, Point(60.0, 25.0))
    game = play_game(other, Person.objects.create(name="Apart"), [1], [2], machine_says)
    Game.objects.filter(pk=game.pk).update(time_limit_s=17)
    before = NOON - timedelta(days=3)  # all others
    Round.objects.filter(game=game).update(opened_at=before, closed_at=before)
    release(tmp_path / "made")
    assert {row["set"] for row in rows_of(tmp_path / "made", "exhibits")} == {""}
    rounds = rows_of(tmp_path / "made", "rounds")
    assert len(rounds) == 19
    told = {row["round"]: (row["day"], row["time_limit_s"]) for row in rounds}
    assert set(told.values()) == {("", "")}
    blank = {row["person"] for row in rows_of(tmp_path / "made", "guesses") if told[row["round"]] == ("", "")}
    assert len(blank) >= 5
    with pytest.raises(BadInput, match="places of other cannot be told"):
        release(tmp_path / "places", public=("Other",))


@pytest.mark.usefixtures("crowd")
def test_the_tables_joined_tell_of_no_fewer_than_five_people(tmp_path: Path, machine_says: Says) -> None:
    """Ten more people, half of them of another class; on one day one of them alone met one country."""
    toy = PhotoSet.objects.get()
    for number in range(10):
        group = "5b" if number % 2 else "6c"
        game = play_game(toy, Person.objects.create(name=f"M{number}", group=group), [1, 2, 3], [2, 3, 4], machine_says)
        Round.objects.filter(game=game, number__gt=number).update(closed_at=NOON + timedelta(days=1))
    release(tmp_path / "made")
    tables_by_code = [
        {row[code]: row for row in rows_of(tmp_path / "made", table)}
        for table, code in (("people", "person"), ("rounds", "round"), ("exhibits", "exhibit"))
    ]
    people, rounds, exhibits = tables_by_code
    together: dict[Any, set[str]] = {}
    for row in rows_of(tmp_path / "made", "guesses"):
        shown = rounds[row["round"]]
        joined = people[row["person"]] | exhibits[shown["exhibit"]] | shown
        together.setdefault(tuple(joined[name] for name in tables.SHARED), set()).add(row["person"])
    assert min(map(len, together.values())) >= 5
    assert len(together) > 2
    for name in ("day", "time_limit_s", "experiment", "number"):  # else the other rounds of its game would tell it
        blanks: dict[str, set[bool]] = {}
        for shown in rounds.values():
            blanks.setdefault(shown["game"], set()).add(shown[name] == "")
        assert all(len(each) == 1 for each in blanks.values()), name


@pytest.mark.parametrize(
    ("error_km", "told_km"),
    [(8532.17, 8500), (99.6, 100), (85.32, 85), (3.217, 3.2), (0.064, 0.1), (0.0321, 0), (0, 0), (None, None)],
)
def test_a_coarse_error_has_two_digits_and_none_below_100_m(error_km: float | None, told_km: float | None) -> None:
    assert Disguise(SALT, {}, frozenset(), coarse=True).km(error_km) == told_km


@pytest.mark.usefixtures("crowd")
def test_coarse_errors_pin_nothing_to_the_metre_and_recompute_as_they_are(tmp_path: Path) -> None:
    told = release(tmp_path / "made", coarse=True)
    errors = {row["error_km"] for row in rows_of(tmp_path / "made", "guesses") + rows_of(tmp_path / "made", "machine")}
    assert {"110.0", "220.0", "280.0", "11.0"} <= errors
    assert told["figures"]["people_median_km"] in {float(each) for each in errors if each}
    assert told["before"] == told["figures"]  # rounded alike: else its medians would tell
    assert {row["seconds"] for row in rows_of(tmp_path / "made", "guesses")} == {"0", ""}
    assert told["precision"] in (tmp_path / "made" / "README.md").read_text()
    assert checked(tmp_path / "made").returncode == 0
    with pytest.raises(BadInput, match="every error to the metre"):
        release(tmp_path / "both", coarse=True, public=("Toy",))


def members(**groups: range) -> list[tuple[str, int]]:
    return [(name.strip("_"), person) for name, people in groups.items() for person in people]


def shown_of(found: list[tuple[str, int]]) -> set[Any]:
    told = told_together({"name": [name for name, _ in found]}, [person for _, person in found])
    return {name for (name,) in told if name is not None}


def told_together(values: dict[str, list[Any]], people: list[int]) -> dict[tuple[Any, ...], set[int]]:
    """Return who stands behind each combination of what is told; groups are people's, all else is each answer's own."""
    owners = {name: people if name == "group" else list(range(len(people))) for name in values}
    told = shared_together({name: list(zip(owners[name], values[name], strict=True)) for name in values}, people)
    together: dict[Any, set[int]] = {}
    for number, person in enumerate(people):
        row = [values[name][number] if owners[name][number] in told[name] else None for name in values]
        together.setdefault(tuple(row), set()).add(person)
    return together


@pytest.mark.parametrize("seed", range(4))
def test_all_columns_together_tell_of_no_fewer_than_five_people(seed: int) -> None:
    rng = random.Random(seed)
    people = [rng.randrange(40) for _ in range(300)]
    values: dict[str, list[Any]] = {
        "set": [rng.choice(["a", "a", "a", "b", None]) for _ in people],
        "group": [("x", "y", "z", "")[p % 4] for p in people],
        "day": [rng.randrange(12) for _ in people],
        "number": [rng.randrange(1, 6) for _ in people],
    }  # fmt: skip
    together = told_together(values, people)
    assert min(map(len, together.values())) >= 5
    assert {each[0] for each in together} == {"a", "b", None}  # what is worth most stays
    assert len(together) > 6


def test_what_each_two_columns_may_tell_three_may_not() -> None:
    """Nine people have each set, group and day together, but for one combination, which is of one."""
    combinations = itertools.product("xy", "ab", (1, 2))
    entries = [each for each in combinations for _ in range(1 if each == ("x", "a", 1) else 9)]
    people = list(range(len(entries)))
    names, columns = ("set", "group", "day"), zip(*entries, strict=True)
    values: dict[str, list[Any]] = {name: list(each) for name, each in zip(names, columns, strict=True)}
    for one, other in itertools.combinations(values, 2):
        assert min(map(len, told_together({one: values[one], other: values[other]}, people).values())) == 10
    together = {each: len(whose) for each, whose in told_together(values, people).items()}
    everywhere = {(slug, group, day): 9 for slug in "xy" for group in "ab" for day in (1, 2)}
    del everywhere["x", "a", 1], everywhere["x", "a", 2]
    assert together == everywhere | {("x", "a", None): 10}  # the days are blank there alone


def test_what_two_people_have_together_is_blank_and_those_beside_it_with_whom_they_are_then_found() -> None:
    """Five are in each class on each day, but only two of the second on the last."""
    entries = [(group, day) for group, day in itertools.product("ab", (1, 2, 3)) for _ in range(5)][:-3]
    group, day = (list(each) for each in zip(*entries, strict=True))
    together = told_together({"group": group, "day": day}, list(range(len(entries))))
    told = {each: len(whose) for each, whose in together.items()}
    assert told == {("a", 1): 5, ("a", 2): 5, ("a", 3): 5, ("b", 2): 5, ("b", None): 7}


def test_what_is_blank_of_an_exhibit_is_blank_for_all_who_met_it() -> None:
    """A class met an exhibit, of the other class only one did; hers is then blank beside another's."""
    people, groups = list(range(18)), ["a"] * 5 + ["b"] * 13
    met = [("e", "DE")] * 6 + [("f", "AU")] * 6 + [("g", "FR")] * 6
    told = shared_together({"group": list(zip(people, groups, strict=True)), "country": met}, people)
    assert told == {"group": set(people), "country": {"g"}}


def test_a_few_people_in_all_are_shown_nothing() -> None:
    assert set(told_together({"group": ["a", "b"], "day": [1, 2]}, [1, 2])) == {(None, None)}


@pytest.mark.usefixtures("crowd")
def test_how_distances_are_rounded_is_told_for_great_ones_too(tmp_path: Path) -> None:
    release(tmp_path / "made", coarse=True)
    words = " ".join((tmp_path / "made" / "README.md").read_text().split())
    assert "12345 km is told as 12000 km: above 10,000 km to the nearest thousand" in words
    release(tmp_path / "fine")
    assert "nearest thousand" not in (tmp_path / "fine" / "README.md").read_text()


def test_groups_of_fewer_than_five_people_are_hidden_and_cannot_be_told_from_the_rest() -> None:
    assert shown_of(members(a=range(5), b=range(5, 10))) == {"a", "b"}
    assert shown_of(members(a=range(9), b=range(9, 15), c=range(15, 17))) == {"a"}  # b hides the two of c
    assert shown_of(members(a=range(9), c=range(15, 17), _=range(20, 30))) == {"a"}
    assert shown_of(members(a=range(4))) == set()
    assert shown_of([("a", 1)] * 9) == set()  # one person nine times


def test_fewer_than_five_people_cannot_be_released(
    toy_set: PhotoSet, ana: Person, machine_says: Says, tmp_path: Path
) -> None:
    play_game(toy_set, ana, [1], [2], machine_says)
    with pytest.raises(BadInput, match="Fewer than 5 people"):
        release(tmp_path / "made")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("crowd")
def test_who_has_no_duel_does_not_make_a_release(tmp_path: Path) -> None:
    """Six played, but of one neither side ever answered, then of two: five have a duel, then four."""
    nothing = {"lat": None, "lng": None, "error_km": None, "points": None}
    Guess.objects.filter(round__game__players__person__name=PEOPLE[0]).update(**nothing)
    counts = release(tmp_path / "five")["figures"]["counts"]
    assert (counts["duels"], counts["no_duel"], counts["people"]) == (15, 3, 6)
    Guess.objects.filter(round__game__players__person__name=PEOPLE[1]).update(**nothing)
    with pytest.raises(BadInput, match="Fewer than 5 people have a duel"):
        release(tmp_path / "four")


@pytest.mark.usefixtures("crowd")
def test_times_are_told_to_the_day_and_rows_tell_no_order_within_it(tmp_path: Path) -> None:
    release(tmp_path / "made")
    rounds = rows_of(tmp_path / "made", "rounds")
    assert {row["day"] for row in rounds} == {"2026-03-01"}
    assert [row["round"] for row in rounds] == sorted(row["round"] for row in rounds)
    assert "T12:" not in text_of(tmp_path / "made")


@pytest.mark.usefixtures("crowd")
def test_places_are_told_only_of_sets_that_are_public(tmp_path: Path, toy_set: PhotoSet) -> None:
    release(tmp_path / "closed")
    release(tmp_path / "open", public=("Toy",))
    for table, columns in (("rounds", ("true_lat", "true_lng")), ("guesses", ("guess_lat", "guess_lng")),
                           ("machine", ("guess_lat", "guess_lng"))):  # fmt: skip
        for column in columns:
            assert {row[column] for row in rows_of(tmp_path / "closed", table)} == {""}
            assert {row[column] for row in rows_of(tmp_path / "open", table)} != {""}
    for place in toy_set.exhibits.all():
        assert f"{place.lat:.4f}" not in text_of(tmp_path / "closed")
    assert all(row["error_km"] or row["missing"] == "true" for row in rows_of(tmp_path / "closed", "guesses"))
    assert checked(tmp_path / "open").returncode == 0


@pytest.mark.usefixtures("crowd")
def test_a_place_that_does_not_fit_its_error_is_noticed(tmp_path: Path) -> None:
    release(tmp_path / "made", public=("toy",))
    _cell("rounds", "true_lat", "1.5")(tmp_path / "made")
    sum_anew(tmp_path / "made")
    assert "km apart" in checked(tmp_path / "made").stdout


# What is not in it is counted


def withheld(folder: Path) -> dict[str, str]:
    return {row["reason"]: row["answers"] or row["seats"] for row in rows_of(folder, "withheld")}


@pytest.fixture
def _all_reasons(toy_set: PhotoSet, crowd: list[Person], machine_says: Says) -> None:
    """Four more people, of whom each has something that is not counted, and one who plays on after having seen all."""
    more = [Person.objects.create(name=f"More {number}") for number in range(4)]
    games = [play_game(toy_set, person, [1, 2], [3, 3], machine_says) for person in more]
    games[0].players.filter(kind="human").update(voided_at=NOON, void_reason="a bet")
    Round.objects.filter(game=games[1], number=1).update(skipped=True)
    running = Experiment.objects.create(slug="running", name="R", photo_set=toy_set, opponent="planet", weights="w")
    over = Experiment.objects.create(
        slug="over", name="O", photo_set=toy_set, opponent="planet", weights="w", finished_at=NOON
    )
    Game.objects.filter(pk=games[2].pk).update(experiment=running)
    Game.objects.filter(pk=games[3].pk).update(experiment=over)
    Slot.objects.create(
        experiment=over, number=1, exhibits=[], game=games[3], taken_at=NOON, excluded=Slot.Excluded.UNFINISHED
    )
    play_game(toy_set, crowd[0], [1], [3], machine_says)


@pytest.mark.usefixtures("_all_reasons")
def test_what_is_withheld_is_counted_and_what_was_before_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(anonymity, "SMALLEST", 1)
    told = release(tmp_path / "made")
    assert withheld(tmp_path / "made") == {
        "released": "19", "skipped": "1", "sealed": "2", "experiment: unfinished": "2",
        "experiment: voided": "0", "voided": "2", "seen before": "1", "no duel": "0", "withdrawn": "0",
    }  # fmt: skip
    assert told["figures"]["counts"]["people"] == 7
    assert (told["figures"]["counts"]["duels"], told["before"]["counts"]["duels"]) == (19, 23)
    assert "running" not in text_of(tmp_path / "made")


@pytest.mark.usefixtures("_all_reasons")
def test_no_count_and_no_difference_tells_of_a_few_people(tmp_path: Path) -> None:
    told = release(tmp_path / "made")
    counted = {reason: count for reason, count in withheld(tmp_path / "made").items() if count}
    assert counted == {
        "released": "19", "experiment: voided": "0", "no duel": "0", "withdrawn": "0",
    }  # fmt: skip
    assert told["before"] is None
    words = (tmp_path / "made" / "README.md").read_text()
    assert "| `duels` | 19 | not told |" in words
    assert words.count("Fewer than five people: not told how many.") == 5


def test_many_who_were_taken_out_are_told_unless_a_few_others_would_follow_from_them(
    tmp_path: Path, crowd: list[Person], machine_says: Says
) -> None:
    """Staff took five seats out, of people of whom nothing else is here; then an experiment's rules one more."""
    other = PhotoSet.objects.create(name="Other", slug="other", domain="toy-earth", published=True)
    for number in range(3):
        add_photo(other, Point(60.0, 25.0 + number))
    six = [Person.objects.create(name=f"More {number}") for number in range(6)]
    games = [play_game(other, person, [1], [2], machine_says) for person in six]
    Player.objects.filter(person__in=six[:5]).update(voided_at=NOON, void_reason="a bet")
    told = release(tmp_path / "many")
    assert withheld(tmp_path / "many")["voided"] == "5"
    assert (told["figures"]["counts"]["duels"], told["before"]["counts"]["duels"]) == (19, 24)
    over = Experiment.objects.create(
        slug="over", name="O", photo_set=other, opponent="planet", weights="w", finished_at=NOON
    )
    Game.objects.filter(pk=games[5].pk).update(experiment=over)
    Slot.objects.create(
        experiment=over, number=1, exhibits=[], game=games[5], taken_at=NOON, excluded=Slot.Excluded.UNFINISHED
    )
    told = release(tmp_path / "few")
    assert (withheld(tmp_path / "few")["voided"], withheld(tmp_path / "few")["experiment: unfinished"]) == ("5", "")
    assert told["before"] is None


@pytest.mark.parametrize(("people", "told"), [(4, ""), (5, "9")])
def test_who_played_against_another_machine_only_is_counted_unless_they_are_few(
    people: int, told: str, tmp_path: Path, crowd: list[Person], machine_says: Says
) -> None:
    others = [Person.objects.create(name=f"Other {number}") for number in range(people)]
    for person in others:
        game = play_game(PhotoSet.objects.get(), person, [1, 2], [3, 3], machine_says)
        game.players.filter(kind="machine").update(opponent="im2gps")
    Guess.objects.filter(round__game=game, round__number=1).update(seen_before=True)  # another reason
    counts = release(tmp_path / "made")["figures"]["counts"]
    assert (counts["duels"], withheld(tmp_path / "made")["no duel"]) == (18, told)
    assert ("no duel |  |" in (tmp_path / "made" / "README.md").read_text()) == (not told)
    release(tmp_path / "named", opponent="planet")
    assert withheld(tmp_path / "named")["no duel"] == "0"  # nobody asked for games of another


def test_who_withdrew_is_counted_by_seats(tmp_path: Path, crowd: list[Person]) -> None:
    for number, game in enumerate(Game.objects.all(), start=1):
        if number in (4, 5):
            release(tmp_path / str(number))
        nobody = Person.objects.create()
        game.players.create(kind="human", name="withdrawn", person=nobody, voided_at=NOON, void_reason="withdrawn")
    release(tmp_path / "6")
    assert [withheld(tmp_path / each)["withdrawn"] for each in ("4", "5", "6")] == ["", "", "6"]


# How it is written


@pytest.mark.usefixtures("crowd")
def test_what_somebody_else_left_beside_it_stays_and_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine, killed = tmp_path / ".made.making", tmp_path / ".made.0a1b2c3d.making"
    for folder in (mine, killed):
        folder.mkdir()
        (folder / "figures.json").write_text("half")
    call_command("release", str(tmp_path / "made"), "--coarse")
    assert sorted(path.name for path in tmp_path.iterdir()) == [killed.name, mine.name, "made"]
    assert (mine / "figures.json").read_text() == (killed / "figures.json").read_text() == "half"
    told = capsys.readouterr().out
    assert f"{killed} is left of a release" in told
    assert f"{mine} is left" not in told


@pytest.mark.usefixtures("crowd")
def test_what_appears_in_its_place_meanwhile_is_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(_making: Path) -> None:
        (tmp_path / "made").mkdir()
        (tmp_path / "made" / "theirs").write_text("kept")

    monkeypatch.setattr(writing, "_check", meanwhile)
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("release", str(tmp_path / "made"))
    assert [path.name for path in tmp_path.rglob("*")] == ["made", "theirs"]


# What it is


@pytest.mark.usefixtures("crowd")
@pytest.mark.parametrize("licence", list(LICENCES))
def test_the_licence_is_the_one_that_was_asked_for(licence: str, tmp_path: Path) -> None:
    release(tmp_path / "made", licence=licence)
    package = json.loads((tmp_path / "made" / "datapackage.json").read_text())
    assert [each["name"] for each in package["licenses"]] == [licence]
    words = (tmp_path / "made" / "LICENSE").read_text()
    assert {"CC0-1.0": "CC0 1.0 Universal", "CC-BY-4.0": "Attribution 4.0 International"}[licence] in words
    assert licence in (tmp_path / "made" / "README.md").read_text()


@pytest.mark.usefixtures("crowd")
def test_frictionless_finds_the_package_valid(tmp_path: Path) -> None:
    release(tmp_path / "made", public=("toy",))
    found = frictionless.Package(str(tmp_path / "made" / "datapackage.json")).validate()
    assert found.valid, found.flatten(["type", "note", "message"])
    _cell("people", "group", "7b")(tmp_path / "made")
    assert not frictionless.Package(str(tmp_path / "made" / "datapackage.json")).validate().valid


@pytest.mark.usefixtures("crowd")
def test_the_package_describes_every_file_and_column(tmp_path: Path) -> None:
    release(tmp_path / "made")
    package = json.loads((tmp_path / "made" / "datapackage.json").read_text())
    described = {each["path"]: each for each in package["resources"]}
    assert set(described) == set(FILES) - {"datapackage.json", "SHA256SUMS"}
    words = (tmp_path / "made" / "dictionary.md").read_text()
    for table in TABLES:
        fields = [each["name"] for each in described[table.file]["schema"]["fields"]]
        assert fields == list(csv.DictReader((tmp_path / "made" / table.file).open()).fieldnames or [])
        assert all(f"| `{name}` |" in words for name in fields)
        keys = [tuple(row[name] for name in table.key) for row in rows_of(tmp_path / "made", table.name)]
        assert len(set(keys)) == len(keys)


def test_the_command_writes_one_and_names_what_is_wrong(
    tmp_path: Path, crowd: list[Person], toy_set: PhotoSet, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("release", str(tmp_path / "made"), "--coordinates", "toy", "--opponent", "planet")
    assert "18 duels of 6 people" in capsys.readouterr().out
    for options, words in [
        (["made"], "is there already"),
        (["new", "--coordinates", "Mars"], "no photo set Mars"),
        (["new", "--opponent", "nobody"], "No machine nobody has played here"),
        (["new", "--since", "2030-01-01"], "No machine played in these games"),
        (["new", "--group", "the few"], "Fewer than 5 people"),
    ]:
        with pytest.raises(CommandError, match=words):
            call_command("release", str(tmp_path / options[0]), *options[1:])
    assert not (tmp_path / "new").exists()


def test_a_release_of_another_set_holds_nothing_of_this_one(
    tmp_path: Path, crowd: list[Person], machine_says: Says
) -> None:
    other = PhotoSet.objects.create(name="Other", slug="other", domain="toy-earth", published=True)
    add_photo(other, Point(60.0, 25.0))
    for person in crowd:
        play_game(other, person, [1], [2], machine_says)
    told = release(tmp_path / "made", photo_set="other")
    assert told["figures"]["counts"]["duels"] == 6
    assert {row["set"] for row in rows_of(tmp_path / "made", "exhibits")} == {"other"}
