"""The page that the link in an approver's mail leads to. Whoever holds the link is the approver, for this one
question; opening it decides nothing, so that previews and scanners of mail can't."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from automations import approval_rights
from automations.errors import ServiceError
from automations.models import Approval
from automations.runtime.approval_mail import read_token
from automations.services.approvals import changed_since, decide_approval
from builder.views import guard, needs_database

MAX_TOKEN = 500


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@needs_database
def approval_by_link(request: HttpRequest, token: str) -> HttpResponse:
    """The facts and the two answers; 404 for a link that is none, or whose person has gone."""
    approval, person = _opened(token)
    if approval is None:
        return _shown(request, {"title": "This link leads nowhere"}, 404)
    said, status = "", 200
    if request.method == "POST":
        said, status = _decide(request, approval, person)
        approval.refresh_from_db()
    newest = Approval.objects.filter(run=approval.run_id, node=approval.node).order_by("-round")[0]
    why_not = approval_rights.why_not_decide(person, approval)
    return _shown(
        request,
        {
            "title": approval.title,
            "approval": approval,
            "person": person,
            "own": approval.decisions.filter(person=person).first(),
            "why_not": why_not,
            "open": approval.state == Approval.State.PENDING and not why_not,
            "asked_anew": newest.pk != approval.pk,
            "since": changed_since(approval) if approval.state == Approval.State.PENDING else [],
            "said": said,
        },
        status,
    )


def _opened(token: str) -> tuple[Approval | None, Any]:
    link = read_token(token) if len(token) <= MAX_TOKEN else None
    if link is None:
        return None, None
    person = get_user_model().objects.filter(pk=link.user, is_active=True).first()
    approval = (
        Approval.objects.select_related("workflow", "module")
        .filter(run_id=link.run, node=link.node, round=link.round)
        .first()
    )
    return (approval, person) if person is not None else (None, None)


def _decide(request: HttpRequest, approval: Approval, person: Any) -> tuple[str, int]:
    try:
        decide_approval(
            approval=approval,
            actor=person,
            verdict=request.POST.get("verdict", ""),
            plan_hash=request.POST.get("plan_hash", ""),
            reason=request.POST.get("reason", ""),
            by_link=True,
        )
    except ServiceError as error:
        return error.detail, 409
    return "", 200


def _shown(request: HttpRequest, context: dict[str, Any], status: int) -> HttpResponse:
    response = render(request, "builder/approval_link.html", context, status=status)
    guard(response)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
