"""Every refusal of the API as RFC 9457 `application/problem+json`, with a stable code and all problems found."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.defaults import server_error as default_server_error
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from automations.engine.errors import Problem
from automations.errors import (
    ConflictError,
    ForbiddenError,
    GateClosedError,
    InvalidError,
    NotFoundError,
    ServiceError,
)
from automations.modules.adapter import VersionConflictError
from automations.runtime.intake import KeyReusedError, PayloadRefusedError

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"

CODES: Mapping[type[Exception], str] = {
    exceptions.NotAuthenticated: "not-authenticated",
    exceptions.AuthenticationFailed: "authentication-failed",
    exceptions.PermissionDenied: "forbidden",
    exceptions.NotFound: "not-found",
    exceptions.MethodNotAllowed: "method-not-allowed",
    exceptions.NotAcceptable: "not-acceptable",
    exceptions.UnsupportedMediaType: "unsupported-media-type",
    exceptions.Throttled: "throttled",
}
STATUSES: Mapping[type[ServiceError], int] = {
    NotFoundError: 404,
    ForbiddenError: 403,
    ConflictError: 409,
    InvalidError: 422,
}
BY_CODE: Mapping[str, int] = {"idempotency-key-reused": 422, "invalid-filter": 400}
"""Codes whose status is not that of their class."""

WHOLE_REQUEST = (
    "too-many-nodes",
    "too-many-edges",
    "document-too-large",
    "malformed-document",
    "unknown-schema",
)
"""Problems that stand for the whole refusal, so that its `code` names them."""

RETRYABLE = frozenset((429, 503))
IN_FLIGHT = frozenset(("idempotency-key-in-flight",))
"""What the very same request can pass after a while."""
TO_DO: Mapping[str, str] = {
    "database-unavailable": "Send it again after the seconds of Retry-After.",
    "throttled": "Send it again after the seconds of Retry-After.",
    "idempotency-key-in-flight": "Send it again in a moment: you get the answer of the first one.",
    "internal-error": "Send it again later; with the same Idempotency-Key nothing is done twice.",
    "not-authenticated": "Sign in, or send “Authorization: Token …”.",
    "authentication-failed": "Make another token.",
    "token-read-only": "Make a token with the scope “write”.",
    "csrf-failed": "Send the cookie's value as X-CSRFToken.",
    "forbidden": "Ask who owns it for the right.",
    "not-found": "Correct the address, or ask who owns it to share it with you.",
    "draft-changed": "Get the draft, make your change anew, and send it with the new revision.",
    "version-conflict": "Get the record, make your change anew, and send it with the new version.",
    "settings-changed": "Look at what they are `now`, and send what you still want.",
}
"""What helps against a refusal with this code, where its problems have no hint."""

HINTS: Mapping[str, str] = {
    "required": "Send it.",
    "unknown-field": "Remove it, or correct its name.",
    "read-only-field": "Leave it out; it can't be set.",
    "null": "Leave it out or give it a value.",
    "blank": "Give it a text.",
}


def problem_handler(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """The answer to an exception of a view; None for one that is nobody's fault but ours."""
    answer = _answer(error)
    if answer is not None:
        set_rollback()
    return answer


def problem(
    status: int,
    code: str,
    detail: str,
    problems: list[Problem] | None = None,
    headers: Mapping[str, str] | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Response:
    body = {**_body(status, code, detail, problems or []), **(facts or {})}
    return Response(body, status=status, content_type=CONTENT_TYPE, headers=dict(headers or {}))


def _body(status: int, code: str, detail: str, problems: list[Problem]) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "problems": [entry.to_json() for entry in problems],
        "whose_fault": "engine" if status >= 500 else "user",
        "retryable": status in RETRYABLE or code in IN_FLIGHT,
        "what_to_do": next((entry.hint for entry in problems if entry.hint), TO_DO.get(code, "")),
    }


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's `handler500`: in the shape of every other refusal for API clients, a plain page for people.

    Nothing of the error is told; it is in the log.
    """
    if not request.path.startswith("/api/"):
        return default_server_error(request)
    body = _body(
        500, "internal-error", "Something went wrong on our side. It is in the log; try again later.", []
    )
    return JsonResponse(body, status=500, content_type=CONTENT_TYPE)


def _answer(error: Exception) -> Response | None:
    if isinstance(error, ServiceError):
        problems = error.problems if isinstance(error, InvalidError | GateClosedError) else []
        status = next((number for kind, number in STATUSES.items() if isinstance(error, kind)), 409)
        status = BY_CODE.get(error.code, status)
        code = problems[0].code if problems and problems[0].code in WHOLE_REQUEST else error.code
        facts = error.facts if isinstance(error, ConflictError) else {}
        return problem(status, code, error.detail, problems, facts=facts)
    if isinstance(error, VersionConflictError):
        return problem(409, "version-conflict", str(error))
    if isinstance(error, KeyReusedError):
        return problem(422, "idempotency-key-reused", str(error))
    if isinstance(error, PayloadRefusedError):
        found = Problem(
            "payload-refused", error.path, error.message, "Send what the source's contract asks for."
        )
        return problem(422, "payload-refused", "The payload breaks the contract of its source.", [found])
    if isinstance(error, DataError):
        return problem(
            422, "value-refused", "The database refused a value: it is too long or out of its range."
        )
    if isinstance(error, OperationalError | InterfaceError):
        logger.error("The database did not do its part: %s", error)
        return problem(
            503,
            "database-unavailable",
            "The database does not answer just now. Try again in a few seconds; with the same Idempotency-Key nothing is"
            " done twice.",
            headers={"Retry-After": "5"},
        )
    if isinstance(error, exceptions.ValidationError):
        found_problems = list(_flatten(error.detail, ""))
        return problem(400, "invalid-request", "The request can't be read as it stands.", found_problems)
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, exceptions.APIException):
        return _framework_answer(error)
    return None


def _framework_answer(error: exceptions.APIException) -> Response:
    detail = str(error.detail)
    code = str(getattr(error.detail, "code", error.default_code))
    code = CODES.get(type(error), code) if code == error.default_code else code
    code = code.replace("_", "-")
    if detail.startswith("CSRF Failed"):
        code = "csrf-failed"
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = f"{wait:.0f}"
    return problem(error.status_code, code, detail, headers=headers)


def _flatten(detail: Any, path: str) -> Iterator[Problem]:
    """DRF's nested error details as problems, each with the path of the value that it is about."""
    if isinstance(detail, Mapping):
        for key, inner in detail.items():
            yield from _flatten(inner, path + _step(key, path))
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            nested = isinstance(inner, Mapping | list)
            yield from _flatten(inner, f"{path}[{index}]" if nested else path)
    else:
        code = str(getattr(detail, "code", "invalid")).replace("_", "-")
        yield Problem(code, path, str(detail), HINTS.get(code, ""))


def _step(key: Any, path: str) -> str:
    if key == "non_field_errors":
        return ""
    if isinstance(key, int):
        return f"[{key}]"
    return f".{key}" if path else str(key)
