from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("", include("automations.api.probes")),
    path("api/v1/webhooks/", include("webhooks.urls")),
    path("api/v1/", include("automations.api.urls")),
    path("", include("builder.urls")),
]
handler500 = "automations.api.problems.server_error"
