"""What is wrong with a workflow or a run, since when, what changed, whose it is and what to press: to read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from automations import permissions
from automations.admin.tools import Block, Lines, Table, Tool
from automations.insight.diagnosis.parts import Diagnosis
from automations.insight.diagnosis.reading import diagnose_run, diagnose_workflow
from automations.insight.run_news import newest_retry
from automations.models import Run, Workflow


def _of_workflow(workflow: Workflow, actor: Any) -> Sequence[Block]:
    return _told(diagnose_workflow(actor, workflow, now=timezone.now()))


def _of_run(run: Run, actor: Any) -> Sequence[Block]:
    whole = Run.objects.select_related("workflow__owner", "workflow__run_as", "workflow__active_version")
    found = whole.annotate(retried_as=newest_retry()).get(pk=run.pk)
    return _told(diagnose_run(actor, found, now=timezone.now()))


def _told(found: Diagnosis) -> Sequence[Block]:
    workflow, times = found.workflow, found.times
    owner = ", ".join(part for part in (str(workflow.owner or "nobody"), workflow.team) if part)
    success = times.last_success
    return (
        Lines(
            found.headline,
            (
                f"Since: {times.moment:%Y-%m-%d %H:%M:%S} UTC" if times.moment is not None else "Since: –",
                f"Last success: run {success.pk}, version {success.version.number}"
                if success is not None
                else "Last success: none yet",
                f"Owner: {owner}",
                f"Runbook: {workflow.runbook_url or 'none'}",
            ),
        ),
        Table(
            "What is wrong",
            ("How bad", "What", "Since", "Run"),
            [
                (one.severity.name.lower(), one.sentence, one.since or "–", one.run or "–")
                for one in found.findings
            ],
            "Nothing that can be seen.",
        ),
        Table(
            "What changed just before, most suspect first",
            ("When", "What", "Why it is suspect"),
            [(one.entry.at, one.sentence, one.why) for one in found.changes],
            "Nothing of what this workflow is and uses, in the week before.",
        ),
        Table(
            "What to press",
            ("What", "Why", "Where", "You may"),
            [(one.label, one.why, one.link, one.why_not or "yes") for one in found.presses],
            "Nothing.",
        ),
    )


OF_WORKFLOW = Tool(
    "diagnosis",
    "Diagnosis",
    lambda actor, workflow: permissions.may(actor, "view", workflow),
    show=_of_workflow,
)
OF_RUN = Tool(
    "diagnosis", "Diagnosis", lambda actor, run: permissions.may(actor, "view", run.workflow), show=_of_run
)
