"""What a run's place is among those of its workflow that may be at work at once."""

from __future__ import annotations

from dataclasses import dataclass

from automations.engine.crowding import crowding_of, sentence
from automations.models import Place, Run


@dataclass(frozen=True, slots=True)
class Standing:
    """`waits`: it has no place yet; `ahead` are those that wait for longer. `sentence` says all of it."""

    waits: bool
    at_once: int | None
    taken: int
    ahead: int
    about: str
    sentence: str


def standing_of(run: Run) -> Standing | None:
    """How a run that has not ended stands; None where its workflow sets no such limit."""
    place = Place.objects.filter(run=run, run__finished_at=None).first()
    if place is None:
        return None
    others = Place.objects.filter(workflow=place.workflow_id, key=place.key)
    taken = others.filter(number__isnull=False, run__finished_at=None).count()
    crowding = crowding_of(run.workflow.limits)
    told = sentence(crowding, taken, place.about) if crowding is not None else "the limit was just taken away"
    at_once = crowding.at_once if crowding is not None else None
    if place.number is not None:
        said = f"It holds place {place.number}: {told}."
        return Standing(False, at_once, taken, 0, place.about, said)
    waiting = others.filter(number=None, run__finished_at=None, run_id__lt=run.pk)
    ahead = waiting.count()
    first = (
        "it is the next" if ahead == 0 else f"{ahead} {'run waits' if ahead == 1 else 'runs wait'} before it"
    )
    return Standing(True, at_once, taken, ahead, place.about, f"It waits for a place: {told}; {first}.")
