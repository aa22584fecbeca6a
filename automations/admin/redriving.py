"""Redrives asked for in the admin: of chosen letters, or of causes; what would be done is shown before it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from automations import permissions
from automations.admin.base import SeenAdmin
from automations.engine.documents import digest_of
from automations.errors import ServiceError
from automations.models import AuditEntry, Run
from automations.services.redrives import FASTEST, RATE, preview_redrive, start_redrive
from automations.services.redriving.rights import require_redrive

FORESEEN = ("start", "version", "rate", "canary", "dry_run", "edit")


class RedriveForm(forms.Form):
    dry_run = forms.BooleanField(
        required=False,
        initial=True,
        label="Dry run",
        help_text="Nothing is done: what would come of each is told.",
    )
    start = forms.ChoiceField(
        label="From",
        choices=[("failed_step", "the failed step"), ("start", "the start")],
        initial="failed_step",
    )
    version = forms.ChoiceField(
        label="With",
        choices=[("active", "the active version"), ("run", "the version of each run")],
        initial="active",
    )
    rate = forms.IntegerField(label="Runs a minute", min_value=1, max_value=FASTEST, initial=RATE)
    canary = forms.BooleanField(
        required=False, initial=True, label="One first", help_text="The rest once it has succeeded."
    )
    edit = forms.JSONField(
        required=False,
        label="Start them with other values",
        widget=forms.Textarea(attrs={"rows": 2, "cols": 60}),
        help_text='As JSON: {"set": {"team": "Logistics"}, "remove": ["note"]}',
    )
    reason = forms.CharField(
        max_length=AuditEntry._meta.get_field("reason").max_length,
        required=False,
        widget=forms.TextInput(attrs={"size": 80}),
        help_text="Kept in the audit.",
    )


def with_redrive(
    runs_of: Callable[[QuerySet[Any]], QuerySet[Run]], asked_of: Callable[[QuerySet[Any]], Mapping[str, Any]]
) -> Callable[..., HttpResponse | None]:
    """An admin action that redrives what is behind the chosen rows. It starts what was shown before, and nothing else:
    whoever changes a setting sees first what that would do."""

    def action(model_admin: SeenAdmin, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        sent = "seen" in request.POST
        form = RedriveForm(request.POST if sent else None)
        runs = permissions.retryable_runs(request.user).filter(pk__in=runs_of(rows).values("pk"))
        preview, seal = None, ""
        if not sent or form.is_valid():
            how = _how(form)
            try:
                edits = how["edit"] is not None
                require_redrive(runs=runs, version=how["version"], edits=edits, actor=request.user)
                preview = preview_redrive(runs=runs, **how)
                seal = digest_of([how, preview.total, preview.edited])
                for problem in preview.problems:
                    form.add_error("edit", f"{problem.message} {problem.hint}")
                if request.POST.get("seen") == seal and not preview.problems:
                    asked, reason = asked_of(rows), form.cleaned_data["reason"]
                    redrive = start_redrive(runs=runs, asked=asked, actor=request.user, reason=reason, **how)
                    messages.success(request, f"{str(redrive).capitalize()} is queued, of {preview.total:,}.")
                    return HttpResponseRedirect(
                        reverse("admin:automations_redrive_change", args=(redrive.pk,))
                    )
            except ServiceError as error:
                if not sent:
                    messages.error(request, error.detail)
                    return None
                form.add_error(None, error.detail)
        context = {
            **model_admin.admin_site.each_context(request),
            "title": "Redrive",
            "form": form,
            "rows": rows,
            "preview": preview,
            "seal": seal,
            "action": request.POST["action"],
            "opts": model_admin.model._meta,
        }
        return TemplateResponse(request, "admin/automations/redrive.html", context)

    action.short_description = "Redrive…"  # type: ignore[attr-defined]
    action.__name__ = "redrive"
    return action


def _how(form: RedriveForm) -> dict[str, Any]:
    """What is asked for: as it was sent, or as the form begins."""
    given = form.cleaned_data if form.is_bound else {name: one.initial for name, one in form.fields.items()}
    return {name: given[name] for name in FORESEEN} | {"edit": given["edit"] or None}
