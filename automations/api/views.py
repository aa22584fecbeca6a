"""The base of all views, and the answer to addresses that are none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any, ClassVar, NoReturn, cast

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponseBase
from django.urls import Resolver404, resolve
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from knox.auth import TokenAuthentication
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, NotFound, ValidationError
from rest_framework.permissions import SAFE_METHODS, BasePermission, IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from automations.api.pagination import PAGE_PARAMS
from automations.api.parsing import StrictJSONParser
from automations.api.problems import problem_handler
from automations.errors import ForbiddenError
from automations.services import viewing


class Token(TokenAuthentication):  # type: ignore[misc]
    """“Authorization: Token …”; bytes that can be no token are refused before they are looked up."""

    def authenticate_credentials(self, token: bytes) -> Any:
        if not token.isalnum():
            raise AuthenticationFailed("This token is not valid.")
        return super().authenticate_credentials(token)


AUTHENTICATION = (Token, SessionAuthentication)
"""The token comes first, so that nobody at all is 401 with a challenge, not 403."""


class MayWrite(BasePermission):
    """A token of scope “read” changes nothing."""

    message = "This token may only read. Make one with the scope “write”."
    code = "token-read-only"

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.method in SAFE_METHODS or getattr(request.auth, "scope", "write") == "write"


class ProblemView(APIView):
    """Signed-in people and tokens only, and refusals as problems, whatever the project's own API does."""

    authentication_classes = AUTHENTICATION
    permission_classes: Sequence[type[BasePermission]] = (IsAuthenticated,)

    def permission_denied(
        self, request: Request, message: str | None = None, code: str | None = None
    ) -> NoReturn:
        """Also tells who sent a token in the wrong way how to send it."""
        header = request.headers.get("Authorization", "")
        if not request.successful_authenticator and header.lower().startswith("bearer "):
            raise NotAuthenticated("Send the token as “Authorization: Token <token>”, not as “Bearer”.")
        super().permission_denied(request, message, code)

    def get_exception_handler(self) -> Callable[..., Response | None]:
        return problem_handler


class ApiView(ProblemView):
    """JSON in, JSON out."""

    permission_classes = (IsAuthenticated, MayWrite)
    parser_classes = [StrictJSONParser]
    renderer_classes = (JSONRenderer,)
    only_reads: ClassVar[Sequence[str]] = SAFE_METHODS
    """Methods that change nothing, so that they are answered to who looks with somebody else's eyes."""
    ends_viewing = False
    looks_as_another = False
    """Whether it is somebody else who asks, so that nothing can be written, not even a note that it was looked at."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with ExitStack() as self.while_answering:
            answer = super().dispatch(request, *args, **kwargs)
            if getattr(answer, "streaming", False) and viewing.is_viewing(getattr(request, "session", None)):
                answer.streaming_content = list(answer)  # type: ignore[attr-defined]
            return answer

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Also refuses NUL in addresses, which PostgreSQL can't compare with anything."""
        super().initial(request, *args, **kwargs)
        self._look_as_another(request)
        if any("\0" in str(value) for value in kwargs.values()):
            raise NotFound
        if any("\0" in text for name, values in request.query_params.lists() for text in (name, *values)):
            raise ValidationError({"non_field_errors": ["The address holds a NUL."]})

    def _look_as_another(self, request: Request) -> None:
        """An admin's session may look as somebody else: then that is who asks, and nothing can be written."""
        session = getattr(request._request, "session", None)
        if request.auth is not None or self.ends_viewing or not viewing.is_viewing(session):
            return
        target = viewing.viewed_by(session, request.user)
        if request.method not in self.only_reads:
            raise ForbiddenError(
                "You are looking with somebody else's eyes, so nothing can be changed. Stop that first.",
                code="viewing-as-another",
            )
        if target is None:
            raise ForbiddenError(
                "Whom you looked as is gone, or you are no admin any more.", code="viewing-as-nobody"
            )
        request.user = self.while_answering.enter_context(viewing.eyes_of(target))
        self.looks_as_another = True

    def body(self, shape: type[Serializer[Any]], *, partial: bool = False) -> dict[str, Any]:
        """The request body in this shape. Raises ValidationError naming each wrong path."""
        read = shape(data=self.request.data, partial=partial)
        read.is_valid(raise_exception=True)
        return dict(read.validated_data)

    def query(self, shape: type[Serializer[Any]]) -> dict[str, Any]:
        """The query string in this shape, page parameters left aside. Raises ValidationError."""
        given = {key: value for key, value in self.request.query_params.items() if key not in PAGE_PARAMS}
        read = shape(data=given)
        read.is_valid(raise_exception=True)
        return dict(read.validated_data)

    @property
    def actor(self) -> User:
        """Who asks; `permission_classes` have let nobody through who is nobody."""
        return cast("User", self.request.user)


class SchemaView(ProblemView, SpectacularAPIView):
    """The OpenAPI document of this API."""


@extend_schema(exclude=True)
class UnknownAddressView(ApiView):
    """Answers what no other route takes: an address without its last slash as if it had one, else 404."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.path.endswith("/"):
            try:
                match = resolve(f"{request.path}/")
            except Resolver404:
                return super().dispatch(request, *args, **kwargs)
            if getattr(match.func, "cls", None) is not UnknownAddressView:
                answer: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
                return answer
        return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise NotFound("There is nothing at this address.")

    def get(self, request: Request) -> Response:
        raise NotFound
