"""What the nouns' serializers share. Each serializer lists its fields; what a body names beyond them is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from automations.engine.schemas import listed, nearest


class Body(serializers.Serializer[Any]):
    """A request body or query string, read strictly: an unknown or read-only name is a problem, not ignored."""

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        for field in fields.values():
            _name_choices(getattr(field, "child", field))
        return fields

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return super().to_internal_value(data)
        refused = {
            str(name): [self._refusal(str(name))] for name in list(data)[:200] if not self._takes(name)
        }
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as error:
            detail = cast("dict[str, Any]", error.detail)
            raise serializers.ValidationError({**detail, **refused}) from error
        if refused:
            raise serializers.ValidationError(refused)
        return values

    def _takes(self, name: object) -> bool:
        field = self.fields.get(str(name))
        return field is not None and not field.read_only

    def _refusal(self, name: str) -> serializers.ErrorDetail:
        if name in getattr(self, "read_only_names", ()):
            return serializers.ErrorDetail(f"“{name}” can't be set here.", code="read-only-field")
        meant = nearest(name, [key for key, field in self.fields.items() if not field.read_only])
        hint = f" Did you mean “{meant}”?" if meant else ""
        return serializers.ErrorDetail(
            f"“{name[:80]}” is no field of this request.{hint}", code="unknown-field"
        )


def _name_choices(field: Any) -> None:
    """A choice that is refused names those that there are."""
    if isinstance(field, serializers.ChoiceField):
        known = listed(list(field.choices), most=30).replace("{", "{{").replace("}", "}}")
        field.error_messages["invalid_choice"] = f"“{{input}}” is none of {known}."


class Answer(serializers.Serializer[Any]):
    """What an answer holds; written from models or from dicts, never read."""


def page_serializer(item: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """The envelope of one page of `item`, for the OpenAPI schema."""
    name = item.__name__
    fields = {
        "next": serializers.URLField(
            allow_null=True, help_text="Address of the next page; null on the last."
        ),
        "results": item(many=True),
    }
    return type(f"{name}Page", (Answer,), fields)


FAULTS = ("user", "engine", "receiver")
"""Whose a failure is: of those who draw, keep records and ask; of Automations and who runs it; of the other side of a call."""


class ProblemEntry(Answer):
    code = serializers.CharField(help_text="Stable, kebab-case.")
    path = serializers.CharField(help_text="Where in the body: nodes[2].config.rule.all[0].op")
    node = serializers.CharField()
    message = serializers.CharField()
    hint = serializers.CharField(help_text="How to mend it.")
    severity = serializers.ChoiceField(["error", "warning"])


class ProblemAnswer(Answer):
    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="Stable, kebab-case.")
    detail = serializers.CharField()
    problems = ProblemEntry(many=True)
    whose_fault = serializers.ChoiceField(FAULTS, help_text="“user”: yours; “engine”: ours.")
    retryable = serializers.BooleanField(help_text="Whether the very same request can pass later.")
    what_to_do = serializers.CharField(help_text="Empty where the detail says all there is.")


class LargeValueAnswer(Answer):
    """What is told of a value that is too large to be told with what it belongs to."""

    size = serializers.IntegerField(help_text="Bytes.")
    hash = serializers.CharField(source="pk", help_text="SHA-256 of its canonical JSON.")
    preview = serializers.CharField(help_text="Its first characters.")


@extend_schema_field(OpenApiTypes.STR)
class UserName(serializers.RelatedField[Any, Any, Any]):
    """A person, by user name; null when the account is gone."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def to_representation(self, value: Any) -> str:
        return str(value.get_username())
