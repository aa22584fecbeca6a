"""What people add to the gate by their word: the consent of a second person, and that this is the first release."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from automations import permissions
from automations.errors import ConflictError, ForbiddenError
from automations.models import AuditEntry, Consent, FirstRelease, Workflow
from automations.runtime.messages import tell
from automations.services.audit import write_audit
from automations.services.gate import open_consent, read_gate, settle_glass
from automations.services.live import OPEN, lock_workflow
from automations.services.texts import require_texts


@transaction.atomic
def ask_consent(*, workflow: Workflow, actor: Any, note: str = "") -> Consent:
    """Ask everybody who may promote, and neither asks nor published, to agree to the live version; they are told in the
    app and by mail.

    Raises ConflictError when nothing is published, when it is asked for already, and when there is nobody to ask.
    """
    require_texts(Consent, note=note)
    workflow = lock_workflow(workflow)
    version = workflow.active_version
    if version is None:
        raise ConflictError("Publish a version first.", code="nothing-published")
    there = open_consent(workflow)
    if there is not None:
        what = "has been given" if there.state == Consent.State.GIVEN else "is asked for"
        raise ConflictError(f"Consent to version {version.number} {what} already.", code="already-asked")
    now = timezone.now()
    consent = Consent(
        workflow=workflow,
        version=version,
        digest=version.digest,
        asked_by=actor,
        asked_by_name=actor.get_username(),
        asked_at=now,
        note=note,
    )
    people = [
        user
        for user in permissions.people_with("promote", workflow)
        if not permissions.why_not_consent(user, consent)
    ]
    if not people:
        message = (
            f"Nobody else may promote “{workflow.name}”. Share it with a second person who gets that right."
        )
        raise ConflictError(message, code="nobody-to-ask")
    consent.save()
    tell(
        people,
        key=f"consent:{consent.pk}",
        title=f"{actor.get_username()} asks you to agree to version {version.number} of “{workflow.name}”",
        body=note,
        address=f"workflows/{workflow.pk}/promote/",
        now=now,
    )
    after = {"version": version.number, "digest": version.digest, "asked": [str(user) for user in people]}
    write_audit(actor=actor, action="consent.asked", obj=workflow, after=after, reason=note)
    return consent


@transaction.atomic
def give_consent(*, workflow: Workflow, digest: str, actor: Any, answer: str = "") -> Consent:
    """Agree, as the second person, to the live version, which `digest` names as it was shown.

    Raises ForbiddenError for who may not be the second person; ConflictError when consent is not asked for, when it was
    given already, and when another version is live by now (“version-changed”).
    """
    require_texts(Consent, digest=digest, answer=answer)
    workflow = lock_workflow(workflow)
    consent = open_consent(workflow)
    if workflow.active_version is None or workflow.active_version.digest != digest:
        message = "Another version is live by now. Look at it before you agree."
        raise ConflictError(message, code="version-changed")
    if consent is None:
        raise ConflictError("Nobody asks for consent any more.", code="not-asked")
    if why := permissions.why_not_consent(actor, consent):
        raise ForbiddenError(why)
    now = timezone.now()
    changed = Consent.objects.filter(pk=consent.pk, state=Consent.State.ASKED).update(
        state=Consent.State.GIVEN,
        given_by=actor,
        given_by_name=actor.get_username(),
        given_at=now,
        answer=answer,
    )
    if not changed:
        raise ConflictError(f"{consent.given_by_name} has agreed already.", code="already-given")
    consent.refresh_from_db()
    if consent.asked_by is not None:
        tell(
            [consent.asked_by],
            key=f"consent:{consent.pk}:given",
            title=f"{actor.get_username()} agrees to version {consent.version.number} of “{workflow.name}”",
            body=answer,
            address=f"workflows/{workflow.pk}/promote/",
            now=now,
        )
    after = {"version": consent.version.number, "digest": digest, "asked_by": consent.asked_by_name}
    write_audit(actor=actor, action="consent.given", obj=workflow, after=after, reason=answer)
    settle_glass(workflow=workflow, gate=read_gate(workflow=workflow), actor=actor)
    return consent


@transaction.atomic
def withdraw_consent(*, workflow: Workflow, actor: Any, reason: str = "") -> Consent:
    """Take back a request, or a consent before it was used. Raises ConflictError when there is none, ForbiddenError for
    who has neither asked nor agreed."""
    require_texts(AuditEntry, reason=reason)
    workflow = lock_workflow(workflow)
    consent = open_consent(workflow)
    if consent is None:
        raise ConflictError("Nobody asks for consent any more.", code="not-asked")
    if workflow.promotion_id is not None:
        raise ConflictError("The version acts already. Take it back to simulate first.", code="already-used")
    if not permissions.may_withdraw_consent(actor, consent):
        raise ForbiddenError("Only who has asked or agreed can take it back.")
    Consent.objects.filter(pk=consent.pk, state__in=OPEN).update(
        state=Consent.State.WITHDRAWN, ended_at=timezone.now(), ended_why=reason
    )
    consent.refresh_from_db()
    after = {"version": consent.version.number, "asked_by": consent.asked_by_name}
    write_audit(actor=actor, action="consent.withdrawn", obj=workflow, after=after, reason=reason)
    return consent


@transaction.atomic
def confirm_first_release(*, workflow: Workflow, actor: Any, note: str = "") -> FirstRelease:
    """Confirm that nothing has acted before the live version, so that there is nothing to roll back to.

    Raises ConflictError when nothing is published, when it is confirmed already, and when there is a way back.
    """
    require_texts(FirstRelease, note=note)
    workflow = lock_workflow(workflow)
    gate = read_gate(workflow=workflow)
    line = next(line for line in gate.lines if line.key == "rollback")
    if not line.is_open:
        raise ConflictError(line.sentence, code="not-needed")
    release = FirstRelease.objects.create(
        version=gate.version,
        confirmed_by=actor,
        confirmed_by_name=actor.get_username(),
        note=note,
        at=timezone.now(),
    )
    after = {"version": gate.version.number, "digest": gate.version.digest}
    write_audit(
        actor=actor, action="workflow.first_release_confirmed", obj=workflow, after=after, reason=note
    )
    settle_glass(workflow=workflow, gate=read_gate(workflow=workflow), actor=actor)
    return release
