"""What the sealed test found: in a report, and once for all when the sealed number was reached."""

from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from geogame import comparisons
from geogame.experiments.reading import TAKEN_OUT, excluded_since, lock, selection
from geogame.models import Experiment, Slot
from geogame.rules import protocol


def tested(experiment: Experiment, report: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the sealed test found; None where what is left cannot be tested as it was sealed."""
    assert experiment.protocol is not None
    found, rule = report.get("significance"), experiment.protocol["decision"]
    if not found or found["unit"] != rule["unit"] or not found["units"]:
        return None
    counts = report["figures"]["counts"]
    lead = counts["people_won"] - counts["machine_won"]  # the sum of what each person was ahead
    if found["unit"] == protocol.ON_EXHIBITS:
        lead = found["people_ahead"] - found["machine_ahead"]
    p, level = found[protocol.P_VALUES[rule["unit"]]], rule["level_percent"] / 100
    return {**found, "p": p, "p_text": f"{p:.3g}", "level": level, "is_shown": p <= level, "people_lead": lead > 0}


def keep_first() -> int:
    """Keep what the test finds of experiments that have ended, while nobody is taken out of them; return of how many.

    Who is taken out later changes the result; that there was another one stays. Counts are not kept, of which those
    before less those after would tell exactly how somebody played who has withdrawn; p was told to everybody by then.
    """
    taken_out = Slot.objects.filter(TAKEN_OUT, experiment=OuterRef("pk"))
    ended = Experiment.objects.filter(~Exists(taken_out), finished_at__isnull=False, first_result__isnull=True)
    return sum(_keep(each) for each in ended)


def _keep(experiment: Experiment) -> int:
    found = tested(experiment, comparisons.build(selection(experiment))) or {}
    kept = {name: found[name] for name in ("p", "p_text", "is_shown", "people_lead") if name in found}
    with transaction.atomic():
        if excluded_since(lock(experiment)):  # meanwhile: whether before it was read nobody knows
            return 0
        return Experiment.objects.filter(pk=experiment.pk, first_result__isnull=True).update(first_result=kept)
