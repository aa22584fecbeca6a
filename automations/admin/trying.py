"""What a workflow would do, asked on its page: run-tests, scenarios, backtests and shadows. None of it acts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from automations import permissions
from automations.admin.base import as_json
from automations.admin.tools import Block, Lines, Table, Task, Tool, ToolForm
from automations.models import Backtest, Scenario, ScenarioResult, Workflow
from automations.runtime.subscriptions import definition_of
from automations.services import backtests, scenarios
from automations.services.go_live import note_run_test
from automations.services.references import require_module_seen, require_seen
from automations.services.run_tests import MAX_LIMIT, RunTestRequest, run_test
from automations.services.versions import load_definition

NEWEST = 10


def may_test(actor: Any, workflow: Workflow) -> bool:
    return permissions.may(actor, "run_test", workflow)


def version_choices(workflow: Workflow) -> list[tuple[str, str]]:
    numbers = workflow.versions.order_by("-number").values_list("number", flat=True)
    return [("draft", "the draft"), *((str(number), f"version {number}") for number in numbers)]


def number_of(version: str) -> str | int:
    return version if version == "draft" else int(version)


class VersionForm(ToolForm):
    version = forms.ChoiceField()

    def prepare(self, thing: Any, actor: Any) -> None:
        self.fields["version"].choices = version_choices(thing)  # type: ignore[attr-defined]


class TriedForm(VersionForm):
    version = forms.ChoiceField(label="Try")


class BacktestForm(TriedForm):
    against = forms.ChoiceField(required=False, label="Compare with")
    days = forms.IntegerField(
        required=False, min_value=1, max_value=backtests.MOST_DAYS, help_text="The last so many; else 7."
    )
    since = forms.DateTimeField(required=False, help_text="In place of days, as 2026-03-01 00:00.")
    until = forms.DateTimeField(required=False, help_text="Else now.")

    def prepare(self, thing: Any, actor: Any) -> None:
        super().prepare(thing, actor)
        numbers = [choice for choice in version_choices(thing) if choice[0] != "draft"]
        self.fields["against"].choices = [("", "the live version"), *numbers]  # type: ignore[attr-defined]


class ShadowForm(TriedForm):
    days = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=backtests.MOST_SHADOW_DAYS,
        help_text=f"It ends by itself after so many; else {backtests.SHADOW_DAYS}.",
    )


def _start_backtest(workflow: Workflow, actor: Any, given: Mapping[str, Any]) -> str:
    version, against = number_of(given["version"]), given["against"]
    _require_both_seen(workflow, actor, version, int(against) if against else None)
    made = backtests.start_backtest(
        workflow=workflow,
        actor=actor,
        version=version,
        against=int(against) if against else None,
        days=given["days"],
        since=given["since"],
        until=given["until"],
    )
    return f"Backtest {made.pk} is queued. A worker does it between runs; open it below to see how far it is."


def _start_shadow(workflow: Workflow, actor: Any, given: Mapping[str, Any]) -> str:
    version = number_of(given["version"])
    _require_both_seen(workflow, actor, version, None)
    made = backtests.start_shadow(workflow=workflow, actor=actor, version=version, days=given["days"])
    return f"Shadow {made.pk} follows live events from now on."


def _require_both_seen(workflow: Workflow, actor: Any, tried: str | int, against: int | None) -> None:
    """The right to test, and that the actor sees what either side names."""
    permissions.require(actor, "run_test", workflow)
    require_seen(workflow, load_definition(workflow, tried), actor)
    if against is not None:
        require_seen(workflow, load_definition(workflow, against), actor)
    elif workflow.active_version is not None:
        require_seen(workflow, definition_of(workflow.active_version), actor)


def _newest_backtests(workflow: Workflow, actor: Any) -> Sequence[Block]:
    rows = Backtest.objects.filter(workflow=workflow).defer("document")
    rows = rows.select_related("version", "against", "requested_by").order_by("-pk")[:NEWEST]
    head = ("", "Tried", "Beside", "Status", "Events", "Agreement", "By", "At")
    return [Table("The newest", head, [_row(row) for row in rows], "None was asked for yet.")]


def _row(row: Backtest) -> tuple[Any, ...]:
    address = reverse("admin:automations_backtest_change", args=(row.pk,))
    kind = "Shadow" if row.is_shadow else "Backtest"
    return (
        format_html('<a href="{}">{} {}</a>', address, kind, row.pk),
        f"version {row.version.number}" if row.version is not None else "the draft",
        f"version {row.against.number}" if row.against is not None else "nothing",
        row.get_status_display(),
        f"{row.looked_at} of {row.to_read}" if row.to_read is not None else row.looked_at,
        f"{row.agreement:.1f} %" if row.agreement is not None else None,
        row.requested_by,
        f"{row.created_at:%Y-%m-%d %H:%M}",
    )


BACKTESTS = Tool(
    slug="backtests",
    link="Backtest, shadow…",
    may=may_test,
    show=_newest_backtests,
    tasks=lambda workflow, actor: [
        Task(
            "backtest",
            "Start a backtest",
            _start_backtest,
            BacktestForm,
            "Judges past events by both sides and counts what they answer differently. Nothing is done.",
        ),
        Task(
            "shadow",
            "Start a shadow",
            _start_shadow,
            ShadowForm,
            "Judges every live event from now on beside the live version, and does nothing. One at a time.",
        ),
    ],
)


class RunTestForm(TriedForm):
    record = forms.CharField(
        required=False, max_length=120, help_text="The key of one record; left out, the live records."
    )
    limit = forms.IntegerField(initial=20, min_value=1, max_value=MAX_LIMIT, label="Show at most")


def _run_test(workflow: Workflow, actor: Any, given: Mapping[str, Any]) -> Sequence[Block]:
    permissions.require(actor, "run_test", workflow)
    version = number_of(given["version"])
    definition = load_definition(workflow, version)
    require_seen(workflow, definition, actor)
    records = None if given["record"] else "live"
    request = RunTestRequest(version=version, record=given["record"], records=records, limit=given["limit"])
    answer = run_test(workflow=workflow, request=request, actor=actor)
    total = answer["candidates"]["total"]
    note_run_test(
        workflow=workflow, digest=definition.digest(), candidates=total, actor=actor, now=timezone.now()
    )
    reason = answer["decision"]["reason"]
    said = [f"{total} candidates. Nothing was written."]
    said += [] if answer["matched"] else [f"It would not start: {reason.get('why') or as_json(reason)}"]
    return [
        Lines("What it would do", said),
        Table(
            "Candidates",
            ("Record", "Branch", "Way", "Ends", "Would do"),
            [_candidate(item) for item in answer["candidates"]["items"]],
            "No record is selected.",
        ),
        Table(
            "Log",
            ("Level", "Step", "Record", "Message"),
            [(line["level"], line["node"], line["record"], line["message"]) for line in answer["logs"][:200]],
        ),
    ]


def _candidate(item: Mapping[str, Any]) -> tuple[Any, ...]:
    ends = (
        "inconclusive: an action could not say what it would do" if item["inconclusive"] else item["status"]
    )
    way = " → ".join(step["node"] for step in item["path"])
    return (
        item["record"],
        item["branch"],
        way,
        ends,
        as_json(item["actions"]) if item["actions"] else "nothing",
    )


RUN_TEST = Tool(
    slug="run-test",
    link="Run-test…",
    may=may_test,
    tasks=lambda workflow, actor: [
        Task(
            "test",
            "Run-test",
            _run_test,
            RunTestForm,
            "What it would do with records as they are now, field by field. Nothing is written.",
        )
    ],
)


class ScenarioForm(ToolForm):
    name = forms.CharField(max_length=160)
    kind = forms.ChoiceField(choices=Scenario.Kind.choices)
    given = forms.JSONField(
        initial=dict,
        widget=forms.Textarea(attrs={"rows": 6, "cols": 80}),
        help_text='What it starts from: {"record": {"module": "tickets", "key": "T-1", "values": {…}}}.',
    )
    expected = forms.JSONField(
        initial=dict,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "cols": 80}),
        help_text='What should come of it: {"path": […], "effects": […], "fields": […]}; left out, only whether it starts.',
    )
    as_user = forms.CharField(required=False, max_length=150, label="Acts as the person")
    as_role = forms.CharField(required=False, max_length=150, label="Or as the role")


def _save_scenario(workflow: Workflow, actor: Any, given: Mapping[str, Any]) -> str:
    permissions.require(actor, "edit", workflow)
    require_module_seen(actor, given["given"])
    made = scenarios.save_scenario(workflow=workflow, actor=actor, **given)
    return f"“{made.name}” is saved."


def _run_all(workflow: Workflow, actor: Any, given: Mapping[str, Any]) -> str:
    permissions.require(actor, "run_test", workflow)
    version = number_of(given["version"])
    require_seen(workflow, load_definition(workflow, version), actor)
    results = scenarios.run_all(workflow=workflow, actor=actor, version=version)
    passed = sum(row.status == ScenarioResult.Status.PASSED for row in results)
    return f"{passed} of {len(results)} scenarios pass."


def _scenarios(workflow: Workflow, actor: Any) -> Sequence[Block]:
    rows = Scenario.objects.filter(workflow=workflow)
    results = ScenarioResult.objects.filter(scenario__in=rows).order_by("scenario_id", "-run_at")
    newest = {row.scenario_id: row for row in results.distinct("scenario_id")}
    return [
        Table(
            "Its scenarios",
            ("Name", "Kind", "Acts as", "Newest result", "At"),
            [_scenario_row(row, newest.get(row.pk)) for row in rows],
            "It has none. Save one below, or in the editor from a record, an event or a past run.",
        )
    ]


def _scenario_row(scenario: Scenario, result: ScenarioResult | None) -> tuple[Any, ...]:
    address = reverse("admin:automations_scenario_change", args=(scenario.pk,))
    acts_as = scenario.as_user or (f"the role {scenario.as_role}" if scenario.as_role else "the workflow")
    told = (result.status, f"{result.run_at:%Y-%m-%d %H:%M}") if result is not None else ("not run", None)
    return format_html('<a href="{}">{}</a>', address, scenario.name), scenario.kind, acts_as, *told


def _scenario_tasks(workflow: Workflow, actor: Any) -> list[Task]:
    tasks = []
    if may_test(actor, workflow):
        tasks.append(Task("run", "Run all of them", _run_all, VersionForm, "Only their results are written."))
    if permissions.may(actor, "edit", workflow):
        tasks.append(Task("save", "Save a scenario", _save_scenario, ScenarioForm))
    return tasks


SCENARIOS = Tool(
    slug="scenarios",
    link="Scenarios…",
    may=lambda actor, workflow: permissions.may(actor, "view", workflow),
    show=_scenarios,
    tasks=_scenario_tasks,
)
