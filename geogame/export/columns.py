"""The columns of the export: one row for each guess. `export_rounds --dictionary` prints what they mean."""

from dataclasses import replace

from geogame.export.dictionary import Column
from geogame.export.facts import Fact
from geogame.export.pseudonyms import pseudonym

VERSION = 2  # of the columns. They are only added to, at the end; none changes what it means


def _player(fact: Fact) -> str:
    return pseudonym(fact.answer.person) if fact.answer.person else fact.answer.name


def _in_domain(fact: Fact) -> bool | None:
    return fact.answer.learned == fact.round.domain if fact.answer.is_machine else None


COLUMNS = (
    Column("game", "string", "", "The game's code.", 1, lambda fact: fact.round.code, True),
    Column("round", "integer", "", "The round's number in the game, from 1.", 1, lambda fact: fact.round.number, True),
    Column("set", "string", "", "The photo set's name.", 1, lambda fact: fact.round.photo_set, True),
    Column("exhibit", "integer", "", "What was shown: the same number, the same photos.", 1,
           lambda fact: fact.round.exhibit, True),
    Column("photos", "integer", "photos", "How many photos the exhibit has: several make a trip.", 1,
           lambda fact: fact.exhibit.photos, True),
    Column("player", "string", "", "Who answered: a machine's name; a person's pseudonym, the same in all games of "
           "this installation (names only where staff asked for them).", 1, _player, True),
    Column("kind", "string", "", "human or machine.", 1, lambda fact: fact.answer.kind, True),
    Column("opponent", "string", "", "The machine's short name; empty for people.", 1,
           lambda fact: fact.answer.opponent),
    Column("weights", "string", "", "The version of the machine's weights; empty for people.", 1,
           lambda fact: fact.answer.weights),
    Column("guess_lat", "number", "degrees", "Latitude of the answer, north positive; empty: no answer.", 1,
           lambda fact: fact.answer.lat),
    Column("guess_lng", "number", "degrees", "Longitude of the answer, from -180 to just below 180.", 1,
           lambda fact: fact.answer.lng),
    Column("true_lat", "number", "degrees", "Latitude of the place as it was known when the round was drawn.", 1,
           lambda fact: fact.round.lat, True),
    Column("true_lng", "number", "degrees", "Longitude of the place.", 1, lambda fact: fact.round.lng, True),
    Column("error_km", "number", "km", "Great-circle distance from the answer to the place on a sphere of 6371.0088 "
           "km; empty: no answer, which ranks behind every distance.", 1, lambda fact: fact.answer.error_km),
    Column("points", "integer", "points", "5000 exp(-error_km / 1491.6862), rounded; empty: no answer.", 1,
           lambda fact: fact.answer.points),
    Column("seconds", "number", "s", "From the round's opening to the answer's arrival.", 1,
           lambda fact: fact.answer.seconds),
    Column("auto", "boolean", "", "A pin that was dropped and not confirmed when the time was up; it counts.", 1,
           lambda fact: fact.answer.auto, True),
    Column("missing", "boolean", "", "No answer was given in time.", 1, lambda fact: fact.answer.lat is None, True),
    Column("seen_before", "boolean", "", "The person had met this exhibit, or a copy of its file, in an earlier game; "
           "such rows are here and in no comparison.", 1, lambda fact: fact.answer.seen_before, True),
    Column("in_domain", "boolean", "", "The machine learned from pictures of the kind that was shown; empty for "
           "people, of whom nobody can say. Rows with false are in no comparison unless asked for.", 1, _in_domain),
    Column("created", "datetime", "UTC", "When the answer was stored.", 1, lambda fact: fact.answer.created_at, True),
    Column("prediction_seconds", "number", "s", "The machine's time for this exhibit; empty: not measured.", 1,
           lambda fact: fact.prediction.seconds),
    Column("prediction_device", "string", "", "What the machine ran on; empty: not noted.", 1,
           lambda fact: fact.prediction.device),
    Column("experiment", "string", "", "The experiment that the game belonged to; empty: none. Experiments whose "
           "sealed number is not reached are not here, nor is what their rules exclude.", 2,
           lambda fact: fact.round.experiment or ""),
    Column("scene", "string", "", "What the photo shows, as its own column `scene` tells; of a trip the last photo.", 2,
           lambda fact: fact.exhibit.scene),
    Column("country", "string", "", "Where it was taken, as its own column `country` tells.", 2,
           lambda fact: fact.exhibit.country),
    Column("group", "string", "", "The person's group, such as a class; empty: none.", 2,
           lambda fact: fact.answer.group or ""),
    Column("voided", "boolean", "", "Staff took this seat out of all statistics. Such rows are left out unless asked "
           "for.", 2, lambda fact: fact.answer.voided_at is not None, True),
    Column("looked_away", "integer", "times", "How often the page was hidden during the round, by the browser's own "
           "account; empty: it told nothing.", 2, lambda fact: fact.answer.looked_away),
    Column("domain", "string", "", "What the set showed when the game was opened: toy-earth or real.", 2,
           lambda fact: fact.round.domain, True),
    Column("time_limit_s", "integer", "s", "The time for each round; empty: no limit.", 2,
           lambda fact: fact.round.time_limit_s),
)  # fmt: skip


def _name(fact: Fact) -> str:
    return fact.answer.name


NAMED = tuple(replace(each, of=_name) if each.name == "player" else each for each in COLUMNS)  # for who must know
