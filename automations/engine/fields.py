"""Typed fields of a module and the one canonical JSON form of each type's values.

Canonical values compare and sort as plain JSON: datetimes and dates are fixed-width text whose order is that
of time; numbers and money are decimal text, so that no digit is lost.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from automations.engine.errors import Problem, ValueProblemError, quoted

FIELD_KEY = re.compile(r"^[a-z][a-z0-9_]{0,62}\Z")
MAX_TEXT = 65_536
MAX_DIGITS = 60
MAX_NUMBER_TEXT = 2 * MAX_DIGITS + 8
MAX_BITS = 256
MAX_LIST = 1_000
MAX_NAME = 150
MAX_JSON_DEPTH = 64
MAX_JSON_PARTS = 100_000
MAX_SHOWN = 20

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""Characters that PostgreSQL refuses in text and jsonb."""
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?", re.ASCII)


class FieldType(StrEnum):
    """What a field holds; the canonical form of each stands in `canonical`'s table."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    DATETIME = "datetime"
    CHOICE = "choice"
    BOOLEAN = "boolean"
    USER = "user"
    LIST = "list"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field of a module."""

    key: str
    label: str
    type: FieldType
    choices: tuple[str, ...] = ()
    required: bool = False
    indexed: bool = False
    read_only: bool = False
    help: str = ""


Schema = Mapping[str, FieldSpec]


def parse_schema(fields: object) -> tuple[dict[str, FieldSpec], list[Problem]]:
    """Fields by key from [{"key", "label", "type", "choices", "required", "indexed", "read_only", "help"}].

    Never raises: what is not understood is left out, with a problem. A field that stands twice counts last.
    """
    problems: list[Problem] = []
    schema: dict[str, FieldSpec] = {}
    if not isinstance(fields, list):
        return {}, [Problem("malformed-fields", "fields", "“fields” must be a list.", 'Send "fields": [].')]
    for index, raw in enumerate(fields):
        path = f"fields[{index}]"
        spec = _parse_field(raw, path, problems)
        if spec is None:
            continue
        if spec.key in schema:
            message = f"The field “{spec.key}” stands twice."
            problems.append(Problem("duplicate-field", f"{path}.key", message, "Remove one of them."))
        schema[spec.key] = spec
    return schema, problems


def _parse_field(raw: object, path: str, problems: list[Problem]) -> FieldSpec | None:
    """The field, or None with a problem that says why not."""
    if not isinstance(raw, Mapping):
        hint = 'Send {"key", "label", "type"}.'
        problems.append(Problem("malformed-field", path, "A field must be an object.", hint))
        return None
    key, kind, choices = raw.get("key"), raw.get("type"), raw.get("choices", [])
    if not isinstance(key, str) or not FIELD_KEY.match(key):
        hint = "Use small letters, digits and “_”, starting with a letter, at most 63 long."
        problems.append(Problem("bad-field-key", f"{path}.key", f"{quoted(key)} is no field key.", hint))
        return None
    if kind not in list(FieldType):
        hint = f"Use one of {', '.join(FieldType)}."
        problems.append(
            Problem("unknown-field-type", f"{path}.type", f"{quoted(kind)} is no field type.", hint)
        )
        return None
    if not isinstance(choices, list) or not all(_is_choice(choice) for choice in choices):
        message = "Choices must be a list of texts."
        problems.append(Problem("bad-choices", f"{path}.choices", message, "Name each choice."))
        return None
    if kind == FieldType.CHOICE and not choices:
        message = f"“{key}” has no choices."
        problems.append(Problem("no-choices", f"{path}.choices", message, "Name at least one choice."))
        return None
    for name in ("label", "help"):
        if _UNSTORABLE.search(str(raw.get(name, ""))):
            message = "The text holds a NUL or half a character."
            problems.append(Problem("bad-text", f"{path}.{name}", message, "Remove it."))
            return None
    return FieldSpec(
        key=key,
        label=str(raw.get("label") or key.replace("_", " ").capitalize())[:120],
        type=FieldType(kind),
        choices=tuple(dict.fromkeys(choices)),
        required=bool(raw.get("required", False)),
        indexed=bool(raw.get("indexed", False)),
        read_only=bool(raw.get("read_only", False)),
        help=str(raw.get("help", ""))[:300],
    )


def _is_choice(choice: object) -> bool:
    return isinstance(choice, str) and 0 < len(choice) <= MAX_NAME and not _UNSTORABLE.search(choice)


def spec_to_json(spec: FieldSpec) -> dict[str, Any]:
    """The stored form of a field; `parse_schema` of it gives an equal one."""
    document: dict[str, Any] = {"key": spec.key, "label": spec.label, "type": spec.type.value}
    if spec.choices:
        document["choices"] = list(spec.choices)
    for flag in ("required", "indexed", "read_only"):
        if getattr(spec, flag):
            document[flag] = True
    if spec.help:
        document["help"] = spec.help
    return document


def canonical(spec: FieldSpec, raw: object, zone: ZoneInfo) -> Any:
    """The canonical value of untrusted `raw` for this field; None and "" (but for text) mean absent.

    Datetimes without an offset are taken in `zone`. Raises ValueProblemError with a hint, its code
    `unknown-choice` or `wrong-value-type`.
    """
    if raw is None or (raw == "" and spec.type is not FieldType.TEXT):
        return None
    value = _CANONICAL[spec.type](raw, zone)
    if spec.type is FieldType.CHOICE and value not in spec.choices:
        meant = get_close_matches(value[:MAX_NAME], spec.choices[:MAX_SHOWN], n=1)
        hint = (
            f"Did you mean “{meant[0]}”?" if meant else f"Use one of {', '.join(spec.choices[:MAX_SHOWN])}."
        )
        raise ValueProblemError(f"{quoted(value)} is not among the choices.", hint, code="unknown-choice")
    return value


