"""API tokens: made and revoked by the person they act as."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from automations.engine.errors import Problem
from automations.errors import ConflictError, InvalidError
from automations.models import ApiToken
from automations.services.audit import write_audit
from automations.services.texts import require_texts

MAX_DAYS = 365
MAX_TOKENS = 20


@transaction.atomic
def create_token(*, name: str, scope: str, days: int, actor: Any, now: datetime) -> tuple[ApiToken, str]:
    """A new token of `actor` and its secret, which is kept nowhere. Raises InvalidError for the name, the scope and
    the days (1 to 365), ConflictError for a twenty-first."""
    require_texts(ApiToken, name=name, scope=scope)
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= MAX_DAYS:
        message = f"A token lives for 1 to {MAX_DAYS} days."
        raise InvalidError([Problem("bad-days", "days", message, "Send a number of days.")])
    if ApiToken.objects.filter(Q(expiry__isnull=True) | Q(expiry__gt=now), user=actor).count() >= MAX_TOKENS:
        raise ConflictError(f"You have {MAX_TOKENS} tokens. Revoke one first.", code="too-many-tokens")
    token, secret = ApiToken.objects.create(user=actor, expiry=timedelta(days=days), name=name, scope=scope)
    write_audit(actor=actor, action="token.created", obj=token, before=None, after=_facts(token))
    return token, secret


@transaction.atomic
def revoke_token(*, token: ApiToken, actor: Any) -> None:
    """End a token's life at once."""
    write_audit(actor=actor, action="token.revoked", obj=token, before=_facts(token), after=None)
    token.delete()


def _facts(token: ApiToken) -> dict[str, str | None]:
    return {
        "name": token.name,
        "scope": token.scope,
        "expires_at": token.expiry.isoformat() if token.expiry else None,
    }
