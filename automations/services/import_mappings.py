"""The mapping of an import: which column of a CSV file fills which field, and how its cells are read.

{"key": "Number", "zone": "Europe/Berlin", "empty": ["?"], "delimiter": ";",
 "columns": {"Subject": "subject",
             "Priority": {"field": "priority", "values": {"1 - Critical": "urgent"}},
             "Opened": {"field": "opened_at", "format": "%d.%m.%Y %H:%M"}},
 "defaults": {"status": "new"}}
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from automations.engine.errors import EngineError, Problem, ValueProblemError, quoted
from automations.engine.fields import FieldSpec, FieldType, Schema, canonical
from automations.engine.schemas import check_config, listed, nearest
from automations.errors import InvalidError
from automations.models import Module
from automations.modules.schema import facts_of, is_zone

_TEXT = {"type": "string", "minLength": 1}
_EMPTY = {"type": "array", "items": {"type": "string"}}
_COLUMN: dict[str, Any] = {
    "type": "object",
    "required": ["field"],
    "additionalProperties": False,
    "properties": {
        "field": _TEXT,
        "values": {"type": "object"},
        "empty": _EMPTY,
        "clear": {"type": "boolean"},
        "format": _TEXT,
        "zone": _TEXT,
        "separator": _TEXT,
        "decimal": {"type": "string", "enum": [".", ","]},
    },
}
MAPPING: dict[str, Any] = {
    "type": "object",
    "required": ["key", "columns"],
    "additionalProperties": False,
    "properties": {
        "key": _TEXT,
        "columns": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {"oneOf": [{**_TEXT, "title": "a field's key"}, _COLUMN]},
        },
        "defaults": {"type": "object"},
        "empty": _EMPTY,
        "zone": _TEXT,
        "delimiter": {"type": "string", "enum": [",", ";", "\t", "|"]},
    },
}
"""The form of a mapping file. `additionalProperties: false` makes a misspelt setting a problem, not a silence."""

ONLY_FOR = {
    "format": (FieldType.DATE, FieldType.DATETIME),
    "zone": (FieldType.DATETIME,),
    "separator": (FieldType.LIST,),
    "decimal": (FieldType.NUMBER, FieldType.MONEY),
}
"""Settings of a column that mean something for some types of fields only."""
SAMPLE = datetime(2001, 2, 3, 4, 5, 6)  # noqa: DTZ001 - what a format writes and reads back has no zone


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """How the cells of one column become values of one field."""

    column: str
    spec: FieldSpec
    values: Mapping[str, Any]
    empty: frozenset[str]
    clear: bool
    zone: ZoneInfo
    format: str = ""
    separator: str = ","
    decimal: str = "."

    def says_nothing(self, cell: str) -> bool:
        """Whether the cell is blank or stands for no value."""
        text = cell.strip()
        return not text or text in self.empty

    def value_of(self, cell: str) -> Any:
        """The canonical value of a cell. Raises ValueProblemError with a hint."""
        kind = self.spec.type
        text = cell if kind is FieldType.TEXT else cell.strip()
        if text in self.values:
            return self.values[text]
        if kind is FieldType.LIST:
            parts = [part.strip() for part in text.split(self.separator)]
            return canonical(self.spec, [part for part in parts if part], self.zone)
        if kind is FieldType.JSON:
            return canonical(self.spec, _json(text), self.zone)
        if kind in (FieldType.NUMBER, FieldType.MONEY) and self.decimal == ",":
            return canonical(self.spec, text.replace(".", "").replace(",", "."), self.zone)
        if self.format:
            return self._formatted(text)
        return canonical(self.spec, text, self.zone)

    def _formatted(self, text: str) -> Any:
        try:
            moment = datetime.strptime(text, self.format)  # noqa: DTZ007 - `canonical` knows the zone
        except ValueError as error:
            written = SAMPLE.strftime(self.format)
            raise ValueProblemError(
                f"{quoted(text)} does not have the form {quoted(self.format)}.", f"Write it like {written}."
            ) from error
        raw = moment.date() if self.spec.type is FieldType.DATE else moment
        return canonical(self.spec, raw.isoformat(), self.zone)


@dataclass(frozen=True, slots=True)
class ImportMapping:
    """A mapping that fits its module. `defaults` are canonical values by field key, for new records."""

    key: str
    columns: tuple[ColumnMapping, ...]
    defaults: Mapping[str, Any]
    delimiter: str = ","


class _RepeatedNameError(ValueError):
    """A name stands twice in one JSON object, of which Python would silently drop the first."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise _RepeatedNameError(next(name for name in names if names.count(name) > 1))
    return found


def read_mapping(text: str, module: Module) -> ImportMapping:
    """The mapping that a file's text holds. Raises InvalidError, see `parse_mapping`."""
    try:
        document = json.loads(text, object_pairs_hook=_once)
    except _RepeatedNameError as error:
        problem = Problem("repeated-name", "mapping", f"{quoted(str(error))} stands twice.", "Remove one.")
        raise InvalidError([problem]) from error
    except json.JSONDecodeError as error:
        message = f"The mapping is no JSON: line {error.lineno}, column {error.colno}: {error.msg}."
        raise InvalidError([Problem("malformed-json", "mapping", message, "Correct it there.")]) from error
    except (ValueError, RecursionError) as error:
        problem = Problem("malformed-json", "mapping", "The mapping is no sound JSON.", "Simplify it.")
        raise InvalidError([problem]) from error
    return parse_mapping(document, module)


