"""What people changed just before it began, from the trail, the most suspect first.

Who sees a workflow is told that something that it uses was changed, by whom and when: that is why it fails. What it was
before and after, and the reason that was given, are for those who may see that entry of the trail.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import CharField, Q
from django.db.models.functions import Cast

from automations import permissions
from automations.grants import MODELS
from automations.insight.dead_letters import BEFORE, CHANGES, RIGHTS, may_break
from automations.insight.diagnosis.parts import Change, Finding, Thing
from automations.insight.diagnosis.scene import Scene, thing_of
from automations.insight.diagnosis.weighing import Touched, weigh
from automations.insight.failures import remedy_of
from automations.models import AuditEntry, Run, Standstill
from automations.runtime.standstills import binding

READ = 200
"""Entries that are weighed, the newest first."""
SLACK = timedelta(seconds=1)
"""What is written in the very second in which it began is not yet after it."""
EVERYWHERE = ("modepolicy",)
VERBS = {
    "workflow.published": "published version {version}",
    "workflow.promoted": "let version {version} act",
    "workflow.rolled_back": "rolled back to version {version}",
    "workflow.demoted": "took it back to simulate",
    "workflow.glass_broken": "let version {version} act past the gate",
    "workflow.updated": "changed its settings",
    "workflow.paused": "paused it",
    "workflow.resumed": "resumed it",
    "workflow.restored": "took it out of the archive",
    "workflow.breaker_closed": "let it act again",
    "policy.revised": "revised",
    "destination.created": "made",
    "destination.disabled": "disabled",
    "destination.enabled": "enabled",
    "destination.key_rotated": "rotated the signing secret of",
    "secret.value_set": "set another value of",
    "secret.value_taken_back": "took back the value of",
    "secret.deleted": "deleted",
    "endpoint.secret_ended": "ended a secret of",
    "endpoint.address_renewed": "gave another address to",
    "modepolicy.set": "set a policy about what may act",
    "modepolicy.lifted": "lifted a policy about what may act",
    "modepolicy.ended": "ended a policy about what may act",
    "standstill.set": "let {of} stand still",
    "standstill.lifted": "let {of} go on",
}


def read_changes(
    scene: Scene, finding: Finding | None, *, moment: datetime, success_before: Run | None
) -> list[Change]:
    """What was changed in the week before `moment` that this workflow can have begun to fail after: of the workflow
    itself, of what it uses, and what holds everywhere. Two queries."""
    things = {(thing.noun, thing.pk): thing for thing in scene.things}
    what = Q(object_type="workflow", object_id=str(scene.workflow.pk)) | Q(object_type__in=EVERYWHERE)
    stills = Standstill.objects.filter(binding(scene.workflow)).values(text=Cast("pk", CharField()))
    what |= Q(object_type="standstill", object_id__in=stills)
    for noun in {noun for noun, _ in things}:
        what |= Q(object_type=noun, object_id__in=[pk for kind, pk in things if kind == noun])
    span = {"at__lte": moment + SLACK, "at__gt": moment - BEFORE}
    rows = list(AuditEntry.objects.filter(may_break(), what, **span).order_by("-id")[:READ])
    told = set(
        permissions.visible_audit(scene.actor)
        .filter(pk__in=[row.pk for row in rows])
        .values_list("pk", flat=True)
    )
    about = remedy_of(finding.failure_code, finding.fault).about if finding is not None else frozenset()
    found = [
        _weighed(
            scene, row, things.get((row.object_type, row.object_id)), finding, about, moment, success_before
        )
        for row in rows
    ]
    changes = [
        Change(row, _sentence(row, thing), why, weight, thing, row.pk in told, _address(scene, row, thing))
        for row, thing, weight, why in found
    ]
    return sorted(changes, key=lambda one: (-one.weight, -one.entry.pk))[:CHANGES]


def in_words(rows: Sequence[AuditEntry], actor: Any) -> list[tuple[str, str]]:
    """Each of these entries as a sentence, with the page of what was changed; no name and no page of what the actor can't
    see. A query for each kind of thing."""
    asked: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row.object_type in MODELS:
            asked[row.object_type].add(row.object_id)
    seen = {
        (noun, str(one.pk)): thing_of(one)
        for noun, pks in asked.items()
        for one in permissions.things_seen(actor, noun).filter(pk__in=pks)
    }
    found = []
    for row in rows:
        thing = seen.get((row.object_type, row.object_id))
        if row.object_type == "workflow":
            name = f"“{thing.name}”: " if thing is not None else ""
            found.append((f"{name}{_sentence(row, None)}", _page(row)))
        else:
            found.append((_sentence(row, thing), thing.address if thing is not None else _page(row)))
    return found


def _weighed(
    scene: Scene,
    row: AuditEntry,
    thing: Thing | None,
    finding: Finding | None,
    about: frozenset[str],
    moment: datetime,
    success_before: Run | None,
) -> tuple[AuditEntry, Thing | None, float, str]:
    ended = success_before.finished_at if success_before is not None else None
    touched = Touched(
        noun=row.object_type,
        thing=thing,
        rights=row.action.endswith(RIGHTS) or _moves_identity(row),
        ago=max(timedelta(0), moment - row.at),
        doubted_by=success_before.pk if success_before is not None and ended and ended > row.at else None,
    )
    weight, why = weigh(touched, finding, about)
    return row, thing, weight, why


def _moves_identity(row: AuditEntry) -> bool:
    """Whether somebody else acts for the workflow since."""
    return row.action == "workflow.updated" and "run_as" in _differs(row)


def _differs(row: AuditEntry) -> list[str]:
    before: Mapping[str, Any] = row.before if isinstance(row.before, dict) else {}
    after: Mapping[str, Any] = row.after if isinstance(row.after, dict) else {}
    return [name for name in {**before, **after} if before.get(name) != after.get(name)]


def _sentence(row: AuditEntry, thing: Thing | None) -> str:
    """Who did what, without what it was before and after."""
    after: Mapping[str, Any] = row.after if isinstance(row.after, dict) else {}
    noun = "condition" if row.object_type == "policy" else row.object_type
    named = f"the {noun} “{thing.name}”" if thing is not None else ""
    if row.action.endswith(RIGHTS):
        holder = after.get("user") or after.get("group") or "somebody"
        who = f"the group {holder}" if after.get("group") else holder
        return f"{row.actor_name} changed what {who} may do with {named or 'this workflow'}."
    told = after or (row.before if isinstance(row.before, dict) else {})
    of = str(told.get("of") or "everything")
    verb = VERBS.get(row.action, "changed").format(
        version=after.get("version") or "", of=of[0].lower() + of[1:]
    )
    parts = (
        ", ".join(name.replace("_", " ") for name in _differs(row)) if row.action.endswith(".updated") else ""
    )
    words = " ".join(word for word in (row.actor_name, verb, named) if word)
    return f"{words}: {parts}." if parts else f"{words}."


def _address(scene: Scene, row: AuditEntry, thing: Thing | None) -> str:
    """The page of what was changed; empty where the viewer can't open it."""
    if thing is not None:
        return thing.address if scene.sees(thing) else ""
    return _page(row)


def _page(row: AuditEntry) -> str:
    """The page of what is no thing with rights of its own, or of a workflow."""
    if row.object_type == "workflow":
        page = "settings" if row.action == "workflow.updated" else "versions"
        return f"workflows/{row.object_id}/{page}/"
    return {"modepolicy": "mode-policies/", "standstill": "alerts/"}.get(row.object_type, "")
