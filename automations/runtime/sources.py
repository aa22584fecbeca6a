"""Sources of events that the runtime itself brings."""

from __future__ import annotations

from automations.models import TriggerSource


def workflow_source() -> TriggerSource:
    source, _ = TriggerSource.objects.get_or_create(
        key="workflow", defaults={"kind": TriggerSource.Kind.WORKFLOW, "name": "Other workflows"}
    )
    return source
