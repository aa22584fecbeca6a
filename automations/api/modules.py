"""Modules: the kinds of record there are, with their typed fields."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations import permissions
from automations.api.idempotency import idempotent
from automations.api.pagination import page_of
from automations.api.schema import operation
from automations.api.serializers import Answer, Body
from automations.api.views import ApiView
from automations.engine.fields import FieldType
from automations.errors import ForbiddenError, NotFoundError
from automations.models import Module
from automations.services.modules import create_module, update_module

FIELD_TYPES = [kind.value for kind in FieldType]


class FieldShape(Answer):
    key = serializers.CharField()
    label = serializers.CharField(required=False)  # type: ignore[assignment]
    type = serializers.ChoiceField(FIELD_TYPES)
    choices = serializers.ListField(child=serializers.CharField(), required=False)
    required = serializers.BooleanField(required=False)  # type: ignore[assignment]
    indexed = serializers.BooleanField(required=False)
    read_only = serializers.BooleanField(required=False)  # type: ignore[assignment]
    help = serializers.CharField(required=False)


class FieldBody(Body):
    key = serializers.CharField(max_length=63)
    label = serializers.CharField(max_length=120, required=False)  # type: ignore[assignment]
    type = serializers.ChoiceField(FIELD_TYPES)
    choices = serializers.ListField(
        child=serializers.CharField(max_length=120), required=False, max_length=500
    )
    required = serializers.BooleanField(required=False)  # type: ignore[assignment]
    indexed = serializers.BooleanField(required=False)
    read_only = serializers.BooleanField(required=False)  # type: ignore[assignment]
    help = serializers.CharField(max_length=300, required=False, allow_blank=True)


class ModuleAnswer(Answer):
    key = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(Module.Kind.choices)
    fields = FieldShape(many=True)  # type: ignore[assignment]
    title_field = serializers.CharField()
    status_field = serializers.CharField()
    transitions = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))
    team = serializers.CharField()
    zone = serializers.CharField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ModuleDetailAnswer(ModuleAnswer):
    may_use = serializers.BooleanField(help_text="Whether you may make and change its records.")
    may_change = serializers.BooleanField(help_text="Whether you may change the module itself, and share it.")


TRANSITIONS_HELP = '{"open": ["closed"]}; {} allows every move.'


class ModuleBody(Body):
    key = serializers.SlugField(max_length=63)
    name = serializers.CharField(max_length=120)
    fields = serializers.ListField(child=FieldBody(), max_length=200)  # type: ignore[assignment]
    title_field = serializers.CharField(max_length=63, required=False, allow_blank=True)
    status_field = serializers.CharField(max_length=63, required=False, allow_blank=True)
    transitions = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()), required=False, help_text=TRANSITIONS_HELP
    )
    team = serializers.CharField(max_length=80, required=False, allow_blank=True)
    zone = serializers.CharField(max_length=64, required=False)


class ModuleChangeBody(Body):
    read_only_names = (
        "key",
        "kind",
        "title_field",
        "status_field",
        "team",
        "zone",
        "created_at",
        "updated_at",
        "may_use",
        "may_change",
    )
    name = serializers.CharField(max_length=120, required=False)
    fields = serializers.ListField(child=FieldBody(), max_length=200, required=False)  # type: ignore[assignment]
    transitions = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()), required=False, help_text=TRANSITIONS_HELP
    )


EXAMPLE: dict[str, Any] = {
    "key": "tickets",
    "name": "Tickets",
    "kind": "stored",
    "fields": [
        {"key": "subject", "label": "Subject", "type": "text", "required": True},
        {
            "key": "status",
            "label": "Status",
            "type": "choice",
            "choices": ["open", "closed"],
            "indexed": True,
        },
    ],
    "title_field": "subject",
    "status_field": "status",
    "transitions": {"open": ["closed"]},
    "team": "support",
    "zone": "Europe/Berlin",
    "created_at": "2026-03-29T14:30:00Z",
    "updated_at": "2026-03-29T14:30:00Z",
}
SENT = {
    key: EXAMPLE[key]
    for key in ("key", "name", "fields", "title_field", "status_field", "transitions", "team", "zone")
}


def module_for(view: ApiView, key: str) -> Module:
    """The module, if the actor may see it. Raises NotFoundError."""
    module = permissions.visible_modules(view.actor).filter(key=key).first()
    if module is None:
        raise NotFoundError("There is no such module.")
    return module


class ModulesView(ApiView):
    @operation("modules_list", "modules", answer=ModuleAnswer, many=True, example=EXAMPLE)
    def get(self, request: Request) -> Response:
        """The modules that you may see, newest first."""
        rows = permissions.visible_modules(self.actor)
        return Response(page_of(request, rows, lambda page: ModuleAnswer(page, many=True).data))

    @operation(
        "modules_create",
        "modules",
        request=ModuleBody,
        answer=ModuleAnswer,
        status=201,
        idempotent=True,
        sent=SENT,
        example=EXAMPLE,
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        """Make a stored module. Native ones are registered in code."""
        if not permissions.may_manage_modules(self.actor):
            raise ForbiddenError("You may not make modules. An admin can give you that right.")
        made = create_module(**self.body(ModuleBody), actor=self.actor)
        return Response(ModuleAnswer(made).data, status=201)


class ModuleView(ApiView):
    @operation(
        "modules_get",
        "modules",
        answer=ModuleDetailAnswer,
        example={**EXAMPLE, "may_use": True, "may_change": False},
    )
    def get(self, request: Request, key: str) -> Response:
        """One module with its fields and its allowed moves, and whether you may change its records."""
        module = module_for(self, key)
        may = {
            "may_use": permissions.may_use_module(self.actor, module),
            "may_change": permissions.may_change_module(self.actor, module),
        }
        return Response({**ModuleAnswer(module).data, **may})

    @operation(
        "modules_update",
        "modules",
        request=ModuleChangeBody,
        answer=ModuleAnswer,
        sent={"transitions": {"open": ["closed"], "closed": ["open"]}},
        example=EXAMPLE,
    )
    def patch(self, request: Request, key: str) -> Response:
        """Change a stored module's name, fields or transitions. A field in use can't be removed or retyped."""
        module = module_for(self, key)
        if not permissions.may_change_module(self.actor, module):
            raise ForbiddenError("You may not change this module. An admin can share it with you.")
        changed = update_module(module=module, **self.body(ModuleChangeBody), actor=self.actor)
        return Response(ModuleAnswer(changed).data)
