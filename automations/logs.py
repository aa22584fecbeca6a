"""The log: one JSON object a line where programs read it, and the id by which the lines of one request, the runs that it
started and the calls that those made are found together."""

from __future__ import annotations

import json
import logging
import re
import time
import uuid
from collections.abc import Awaitable, Callable
from contextvars import ContextVar, Token
from datetime import UTC, datetime, timedelta
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from automations import tracing

HEADER = "X-Request-Id"
TRACE = "traceparent"
TELLS = (
    "correlation_id",
    "run",
    "workflow",
    "delivery",
    "destination",
    "method",
    "route",
    "status",
    "ms",
    "user",
)
"""What a line may say beside its message: the names that `extra` may use, each of them a field of its own."""

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Of the request that is being answered: what its caller named it, else an id of ours."""

logger = logging.getLogger("automations.requests")

_GIVEN = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_PROBES = frozenset(("/healthz", "/readyz", "/metrics"))


def correlation() -> uuid.UUID | None:
    """The id that what is begun now hands on: the request's, where that is a UUID; None outside of one."""
    given = request_id.get()
    return correlation_of(given) if given else None


def correlation_of(given: str) -> uuid.UUID:
    """What stands for a request's id where a UUID has to: itself, or one that is made from it."""
    try:
        return uuid.UUID(given)
    except ValueError:
        return uuid.uuid5(uuid.NAMESPACE_OID, given)


def id_of(given: str, trace: str) -> str:
    """The id of a request with these headers: what its caller named it, else its caller's trace, else one of ours. A name that
    is too long, or has letters that could break a line of a log, is none."""
    if _GIVEN.fullmatch(given):
        return given
    caller = tracing.taken_from(trace)
    return str(uuid.uuid4() if caller is None else caller[0])


class JsonLines(logging.Formatter):
    """A record as one line of JSON: at, level, logger, message, whatever of TELLS it has, and its traceback."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if said := request_id.get():
            line["request_id"] = said
        line |= {name: getattr(record, name) for name in TELLS if getattr(record, name, None) is not None}
        if record.exc_info and not record.exc_text:
            record.exc_text = self.formatException(record.exc_info)
        if record.exc_text:
            line["traceback"] = record.exc_text
        return json.dumps(line, ensure_ascii=False, default=str)


class RequestIds:
    """Middleware: each request has an id, from its X-Request-Id or drawn; the answer carries it, and a line of the log
    says how it went. The line names the route, not the address: some addresses hold a secret."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self.is_async:
            return self._answer_async(request)
        token, began = self._begin(request)
        try:
            answer: HttpResponseBase = self.get_response(request)
            return self._end(request, answer, began)
        finally:
            request_id.reset(token)

    async def _answer_async(self, request: HttpRequest) -> HttpResponseBase:
        token, began = self._begin(request)
        try:
            answer: HttpResponseBase = await self.get_response(request)
            return self._end(request, answer, began)
        finally:
            request_id.reset(token)

    def _begin(self, request: HttpRequest) -> tuple[Token[str], float]:
        named = id_of(request.headers.get(HEADER, ""), request.headers.get(TRACE, ""))
        return request_id.set(named), time.monotonic()

    def _end(self, request: HttpRequest, answer: HttpResponseBase, began: float) -> HttpResponseBase:
        answer[HEADER] = request_id.get()
        if request.path not in _PROBES and logger.isEnabledFor(logging.INFO):
            match = request.resolver_match
            told = {
                "method": request.method,
                "route": match.route if match is not None else None,
                "status": answer.status_code,
                "ms": round((time.monotonic() - began) * 1_000, 1),
            }
            logger.info("%s %s: %s", told["method"], told["route"], told["status"], extra=told)
        if request.path not in _PROBES:
            self._trace(request, answer.status_code, time.monotonic() - began)
        return answer

    def _trace(self, request: HttpRequest, status: int, seconds: float) -> None:
        asked = correlation()
        if asked is None or not tracing.is_traced(asked):
            return
        caller = tracing.taken_from(request.headers.get(TRACE, ""))
        route = request.resolver_match.route if request.resolver_match is not None else "none"
        now = datetime.now(UTC)
        facts: dict[str, str | int] = {
            "http.request.method": str(request.method),
            "http.route": route,
            "http.response.status_code": status,
        }
        span = tracing.Span(
            f"{request.method} {route}",
            tracing.span_of("request", uuid.uuid4()),
            now - timedelta(seconds=seconds),
            now,
            kind="SERVER",
            parent=caller[1] if caller is not None and caller[0] == asked else 0,
            facts=facts,
            error="" if status < 500 else str(status),
        )
        tracing.tell(asked, span)
