"""Who can play against people, or a sentence that nobody can."""

import logging

from geogame.rules.refusals import NotNow, gettext_noop
from predictor import opponents

log = logging.getLogger(__name__)


def at_hand() -> list[opponents.Card]:
    """Return the opponents that can play here. Raises NotNow where a file cannot be read, and logs which and why."""
    try:
        return opponents.available()
    except opponents.Unavailable as error:
        log.exception("No game can be opened: an opponent's file cannot be read")
        raise NotNow(
            gettext_noop(
                "The opponent cannot play: its file cannot be read. Whoever runs this site finds the reason in its log."
            )
        ) from error
