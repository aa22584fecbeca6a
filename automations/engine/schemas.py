"""Configs against their schemas: a small part of JSON Schema, each violation told with its place and a way to
mend it. A keyword that is not understood raises, so that no check is silently left out."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice, takewhile
from typing import Any

from automations.engine.documents import MAX_PROBLEMS
from automations.engine.errors import Problem

JsonSchema = Mapping[str, Any]

ANNOTATIONS = frozenset({"$schema", "title", "description", "default", "examples", "format", "required"})
"""Keywords that check nothing here; `required` is looked at together with `properties`."""

TYPE_NAMES = {
    "object": "an object",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}


class UnknownKeywordError(ValueError):
    """A schema uses a keyword that this checker does not understand: a fault of the kind, not of the config."""


def check_config(config: object, schema: JsonSchema, path: str, *, node: str = "") -> list[Problem]:
    """Problems of a config, at most 200, each with the path that leads to it from `path`.

    Understood: type, properties, required, additionalProperties (false or a schema), minProperties, enum, const,
    items, minItems, maxItems, uniqueItems, minLength, maxLength, pattern, minimum, maximum, oneOf and anyOf (told
    apart by `const` properties). Raises UnknownKeywordError for any other keyword that is not an annotation or `x-…`.
    """
    return list(islice(_check(config, schema, path, node), MAX_PROBLEMS))


def nearest(name: str, known: Sequence[str]) -> str:
    """The known name that was most likely meant; "" when none is near. Looks at few candidates, because an
    import may hold thousands of wrong names."""
    if len(name) > 40:
        return ""
    alike = [other for other in known[:100] if abs(len(other) - len(name)) <= 4]
    alike.sort(key=lambda other: _shared_ends(name, other), reverse=True)
    # Words that begin alike may differ more: “prio” is “priority”, but “owner” is not “zone”.
    begin_alike = [other for other in alike[:8] if other[:1] == name[:1]]
    found = difflib.get_close_matches(name, alike[:8], n=1, cutoff=0.7) or difflib.get_close_matches(
        name, begin_alike, n=1, cutoff=0.6
    )
    return found[0] if found else ""


def _shared_ends(left: str, right: str) -> int:
    """How many characters two words share at their beginning and their end."""
    return _shared_start(left, right) + _shared_start(left[::-1], right[::-1])


def _shared_start(left: str, right: str) -> int:
    return len(list(takewhile(lambda pair: pair[0] == pair[1], zip(left, right, strict=False))))


def listed(values: Sequence[object], most: int = 12) -> str:
    """The values in quotes with commas, cut after `most`."""
    shown = ", ".join(f"“{_shown(value)}”" for value in values[:most])
    return f"{shown} and {len(values) - most} more" if len(values) > most else shown


def _check(value: object, schema: JsonSchema, path: str, node: str) -> Iterator[Problem]:
    if "type" in schema:
        names = _types(schema)
        if not any(_is_type(value, name) for name in names):
            wanted = " or ".join(TYPE_NAMES[name] for name in names)
            yield Problem(
                "wrong-config-type",
                path,
                f"“{_last(path)}” must be {wanted}, not {_kind_of(value)}.",
                f"Give {wanted}.",
                node=node,
            )
            return
    for keyword, argument in schema.items():
        check = _CHECKS.get(keyword)
        if check is not None:
            yield from check(value, argument, schema, path, node)
        elif keyword != "type" and keyword not in ANNOTATIONS and not keyword.startswith("x-"):
            raise UnknownKeywordError(f"The schema keyword “{keyword}” is not understood here.")


def _properties(value: object, known: Any, schema: JsonSchema, path: str, node: str) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        return
    for name in schema.get("required", ()):
        if name not in value:
            hint = known.get(name, {}).get("x-help") or known.get(name, {}).get("description") or ""
            yield Problem(
                "missing-config",
                f"{path}.{name}",
                f"“{name}” is missing.",
                hint or f"Set “{name}”.",
                node=node,
            )
    for name, inner in known.items():
        if name in value:
            yield from _check(value[name], inner, f"{path}.{name}", node)


def _additional(value: object, allowed: Any, schema: JsonSchema, path: str, node: str) -> Iterator[Problem]:
    if not isinstance(value, Mapping) or allowed is True:
        return
    known = schema.get("properties", {})
    for name in value:
        if name in known:
            continue
        if allowed is not False:
            yield from _check(value[name], allowed, f"{path}.{name}", node)
            continue
        meant = nearest(str(name), list(known))
        hint = f"Did you mean “{meant}”?" if meant else f"Remove it; known are {listed(list(known))}."
        yield Problem(
            "unknown-config",
            f"{path}.{str(name)[:64]}",
            f"“{_shown(name)}” is no setting here.",
            hint,
            node=node,
        )


def _enum(value: object, choices: Any, schema: JsonSchema, path: str, node: str) -> Iterator[Problem]:
    if not any(_same(value, choice) for choice in choices):
        meant = nearest(value, [c for c in choices if isinstance(c, str)]) if isinstance(value, str) else ""
        hint = f"Did you mean “{meant}”?" if meant else f"Choose one of {listed(list(choices))}."
        yield Problem(
            "config-not-a-choice",
            path,
            f"“{_shown(value)}” is not a choice for “{_last(path)}”.",
            hint,
            node=node,
        )


def _const(value: object, wanted: Any, schema: JsonSchema, path: str, node: str) -> Iterator[Problem]:
    yield from _enum(value, (wanted,), schema, path, node)


def _items(value: object, inner: Any, schema: JsonSchema, path: str, node: str) -> Iterator[Problem]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _check(item, inner, f"{path}[{index}]", node)


def _min_items(value: object, least: Any, schema: JsonSchema, path: str, node: str) -> Iterator[Problem]:
    if isinstance(value, list) and len(value) < least:
        yield _size(path, f"“{_last(path)}” needs at least {_count(least, 'item')}.", "Add one.", node)


def _min_properties(value: object, least: Any, schema: JsonSchema, path: str, node: str) -> Iterator[Problem]:
    if isinstance(value, Mapping) and len(value) < least:
        yield _size(path, f"“{_last(path)}” needs at least {_count(least, 'value')}.", "Add one.", node)


def _max_items(value: object, most: Any, schema: JsonSchema, path: str, node: str) -> Iterator[Problem]:
    if isinstance(value, list) and len(value) > most:
        yield _size(path, f"“{_last(path)}” may have at most {_count(most, 'item')}.", "Remove some.", node)


def _unique_items(value: object, wanted: Any, schema: JsonSchema, path: str, node: str) -> Iterator[Problem]:
    if not wanted or not isinstance(value, list):
        return
    seen: set[str] = set()
    for index, item in enumerate(value):
        text = repr(item)
        if text in seen:
            yield Problem(
                "config-repeated",
                f"{path}[{index}]",
                f"“{_shown(item)}” stands twice in “{_last(path)}”.",
                "Remove one of them.",
                node=node,
            )
        seen.add(text)


def _min_length(value: object, least: Any, schema: JsonSchema, path: str, node: str) -> Iterator[Problem]:
    if isinstance(value, str) and len(value) < least:
        message = f"“{_last(path)}” is empty." if not value else f"“{_last(path)}” is too short."
        yield _size(path, message, f"Give at least {_count(least, 'character')}.", node)


def _max_length(value: object, most: Any, schema: JsonSchema, path: str, node: str) -> Iterator[Problem]:
    if isinstance(value, str) and len(value) > most:
        message = f"“{_last(path)}” is {len(value):,} characters long, {most:,} are allowed."
        yield _size(path, message, "Shorten it.", node)


def _pattern(value: object, pattern: Any, schema: JsonSchema, path: str, node: str) -> Iterator[Problem]:
    if isinstance(value, str) and not _compiled(pattern).search(value):
        yield Problem(
            "config-wrong-form",
            path,
            f"“{_shown(value)}” does not have the form that “{_last(path)}” needs.",
            schema.get("x-help") or schema.get("description") or f"It must match {pattern}.",
            node=node,
        )


def _minimum(value: object, least: Any, schema: JsonSchema, path: str, node: str) -> Iterator[Problem]:
    if _is_number(value) and value < least:
        yield _range(path, f"“{_last(path)}” must be {least} or more.", f"Give {least} or more.", node)


def _maximum(value: object, most: Any, schema: JsonSchema, path: str, node: str) -> Iterator[Problem]:
    if _is_number(value) and value > most:
        yield _range(path, f"“{_last(path)}” must be {most} or less.", f"Give {most} or less.", node)


def _alternatives(value: object, schemas: Any, schema: JsonSchema, path: str, node: str) -> Iterator[Problem]:
    """One of several forms. When none fits, the problems told are those of the form that was meant: the only
    one whose `const` properties are met, or else the only one of the value's type."""
    answers = [(inner, list(islice(_check(value, inner, path, node), MAX_PROBLEMS))) for inner in schemas]
    if any(not problems for _, problems in answers):
        return
    meant = [problems for inner, problems in answers if _tag_fits(value, inner)]
    if len(meant) == 1:
        yield from meant[0]
        return
    names = [name for inner in schemas if (name := _name_of(inner))]
    hint = f"Choose one of {listed(names)}." if names else "See the description of this setting."
    yield Problem(
        "config-fits-no-form", path, f"“{_last(path)}” has none of the allowed forms.", hint, node=node
    )


