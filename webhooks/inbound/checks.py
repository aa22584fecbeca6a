from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.security)
def check_unsigned(**_: Any) -> list[CheckMessage]:
    """Unsigned webhooks are for trying things out: anybody who learns the address is believed."""
    if settings.DEBUG or not getattr(settings, "AUTOMATIONS_UNSIGNED_WEBHOOKS", False):
        return []
    return [
        Error(
            "AUTOMATIONS_UNSIGNED_WEBHOOKS is on, and this is no development.",
            hint="Turn it off; give those endpoints a scheme that signs.",
            id="webhooks.E003",
        )
    ]
