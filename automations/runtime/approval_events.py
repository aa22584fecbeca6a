"""What is announced of questions to people: that one waits, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from automations.models import Approval
from automations.runtime.product_events import ProductEvent


def asked_event(approval: Approval) -> ProductEvent:
    facts = {
        "kind": str(approval.kind),
        "run": approval.run_id,
        "node": approval.node,
        "round": approval.round,
        "quorum": approval.quorum,
        "expires_at": approval.expires_at.isoformat() if approval.expires_at else None,
    }
    private = {"title": approval.title, "users": approval.users, "groups": approval.groups}
    return _event("approval.asked", approval, facts, private, approval.asked_at)


def decided_event(approval: Approval, news: Mapping[str, Any], now: datetime) -> ProductEvent:
    facts = {
        "kind": str(approval.kind),
        "run": approval.run_id,
        "node": approval.node,
        "round": approval.round,
        "verdict": str(approval.state),
        "by": list(news.get("by", ())),
    }
    private = {"title": approval.title, "reason": news.get("reason", ""), "answers": news.get("answers", {})}
    return _event("approval.decided", approval, facts, private, now)


def _event(
    kind: str, approval: Approval, facts: Mapping[str, Any], private: Mapping[str, Any], now: datetime
) -> ProductEvent:
    subject = ("approval", approval.pk)
    return ProductEvent(kind, approval.workflow_id, subject, facts, now, private, f"approvals/{approval.pk}/")