def storable_text(raw: object) -> str:
    """Text that every store takes: at most 65,536 characters, no NUL, no half characters. Whole numbers and
    decimals become text. Raises ValueProblemError."""
    if isinstance(raw, bool) or not isinstance(raw, str | int | Decimal):
        raise ValueProblemError(f"{quoted(raw)} is no text.", "Send a text.")
    if isinstance(raw, int) and raw.bit_length() > MAX_BITS:
        raise ValueProblemError("The number is too long for a text.", f"At most {MAX_DIGITS} digits.")
    text = str(raw)
    if len(text) > MAX_TEXT:
        raise ValueProblemError("The text is too long.", f"At most {MAX_TEXT:,} characters.")
    if _UNSTORABLE.search(text):
        raise ValueProblemError("The text holds a NUL or half a character.", "Remove it.")
    return text


def _text(raw: object, _: ZoneInfo) -> str:
    return storable_text(raw)


def _number(raw: object, _: ZoneInfo) -> str:
    hint = "Send a number such as 12 or 12.50."
    if isinstance(raw, bool) or not isinstance(raw, str | int | float | Decimal):
        raise ValueProblemError(f"{quoted(raw)} is no number.", hint)
    too_long = isinstance(raw, int) and raw.bit_length() > MAX_BITS
    text = "" if too_long else str(raw).strip()
    if too_long or len(text) > MAX_NUMBER_TEXT:
        raise ValueProblemError(f"{quoted(raw)} has too many digits.", f"At most {MAX_DIGITS} digits.")
    if not _NUMBER.fullmatch(text):
        raise ValueProblemError(f"{quoted(raw)} is no number.", hint)
    value = Decimal(text)
    if len(value.as_tuple().digits) > MAX_DIGITS or abs(value.adjusted()) > MAX_DIGITS:
        raise ValueProblemError(f"{quoted(raw)} has too many digits.", f"At most {MAX_DIGITS} digits.")
    return format(value if value else abs(value), "f")


def _date(raw: object, _: ZoneInfo) -> str:
    if isinstance(raw, str):
        try:
            return date.fromisoformat(raw).isoformat()
        except ValueError:
            pass
    raise ValueProblemError(f"{quoted(raw)} is no date.", "Write it like 2026-03-29.")


def _datetime(raw: object, zone: ZoneInfo) -> str:
    if isinstance(raw, str):
        try:
            moment = datetime.fromisoformat(raw)
            return datetime_text(moment if moment.tzinfo is not None else moment.replace(tzinfo=zone))
        except (ValueError, OverflowError):
            pass
    raise ValueProblemError(f"{quoted(raw)} is no date and time.", "Write it like 2026-03-29T14:30:00Z.")


def datetime_text(moment: datetime) -> str:
    """The canonical text of an aware datetime: UTC, fixed width, so that text order is time order."""
    utc = moment.astimezone(UTC)
    return f"{utc.year:04d}{utc.strftime('-%m-%dT%H:%M:%S.%fZ')}"


def _choice(raw: object, _: ZoneInfo) -> str:
    if not isinstance(raw, str):
        raise ValueProblemError(f"{quoted(raw)} is no choice.", "Send one of the choices as text.")
    return raw


def _boolean(raw: object, _: ZoneInfo) -> bool:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.lower() in ("true", "false"):
        return raw.lower() == "true"
    raise ValueProblemError(f"{quoted(raw)} is neither true nor false.", "Send true or false.")


def _user(raw: object, _: ZoneInfo) -> str:
    if isinstance(raw, str) and len(raw) <= MAX_NAME and not _UNSTORABLE.search(raw):
        return raw
    raise ValueProblemError(f"{quoted(raw)} is no user name.", "Send a user name.")


def _list(raw: object, _: ZoneInfo) -> list[str]:
    if not isinstance(raw, list) or len(raw) > MAX_LIST:
        raise ValueProblemError(f"{quoted(raw)} is no list.", f"Send a list of at most {MAX_LIST:,} texts.")
    return [storable_text(item) for item in raw]


def _json(raw: object, _: ZoneInfo) -> Any:
    """Walks with a stack, because what comes from outside may be nested as deep as it likes."""
    stack: list[tuple[object, int]] = [(raw, 0)]
    seen = 0
    while stack:
        value, depth = stack.pop()
        seen += 1
        if depth > MAX_JSON_DEPTH or seen + len(stack) > MAX_JSON_PARTS:
            hint = f"At most {MAX_JSON_PARTS:,} values, nested {MAX_JSON_DEPTH} deep."
            raise ValueProblemError("The value is too large.", hint)
        if isinstance(value, Mapping):
            stack += ((key, depth + 1) for key in value)
            stack += ((item, depth + 1) for item in value.values())
        elif isinstance(value, list):
            stack += ((item, depth + 1) for item in value)
        elif not _is_json_scalar(value):
            hint = "Send texts without NUL, finite numbers, true, false or null, in lists and objects."
            raise ValueProblemError("The value holds what JSON or the database can't.", hint)
    return raw


def _is_json_scalar(value: object) -> bool:
    if isinstance(value, str):
        return not _UNSTORABLE.search(value)
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, int)


_CANONICAL: dict[FieldType, Callable[[object, ZoneInfo], Any]] = {
    FieldType.TEXT: _text,
    FieldType.NUMBER: _number,
    FieldType.MONEY: _number,
    FieldType.DATE: _date,
    FieldType.DATETIME: _datetime,
    FieldType.CHOICE: _choice,
    FieldType.BOOLEAN: _boolean,
    FieldType.USER: _user,
    FieldType.LIST: _list,
    FieldType.JSON: _json,
}
