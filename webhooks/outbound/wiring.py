"""What calls to others add to the engine's registries. The engine does not know us; this is where we tell it."""

from __future__ import annotations

from automations import grants
from automations.actions import ACTIONS
from automations.engine.outcomes import NEEDS_REVIEW
from automations.insight.metrics import METRICS
from automations.insight.review.questions import QUESTIONS
from automations.runtime.housekeeping import TIDIERS
from automations.runtime.lanes import LANES
from automations.runtime.performers import PERFORMERS
from automations.runtime.product_events import KINDS, LISTENERS
from automations.runtime.retention import NEEDED
from automations.runtime.waits import SETTLERS
from automations.services.outside import OUTSIDE
from webhooks import related
from webhooks.actions.call_webhook.kind import CallWebhook
from webhooks.actions.chat_message.kind import ChatMessage
from webhooks.inbound.models import Endpoint, EndpointSecret
from webhooks.metrics import WEBHOOKS
from webhooks.outbound import clues, failures, fingerprints
from webhooks.outbound.lane import LANE
from webhooks.outbound.models import Destination, FingerprintKey, SigningKey
from webhooks.outbound.news import WAIT, settle
from webhooks.outbound.performer import SendDeliveryPerformer
from webhooks.outbound.signing import PREFIX, shown
from webhooks.outbound.telling import hear
from webhooks.outbound.tidying import runs_with_open_calls, tidy
from webhooks.secrets import reviewed, upkeep
from webhooks.secrets.known import SOURCES, Source
from webhooks.secrets.models import Secret

MAKERS = {"Builder": ("add_destination", "add_secret"), "Publisher": ("add_destination", "add_secret")}
"""What the seeded roles may on all: make their own. What others made is shared one by one."""


def register() -> None:
    for kind in (CallWebhook(), ChatMessage()):
        ACTIONS.register(kind.key, kind)
    PERFORMERS.register(SendDeliveryPerformer.kind, SendDeliveryPerformer())
    SETTLERS.register(WAIT, settle)
    SETTLERS.register(NEEDS_REVIEW, settle)
    LANES.register("deliveries", LANE)
    clues.register()
    failures.register()
    related.register()
    KINDS.register("delivery.failed", "A call to others was given up")
    KINDS.register("destination.disabled", "A destination was disabled")
    LISTENERS.register("subscriptions", hear)
    TIDIERS.register("deliveries", tidy)
    NEEDED.register("open deliveries", runs_with_open_calls)
    OUTSIDE.register(fingerprints.NOUN, fingerprints.OUTSIDE)
    LANES.register("secrets", upkeep.LANE)
    METRICS.register("webhooks", WEBHOOKS)
    QUESTIONS.register("secret", reviewed.expiring)
    for model in (Destination, Secret):
        grants.add_kind(model)
    SOURCES.register("secrets", Source(Secret.objects.all, "value", "changed_at", _spoken))
    SOURCES.register(
        "secrets before",
        Source(lambda: Secret.objects.exclude(kept_value=""), "kept_value", "changed_at", _spoken),
    )
    SOURCES.register("signing keys", Source(SigningKey.objects.all, "value", "created_at", _spoken))
    SOURCES.register(
        "secrets of endpoints", Source(EndpointSecret.objects.all, "secret", "created_at", _spoken)
    )
    SOURCES.register(
        "key of fingerprints", Source(FingerprintKey.objects.all, "value", "created_at", _spoken)
    )
    SOURCES.register("addresses of endpoints", Source(Endpoint.objects.all, "token", "updated_at", _spoken))


def _spoken(value: bytes) -> list[str]:
    """What others could write a secret as: the text that it is or, where it is none, as we show keys, with its sign in
    front and without."""
    try:
        return [value.decode()]
    except UnicodeDecodeError:
        return [shown(value), shown(value).removeprefix(PREFIX)]


def after_migrate(**_: object) -> None:
    """The rights of the seeded roles."""
    for model in (Destination, Secret):
        grants.seed_role_rights(model, MAKERS)
