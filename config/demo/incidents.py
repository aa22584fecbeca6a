"""The main job on a real log: an Incidents module, three workflows, every row replayed; simulate, then execute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from automations.engine.fields import FieldType
from automations.models import Event, Mode, Module, Record, Run, Step, Workflow
from automations.runtime.replay import Replay
from automations.services.consents import confirm_first_release
from automations.services.drafts import save_draft
from automations.services.modules import create_module
from automations.services.records import create_record, update_record
from automations.services.releases import promote_workflow
from automations.services.scenarios import save_scenario
from automations.services.versions import publish_version
from automations.services.workflows import create_workflow
from config.demo.incident_log import COLUMNS, COUNTS, FLAGS, TIMES, IncidentLog, LogRow
from config.demo.incident_scenarios import incident_scenarios

ROUTE, URGENT, MISSED = "route-by-category", "urgent-unresolved", "missed-sla"
DESK = "Incident desk"
BRANCHES = {"network": (26, 45, 53), "hardware": (9, 32, 37, 42)}

Progress = Callable[[int], None]


def module_fields() -> list[dict[str, Any]]:
    """The module's fields: one for each column, and `review`, which the missed-sla workflow sets."""
    types = {
        **dict.fromkeys(TIMES, FieldType.DATETIME),
        **dict.fromkeys(FLAGS, FieldType.BOOLEAN),
        **dict.fromkeys(COUNTS, FieldType.NUMBER),
    }
    fields = [
        {
            "key": column,
            "type": types.get(column, FieldType.TEXT).value,
            "indexed": column in ("incident_state", "priority", "category", "opened_at"),
        }
        for column in COLUMNS
        if column != "number"
    ]
    return [*fields, {"key": "review", "type": "text"}]


def documents(module: str) -> dict[str, dict[str, Any]]:
    """The three workflows as documents for this module."""

    def category(*numbers: int) -> dict[str, Any]:
        return {"field": "category", "op": "in", "value": [f"Category {number}" for number in numbers]}

    def assign(node: str, group: str) -> dict[str, Any]:
        config = {"field": "assignment_group", "strategy": "fixed", "value": group}
        return {"id": node, "type": "action.assign", "title": f"Assign {group}", "config": config}

    teams = [*BRANCHES, "otherwise"]
    route = {
        "schema": 1,
        "nodes": [
            {
                "id": "t1",
                "type": "trigger.record",
                "title": "Incident created",
                "config": {"module": module, "on": ["created"]},
            },
            {
                "id": "c1",
                "type": "condition.switch",
                "title": "Which category?",
                "config": {
                    "match": "first",
                    "cases": [
                        {"branch": name, "rule": category(*numbers)} for name, numbers in BRANCHES.items()
                    ],
                },
            },
            *(assign(f"a{index}", team) for index, team in enumerate(teams, 1)),
        ],
        "edges": [
            {"from": "t1", "to": "c1"},
            *({"from": "c1", "branch": team, "to": f"a{index}"} for index, team in enumerate(teams, 1)),
        ],
    }
    urgent_filter = {
        "all": [
            {"field": "priority", "op": "in", "value": ["1 - Critical", "2 - High"]},
            {"field": "incident_state", "op": "not_in", "value": ["Resolved", "Closed"]},
        ]
    }
    urgent = {
        "schema": 1,
        "nodes": [
            {
                "id": "t1",
                "type": "trigger.deadline",
                "title": "4 hours after opening",
                "config": {
                    "module": module,
                    "field": "opened_at",
                    "offset": "PT4H",
                    "when": "after",
                    "filter": urgent_filter,
                },
            },
            {
                "id": "a1",
                "type": "action.notify",
                "title": "Tell the incident desk",
                "config": {
                    "groups": [DESK],
                    "channels": ["app"],
                    "title": "Urgent and unresolved after 4 hours: {{ event.record }}",
                    "body": "{{ record.priority }}, {{ record.incident_state }}, opened {{ record.opened_at | datetime }}",
                },
            },
        ],
        "edges": [{"from": "t1", "to": "a1"}],
    }
    missed = {
        "schema": 1,
        "nodes": [
            {
                "id": "t1",
                "type": "trigger.record",
                "title": "Closed too late",
                "config": {
                    "module": module,
                    "on": ["field_changed"],
                    "field": "incident_state",
                    "to": "Closed",
                    "filter": {"field": "made_sla", "op": "is_false"},
                },
            },
            {
                "id": "a1",
                "type": "action.update_fields",
                "title": "Ask for a review",
                "config": {"values": {"review": "SLA missed"}},
            },
        ],
        "edges": [{"from": "t1", "to": "a1"}],
    }
    return {ROUTE: route, URGENT: urgent, MISSED: missed}


