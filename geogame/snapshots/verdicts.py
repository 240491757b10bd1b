"""Verdicts: in one sentence, how a viewer fared against the machine."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from geogame.models import Player
from geogame.rules import standings
from geogame.rules.standings import Outcome


def on_round(machine: Player | None, errors_km: Mapping[int, float | None], viewer_pk: int | None) -> str:
    """Say in one sentence how the viewer fared against the machine."""
    if machine is None or viewer_pk is None or viewer_pk not in errors_km:
        return ""
    mine, theirs = errors_km[viewer_pk], errors_km.get(machine.pk)
    outcome = standings.duel(mine, theirs)
    if outcome is Outcome.NO_DUEL:
        return _("Nobody answered.")
    if mine is None:
        return _("You gave no answer: the round goes to %(name)s.") % {"name": machine.name}
    if theirs is None:
        return _("%(name)s gave no answer: the round is yours.") % {"name": machine.name}
    if outcome is Outcome.TIED:
        return _("A tie, to the metre.")
    closer = {"distance": _distance(abs(mine - theirs)), "name": machine.name}
    if outcome is Outcome.WON:
        return _("You were %(distance)s closer than %(name)s.") % closer
    return _("%(name)s was %(distance)s closer than you.") % closer


def _distance(km: float) -> str:
    """Print a distance with its unit and a sensible precision: 850 m, 12.4 km, 1,131 km."""
    if km < 1:
        return f"{km * 1000:.0f} m"
    return f"{km:.1f} km" if km < 100 else f"{km:,.0f} km"


def on_game(machine: Player | None, won: Mapping[int, int], viewer_pk: int | None) -> str:
    if machine is None or viewer_pk is None or viewer_pk not in won:
        return ""
    mine, theirs = won[viewer_pk], won[machine.pk]
    score = {"name": machine.name, "mine": mine, "theirs": theirs}
    if mine > theirs:
        return _("You beat %(name)s, %(mine)d to %(theirs)d.") % score
    if mine < theirs:
        return _("%(name)s beat you, %(theirs)d to %(mine)d.") % score
    draw = ngettext("A draw with %(name)s, %(mine)d round each.", "A draw with %(name)s, %(mine)d rounds each.", mine)
    return draw % score
