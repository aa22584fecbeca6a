"""Text with `{{ path | filter }}` in it: paths into plain data, a closed list of filters, nothing else.

    {{ record.title }}   {{ event.data.total | number }}   {{ steps.a1.output.note | default: "none" | truncate: 40 }}

No attribute is ever read, nothing is ever called, there are no loops and no sums; what a value holds is never read as
a template again. A path that leads nowhere renders as nothing. Single braces stand for themselves; two opening ones
always begin an expression.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from typing import Any, Literal

from automations.engine.errors import Problem, TemplateError, quoted
from automations.engine.fields import MAX_DIGITS
from automations.engine.operators import is_empty, number
from automations.engine.schemas import nearest
from automations.engine.scopes import MISSING, REFERENCE, ROOTS, Scope, lookup

MAX_TEMPLATE = 65_536
MAX_OUTPUT = 65_536
"""Bytes of UTF-8 that a rendered text may have."""
MAX_WORK = 4 * MAX_OUTPUT
"""Characters that the filters of one text may go through, so that rendering ends soon whatever the values hold."""
MAX_EXPRESSIONS = 200
MAX_EXPRESSION = 300
MAX_FILTERS = 5
MAX_ROUND = 10
MAX_TRUNCATE = 10_000

_OPEN = "{{"
# Possessive, so that a text that never closes is looked at once. Braces in quotes close nothing.
_BODY = re.compile(r"""((?:"[^"]*"|'[^']*'|[^"'{}])*+)\}\}""")
_PIECE = re.compile(r"""(?:"[^"]*"|'[^']*'|[^"'|])*+""")
_FILTER = re.compile(r"""([a-z_]+)\s*(?::\s*(?:"([^"]*)"|'([^']*)'|(-?\d{1,6})))?""", re.ASCII)
_EXACT = Context(prec=2 * MAX_DIGITS + MAX_ROUND)


class _JsonText(str):
    """The JSON of a list or object, so that the filter `json` does not quote it again."""

    __slots__ = ()


Apply = Callable[[Any, str, Scope], Any]


@dataclass(frozen=True, slots=True)
class Filter:
    """What stands after a bar: (value, argument, scope) to a value, and which argument it takes."""

    apply: Apply
    argument: Literal["none", "text", "digits", "length"] = "none"


@dataclass(frozen=True, slots=True)
class _Expression:
    path: str
    filters: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Parsed:
    """The parts of a template in order, and what is wrong with it; parts with problems are left out."""

    parts: tuple[str | _Expression, ...]
    problems: tuple[Problem, ...]


def render(text: str, scope: Scope) -> str:
    """The text with its expressions replaced by the values they lead to.

    Raises TemplateError: for what `validate_template` finds, with the same code, and `output-too-large` when the
    output grows beyond 64 KiB or the values are too long to go through.
    """
    parsed = _parse(text)
    if parsed.problems:
        first = parsed.problems[0]
        raise TemplateError(first.message, first.hint, code=first.code)
    output: list[str] = []
    size, work = 0, MAX_WORK
    for part in parsed.parts:
        if isinstance(part, str):
            piece = part
        else:
            piece, work = _evaluate(part, scope, work)
        size += len(piece.encode(errors="replace"))
        if size > MAX_OUTPUT:
            raise _too_large()
        output.append(piece)
    return "".join(output)


def validate_template(text: object, path: str = "") -> list[Problem]:
    """The problems of an untrusted template, each with `path` as its place. Never raises.

    Codes: bad-template (no text, too long, too many expressions, an expression that is not closed), bad-template-path,
    unknown-filter, bad-filter-argument, too-many-filters. Whether a path leads anywhere is not known here.
    """
    if not isinstance(text, str):
        return [Problem("bad-template", path, f"A template is a text, not {quoted(text)}.", "Send a text.")]
    found = _parse(text).problems
    return [Problem(problem.code, path, problem.message, problem.hint) for problem in found]


def paths_of(text: str) -> list[str]:
    """The paths that the sound expressions of a template name, each once, in their order."""
    return list(dict.fromkeys(part.path for part in _parse(text).parts if isinstance(part, _Expression)))


def _too_large() -> TemplateError:
    message = f"The text grows beyond {MAX_OUTPUT:,} bytes."
    return TemplateError(message, "Use “truncate” on long values, or fewer of them.", code="output-too-large")


def _evaluate(expression: _Expression, scope: Scope, work: int) -> tuple[str, int]:
    """The text of an expression, and how much work is left after it."""
    value = _bounded(lookup(scope, expression.path))
    for name, argument in expression.filters:
        work -= len(value) if isinstance(value, str) else 1
        if work < 0:
            raise _too_large()
        value = FILTERS[name].apply(value, argument, scope)
    return _as_text(value), work


def _bounded(value: Any) -> Any:
    """A value with lists and objects as their JSON, cut where it is beyond the output's cap anyway."""
    if isinstance(value, str):
        return value[: MAX_OUTPUT + 1]
    if isinstance(value, list | dict) and value:
        return _JsonText(_json_of(value))
    return value


def _json_of(value: Any) -> str:
    parts: list[str] = []
    size = 0
    try:
        # Piece by piece, so that a value of megabytes costs no more than what can be shown of it.
        for piece in json.JSONEncoder(ensure_ascii=False, default=str).iterencode(value):
            parts.append(piece)
            size += len(piece)
            if size > MAX_OUTPUT:
                break
    except RecursionError as error:
        raise TemplateError("A value is nested too deep.", "Name what you want of it.") from error
    return "".join(parts)[: MAX_OUTPUT + 1]


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None or value is MISSING:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value) if isinstance(value, list | dict) else str(value)


