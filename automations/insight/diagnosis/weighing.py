"""How much a change is suspect of a failure that began after it: by how it is related to it, and how near it is in time.

Pure: facts in, a weight and the reason in words out. It is an order in which to look, never a proof.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from automations.engine.alerts import plain_duration
from automations.insight.diagnosis.parts import Finding, Thing

RELATED, NEAR = 0.6, 0.4
"""What each counts of a whole."""
FADES = timedelta(hours=4)
"""After so long, nearness counts half."""
DOUBT = 0.6
"""What is left of a weight when runs have succeeded after the change."""

DIRECT, OWN, USED, FAR = 1.0, 0.7, 0.4, 0.1

STOPS = frozenset(("paused", "breaker-open", "archived", "simulates", "not-live"))
"""Findings that are about the state of the workflow itself, not about what its runs do."""

SENDS = {"destination": "the step that fails sends there", "secret": "the step that fails sends it"}


@dataclass(frozen=True, slots=True)
class Touched:
    """What a change touched: the kind of thing, the thing where this workflow uses it, whether it was about who may do
    what, and how long before the trouble it was made. `doubted_by` is a run that succeeded in between."""

    noun: str
    thing: Thing | None
    rights: bool
    ago: timedelta
    doubted_by: int | None = None


def weigh(touched: Touched, finding: Finding | None, about: frozenset[str]) -> tuple[float, str]:
    """(weight from 0 to 1, why) of one change. `about` are the kinds of things whose change can bring such a failure
    about."""
    relation, words = _related(touched, finding, about)
    nearness = 1 / (1 + touched.ago / FADES)
    weight = RELATED * relation + NEAR * nearness
    why = f"{words[0].upper()}{words[1:]}, and this came {_length(touched.ago)} before."
    if touched.doubted_by is not None:
        weight *= DOUBT
        why = f"{why} But run {touched.doubted_by} succeeded after it."
    return round(weight, 3), why


def _related(touched: Touched, finding: Finding | None, about: frozenset[str]) -> tuple[float, str]:
    noun, thing = touched.noun, touched.thing
    node = finding.node if finding is not None else ""
    used_there = thing is not None and bool(node) and node in thing.nodes
    if noun == "standstill" and finding is not None and finding.code == noun:
        return DIRECT, "what stands still judges nothing meanwhile"
    if touched.rights:
        if "rights" in about:
            return DIRECT, "what fails is a right that is missing"
        return FAR, "it is about who may do what, which is not what fails"
    if noun in about and used_there:
        return DIRECT, SENDS.get(noun, f"the step that fails uses this {noun}")
    if noun in about and thing is not None and not thing.nodes:
        return DIRECT, f"such failures come from a {noun}, and this workflow uses it"
    if noun == "workflow" and thing is None:
        if "workflow" in about or (finding is not None and finding.code in STOPS):
            return DIRECT, "such failures come from the workflow itself"
        return OWN, "it changed what runs here"
    if noun in about:
        return OWN, f"such failures come from a {noun}"
    if thing is not None:
        return USED, f"this workflow uses this {noun}"
    return FAR, "it is about more than this workflow"


def _length(ago: timedelta) -> str:
    """“4 minutes”: rounded, in one unit."""
    minutes = round(ago.total_seconds() / 60)
    if minutes < 1:
        return "less than a minute"
    if minutes < 120:
        return plain_duration(timedelta(minutes=minutes))
    hours = round(minutes / 60)
    return plain_duration(timedelta(hours=hours) if hours < 48 else timedelta(days=round(hours / 24)))
