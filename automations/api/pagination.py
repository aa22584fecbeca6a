"""Cursor pagination by primary key: a page costs the same however far down the list it is."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError as FieldError
from django.db.models import QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

PAGE_SIZE = 50
MAX_PAGE_SIZE = 200
MAX_SIFTED = 10_000
"""How many rows one request looks at where the database can only narrow the selection down."""

PAGE_PARAMS = ("cursor", "limit")


def page_of(
    request: Request,
    rows: QuerySet[Any],
    serialise: Callable[[list[Any]], Any],
    *,
    keep: Callable[[Any], bool] | None = None,
) -> dict[str, Any]:
    """One page of `rows`, newest first: {"next": address or null, "results": […]}.

    Reads `?cursor=` (opaque, from `next`) and `?limit=` (1 to 200). Rows that arrive or go between two pages are
    neither shown twice nor make another be left out. `keep` drops rows that SQL could not rule out; a page may
    then be short of its limit, or empty, and still have a next one. Raises ValidationError for a cursor that is
    none.
    """
    limit = limit_of(request)
    cursor = request.query_params.get("cursor")
    if cursor:
        rows = rows.filter(pk__lt=_decode(cursor, rows))
    ordered = rows.order_by("-pk")
    if keep is None:
        found = list(ordered[: limit + 1])
        shown, last = found[:limit], found[limit - 1] if len(found) > limit else None
    else:
        shown, last = _sift(ordered, keep, limit)
    following = None
    if last is not None:
        following = replace_query_param(request.build_absolute_uri(), "cursor", _encode(last.pk))
    return {"next": following, "results": serialise(shown)}


def _sift(rows: QuerySet[Any], keep: Callable[[Any], bool], limit: int) -> tuple[list[Any], Any]:
    """Rows to show, and the row that the next page follows (None when nothing is left)."""
    shown: list[Any] = []
    last = None
    for seen, row in enumerate(rows[: MAX_SIFTED + 1].iterator(chunk_size=1_000)):
        if seen == MAX_SIFTED or len(shown) == limit:
            return shown, last
        last = row
        if keep(row):
            shown.append(row)
    return shown, None


def limit_of(request: Request) -> int:
    """The rows that `?limit=` asks for. Raises ValidationError for what is no such number."""
    raw = request.query_params.get("limit")
    if raw is None:
        return PAGE_SIZE
    if not (raw.isascii() and raw.isdigit() and len(raw) <= 4 and 1 <= int(raw) <= MAX_PAGE_SIZE):
        raise ValidationError({"limit": [f"“limit” is a whole number from 1 to {MAX_PAGE_SIZE}."]})
    return int(raw)


def _encode(pk: object) -> str:
    return base64.urlsafe_b64encode(str(pk).encode()).decode().rstrip("=")


def _decode(cursor: str, rows: QuerySet[Any]) -> Any:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
        field = rows.model._meta.pk
        value = field.to_python(text) if "\0" not in text and len(text) <= 200 else None
        if value is not None:
            field.run_validators(value)
            return value
    except (binascii.Error, UnicodeError, FieldError, ValueError):
        pass
    raise ValidationError({"cursor": ["This cursor is none of ours. Follow “next” of the page before."]})
