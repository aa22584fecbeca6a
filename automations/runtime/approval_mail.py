"""What an approver finds in the mail: the facts, and a link of his own that leads to a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core import signing

from automations.models import Approval

SALT = "automations.approval"
MAX_CHANGES = 20
LINK_SECONDS = 30 * 86_400
"""A link outlives no question of that age; the question's own end closes it sooner."""


@dataclass(frozen=True, slots=True)
class Link:
    """Whose link it is, and to which question it leads."""

    run: int
    node: str
    round: int
    user: int


def approval_mail(approval: Approval, user: Any) -> str:
    """The text of the mail to one person."""
    parts = [approval.title, approval.body, "If you agree:", *_changes(approval)]
    if approval.expires_at is not None:
        parts.append(f"It expires at {approval.expires_at:%Y-%m-%d %H:%M} UTC.")
    site = getattr(settings, "AUTOMATIONS_SITE_URL", "")
    if site:
        parts += [
            f"Decide here: {site.rstrip('/')}/approvals/by-link/{token_for(approval, user)}/",
            "The link is yours alone. Opening it decides nothing.",
        ]
    else:
        parts.append("Decide in Automations, under Approvals.")
    return "\n\n".join(part for part in parts if part)


def token_for(approval: Approval, user: Any) -> str:
    """The signed part of a person's link."""
    named = {"r": approval.run_id, "n": approval.node, "k": approval.round, "u": user.pk}
    return signing.dumps(named, salt=SALT, compress=True)


def read_token(token: str) -> Link | None:
    """Whose link it is; None for one that is none of ours, or is too old."""
    try:
        named = signing.loads(token, salt=SALT, max_age=LINK_SECONDS)
        return Link(named["r"], named["n"], named["k"], named["u"])
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        return None


def _changes(approval: Approval) -> list[str]:
    lines = [
        f"  {change['module']} {change['record']}: {change['field']} {_said(change['before'])} → {_said(change['after'])}"
        for entry in approval.plan
        for change in entry["changes"]
    ]
    lines += [f"  {entry['preview']}" for entry in approval.plan if not entry["changes"] and entry["preview"]]
    more = len(lines) - MAX_CHANGES
    shown = [*lines[:MAX_CHANGES], *([f"  and {more} more"] if more > 0 else [])]
    return ["\n".join(shown) or "  nothing further would be done."]


def _said(value: Any) -> str:
    return "–" if value in (None, "") else str(value)[:80]
