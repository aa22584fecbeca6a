from __future__ import annotations

from typing import Any

from django.urls import URLPattern, path

from builder.live.consumers import RunConsumer, WorkflowConsumer

# django-stubs know views only; Channels routes ASGI applications through the same patterns.
_run: Any = RunConsumer.as_asgi()
_workflow: Any = WorkflowConsumer.as_asgi()

websocket_urlpatterns: list[URLPattern] = [
    path("ws/runs/<int:pk>/", _run),
    path("ws/workflows/<int:pk>/", _workflow),
]
