"""The options by which commands select games."""

from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from datetime import date as day
from typing import Any

from geogame.selections import TEXTS, TIMES, Selection


def date(text: str) -> datetime:
    """Read an ISO date, UTC where it names no zone. Raises ValueError, also where UTC has no such moment."""
    moment = datetime.fromisoformat(text)
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError as error:
        raise ValueError(text) from error


def end_date(text: str) -> datetime:
    """Read the end of a time: a day counts whole, as on the page; what names an hour is that moment. As date."""
    try:
        day.fromisoformat(text)
    except ValueError:
        return date(text)
    try:
        return date(text) + timedelta(days=1)
    except OverflowError as error:
        raise ValueError(text) from error


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--set", default="", dest="photo_set", help="only games on this photo set")
    parser.add_argument("--opponent", default="", help="only duels with this opponent, for example planet")
    parser.add_argument("--weights", default="", help="only duels with this weights version")
    parser.add_argument("--game", default="", help="only the game of this code")
    parser.add_argument("--experiment", default="", help="only the experiment of this name in its address")
    parser.add_argument("--scene", default="", help="only what is of this scene, as the (last) photo's column tells")
    parser.add_argument("--country", default="", help="only what is of this country, likewise by the column `country`")
    parser.add_argument("--group", default="", help="only people of this group")
    parser.add_argument("--since", type=date, help="only rounds opened from this day or moment on (ISO, UTC)")
    until = "only rounds opened up to and with this day, or, if it names an hour, before that moment (ISO, UTC)"
    parser.add_argument("--until", type=end_date, help=until)


def selection(options: dict[str, Any], **more: bool) -> Selection:
    values: dict[str, Any] = {**{name: options[name] for name in (*TEXTS, *TIMES)}, **more}
    return Selection(**values)
