"""Helpers for tests of workflows, of this project and of those that install it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from django.contrib.auth.models import Permission

from automations.models import Mode, Module, Workflow
from automations.runtime.drain import drain
from automations.services.drafts import save_draft
from automations.services.modules import create_module
from automations.services.versions import publish_version
from automations.services.workflows import create_workflow


def node(identity: str, kind: str, **config: Any) -> dict[str, Any]:
    """A node of a document: node("a1", "action.comment", text="Hello")."""
    return {"id": identity, "type": kind, "title": identity, "config": config}


def edge(source: str, target: str, branch: str = "") -> dict[str, Any]:
    return {"from": source, "to": target, **({"branch": branch} if branch else {})}


def chain(*nodes: dict[str, Any]) -> dict[str, Any]:
    """A document in which each node follows the one before it."""
    return {"schema": 1, "nodes": list(nodes), "edges": [edge(a["id"], b["id"]) for a, b in pairwise(nodes)]}


def make_module(key: str, fields: Mapping[str, str] | Sequence[Mapping[str, Any]], **options: Any) -> Module:
    """A stored module from {"title": "text", "amount": "money"} or from whole field objects."""
    listed = (
        [{"key": name, "type": kind} for name, kind in fields.items()]
        if isinstance(fields, Mapping)
        else fields
    )
    return create_module(key=key, name=key.title(), fields=list(listed), actor=None, **options)


def give_modules(person: Any) -> Any:
    """Let somebody use every module, so that what they publish may act. Returns them."""
    person.user_permissions.add(
        Permission.objects.get(content_type__app_label="automations", codename="use_module")
    )
    return person


def make_workflow(
    key: str, document: dict[str, Any], *, owner: Any, mode: str = Mode.EXECUTE, **options: Any
) -> Workflow:
    """A published workflow, live in `mode`. Raises InvalidError when the document does not validate, or its owner may
    not do what it does (see `give_modules`)."""
    workflow = create_workflow(key=key, name=key, actor=owner, **options)
    save_draft(workflow=workflow, document=document, revision=None, actor=owner)
    publish_version(workflow=workflow, actor=owner, mode=mode)
    workflow.refresh_from_db()
    return workflow


def run_everything() -> None:
    """Do all work that is due, in this process, until nothing is."""
    drain()
