"""“Share…” on the page of a workflow, module or policy: who may do what with it, given and taken by the services."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from automations import grants, permissions
from automations.admin.base import ServiceAdmin
from automations.admin.tools import ToolPages
from automations.errors import ServiceError
from automations.services.shares import share_object, unshare_object


class ShareForm(forms.Form):
    """A person or a group, and a role's rights or rights one by one."""

    user: forms.ModelChoiceField[Any] = forms.ModelChoiceField(None, required=False, label="Person")
    group: forms.ModelChoiceField[Any] = forms.ModelChoiceField(
        None, required=False, help_text="A role is a group, too."
    )
    role = forms.ChoiceField(required=False, label="Rights of the role")
    rights = forms.MultipleChoiceField(
        required=False, label="Or these rights", widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, noun: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        users = get_user_model()
        chosen = {
            "user": users._default_manager.filter(is_active=True),
            "group": Group.objects.order_by("name"),
        }
        for name, rows in chosen.items():
            self.fields[name].queryset = rows  # type: ignore[attr-defined]
        self.fields["role"].choices = [("", "–"), *((role, role) for role in grants.ROLE_RIGHTS[noun])]  # type: ignore[attr-defined]
        self.fields["rights"].choices = [(right, right.replace("_", " ")) for right in grants.RIGHTS[noun]]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            if bool(cleaned["user"]) == bool(cleaned["group"]):
                self.add_error(None, "Choose a person or a group.")
            if bool(cleaned["role"]) == bool(cleaned["rights"]):
                self.add_error(None, "Choose a role, or rights.")
        return cleaned


class SharedAdmin(ToolPages, ServiceAdmin):
    """What can be shared one by one."""

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_share"
        page = path("<path:object_id>/share/", self.admin_site.admin_view(self.share_view), name=name)
        return [page, *super().get_urls()]

    def offered(self, actor: Any, thing: Any) -> list[tuple[str, str]]:
        tools = super().offered(actor, thing)
        if thing is None or not permissions.may_share(actor, thing):
            return tools
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_share"
        return [*tools, ("Share…", reverse(name, args=(thing.pk,)))]

    def share_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Who may do what, and a form that gives; a button in each row takes away."""
        thing = self.get_object(request, object_id)
        if thing is None:
            raise Http404
        if not (request.user.is_staff and permissions.may_share(request.user, thing)):
            raise PermissionDenied
        noun = grants.noun_of(thing)
        taking = "take" in request.POST
        form = ShareForm(noun, request.POST if request.method == "POST" and not taking else None)
        if taking or form.is_valid():
            self._act(request, thing, form)
            return HttpResponseRedirect(request.path)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Who may do what with “{thing}”",
            "opts": self.opts,
            "thing": thing,
            "form": form,
            "grants": [*grants.grants_on(thing), *grants.wide_grants(noun)],
        }
        return TemplateResponse(request, "admin/automations/share.html", context)

    def _act(self, request: HttpRequest, thing: Any, form: ShareForm) -> None:
        try:
            if "take" in request.POST:
                kind, _, number = request.POST["take"].partition(":")
                table = Group if kind == "group" else get_user_model()
                holder = table._default_manager.filter(pk=int(number) if number.isdecimal() else 0).first()
                unshare_object(thing=thing, holder=holder, actor=request.user)
                messages.success(request, f"Taken from {holder}.")
                return
            given = form.cleaned_data
            holder = given["user"] or given["group"]
            share_object(
                thing=thing, holder=holder, actor=request.user, rights=given["rights"], role=given["role"]
            )
            messages.success(request, f"Shared with {holder}.")
        except ServiceError as error:
            messages.error(request, error.detail)
