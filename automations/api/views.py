"""The base of all views, and the answer to addresses that are none."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser
from django.http import HttpRequest, HttpResponseBase
from django.urls import Resolver404, resolve
from drf_spectacular.utils import extend_schema
from knox.auth import TokenAuthentication
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import NotFound
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from automations.api.pagination import PAGE_PARAMS
from automations.api.parsing import StrictJSONParser


class ApiView(APIView):
    """Signed-in people and tokens only; JSON in, JSON out. The token comes first, so that nobody at all is 401."""

    authentication_classes = (TokenAuthentication, SessionAuthentication)
    permission_classes = (IsAuthenticated,)
    parser_classes: ClassVar[Any] = (StrictJSONParser,)
    renderer_classes = (JSONRenderer,)

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
    def actor(self) -> AbstractUser:
        user = self.request.user
        assert isinstance(user, AbstractUser)
        return user


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
