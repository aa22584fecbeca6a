"""Checkpoints: the draft as it was at a moment, to go back to. Going back is an ordinary save of that document."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from automations.engine.differences import Difference, difference
from automations.engine.documents import Definition, parse_document
from automations.models import Checkpoint, Occasion, Workflow
from automations.services.drafts import document_of_draft
from automations.services.texts import require_texts

KEPT = 50
"""Checkpoints of one workflow. The oldest without a name go first; the newest always stays."""


@transaction.atomic
def add_checkpoint(
    *, workflow: Workflow, actor: Any, occasion: str = Occasion.SAVE, name: str = ""
) -> Checkpoint:
    """Remember the draft as it is saved. Where nothing has changed since the last checkpoint, that one is answered,
    but for a publication and where a name is given. Raises InvalidError for a bad name or occasion."""
    require_texts(Checkpoint, name=name, occasion=occasion)
    Workflow.objects.select_for_update(no_key=True).get(pk=workflow.pk)
    document = draft_to_keep(workflow)
    rows = Checkpoint.objects.filter(workflow=workflow)
    last = rows.first()
    if last is not None and (name, last.document) == ("", document) and occasion != Occasion.PUBLISH:
        return last
    newest = rows.aggregate(newest=Max("number"))["newest"] or 0
    others = sorted(rows.values_list("name", "pk"), key=lambda row: (row[0] != "", row[1]))
    rows.filter(pk__in=[pk for _, pk in others[: max(0, len(others) + 1 - KEPT)]]).delete()
    return Checkpoint.objects.create(
        workflow=workflow,
        number=newest + 1,
        occasion=occasion,
        name=name,
        document=document,
        made_by=actor,
        made_at=timezone.now(),
    )


def draft_to_keep(workflow: Workflow) -> dict[str, Any]:
    """The draft without its save counter: what a checkpoint holds."""
    return {key: value for key, value in document_of_draft(workflow).items() if key != "revision"}


def changes_since(checkpoint: Checkpoint, definition: Definition) -> Difference:
    """What leads from a checkpoint to a definition of the same workflow."""
    kept, _ = parse_document(checkpoint.document)
    return difference(kept or Definition(nodes=(), edges=()), definition)
