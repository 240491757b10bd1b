"""The options by which commands select games."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from geogame.selections import Selection


def date(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--set", default="", dest="photo_set", help="only games on this photo set")
    parser.add_argument("--opponent", default="", help="only duels with this opponent, for example planet")
    parser.add_argument("--weights", default="", help="only duels with this weights version")
    parser.add_argument("--game", default="", help="only the game of this code")
    parser.add_argument("--since", type=date, help="only rounds opened at or after this date (ISO, UTC)")
    parser.add_argument("--until", type=date, help="only rounds opened before this date (ISO, UTC)")


def selection(options: dict[str, Any], **more: bool) -> Selection:
    names = ("photo_set", "opponent", "weights", "game", "since", "until")
    values: dict[str, Any] = {**{name: options[name] for name in names}, **more}
    return Selection(**values)