_CHECKS: dict[str, Callable[[object, Any, JsonSchema, str, str], Iterator[Problem]]] = {
    "properties": _properties,
    "additionalProperties": _additional,
    "enum": _enum,
    "const": _const,
    "items": _items,
    "minItems": _min_items,
    "minProperties": _min_properties,
    "maxItems": _max_items,
    "uniqueItems": _unique_items,
    "minLength": _min_length,
    "maxLength": _max_length,
    "pattern": _pattern,
    "minimum": _minimum,
    "maximum": _maximum,
    "oneOf": _alternatives,
    "anyOf": _alternatives,
}


def _tag_fits(value: object, schema: JsonSchema) -> bool:
    """Whether the value carries this form's constants, or is of its type where the form has none."""
    if not isinstance(value, Mapping):
        return any(_is_type(value, name) for name in _types(schema))
    tags = {key: inner["const"] for key, inner in schema.get("properties", {}).items() if "const" in inner}
    if tags:
        return all(key in value and _same(value[key], wanted) for key, wanted in tags.items())
    return "object" in _types(schema)


def _name_of(schema: JsonSchema) -> str:
    """How a form is called in a hint: its title, its constant, or its type."""
    tags = [str(inner["const"]) for inner in schema.get("properties", {}).values() if "const" in inner]
    return str(schema.get("title") or schema.get("const") or ", ".join(tags) or " or ".join(_types(schema)))


