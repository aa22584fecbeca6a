"""How versions came to act, who agreed, and where nothing may act."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from automations import permissions
from automations.admin.base import SeenAdmin, ServiceAdmin, ServiceForm, as_json, with_reason
from automations.errors import ForbiddenError
from automations.models import Consent, FirstRelease, ModePolicy, Promotion, RunTestMark, SignOff
from automations.services.mode_policies import governs_after, lift_mode_policy, set_mode_policy


def _of_visible_workflows(model: type[models.Model]) -> Any:
    def sees(actor: Any) -> QuerySet[Any]:
        return model._default_manager.filter(workflow__in=permissions.visible_workflows(actor).values("pk"))

    return sees


@admin.register(Promotion)
class PromotionAdmin(SeenAdmin):
    """Each time that a version was let into execute: through the gate, or past it. Kept for ever."""

    sees = staticmethod(_of_visible_workflows(Promotion))
    list_display = ("workflow", "version", "way", "promoted_by_name", "reason", "at", "loud")
    list_filter = ("way", "at", ("settled_at", admin.EmptyFieldListFilter), "workflow")
    list_select_related = ("workflow", "version")
    search_fields = ("workflow__name", "workflow__key", "promoted_by_name", "reason")
    date_hierarchy = "at"
    fields = (
        "workflow",
        "version",
        "way",
        "promoted_by_name",
        "reason",
        "at",
        "settled_at",
        "settled_why",
        "shown_gate",
    )
    readonly_fields = fields

    @admin.display(description="alarm", boolean=True)
    def loud(self, promotion: Promotion) -> bool:
        return promotion.is_loud

    @admin.display(description="gate")
    def shown_gate(self, promotion: Promotion) -> str:
        return as_json(promotion.gate)


@admin.register(Consent)
class ConsentAdmin(SeenAdmin):
    """Second persons: who asked, who agreed, and what became of it. They agree on the page of the workflow."""

    sees = staticmethod(_of_visible_workflows(Consent))
    list_display = ("workflow", "version", "state", "asked_by_name", "asked_at", "given_by_name", "given_at")
    list_filter = ("state", "asked_at", "workflow")
    list_select_related = ("workflow", "version")
    search_fields = ("workflow__name", "asked_by_name", "given_by_name", "note", "=digest")
    date_hierarchy = "asked_at"


@admin.register(FirstRelease)
class FirstReleaseAdmin(SeenAdmin):
    """Versions before which nothing had acted, as somebody has confirmed."""

    list_display = ("version", "workflow", "confirmed_by_name", "note", "at")
    list_select_related = ("version__workflow",)
    search_fields = ("version__workflow__name", "confirmed_by_name", "note")

    @staticmethod
    def sees(actor: Any) -> QuerySet[FirstRelease]:
        return FirstRelease.objects.filter(
            version__workflow__in=permissions.visible_workflows(actor).values("pk")
        )

    @admin.display(description="workflow")
    def workflow(self, release: FirstRelease) -> str:
        return release.version.workflow.name


@admin.register(SignOff)
class SignOffAdmin(SeenAdmin):
    """Who signed which version's go-live checklist, and how it stood then."""

    sees = staticmethod(_of_visible_workflows(SignOff))
    list_display = ("workflow", "version", "signed_by_name", "note", "at")
    list_filter = ("at", "workflow")
    list_select_related = ("workflow", "version")
    search_fields = ("workflow__name", "signed_by_name", "note", "=digest")
    date_hierarchy = "at"
    fields = ("workflow", "version", "digest", "signed_by_name", "note", "at", "shown_checklist")
    readonly_fields = fields

    @admin.display(description="checklist")
    def shown_checklist(self, signed: SignOff) -> str:
        return as_json(signed.checklist)


@admin.register(RunTestMark)
class RunTestMarkAdmin(SeenAdmin):
    """Which documents were run-tested, and by whom."""

    sees = staticmethod(_of_visible_workflows(RunTestMark))
    list_display = ("workflow", "digest", "tested_by_name", "tested_at", "candidates")
    list_select_related = ("workflow",)
    search_fields = ("workflow__name", "tested_by_name", "=digest")


ASKED = ("module", "rule", "reason", "ends_at", "min_events", "min_hours", "min_agreement")


class ModePolicyForm(ServiceForm):
    class Meta:
        model = ModePolicy
        fields = ASKED

    def save_through_service(self) -> models.Model:
        return set_mode_policy(**{name: self.cleaned_data[name] for name in ASKED}, actor=self.actor)


def _lift(policy: ModePolicy, actor: Any, reason: str) -> None:
    if not permissions.may_set_mode_policies(actor):
        raise ForbiddenError("Only an admin lifts mode policies.")
    lift_mode_policy(policy=policy, reason=reason, actor=actor)


@admin.register(ModePolicy)
class ModePolicyAdmin(ServiceAdmin):
    """What holds now: where nothing may act, and where every promotion needs a second person. Without a module it holds
    for all. Lift one by the action of that name."""

    form = ModePolicyForm
    list_display = ("__str__", "reason", "set_by_name", "set_at", "ends_at", "demand")
    list_filter = ("rule", ("ends_at", admin.EmptyFieldListFilter))
    list_select_related = ("module",)
    search_fields = ("module__name", "reason", "set_by_name")
    autocomplete_fields = ("module",)
    actions = (with_reason("Lift…", _lift),)

    @staticmethod
    def sees(actor: Any) -> QuerySet[ModePolicy]:
        seen = permissions.visible_modules(actor).values("pk")
        return ModePolicy.objects.filter(Q(module=None) | Q(module__in=seen))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("set_by_name", "set_at", "afterwards") if obj is not None else ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ASKED if obj is None else (*ASKED, "set_by_name", "set_at", "afterwards")

    @admin.display(description="afterwards")
    def afterwards(self, policy: ModePolicy) -> str:
        return governs_after(policies=[policy])[policy.pk]

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return bool(request.user.is_staff) and permissions.may_set_mode_policies(request.user)