def parse_mapping(document: object, module: Module) -> ImportMapping:
    """The mapping that untrusted JSON describes. Raises InvalidError with every problem: what is malformed, unknown
    fields and zones, two columns for one field, settings that do not go with a field's type, values that do not
    fit their field."""
    problems = check_config(document, MAPPING, "mapping")
    if problems or not isinstance(document, Mapping):
        raise InvalidError(problems)
    schema = facts_of(module).schema
    zone = _zone(document.get("zone", module.zone), "mapping.zone", problems)
    columns: list[ColumnMapping] = []
    owners: dict[str, str] = {}
    for name, raw in document["columns"].items():
        path = f"mapping.columns.{name}"
        settings: Mapping[str, Any] = {"field": raw} if isinstance(raw, str) else raw
        spec = _field(settings["field"], path, schema, module, problems)
        if spec is None:
            continue
        if spec.key in owners:
            message = f"“{owners[spec.key]}” and “{name}” both fill “{spec.key}”."
            problems.append(Problem("field-mapped-twice", path, message, "Leave one of them out."))
        owners[spec.key] = name
        found = _settings_problems(settings, path, spec, document.get("defaults", {}))
        problems += found
        own_zone = _zone(settings["zone"], f"{path}.zone", problems) if "zone" in settings else zone
        columns.append(
            ColumnMapping(
                column=name,
                spec=spec,
                values=_values(settings.get("values", {}), f"{path}.values", spec, own_zone, problems),
                empty=frozenset(text.strip() for text in settings.get("empty", document.get("empty", []))),
                clear=settings.get("clear", False),
                zone=own_zone,
                format=settings.get("format", ""),
                separator=settings.get("separator", ","),
                decimal=settings.get("decimal", "."),
            )
        )
    defaults: dict[str, Any] = {}
    for name, raw in document.get("defaults", {}).items():
        path = f"mapping.defaults.{name}"
        spec = _field(name, path, schema, module, problems)
        if spec is not None:
            defaults |= _values({name: raw}, "mapping.defaults", spec, zone, problems)
    if problems:
        raise InvalidError(problems)
    return ImportMapping(document["key"], tuple(columns), defaults, document.get("delimiter", ","))


def _field(name: str, path: str, schema: Schema, module: Module, problems: list[Problem]) -> FieldSpec | None:
    spec = schema.get(name)
    if spec is None:
        meant = nearest(name, list(schema))
        hint = f"Did you mean “{meant}”?" if meant else f"Use one of {listed(list(schema))}."
        problems.append(Problem("unknown-field", path, f"{module.name} have no field {quoted(name)}.", hint))
    return spec


def _settings_problems(
    settings: Mapping[str, Any], path: str, spec: FieldSpec, defaults: Mapping[str, Any]
) -> list[Problem]:
    problems = [
        Problem(
            "setting-not-for-type",
            f"{path}.{setting}",
            f"“{setting}” means nothing for {spec.label}, a {spec.type} field.",
            "Remove it.",
        )
        for setting, types in ONLY_FOR.items()
        if setting in settings and spec.type not in types
    ]
    if "format" in settings and not problems and not _reads_back(settings["format"]):
        message = f"{quoted(settings['format'])} does not say year, month and day."
        hint = "Write it like %d.%m.%Y or %d.%m.%Y %H:%M."
        problems.append(Problem("bad-format", f"{path}.format", message, hint))
    if settings.get("clear") and spec.key in defaults:
        message = f"An empty “{spec.key}” can't both be cleared and stand for its default."
        problems.append(Problem("clear-with-default", f"{path}.clear", message, "Choose one of the two."))
    return problems


def _reads_back(form: str) -> bool:
    """Whether a day that the format writes is the day that it reads."""
    try:
        return datetime.strptime(SAMPLE.strftime(form), form).date() == SAMPLE.date()  # noqa: DTZ007 - days
    except ValueError:
        return False


def _zone(name: str, path: str, problems: list[Problem]) -> ZoneInfo:
    if is_zone(name):
        return ZoneInfo(name)
    message = f"There is no time zone {quoted(name)}."
    problems.append(Problem("unknown-zone", path, message, "Use a name such as Europe/Berlin."))
    return ZoneInfo("UTC")


def _values(
    raw: Mapping[str, Any], path: str, spec: FieldSpec, zone: ZoneInfo, problems: list[Problem]
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in raw.items():
        try:
            values[name] = canonical(spec, value, zone)
        except EngineError as error:
            problems.append(
                Problem(error.code, f"{path}.{name}", f"{spec.label}: {error.message}", error.hint)
            )
    return values


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        hint = 'Write it like {"name": "Ada"}.'
        raise ValueProblemError(f"{quoted(text)} is no JSON.", hint) from error
