from __future__ import annotations

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "webhooks"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from automations.triggers import TRIGGERS
        from webhooks import encryption  # noqa: F401 - registers its system check
        from webhooks.inbound import checks  # noqa: F401 - likewise
        from webhooks.inbound.kind import WebhookTrigger

        TRIGGERS.register(WebhookTrigger.key, WebhookTrigger())
