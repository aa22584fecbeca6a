"""Where events come from, what happened, and what each trigger said to it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from automations import permissions
from automations.admin.base import SeenAdmin, SeenInline, ServiceAdmin, ServiceForm
from automations.models import ActiveTrigger, Deadline, Decision, Event, ScheduleSlot, TriggerSource
from automations.services.sources import create_source


class SourceForm(ServiceForm):
    class Meta:
        model = TriggerSource
        fields = ("key", "name", "module", "contract")

    def save_through_service(self) -> models.Model:
        given = {**self.cleaned_data, "contract": self.cleaned_data["contract"] or {}}
        return create_source(**given, actor=self.actor)


@admin.register(TriggerSource)
class TriggerSourceAdmin(ServiceAdmin):
    """Sources of API events are added here; all the others make themselves."""

    form = SourceForm
    list_display = ("key", "name", "kind", "module", "is_active", "rejected_count", "created_at")
    list_filter = ("kind", "is_active", "module")
    list_select_related = ("module",)
    search_fields = ("key", "name")
    autocomplete_fields = ("module",)

    @staticmethod
    def sees(actor: Any) -> QuerySet[TriggerSource]:
        modules = permissions.visible_modules(actor).values("pk")
        return TriggerSource.objects.filter(Q(module=None) | Q(module__in=modules))

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return bool(request.user.is_staff) and permissions.may_manage_modules(request.user)


class DecisionInline(SeenInline):
    model = Decision
    fields = ("workflow", "trigger_node", "outcome", "run", "at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        seen = permissions.visible_decisions(request.user).values("pk")
        return super().get_queryset(request).filter(pk__in=seen).select_related("workflow", "run")


@admin.register(Event)
class EventAdmin(SeenAdmin):
    sees = staticmethod(permissions.visible_events)
    list_display = (
        "id",
        "type",
        "module",
        "record_key",
        "state",
        "actor",
        "depth",
        "occurred_at",
        "received_at",
    )
    list_filter = ("type", "state", "received_at", "module")
    list_select_related = ("module", "actor")
    search_fields = ("=id", "=record_key", "=idempotency_key", "=type")
    date_hierarchy = "received_at"
    inlines = (DecisionInline,)
    payload_fields = ("snapshot", "large", "target")

    def may_see_payloads(self, request: HttpRequest, obj: Any) -> bool:
        return obj.module is not None and permissions.may_view_module(request.user, obj.module)


@admin.register(Decision)
class DecisionAdmin(SeenAdmin):
    """Why it fired, why it did not."""

    list_display = ("id", "event", "workflow", "trigger_node", "outcome", "run", "at")
    list_filter = ("outcome", "at", "workflow")
    list_select_related = ("event", "workflow", "run")
    search_fields = ("=event__id", "=event__record_key", "workflow__name", "=trigger_node")
    date_hierarchy = "at"
    payload_fields = ("reason",)

    sees = staticmethod(permissions.visible_decisions)

    def may_see_payloads(self, request: HttpRequest, obj: Any) -> bool:
        return permissions.may(request.user, "view_payloads", obj.workflow)


def _of_visible_workflows(model: type[models.Model]) -> Any:
    def sees(actor: Any) -> QuerySet[Any]:
        return model._default_manager.filter(workflow__in=permissions.visible_workflows(actor).values("pk"))

    return sees


@admin.register(ActiveTrigger)
class ActiveTriggerAdmin(SeenAdmin):
    """What is live; a schedule that can't be served says why."""

    sees = staticmethod(_of_visible_workflows(ActiveTrigger))
    list_display = ("workflow", "node", "kind", "module", "next_slot_at", "problem")
    list_filter = ("kind", ("problem", admin.EmptyFieldListFilter), "module")
    list_select_related = ("workflow", "module")
    search_fields = ("workflow__name", "=node", "problem")


@admin.register(Deadline)
class DeadlineAdmin(SeenAdmin):
    sees = staticmethod(_of_visible_workflows(Deadline))
    list_display = ("record_key", "module", "workflow", "trigger_node", "due_at", "fired_for", "clock")
    list_filter = ("due_at", "module", "workflow")
    list_select_related = ("module", "workflow")
    search_fields = ("=record_key", "workflow__name")
    date_hierarchy = "due_at"


@admin.register(ScheduleSlot)
class ScheduleSlotAdmin(SeenAdmin):
    sees = staticmethod(_of_visible_workflows(ScheduleSlot))
    list_display = ("workflow", "trigger_node", "slot_at", "fired_at")
    list_filter = ("slot_at", ("fired_at", admin.EmptyFieldListFilter), "workflow")
    list_select_related = ("workflow",)
    search_fields = ("workflow__name", "=trigger_node")
    date_hierarchy = "slot_at"
