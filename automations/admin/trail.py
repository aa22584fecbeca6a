"""The audit trail in the admin: read with the same rights as elsewhere, proven whole, taken along as a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import admin

from automations import permissions
from automations.admin.tools import Block, Lines, Links, Table, Task, Tool, ToolForm, ToolPages, file_links
from automations.errors import ForbiddenError
from automations.insight.audit_chain import verify_chain
from automations.models import AuditEntry


class HeadForm(ToolForm):
    head = forms.RegexField(
        r"^[0-9a-f]{64}$",
        required=False,
        label="A noted head",
        help_text="One that was written down before: it must still be in the chain.",
    )


def _verify(_: None, actor: Any, given: Mapping[str, Any]) -> Sequence[Block]:
    if not permissions.may_see_audit(actor):
        raise ForbiddenError("You may not see the whole trail. An admin can give you “view audit entry”.")
    report = verify_chain(given["head"])
    if report.whole:
        return [Lines("It is whole", [f"{report.links} links, all hold. Head: {report.head or 'none yet'}"])]
    rows = [(found.seq, found.entry, found.why) for found in report.breaks]
    told = "The trail was tampered with, or restored from a damaged copy. Compare it with a backup."
    return [Lines("It is broken", [told]), Table("Where", ("Link", "Entry", "Why"), rows)]


VERIFY = Tool(
    slug="verify",
    link="Verify the chain…",
    may=lambda actor, _: permissions.may_see_audit(actor),
    tasks=lambda _, actor: [
        Task("verify", "Verify", _verify, HeadForm, "Works out every link anew.", reads=True)
    ],
)
EXPORT = Tool(
    slug="export",
    link="Export…",
    may=lambda actor, _: True,
    show=lambda _, actor: [
        Links(
            "To keep",
            file_links(("All that you may see, as CSV", "api:audit-export", "")),
        ),
        Lines("Parts of it", ["The page “Audit” of the app exports what its filters show."]),
    ],
)


@admin.register(AuditEntry)
class AuditEntryAdmin(ToolPages):
    """Who changed what. Nobody changes this, the database included."""

    sees = staticmethod(permissions.visible_audit)
    list_display = ("at", "actor_name", "action", "object_type", "object_id", "reason")
    list_filter = ("action", "object_type", "at")
    search_fields = ("actor_name", "=action", "=object_id", "reason", "=request_id")
    date_hierarchy = "at"
    list_tools = (VERIFY, EXPORT)
