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
    label = serializers.CharField(required=False)
    type = serializers.ChoiceField(FIELD_TYPES)
    choices = serializers.ListField(child=serializers.CharField(), required=False)
    required = serializers.BooleanField(required=False)
    indexed = serializers.BooleanField(required=False)
    read_only = serializers.BooleanField(required=False)
    help = serializers.CharField(required=False)


class FieldBody(Body):
    key = serializers.CharField(max_length=63)
    label = serializers.CharField(max_length=120, required=False)
    type = serializers.ChoiceField(FIELD_TYPES)
    choices = serializers.ListField(child=serializers.CharField(max_length=120), required=False, max_length=500)
    required = serializers.BooleanField(required=False)
    indexed = serializers.BooleanField(required=False)
    read_only = serializers.BooleanField(required=False)
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
    read_only_names = ("key", "kind", "title_field", "status_field", "team", "zone", "created_at", "updated_at")
    name = serializers.CharField(max_length=120, required=False)
    fields = serializers.ListField(child=FieldBody(), max_length=200, required=False)  # type: ignore[assignment]
    transitions = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()), required=False, help_text=TRANSITIONS_HELP
    )
