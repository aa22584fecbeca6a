"""“View as” in the admin: all of its pages as somebody else sees them, and nothing can be changed meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html

from automations import permissions
from automations.errors import ServiceError
from automations.services import viewing
from automations.services.shares import find_holder

READS = ("GET", "HEAD", "OPTIONS")


class ViewAsForm(forms.Form):
    user = forms.CharField(required=False, max_length=150, label="A person", help_text="The user name.")
    role = forms.ModelChoiceField(
        Group.objects.order_by("name"),
        required=False,
        label="Or a role",
        help_text="It is seen as somebody of the staff who holds it and nothing else.",
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and bool(cleaned["user"]) == bool(cleaned["role"]):
            self.add_error(None, "Name a person or a role.")
        return cleaned


def look_as_others(site: admin.AdminSite) -> None:
    """Give the site the page where “view as” begins and ends, and let every other page of it, those of other apps
    included, be answered to whom the session looks as. It is the site that is changed, so that no page can be forgotten."""
    plain_view, plain_urls, plain_list = site.admin_view, site.get_urls, site.get_app_list

    def admin_view(view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        own = plain_view(view, cacheable)
        if view == site.logout:
            return own  # who signs out is who is signed in

        @wraps(own)
        def seen(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if viewing.is_viewing(getattr(request, "session", None)):
                return _as_another(site, own, request, *args, **kwargs)
            return own(request, *args, **kwargs)

        return seen

    def begin_or_end(request: HttpRequest) -> HttpResponse:
        return _page(site, request)

    def get_urls() -> list[Any]:
        page = path("automations/view-as/", plain_view(begin_or_end), name="automations_view_as")
        return [page, *plain_urls()]

    def get_app_list(request: HttpRequest, app_label: str | None = None) -> list[Any]:
        apps = plain_list(request, app_label)
        if permissions.may_do_all(request.user):
            entry = {
                "name": "View as…",
                "object_name": "ViewAs",
                "admin_url": reverse("admin:automations_view_as", current_app=site.name),
                "view_only": True,
            }
            for app in apps:
                if app["app_label"] == "automations":
                    app["models"].append(entry)
        return apps

    for method in (admin_view, get_urls, get_app_list):
        setattr(site, method.__name__, method)


def _as_another(site: admin.AdminSite, own: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
    """The page as the other one sees it, made whole before what was done for it is taken back."""
    target = viewing.viewed_by(request.session, request.user)
    if target is None:
        return _refused(site, request, "Whom you looked as is gone, or you are no admin any more.")
    name = f"the role {target}" if isinstance(target, Group) else str(target)
    if request.method not in READS:
        sentence = f"You look with the eyes of {name}, so nothing can be changed. Stop that first."
        return _refused(site, request, sentence)
    admin_person = request.user
    with viewing.eyes_of(target) as person:
        if isinstance(target, Group):
            person.is_staff = True  # a role says nothing of it, and shows nothing here without
        request.user = person
        try:
            if not person.is_staff:
                return _refused(site, request, f"{name} is not of the staff, and sees nothing of the admin.")
            answer = own(request, *args, **kwargs)
            if isinstance(answer, TemplateResponse) and not answer.is_rendered:
                _tell(request, name)
                answer.render()
            if getattr(answer, "streaming", False):
                answer.streaming_content = list(answer)
            return answer
        finally:
            request.user = admin_person


def _tell(request: HttpRequest, name: str) -> None:
    address = reverse("admin:automations_view_as")
    text = "You look with the eyes of {}, and can change nothing. <a href='{}'>Stop</a>"
    messages.warning(request, format_html(text, name, address))


def _refused(site: admin.AdminSite, request: HttpRequest, sentence: str) -> HttpResponse:
    context = {**site.each_context(request), "title": "View as", "sentence": sentence}
    return TemplateResponse(request, "admin/automations/looking.html", context, status=403).render()


def _page(site: admin.AdminSite, request: HttpRequest) -> HttpResponse:
    """Where “view as” begins and ends, seen with one's own eyes."""
    looks = viewing.is_viewing(request.session)
    if not permissions.may_do_all(request.user) and not looks:
        raise PermissionDenied
    if request.method == "POST" and "stop" in request.POST:
        viewing.stop_viewing(session=request.session, actor=request.user)
        messages.success(request, "You see with your own eyes again.")
        return HttpResponseRedirect(request.path)
    form = ViewAsForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        role, user = form.cleaned_data["role"], form.cleaned_data["user"]
        try:
            target = role or find_holder(user=user)
            viewing.start_viewing(session=request.session, target=target, actor=request.user)
        except ServiceError as error:
            form.add_error(None, error.detail)
        else:
            return HttpResponseRedirect(reverse("admin:index", current_app=site.name))
    context = {
        **site.each_context(request),
        "title": "View as",
        "form": form,
        "target": viewing.viewed_by(request.session, request.user),
        "looks": looks,
    }
    return TemplateResponse(request, "admin/automations/view_as.html", context)
