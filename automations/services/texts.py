"""What every service asks of the texts and the JSON that it is given, before a row is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_slug
from django.db import models

from automations.engine.errors import EngineError, Problem, quoted
from automations.engine.fields import FieldSpec, FieldType, canonical, storable_text
from automations.engine.schemas import listed
from automations.errors import InvalidError

_ANY_JSON = FieldSpec("json", "JSON", FieldType.JSON)


def text_problems(model: type[models.Model], **texts: object) -> list[Problem]:
    """What keeps texts from standing in the fields of those names of the model: what is no text, holds a NUL or half
    a character, is empty or too long, is no choice, slug or address. A problem's path is the field's name. None goes
    where the field may be null."""
    return [problem for name, text in texts.items() for problem in _problems(model, name, text)]


def require_texts(model: type[models.Model], **texts: object) -> None:
    """Raise InvalidError with what `text_problems` finds."""
    if problems := text_problems(model, **texts):
        raise InvalidError(problems)


def require_text(value: object, path: str) -> None:
    """Raise InvalidError where `value` is no text that a database can hold: for what ends in no field of a model."""
    if problems := _no_text(path, value):
        raise InvalidError(problems)


def require_object(value: object, path: str) -> None:
    """Raise InvalidError where `value` is no JSON object that a database can hold: at most 100,000 values, 64 deep."""
    try:
        if not isinstance(value, Mapping):
            raise InvalidError([Problem("wrong-value-type", path, "This must be an object.", "Send {…}.")])
        canonical(_ANY_JSON, value, ZoneInfo("UTC"))
    except EngineError as error:
        raise InvalidError([Problem(error.code, path, error.message, error.hint)]) from error


def _problems(model: type[models.Model], name: str, text: object) -> list[Problem]:
    field: Any = model._meta.get_field(name)
    if text is None and field.null:
        return []
    if (wrong := _no_text(name, text)) or not isinstance(text, str):
        return wrong
    if not field.blank and not text.strip():
        return [Problem("missing-value", name, "The text is empty.", "Send one.")]
    if field.choices and text not in dict(field.choices):
        known = listed([str(choice) for choice, _ in field.choices])
        return [Problem("unknown-choice", name, f"{quoted(text)} is no choice.", f"Use {known}.")]
    if field.max_length is not None and len(text) > field.max_length:
        hint = f"At most {field.max_length} characters."
        return [Problem("too-long", name, "The text is too long.", hint)]
    if isinstance(field, models.SlugField):
        return slug_problems(name, text)
    if isinstance(field, models.URLField) and text:
        hint = "Write it like https://example.org/runbook."
        problem = Problem("bad-address", name, f"{quoted(text)} is no address.", hint)
        return _unless(URLValidator(["http", "https"]), text, problem)
    return []


def _no_text(path: str, text: object) -> list[Problem]:
    if not isinstance(text, str):
        return [Problem("wrong-value-type", path, f"{quoted(text)} is no text.", "Send a text.")]
    try:
        storable_text(text)
    except EngineError as error:
        return [Problem(error.code, path, error.message, error.hint)]
    return []


def slug_problems(path: str, text: str) -> list[Problem]:
    """Why a text can't be a part of an address."""
    hint = "Use letters, digits, “-” and “_”."
    return _unless(validate_slug, text, Problem("bad-key", path, f"{quoted(text)} is no key.", hint))


def _unless(validate: Callable[[str], None], text: str, problem: Problem) -> list[Problem]:
    try:
        validate(text)
    except ValidationError:
        return [problem]
    return []
