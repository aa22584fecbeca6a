"""`Idempotency-Key`: a POST that is sent twice is done once, and answered the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection
from functools import wraps
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from automations.engine.documents import canonical_json
from automations.models import IdempotencyKey

MAX_KEY = 200
REPLAYED = "Idempotency-Replayed"

Handler = Callable[..., Response]


class KeyInFlightError(APIException):
    status_code = 409
    default_code = "idempotency-key-in-flight"
    default_detail = "A request with this key is being answered. Send it again in a moment."


class KeyMismatchError(APIException):
    status_code = 422
    default_code = "idempotency-key-reused"
    default_detail = "This key was used for another request. Send a new key."


def idempotent(*, unstored: Collection[str] = ()) -> Callable[[Handler], Handler]:
    """For a `post` method that creates something.

    What it does and its stored answer commit together: after a crash in between neither exists, and the
    repetition does it. While one request is at work, its lock answers others with 409. Only successes are kept,
    so that a refused request can be mended and sent again under the same key. `unstored` names top-level values
    of the answer that are not stored; a repetition shows null in their place.
    """

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        def once(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
            key = idempotency_key(request)
            if key is None:
                return handler(view, request, *args, **kwargs)
            digest = _request_hash(request)
            with transaction.atomic():
                if not _lock(view.actor.pk, key):
                    raise KeyInFlightError
                known = IdempotencyKey.objects.filter(actor=view.actor, key=key).first()
                if known is not None:
                    return _replay(known, digest)
                answer = handler(view, request, *args, **kwargs)
                body = json.loads(JSONRenderer().render(answer.data))
                IdempotencyKey.objects.create(
                    actor=view.actor,
                    key=key,
                    route=request.path[:200],
                    request_hash=digest,
                    status=answer.status_code,
                    body={**body, **dict.fromkeys(unstored)},
                    created_at=timezone.now(),
                )
            return answer

        return once

    return decorate


def idempotency_key(request: Request) -> str | None:
    """The request's key, if it has one. Raises ValidationError for one that is empty, too long or unprintable."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not (1 <= len(key) <= MAX_KEY and key.isprintable()):
        raise ValidationError({"Idempotency-Key": [f"It has 1 to {MAX_KEY} printable characters."]})
    return key


def _request_hash(request: Request) -> str:
    text = canonical_json([request.method, request.path, request.data])
    return hashlib.sha256(text.encode()).hexdigest()


def _lock(actor_id: int, key: str) -> bool:
    """Take the key until the transaction ends; false when another request holds it."""
    digest = hashlib.sha256(f"automations.idempotency:{actor_id}:{key}".encode()).digest()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(%s)", [int.from_bytes(digest[:8], "big", signed=True)]
        )
        return bool(cursor.fetchone()[0])


def _replay(known: IdempotencyKey, digest: str) -> Response:
    if known.request_hash != digest:
        raise KeyMismatchError
    return Response(known.body, status=known.status, headers={REPLAYED: "true"})
