"""Every address of the API by the name of its route: the product's own and those of webhooks, which stand below them."""

from __future__ import annotations

from typing import Any

from automations.api.urls import urlpatterns as own
from webhooks.urls import urlpatterns as webhooks

ADDRESSES: dict[str, str] = {
    **{f"{entry.name}": f"webhooks/{entry.pattern}" for entry in webhooks},
    **{f"{entry.name}": str(entry.pattern) for entry in own},
}
VIEWS: dict[str, Any] = {f"{entry.name}": entry.callback.view_class for entry in (*webhooks, *own)}
assert len(VIEWS) == len(own) + len(webhooks), "two routes have one name"
