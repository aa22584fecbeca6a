from __future__ import annotations

from django.http import HttpRequest, HttpResponse


def healthz(request: HttpRequest) -> HttpResponse:
    """The process serves. Whether work gets done is another question, which the worker's stamp answers."""
    return HttpResponse("ok\n", content_type="text/plain")
