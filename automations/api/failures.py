"""The one shape in which the API tells a failure; `automations.insight.failures` makes it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from automations.api.serializers import FAULTS, Answer


class FailureAnswer(Answer):
    code = serializers.CharField(help_text="Stable, kebab-case.")
    message = serializers.CharField()
    whose_fault = serializers.ChoiceField(
        FAULTS,
        help_text="Of who draws workflows and keeps records, of Automations and who runs it, of the other side.",
    )
    retryable = serializers.BooleanField(help_text="Whether trying again without a change can help.")
    next_attempt_at = serializers.DateTimeField(
        allow_null=True, help_text="When it is tried again by itself; null: not any more."
    )
    what_to_do = serializers.CharField()
    link = serializers.CharField(help_text="The page where it is done, below the app's own address.")


EXAMPLE: dict[str, Any] = {
    "code": "delivery-failed",
    "message": "Given up after 10 attempts: The answer was 503.",
    "whose_fault": "receiver",
    "retryable": False,
    "next_attempt_at": None,
    "what_to_do": "Look at what the destination answers, mend its address, headers or secrets, or let the other side"
    " mend it; try it, then redrive.",
    "link": "webhooks/destinations/crm/",
}
