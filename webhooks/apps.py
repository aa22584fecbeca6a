from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class WebhooksConfig(AppConfig):
    name = "webhooks"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from automations import grants, permissions
        from automations.triggers import TRIGGERS
        from webhooks import conf, encryption  # noqa: F401 - register their system checks
        from webhooks.inbound import checks  # noqa: F401 - likewise
        from webhooks.inbound.kind import WebhookTrigger
        from webhooks.models import Endpoint
        from webhooks.outbound import wiring
        from webhooks.permissions import ENDPOINT_RIGHTS, ENDPOINT_ROLES, visible_endpoints

        grants.add_kind(Endpoint, ENDPOINT_RIGHTS, ENDPOINT_ROLES)
        permissions.SIGHTS["endpoint"] = visible_endpoints
        TRIGGERS.register(WebhookTrigger.key, WebhookTrigger())
        wiring.register()
        post_migrate.connect(wiring.after_migrate, sender=self, dispatch_uid="webhooks:after_migrate")
