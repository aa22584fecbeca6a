"""Text with `{{ path | filter }}` in it: paths into plain data, a closed list of filters, nothing else.

No attribute is ever read, nothing is ever called; a path that leads nowhere renders as nothing. Braces that are no
expression stay as they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from automations.engine.errors import Problem, TemplateError
from automations.engine.operators import number
from automations.engine.rules import MISSING, Scope, lookup

MAX_TEMPLATE = 65_536
MAX_OUTPUT = 65_536
MAX_EXPRESSIONS = 200
MAX_FILTERS = 5
_EXPRESSION = re.compile(r"\{\{([^{}]{0,300})\}\}")
_PATH = re.compile(r"^(?:record|event|steps|variables)(?:\.[A-Za-z0-9_-]{1,64}){1,12}$|^now$")
_FILTER = re.compile(r"""^([a-z]+)(?:\s*:\s*(?:"([^"]{0,80})"|'([^']{0,80})'|(-?\d{1,6})))?$""")


def _as_text(value: Any) -> str:
    if value is None or value is MISSING:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


def _moment(value: Any, scope: Scope) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if moment is None:
        return None
    return moment.astimezone(scope.zone) if moment.tzinfo is not None else moment


def _date(value: Any, _: str, scope: Scope) -> Any:
    moment = _moment(value, scope)
    return moment.strftime("%Y-%m-%d") if moment is not None else value


def _datetime(value: Any, _: str, scope: Scope) -> Any:
    moment = _moment(value, scope)
    return moment.strftime("%Y-%m-%d %H:%M") if moment is not None else value


def _round(value: Any, argument: str, _: Scope) -> Any:
    digits = max(0, min(int(argument or 0), 10))
    parsed = number(value)
    return format(round(parsed, digits) if parsed.is_finite() else parsed, "f") if isinstance(parsed, Decimal) else value


def _truncate(value: Any, argument: str, _: Scope) -> Any:
    text, length = _as_text(value), max(1, int(argument or 80))
    return text if len(text) <= length else text[: length - 1] + "…"


FILTERS: dict[str, Callable[[Any, str, Scope], Any]] = {
    "upper": lambda value, _, __: _as_text(value).upper(),
    "lower": lambda value, _, __: _as_text(value).lower(),
    "trim": lambda value, _, __: _as_text(value).strip(),
    "default": lambda value, argument, _: argument if value in (None, "", MISSING) else value,
    "date": _date,
    "datetime": _datetime,
    "number": lambda value, _, __: format(number(value), ",f") if number(value) is not None else value,
    "round": _round,
    "truncate": _truncate,
    "json": lambda value, _, __: "" if value is MISSING else json.dumps(value, ensure_ascii=False),
}
_NUMBER_ARGUMENT = ("round", "truncate")


@dataclass(frozen=True, slots=True)
class _Expression:
    path: str
    filters: tuple[tuple[str, str], ...]


def render(text: str, scope: Scope) -> str:
    """The text with its expressions replaced. Raises TemplateError for a malformed template or when the output
    grows beyond 64 KiB."""
    output: list[str] = []
    size = 0
    for part in _parse(text):
        piece = part if isinstance(part, str) else _evaluate(part, scope)
        size += len(piece)
        if size > MAX_OUTPUT:
            raise TemplateError(f"The text grows beyond {MAX_OUTPUT:,} characters.", "Use “truncate” on long values.")
        output.append(piece)
    return "".join(output)


def _evaluate(expression: _Expression, scope: Scope) -> str:
    value = lookup(scope, expression.path)
    for name, argument in expression.filters:
        value = FILTERS[name](value, argument, scope)
    return _as_text(value)


def validate_template(text: object, path: str = "") -> list[Problem]:
    """The problem of a template, if it has one, with `path` as its place."""
    if not isinstance(text, str):
        return [Problem("bad-template", path, "A template must be text.", "Send a text.")]
    try:
        _parse(text)
    except TemplateError as error:
        return [Problem("bad-template", path, error.message, error.hint)]
    return []


def template_paths(text: str) -> list[str]:
    """The paths that a valid template reads, in order."""
    return [part.path for part in _parse(text) if isinstance(part, _Expression)]


@lru_cache(maxsize=2_048)
def _parse(text: str) -> tuple[str | _Expression, ...]:
    if len(text) > MAX_TEMPLATE:
        raise TemplateError(f"The template is longer than {MAX_TEMPLATE:,} characters.", "Shorten it.")
    if "{{" not in text:
        return (text,)
    parts: list[str | _Expression] = []
    end = 0
    for match in _EXPRESSION.finditer(text):
        if len(parts) > 2 * MAX_EXPRESSIONS:
            raise TemplateError(f"The template has more than {MAX_EXPRESSIONS} expressions.", "Split it.")
        parts += [text[end : match.start()], _parse_expression(match.group(1))]
        end = match.end()
    parts.append(text[end:])
    return tuple(part for part in parts if part != "")


def _parse_expression(source: str) -> _Expression:
    path, *filters = (piece.strip() for piece in source.split("|"))
    if not _PATH.match(path):
        raise TemplateError(
            f"“{path[:60]}” is no path.", "Write one such as record.title, event.data.x, steps.a1.output.y or variables.v."
        )
    if len(filters) > MAX_FILTERS:
        raise TemplateError(f"More than {MAX_FILTERS} filters.", "Use fewer.")
    return _Expression(path, tuple(_parse_filter(piece) for piece in filters))


def _parse_filter(source: str) -> tuple[str, str]:
    match = _FILTER.match(source)
    if match is None or match.group(1) not in FILTERS:
        raise TemplateError(f"“{source[:60]}” is no filter.", f"Use one of {', '.join(FILTERS)}.")
    name = match.group(1)
    argument = next((group for group in match.groups()[1:] if group is not None), "")
    if name in _NUMBER_ARGUMENT and argument and not argument.lstrip("-").isdigit():
        raise TemplateError(f"“{name}” takes a whole number.", f"Write {name}: 2.")
    return name, argument