def _moment(value: Any, scope: Scope) -> datetime | None:
    """A date or time as the clock in the scope's zone shows it."""
    try:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(scope.zone) if moment.tzinfo is not None else moment
    except (TypeError, ValueError, OverflowError):
        return None


def _date(value: Any, _: str, scope: Scope) -> Any:
    moment = _moment(value, scope)
    return moment.date().isoformat() if moment is not None else value


def _datetime(value: Any, _: str, scope: Scope) -> Any:
    moment = _moment(value, scope)
    return moment.replace(tzinfo=None).isoformat(" ", "minutes") if moment is not None else value


def _decimal(value: Any) -> Decimal | None:
    """A number whose digits can be written out."""
    found = number(value)
    return found if found is not None and abs(found.adjusted()) <= MAX_DIGITS else None


def _number(value: Any, _: str, __: Scope) -> Any:
    found = _decimal(value)
    return format(found, ",f") if found is not None else value


def _round(value: Any, argument: str, _: Scope) -> Any:
    found = _decimal(value)
    if found is None:
        return value
    rounded = found.quantize(Decimal(1).scaleb(-int(argument or 0)), ROUND_HALF_UP, _EXACT)
    return format(rounded or abs(rounded), "f")


def _truncate(value: Any, argument: str, _: Scope) -> str:
    text, length = _as_text(value), int(argument or 80)
    return text if len(text) <= length else text[: length - 1] + "…"


def _default(value: Any, argument: str, _: Scope) -> Any:
    return argument if value is MISSING or is_empty(value) else value


def _json(value: Any, _: str, __: Scope) -> str:
    if value is MISSING or isinstance(value, _JsonText):
        return str(value or "")
    return json.dumps(value, ensure_ascii=False, default=str)


FILTERS: dict[str, Filter] = {
    "upper": Filter(lambda value, _, __: _as_text(value).upper()),
    "lower": Filter(lambda value, _, __: _as_text(value).lower()),
    "trim": Filter(lambda value, _, __: _as_text(value).strip()),
    "default": Filter(_default, "text"),
    "date": Filter(_date),
    "datetime": Filter(_datetime),
    "number": Filter(_number),
    "round": Filter(_round, "digits"),
    "truncate": Filter(_truncate, "length"),
    "json": Filter(_json),
}
"""The closed list of filters. `date` and `datetime` show times in the run's zone; what a filter can't work on passes
through it unchanged."""


