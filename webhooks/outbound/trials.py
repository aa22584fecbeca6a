"""A test call: one delivery that says that it is a test, to see that a destination can be reached and takes what we send."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.postgres.functions import TransactionNow
from django.db import transaction

from automations.runtime.queue import wake_on_commit
from automations.services.audit import write_audit
from webhooks.outbound.bodies import chat_body, event_body
from webhooks.outbound.lane import TASK
from webhooks.outbound.models import Delivery, Destination
from webhooks.outbound.redelivery import require_enabled
from webhooks.outbound.signing import new_message_id

TYPE = "automations.test"
SAID = "A test of Automations: nothing has happened."


@transaction.atomic
def send_test(*, destination: Destination, actor: Any) -> Delivery:
    """Send a test, with all that a real call has: headers, secrets, signature, guard. It is tried once and belongs to no
    run. Raises ConflictError where the destination is disabled."""
    require_enabled(destination)
    now = Destination.objects.annotate(read_at=TransactionNow()).values_list("read_at", flat=True)
    at = now.get(pk=destination.pk)
    signed = destination.format == Destination.Format.WEBHOOK
    delivery = Delivery.objects.create(
        destination=destination,
        key=f"test:{uuid.uuid4()}",
        message_id=new_message_id(),
        type=TYPE,
        body=event_body(TYPE, at, {"test": True, "text": SAID})
        if signed
        else chat_body(destination.format, SAID),
        max_attempts=1,
        due_at=at,
        created_at=at,
    )
    write_audit(
        actor=actor,
        action="destination.tested",
        obj=destination,
        after={"key": destination.key, "message": delivery.message_id},
    )
    wake_on_commit(TASK)
    return delivery
