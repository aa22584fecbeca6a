from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path
from django.views.decorators.cache import cache_control


@cache_control(max_age=86_400, public=True)
def no_icon(request: HttpRequest) -> HttpResponse:
    """Browsers ask for it on pages that name no icon, such as those of the admin."""
    return HttpResponse(status=204)


urlpatterns: list[URLPattern | URLResolver] = [
    path("favicon.ico", no_icon),
    path("admin/", admin.site.urls),
    path("", include("automations.api.probes")),
    path("api/v1/webhooks/", include("webhooks.urls")),
    path("api/v1/", include("automations.api.urls")),
    path("", include("builder.urls")),
]
handler500 = "automations.api.problems.server_error"
