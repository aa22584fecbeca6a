"""The trail: who did what to which thing, in the transaction that did it."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone

from automations import masking
from automations.logs import request_id
from automations.models import AuditEntry
from automations.services.texts import require_texts


def write_audit(
    *,
    actor: Any,
    action: str,
    obj: models.Model,
    before: Any = None,
    after: Any = None,
    reason: str = "",
) -> AuditEntry:
    """Add an entry. `actor` is a user, or None for the system itself; `before` and `after` are JSON. Secrets in
    them are masked.

    Raises InvalidError for a reason that can't be stored, so that what it was for is undone with it.
    """
    require_texts(AuditEntry, action=action, reason=reason)
    masking.refresh()
    return AuditEntry.objects.create(
        at=timezone.now(),
        actor=actor,
        actor_name=actor.get_username() if actor is not None else "system",
        action=action,
        object_type=obj._meta.model_name or "",
        object_id=str(obj.pk),
        before=masking.masked(before),
        after=masking.masked(after),
        reason=masking.masked_text(reason),
        request_id=request_id.get(),
    )
