from __future__ import annotations

from importlib.util import find_spec

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from config.health import healthz

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("healthz", healthz),
    path("", include("builder.urls")),
]
if find_spec("automations.api.urls"):
    urlpatterns.insert(0, path("api/v1/", include("automations.api.urls")))
