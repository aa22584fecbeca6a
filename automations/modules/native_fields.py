"""What the fields of a Django model are as fields of a module."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db import models

from automations.engine.fields import FieldSpec, FieldType


def spec_of(model: type[models.Model], name: str, read_only: bool) -> FieldSpec:
    """A model's field as a module's. Raises TypeError for one that can't be part of a module."""
    source = model._meta.get_field(name)
    if not isinstance(source, models.Field):
        raise TypeError(f"{model._meta.label}.{name} is no concrete field and can't be part of a module.")
    kind, choices = _type_of(source)
    return FieldSpec(
        key=name,
        label=str(source.verbose_name).capitalize(),
        type=kind,
        choices=choices,
        required=not (source.null or source.blank or source.has_default()),
        read_only=read_only or not source.editable,
        indexed=bool(getattr(source, "db_index", False) or source.unique),
    )


def _type_of(source: models.Field[Any, Any]) -> tuple[FieldType, tuple[str, ...]]:
    if source.choices and isinstance(source, models.CharField | models.TextField):
        return FieldType.CHOICE, tuple(
            str(value) for value, _ in source.flatchoices if value not in (None, "")
        )
    if isinstance(source, models.ForeignKey):
        if source.related_model is get_user_model():
            return FieldType.USER, ()
        raise TypeError(
            f"{source.model._meta.label}.{source.name}: only foreign keys to the user model can be fields."
        )
    for classes, kind in (
        ((models.BooleanField,), FieldType.BOOLEAN),
        ((models.DateTimeField,), FieldType.DATETIME),
        ((models.DateField,), FieldType.DATE),
        ((models.DecimalField,), FieldType.MONEY),
        ((models.IntegerField,), FieldType.NUMBER),
        ((models.CharField, models.TextField), FieldType.TEXT),
        ((models.JSONField,), FieldType.JSON),
    ):
        if isinstance(source, classes):
            return kind, ()
    raise TypeError(
        f"{source.model._meta.label}.{source.name}: a {type(source).__name__} can't be a module's field."
    )
