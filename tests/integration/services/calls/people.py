"""How the services of people are called: what they share, may and prefer."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from automations.services import (
    audit,
    first_steps,
    identities,
    notifications,
    preferences,
    references,
    shares,
    tokens,
    viewing,
)

from ..world import NOW, World
from .shapes import GIVEN, READS, Audited, Call, Traced, definition_of


def _admin(world: World) -> Any:
    world.alice.is_superuser = True
    world.alice.save()
    return world.alice


def _shared(world: World) -> Any:
    """Bob, with whom the workflow is shared."""
    shares.share_object(thing=world.workflow, holder=world.bob, actor=world.alice, rights=["run"])
    return world.bob


def _token(world: World) -> Any:
    return tokens.create_token(name="old", scope="read", days=1, actor=world.alice, now=timezone.now())[0]


OWN = Traced(("preference",), "it is the person's own and concerns nobody else")

CALLS: tuple[Call, ...] = (
    Call(
        audit.write_audit,
        lambda w: {"actor": w.alice, "action": "thing.done", "obj": w.workflow, "reason": "Why"},
        Audited("thing.done", "obj"),
    ),
    Call(first_steps.read_first_steps, lambda w: {"actor": w.alice, "now": timezone.now()}, READS),
    Call(
        first_steps.note_opened,
        lambda w: {"actor": w.alice, "workflow": w.workflow, "now": timezone.now()},
        OWN,
    ),
    Call(
        first_steps.note_tested,
        lambda w: {"actor": w.alice, "workflow": w.workflow, "draft": True, "now": timezone.now()},
        OWN,
    ),
    Call(
        first_steps.note_watched,
        lambda w: {"actor": w.alice, "run": w.run, "now": timezone.now()},
        OWN,
    ),
    Call(
        notifications.read_notification,
        lambda w: {"notification": w.note, "now": NOW},
        Traced(("notification",), "the row is the person's own and holds when it was read"),
    ),
    Call(preferences.preference_of, lambda w: {"user": w.alice}, READS),
    Call(preferences.change_preference, lambda w: {"user": w.alice, "changes": {"theme": "dark"}}, OWN),
    Call(
        tokens.create_token,
        lambda w: {"name": "import", "scope": "write", "days": 7, "actor": w.bob, "now": timezone.now()},
        Audited("token.created"),
    ),
    Call(
        tokens.revoke_token,
        lambda w: {"token": _token(w), "actor": w.bob},
        Audited("token.revoked", "token"),
    ),
    Call(
        viewing.start_viewing,
        lambda w: {"session": {}, "target": w.bob, "actor": _admin(w)},
        Audited("viewing.started", "target"),
    ),
    Call(
        viewing.stop_viewing,
        lambda w: {"session": {viewing.KEY: {"user": w.bob.pk}}, "actor": _admin(w)},
        Traced(("auditentry",), "its entry is about whom was looked as"),
    ),
    Call(viewing.viewed_by, lambda w: {"session": {}, "actor": w.alice}, READS),
    Call(viewing.is_viewing, lambda w: {"session": {}}, READS),
    Call(viewing.eyes_of, lambda w: {"target": w.bob}, READS),
    Call(shares.find_holder, lambda w: {"user": "bob"}, READS),
    Call(
        shares.share_object,
        lambda w: {"thing": w.workflow, "holder": w.bob, "actor": w.alice, "rights": ["run"]},
        Audited("workflow.shared", "thing"),
    ),
    Call(
        shares.unshare_object,
        lambda w: {"thing": w.workflow, "holder": _shared(w), "actor": w.alice},
        Audited("workflow.unshared", "thing"),
    ),
    Call(references.unseen, lambda w: {"definition": definition_of(w), "actor": w.bob}, READS),
    Call(references.unusable, lambda w: {"definition": definition_of(w), "actor": w.bob}, READS),
    Call(references.require_usable, lambda w: {"definition": definition_of(w), "actor": w.bob}, READS),
    Call(
        references.require_seen,
        lambda w: {"workflow": w.fresh(), "definition": definition_of(w), "actor": w.bob},
        READS,
    ),
    Call(
        references.problems_for,
        lambda w: {"workflow": w.fresh(), "definition": definition_of(w), "actor": w.bob},
        READS,
    ),
    Call(references.require_module_seen, lambda w: {"actor": w.bob, "given": GIVEN}, READS),
    Call(
        identities.identity_problems,
        lambda w: {"workflow": w.fresh(), "definition": definition_of(w), "publisher": w.bob},
        READS,
    ),
    Call(
        identities.require_permitted,
        lambda w: {"workflow": w.fresh(), "definition": definition_of(w), "publisher": w.bob},
        READS,
    ),
    Call(identities.publisher_of, lambda w: {"workflow": w.fresh(), "version": 1, "actor": w.bob}, READS),
    Call(
        identities.preview_identity,
        lambda w: {"workflow": w.fresh(), "definition": definition_of(w), "publisher": w.bob},
        READS,
    ),
)
