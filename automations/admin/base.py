"""What all pages of the admin have in common: rows that one may see, and services as the only writers."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from automations.errors import InvalidError, ServiceError

if TYPE_CHECKING:  # generic for the type checker only
    ModelAdmin = admin.ModelAdmin[Any]
    TabularInline = admin.TabularInline[Any, Any]
    ModelForm = forms.ModelForm[Any]
else:
    ModelAdmin, TabularInline, ModelForm = admin.ModelAdmin, admin.TabularInline, forms.ModelForm


def everything_for_superusers(model: type[models.Model]) -> Any:
    """The `sees` of what nobody needs in daily work."""

    def sees(actor: Any) -> QuerySet[Any]:
        rows = model._default_manager.all()
        return rows if actor.is_superuser else rows.none()

    return sees


class SeenAdmin(ModelAdmin):
    """Shows the rows that `sees` gives for a person: the very answer that the API gives, so that the admin is no
    way round the rights. Nothing can be added, changed or deleted unless a subclass says how."""

    show_full_result_count = False
    list_per_page = 50
    payload_fields: ClassVar[Sequence[str]] = ()
    """Fields that only those see who may see payloads (`may_see_payloads`)."""

    @staticmethod
    def sees(actor: Any) -> QuerySet[Any]:
        """The rows that a person may see."""
        raise NotImplementedError

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        seen = self.sees(request.user)
        return super().get_queryset(request).filter(pk__in=seen.values("pk"))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_staff)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_staff)

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def may_see_payloads(self, request: HttpRequest, obj: Any) -> bool:
        return True

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        shown = super().get_fields(request, obj)
        if obj is None or not self.payload_fields or self.may_see_payloads(request, obj):
            return shown
        return [name for name in shown if name not in self.payload_fields]


class SeenInline(TabularInline):
    """Rows of the object on the page, to read."""

    extra = 0
    max_num = 0
    can_delete = False
    show_change_link = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ServiceForm(ModelForm):
    """A form whose judge is the service that will save it: it is tried and taken back before anything is kept, so
    that a refusal stands at the field it is about and no input is lost."""

    actor: Any = None

    def save_through_service(self) -> models.Model:
        """Call the service with the cleaned data."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        try:
            with transaction.atomic():
                self.save_through_service()
                transaction.set_rollback(True)
        except InvalidError as error:
            for problem in error.problems:
                name = problem.path.partition(".")[0].partition("[")[0]
                where = f"{problem.path}: " if problem.path != name else ""
                text = f"{where}{problem.message} {problem.hint}"
                self.add_error(name if name in self.fields else None, ValidationError(text))
        except ServiceError as error:
            self.add_error(None, ValidationError(error.detail))
        return cleaned

    def changes(self) -> dict[str, Any]:
        """What differs from what is stored."""
        return {name: self.cleaned_data[name] for name in self.changed_data}


class ServiceAdmin(SeenAdmin):
    """Adds and changes through the form's service."""

    form = ServiceForm

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return type(
            "Form", (super().get_form(request, obj, change=change, **kwargs),), {"actor": request.user}
        )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        saved = form.save_through_service()
        obj.pk = saved.pk
        obj.refresh_from_db()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing stands beside what the service has saved."""

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        return super().construct_change_message(request, form, [], add)


class ReasonForm(forms.Form):
    reason = forms.CharField(
        max_length=300, widget=forms.TextInput(attrs={"size": 80}), help_text="Kept in the audit."
    )


def with_reason(
    description: str, act: Callable[[Any, Any, str], object], *, needs_reason: bool = True
) -> Callable[..., HttpResponse | None]:
    """An admin action that asks before it acts on each chosen row: `act(row, actor, reason)`.

    A refusal of one row is shown as a message and stops no other.
    """
    verb = description.removesuffix("…")

    def action(model_admin: SeenAdmin, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        form = ReasonForm(request.POST if "confirmed" in request.POST else None)
        form.fields["reason"].required = needs_reason
        if not form.is_valid():
            return TemplateResponse(
                request,
                "admin/automations/confirm.html",
                {
                    **model_admin.admin_site.each_context(request),
                    "title": verb,
                    "form": form,
                    "rows": rows,
                    "action": request.POST["action"],
                    "opts": model_admin.model._meta,
                },
            )
        done = 0
        for row in rows:
            try:
                with transaction.atomic():
                    act(row, request.user, form.cleaned_data["reason"])
                done += 1
            except InvalidError as error:
                first = error.problems[0]
                messages.error(request, f"{row}: {error.detail} {first.hint}")
            except ServiceError as error:
                messages.error(request, f"{row}: {error.detail}")
        if done:
            messages.success(request, f"{verb}: {done} done.")
        return None

    action.short_description = description  # type: ignore[attr-defined]
    action.__name__ = verb.lower().replace(" ", "_")
    return action


def as_json(value: Any) -> SafeString:
    """A JSON value to read."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    return format_html('<pre style="white-space: pre-wrap; margin: 0">{}</pre>', text)
