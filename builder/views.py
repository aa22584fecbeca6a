"""The page that mounts the single-page app, and signing in and out."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import nullcontext
from functools import wraps
from typing import Any

from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import Group
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from automations import permissions
from automations.runtime.standstills import read_standing
from automations.services import viewing
from automations.services.preferences import preference_of
from builder.templatetags.frontend import read_manifest

logger = logging.getLogger(__name__)

CONTENT_SECURITY_POLICY = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"


def guard(response: HttpResponseBase) -> None:
    """Every page of ours loads nothing from elsewhere, and stands in nobody's frame."""
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY


def needs_database(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Answers 503 with a sentence while the database is away."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except (OperationalError, InterfaceError) as error:
            logger.error("The database did not do its part: %s", error)
        content = render_to_string("builder/database_away.html")  # not `render`: who asks can't be looked up
        response = HttpResponse(content, status=503, headers={"Retry-After": "5"})
        guard(response)
        return response

    return answer


@require_safe
@never_cache
@needs_database
@login_required
def page(request: HttpRequest, **_route: Any) -> HttpResponse:
    """The app, at every address that it shows; what an address means is read in the browser, and who may see it is
    decided by the API. Answers 503 with a sentence while the frontend isn't built."""
    if read_manifest() is None:
        response = render(request, "builder/not_built.html", status=503)
    else:
        seen_as = viewing.viewed_by(request.session, request.user)
        with nullcontext(request.user) if seen_as is None else viewing.eyes_of(seen_as) as reader:
            context = {
                "admin_url": _address("admin:index"),
                "docs_url": _address("api:schema"),
                "home_url": reverse("home"),
                "preference": preference_of(request.user),
                "builds": permissions.builds_workflows(reader),
                "is_viewing": viewing.is_viewing(request.session),
                "seen_as": f"the role {seen_as}" if isinstance(seen_as, Group) else seen_as,
                "standstills": [
                    held for held in read_standing(now=timezone.now()).held if held.standstill.of_everything
                ],
                "may_view_as": permissions.may_do_all(request.user),
            }
            response = render(request, "builder/page.html", context)
    guard(response)
    return response


@require_POST
@login_required
def stop_viewing(request: HttpRequest) -> HttpResponse:
    """The button of the banner: back to one's own eyes."""
    viewing.stop_viewing(session=request.session, actor=request.user)
    return redirect("home")


def _address(name: str) -> str:
    """The address of a page that the host project may leave out; "" when it does."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


@method_decorator((never_cache, needs_database), name="dispatch")
class SignInView(auth_views.LoginView):
    redirect_authenticated_user = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        guard(response)
        return response
