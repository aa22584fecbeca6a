"""What machines ask of an installation: does it serve, can it work, how does it go. Plain Django views, outside the API."""

from __future__ import annotations

import ipaddress
import secrets

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from automations.insight.metrics import metrics_text
from automations.insight.readiness import what_is_missing

TEXT = "text/plain; charset=utf-8"


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process serves. Whether work gets done is another question: `readyz`."""
    return HttpResponse("ok\n", content_type=TEXT)


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when work gets done; 503 with a line for each thing that is missing."""
    missing = what_is_missing(now=timezone.now())
    body = "".join(f"{line}\n" for line in missing) or "ready\n"
    return HttpResponse(body, content_type=TEXT, status=503 if missing else 200)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The metrics, to those who may read them; to all others this address is none."""
    if not _may_read(request):
        return HttpResponseNotFound("Not found.\n", content_type=TEXT)
    try:
        return HttpResponse(metrics_text(), content_type=CONTENT_TYPE_LATEST)
    except DatabaseError:
        connection.close()
        return HttpResponse("The database does not answer.\n", content_type=TEXT, status=503)


def _may_read(request: HttpRequest) -> bool:
    token = getattr(settings, "AUTOMATIONS_METRICS_TOKEN", "")
    sent = request.headers.get("Authorization", "").encode()
    if token and secrets.compare_digest(sent, f"Bearer {token}".encode()):
        return True
    try:
        caller = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    allowed = getattr(settings, "AUTOMATIONS_METRICS_NETWORKS", ())
    return any(caller in ipaddress.ip_network(network) for network in allowed)


urlpatterns = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics),
]