def _types(schema: JsonSchema) -> Sequence[str]:
    """The types that a schema allows; none where it says nothing of them."""
    names = schema.get("type", ())
    return (names,) if isinstance(names, str) else names


def _is_type(value: object, name: str) -> bool:
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if name == "number":
        return _is_number(value)
    return _kind_of(value) == TYPE_NAMES[name]


def _is_number(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _kind_of(value: object) -> str:
    """What a JSON value is, in words."""
    if value is None:
        return TYPE_NAMES["null"]
    if isinstance(value, bool):
        return TYPE_NAMES["boolean"]
    if isinstance(value, str):
        return TYPE_NAMES["string"]
    if isinstance(value, Mapping):
        return TYPE_NAMES["object"]
    if isinstance(value, list | tuple):
        return TYPE_NAMES["array"]
    return TYPE_NAMES["number"]


def _same(left: object, right: object) -> bool:
    """JSON equality: true is not 1."""
    return left == right and isinstance(left, bool) == isinstance(right, bool)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _shown(value: object) -> str:
    """A value as it may stand in a sentence: never long, never nested."""
    if isinstance(value, Mapping | list | tuple):
        return "…"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    text = str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _last(path: str) -> str:
    """The name at the end of a path, without index."""
    return re.sub(r"(\[\d+\])+$", "", path.rpartition(".")[2]) or path


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _size(path: str, message: str, hint: str, node: str) -> Problem:
    return Problem("config-wrong-size", path, message, hint, node=node)


def _range(path: str, message: str, hint: str, node: str) -> Problem:
    return Problem("config-out-of-range", path, message, hint, node=node)


def check_name(noun: str, name: str, known: Collection[str], path: str) -> list[Problem]:
    """The problem of a name (of a group, a user, a workflow …) that is not among the known ones."""
    if name in known:
        return []
    names = sorted(known)
    meant = nearest(name, names)
    hint = (
        f"Did you mean “{meant}”?"
        if meant
        else f"Choose one of {listed(names)}."
        if names
        else f"Create the {noun} first."
    )
    return [Problem(f"unknown-{noun}", path, f"There is no {noun} “{name[:80]}”.", hint)]
