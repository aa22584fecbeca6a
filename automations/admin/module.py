"""Modules, and their records with history."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest

from automations import permissions
from automations.admin.base import SeenAdmin, ServiceForm
from automations.admin.sharing import SharedAdmin
from automations.models import Module, Record, RecordChange, RecordComment
from automations.services import modules


class ModuleForm(ServiceForm):
    class Meta:
        model = Module
        fields = ("key", "name", "fields", "title_field", "status_field", "transitions", "team", "zone")

    def save_through_service(self) -> models.Model:
        if self.instance.pk is None:
            return modules.create_module(**self.cleaned_data, actor=self.actor)
        return modules.update_module(module=self.instance, actor=self.actor, **self.changes())


@admin.register(Module)
class ModuleAdmin(SharedAdmin):
    """Stored modules are changed here; native ones are what the code that registers them says."""

    sees = staticmethod(permissions.visible_modules)
    form = ModuleForm
    list_display = ("name", "key", "kind", "model_label", "status_field", "team", "updated_at")
    list_filter = ("kind", "team")
    search_fields = ("name", "key", "model_label", "team")

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return bool(request.user.is_staff) and permissions.may_manage_modules(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None:
            return bool(request.user.is_staff)
        stored = obj.kind == Module.Kind.STORED
        return bool(request.user.is_staff) and stored and permissions.may_change_module(request.user, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("key", "title_field", "status_field", "team", "zone") if obj is not None else ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ModuleForm.Meta.fields


def _of_visible_modules(model: type[models.Model]) -> Any:
    def sees(actor: Any) -> QuerySet[Any]:
        return model._default_manager.filter(module__in=permissions.visible_modules(actor).values("pk"))

    return sees


@admin.register(Record)
class RecordAdmin(SeenAdmin):
    """Records of stored modules; native ones stand in their own model's admin."""

    sees = staticmethod(_of_visible_modules(Record))
    list_display = ("key", "module", "version", "updated_at")
    list_filter = ("module", "updated_at")
    list_select_related = ("module",)
    search_fields = ("key",)
    date_hierarchy = "updated_at"


@admin.register(RecordChange)
class RecordChangeAdmin(SeenAdmin):
    """Who changed which field, from what to what."""

    sees = staticmethod(_of_visible_modules(RecordChange))
    list_display = ("record_key", "module", "field", "before", "after", "actor", "run", "at")
    list_filter = ("module", "at")
    list_select_related = ("module", "actor", "run")
    search_fields = ("=record_key", "=field", "actor__username")
    date_hierarchy = "at"


@admin.register(RecordComment)
class RecordCommentAdmin(SeenAdmin):
    sees = staticmethod(_of_visible_modules(RecordComment))
    list_display = ("record_key", "module", "text", "actor", "run", "at")
    list_filter = ("module", "at")
    list_select_related = ("module", "actor", "run")
    search_fields = ("=record_key", "text", "actor__username")
    date_hierarchy = "at"
