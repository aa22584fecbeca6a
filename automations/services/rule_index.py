"""Which policies drafts and versions name, and which rules drafts hold: kept beside them, so that “used by” and the
finder of duplicates read no document."""

from __future__ import annotations

from collections.abc import Iterator

from automations.engine.documents import Definition
from automations.engine.rule_places import places_in, policies_in
from automations.models import PolicyUse, RulePlace, Workflow, WorkflowVersion

MAX_KEY = 80


def index_draft(*, workflow: Workflow, definition: Definition) -> None:
    """Note what the draft names and holds, in the transaction that saves it."""
    named = policies_in([node.config for node in definition.nodes])
    PolicyUse.objects.filter(workflow=workflow, version=None).delete()
    PolicyUse.objects.bulk_create(
        [PolicyUse(policy_key=key, workflow=workflow) for key in sorted(named) if len(key) <= MAX_KEY]
    )
    RulePlace.objects.filter(workflow=workflow).delete()
    RulePlace.objects.bulk_create(_rule_places(workflow, definition))


def index_version(*, version: WorkflowVersion, definition: Definition) -> None:
    """Note which policies a version pins, in the transaction that publishes it."""
    PolicyUse.objects.bulk_create(
        [
            PolicyUse(
                policy_key=key,
                workflow_id=version.workflow_id,
                version=version,
                revision=pinned["revision"],
            )
            for key, pinned in sorted(definition.policies.items())
        ]
    )


def _rule_places(workflow: Workflow, definition: Definition) -> Iterator[RulePlace]:
    """The rules of a draft that mean the same in every workflow about its module."""
    for place in places_in(definition):
        yield RulePlace(
            workflow=workflow,
            module=place.module[:63],
            node=place.node.id,
            path=place.path,
            form=place.form,
            rule=place.rule,
        )
