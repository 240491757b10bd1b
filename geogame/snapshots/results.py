"""What is told when a game is over: every round, and everybody's sums."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from geogame.models import Game, Guess, Player
from geogame.rules import standings
from geogame.snapshots.reveals import about_guess
from geogame.snapshots.shown import Json, address

MOST_IN_TABLE = 12  # people whose guesses the table of all rounds lists; of more the best ones', and each one's own
BEST_IN_TABLE = 4  # as many columns as the page has for people


@dataclass(frozen=True)
class Results:
    common: Json
    by_player: Mapping[int, Sequence[Json]]
    won: Mapping[int, int]


def results_of(game: Game, players: Sequence[Player], guesses: Sequence[Guess], now: datetime) -> Results:
    table = []
    people = [player.pk for player in players if not player.is_machine]
    by_player: dict[int, list[Json]] = {}
    hidden = set(people) - set(_listed(people, guesses))
    for each in game.rounds.filter(closed_at__isnull=False, skipped=False).select_related("exhibit"):
        here = [guess for guess in guesses if guess.round_id == each.pk]
        photos = each.exhibit.ordered_photos()
        for guess in here:
            by_player.setdefault(guess.player_id, []).append({"number": each.number, **about_guess(guess)})
        table.append(
            {
                "number": each.number,
                "title": photos[-1].title,
                "photo": address(each, len(photos), now),
                "place": {"lat": each.lat, "lng": each.lng},
                "guesses": [about_guess(guess) for guess in here if guess.player_id not in hidden],
                "winner": standings.winner({guess.player_id: guess.error_km for guess in here}),
                "peopleMedianKm": standings.median_km(g.error_km for g in here if g.player_id in people),
            }
        )
    sums = [_sum(player.pk, by_player.get(player.pk, []), table) for player in players]
    won = {entry["player"]: entry["won"] for entry in sums}
    common = {
        "rounds": table,
        "players": sums,
        "ties": len(table) - sum(won.values()),
        "peopleMedianKm": standings.median_km(
            entry["errorKm"] for player in people for entry in by_player.get(player, [])
        ),
    }
    return Results(common, by_player if len(people) > MOST_IN_TABLE else {}, won)


def _listed(people: Sequence[int], guesses: Sequence[Guess]) -> Sequence[int]:
    """Return whose guesses all are told: everybody's, or of many people those of the best."""
    if len(people) <= MOST_IN_TABLE:
        return people
    totals = dict.fromkeys(people, 0)
    for guess in guesses:
        if guess.player_id in totals:
            totals[guess.player_id] += guess.points or 0
    return sorted(people, key=lambda player: -totals[player])[:BEST_IN_TABLE]


def _sum(player_pk: int, own: Sequence[Json], table: Sequence[Json]) -> Json:
    return {
        "player": player_pk,
        "won": sum(row["winner"] == player_pk for row in table),
        "medianKm": standings.median_km(guess["errorKm"] for guess in own),
        "total": sum(guess["points"] or 0 for guess in own),
    }