@lru_cache(maxsize=256)
def _parse(text: str) -> _Parsed:
    problems: list[Problem] = []
    parts = tuple(part for part in _parts(text, problems) if part != "")
    return _Parsed(parts, tuple(problems))


def _parts(text: str, problems: list[Problem]) -> Iterator[str | _Expression]:
    if len(text) > MAX_TEMPLATE:
        message = f"The template is longer than {MAX_TEMPLATE:,} characters."
        problems.append(Problem("bad-template", "", message, "Shorten it."))
        return
    end = count = 0
    while (start := text.find(_OPEN, end)) >= 0:
        count += 1
        if count > MAX_EXPRESSIONS:
            message = f"The template has more than {MAX_EXPRESSIONS} expressions."
            problems.append(Problem("bad-template", "", message, "Use fewer."))
            return
        yield text[end:start]
        body = _BODY.match(text, start + 2, start + 2 + MAX_EXPRESSION)
        if body is None:
            message = f"The expression {quoted(text[start:])} is not closed."
            hint = (
                f"Close it with “}}}}”, after at most {MAX_EXPRESSION} characters and with no braces in it."
            )
            problems.append(Problem("bad-template", "", message, hint))
            return
        expression = _expression(body[1], problems)
        if expression is not None:
            yield expression
        end = body.end()
    yield text[end:]


def _expression(source: str, problems: list[Problem]) -> _Expression | None:
    path, bar, rest = source.partition("|")
    path = path.strip()
    if not REFERENCE.fullmatch(path):
        hint = f"Begin it with one of {', '.join(ROOTS)}, as in record.title or event.data.x."
        problems.append(Problem("bad-template-path", "", f"{quoted(path, 60)} is no path.", hint))
        return None
    pieces = _split(rest) if bar else []
    if len(pieces) > MAX_FILTERS:
        message = f"There are more than {MAX_FILTERS} filters after {quoted(path, 60)}."
        problems.append(Problem("too-many-filters", "", message, "Use fewer."))
        return None
    filters = [_filter(piece.strip(), problems) for piece in pieces]
    return _Expression(path, tuple(found for found in filters if found is not None))


def _split(source: str) -> list[str]:
    """The pieces between bars that stand outside quotes; quotes are balanced here."""
    pieces, end = [], -1
    while end < len(source):
        piece = _PIECE.match(source, end + 1)
        assert piece is not None
        pieces.append(piece[0])
        end = piece.end()
    return pieces


def _filter(source: str, problems: list[Problem]) -> tuple[str, str] | None:
    match = _FILTER.fullmatch(source)
    name = match[1] if match is not None else source.partition(":")[0].strip()
    known = FILTERS.get(name)
    if known is None:
        meant = nearest(name, list(FILTERS))
        hint = f"Did you mean “{meant}”?" if meant else f"Use one of {', '.join(FILTERS)}."
        problems.append(Problem("unknown-filter", "", f"There is no filter {quoted(name)}.", hint))
        return None
    given = (
        next((group for group in match.groups()[1:] if group is not None), None)
        if match is not None
        else None
    )
    wrong = _argument_hint(name, known, given) if match is not None else f'Write {name}: "text" or {name}: 2.'
    if wrong:
        problems.append(
            Problem("bad-filter-argument", "", f"{quoted(source, 60)} is no use of “{name}”.", wrong)
        )
        return None
    return name, given or ""


def _argument_hint(name: str, known: Filter, given: str | None) -> str:
    """How to write a filter whose argument is not of its kind; "" when it is."""
    if known.argument == "none":
        return "" if given is None else f"Write {name} without an argument."
    if known.argument == "text":
        return f'Write {name}: "text".' if given is None else ""
    least, most = (0, MAX_ROUND) if known.argument == "digits" else (1, MAX_TRUNCATE)
    fits = given is None or (given.isdecimal() and least <= int(given) <= most)
    return "" if fits else f"Write {name} with a whole number from {least} to {most:,}."