class IncidentDemo:
    """One half of the demo: a module of its own, the workflows in one mode, and the replay into it."""

    def __init__(self, log: IncidentLog, mode: Mode, *, inline: bool) -> None:
        self.log = log
        self.mode = mode
        self.key = f"incidents-{log.digest}-{mode.value}"
        self.clock = f"replay:{self.key}"
        self.replay = Replay(self.clock, inline=inline)
        self.owner = _person(
            "priya", "Priya", "Publisher", DESK
        )  # a role that may use modules: runs act as her

    def run(self, progress: Progress) -> dict[str, Any]:
        """Set up what is not there yet, replay every row, and count. A second run changes nothing."""
        module = self._module()
        self._workflows(module)
        self._replay(module, progress)
        return self.counts(module)

    def _module(self) -> Module:
        found = Module.objects.filter(key=self.key).first()
        return found or create_module(
            key=self.key,
            name=f"Incidents ({self.mode.value})",
            fields=module_fields(),
            actor=self.owner,
            team="IT operations",
        )

    def _workflows(self, module: Module) -> None:
        start = self.log.rows[0].at - timedelta(minutes=1)
        for name, document in documents(module.key).items():
            key = f"{name}-{self.log.digest}-{self.mode.value}"
            if Workflow.objects.filter(key=key, active_version__isnull=False).exists():
                continue
            workflow = Workflow.objects.filter(key=key).first() or create_workflow(
                key=key, name=name, module=module, team="IT operations", actor=self.owner, run_as=self.owner
            )
            save_draft(workflow=workflow, document=document, revision=None, actor=self.owner)
            for scenario in incident_scenarios(module.key, start)[name]:
                save_scenario(workflow=workflow, actor=self.owner, **scenario)
            publish_version(
                workflow=workflow, actor=self.owner, note="First release", at=start, clock=self.clock
            )
            if self.mode == Mode.EXECUTE:
                confirm_first_release(workflow=workflow, actor=self.owner)
                promote_workflow(
                    workflow=workflow, actor=self.owner, reason="Simulated on the same log before."
                )

    def _replay(self, module: Module, progress: Progress) -> None:
        """Row by row, each at its own time. A record's next row waits until the work that its last one caused is
        done, as it would have been in life, where hours lie between them."""
        unsettled: set[str] = set()
        last = None
        for row in self.log.rows:
            if row.at != last and self.replay.advance(row.at):
                unsettled.clear()
            last = row.at
            if row.incident in unsettled:
                self.replay.settle()
                unsettled.clear()
            self._apply(module, row)
            unsettled.add(row.incident)
            progress(1)
        self.replay.finish()

    def _apply(self, module: Module, row: LogRow) -> None:
        values = {column: value for column, value in row.values.items() if column != "number"}
        save = create_record if row.ordinal == 0 else update_record
        save(
            module=module,
            key=row.incident,
            values=values,
            actor=None,
            at=row.at,
            idempotency_key=f"{row.incident}:{row.ordinal}",
            clock=self.clock,
        )

    def counts(self, module: Module) -> dict[str, Any]:
        """What the runs of this half did, from their rows."""
        workflows = {w.name: w for w in Workflow.objects.filter(module=module)}
        runs = Run.objects.filter(workflow__in=workflows.values(), clock=self.clock)
        taken = Counter(
            branch
            for branches in Step.objects.filter(
                run__in=runs.filter(workflow=workflows[ROUTE], status="succeeded"), node="c1"
            ).values_list("branches", flat=True)
            for branch in branches
        )
        changes = Counter(
            change["field"]
            for listed in Step.objects.filter(run__in=runs, status="succeeded").values_list(
                "changes", flat=True
            )
            for change in listed
        )
        return {
            ROUTE: {branch: taken[branch] for branch in (*BRANCHES, "otherwise")},
            URGENT: runs.filter(workflow=workflows[URGENT], status="succeeded").count(),
            MISSED: runs.filter(workflow=workflows[MISSED], status="succeeded").count(),
            "runs": dict(sorted(Counter(runs.values_list("status", flat=True)).items())),
            "changes": dict(sorted(changes.items())),
        }

    def totals(self) -> tuple[int, int]:
        """(events that came from the log, records) of this half's module."""
        events = Event.objects.filter(
            module__key=self.key, type__in=("record.created", "record.updated"), cause_run__isnull=True
        )
        return events.count(), Record.objects.filter(module__key=self.key).count()


def _person(username: str, first_name: str, *groups: str) -> Any:
    users = get_user_model()
    user, _ = users.objects.get_or_create(username=username, defaults={"first_name": first_name})
    user.groups.add(*(Group.objects.get_or_create(name=group)[0] for group in groups))
    return user
