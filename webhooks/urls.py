"""The addresses under /api/v1/webhooks/; each half keeps its own."""

from __future__ import annotations

from webhooks.inbound.urls import urlpatterns as inbound
from webhooks.outbound.urls import urlpatterns as outbound

app_name = "webhooks"

urlpatterns = [*inbound, *outbound]
