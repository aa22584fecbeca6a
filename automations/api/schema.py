"""How an operation stands in the OpenAPI document, said once beside its view."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.serializers import Serializer

from automations.api.serializers import ProblemAnswer, page_serializer


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the API token stands among the security schemes."""

    target_class = "automations.api.views.Token"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": "“Token <token>”"}


Shape = type[Serializer[Any]]

PAGE = (
    OpenApiParameter("cursor", str, description="From `next` of the page before."),
    OpenApiParameter("limit", int, description="Rows on a page, 1 to 200; 50 when left out."),
)
IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Your name for this request, at most 200 characters: sent again, it gets the first answer.",
)


def operation(
    name: str,
    tag: str,
    *,
    answer: Shape | type | dict[str, Any] | None = None,
    status: int = 200,
    many: bool = False,
    query: Shape | None = None,
    request: Shape | type | None = None,
    example: Any = None,
    sent: Any = None,
    idempotent: bool = False,
    media: str = "application/json",
    parameters: Sequence[OpenApiParameter] = (),
) -> Callable[[Any], Any]:
    """One method of a view: operation id, tag, shapes, and an example of the answer (and of the body, `sent`).

    `many` wraps `answer` in a page. `query` is the serializer of the query string.
    """
    shown: list[Any] = list(parameters)
    if query is not None:
        shown.append(query)
    if many:
        shown += PAGE
    if idempotent:
        shown.append(IDEMPOTENCY)
    examples = []
    if example is not None:
        value = {"next": None, "results": [example]} if many else example
        examples.append(
            OpenApiExample("Answer", value, response_only=True, status_codes=[str(status)], media_type=media)
        )
    if sent is not None:
        examples.append(OpenApiExample("Request", sent, request_only=True))
    shape: Any = page_serializer(answer) if many and isinstance(answer, type) else answer
    decorator: Callable[[Any], Any] = extend_schema(
        operation_id=name,
        tags=[tag],
        parameters=shown,
        request=request,
        responses={(status, media): shape, (("default"), "application/problem+json"): ProblemAnswer},
        examples=examples,
    )
    return decorator
