"""A rule that stands in drafts, said once: the policy that says the same is named in its place."""

from __future__ import annotations

import re
from typing import Any

from django.db import transaction

from automations.engine.rule_places import places_in
from automations.errors import ConflictError
from automations.models import Policy, Workflow
from automations.services.checkpoints import add_checkpoint
from automations.services.drafts import load_draft, save_draft


@transaction.atomic
def name_policy_in_draft(*, workflow: Workflow, policy: Policy, actor: Any) -> int:
    """Name the policy in the draft wherever a rule stands that says the same as its newest revision; returns at how many
    places. The draft as it was is remembered, to go back to. Raises ConflictError where no such rule stands."""
    newest = policy.revisions.first()
    draft = load_draft(workflow)
    places = [
        place
        for place in places_in(draft.definition)
        if newest is not None and (place.module, place.form) == (policy.module.key, newest.form)
    ]
    if not places:
        message = f"No rule of “{workflow.name}” says what “{policy.name}” says."
        raise ConflictError(message, code="no-such-rule")
    add_checkpoint(workflow=workflow, actor=actor, name=f"Before “{policy.name[:60]}” was named")
    document = draft.to_document()
    for place in places:
        _put(document["nodes"][place.index], place.path, {"policy": policy.key})
    save_draft(workflow=workflow, document=document, revision=draft.revision, actor=actor)
    return len(places)


def _put(node: Any, path: str, value: Any) -> None:
    """Put a value where a path like `config.cases[1].rule` leads."""
    *way, last = (int(part) if part.isdecimal() else part for part in re.findall(r"\w+", path))
    for part in way:
        node = node[part]
    node[last] = value
