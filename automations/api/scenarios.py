"""A workflow's scenarios: saved tests, what they came to, and what the draft would make of a new one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from automations import permissions
from automations.api.events import readable_event
from automations.api.idempotency import idempotent
from automations.api.pagination import page_of
from automations.api.scenario_shapes import (
    EXAMPLE,
    EXPECTED,
    GIVEN,
    NOT_RUN,
    RESULT,
    SENT,
    ListedScenarioAnswer,
    ProposalAnswer,
    ProposalBody,
    RanAnswer,
    RunScenariosBody,
    ScenarioAnswer,
    ScenarioBody,
    ScenarioChangeBody,
)
from automations.api.schema import operation
from automations.api.views import ApiView
from automations.api.workflows import workflow_for
from automations.errors import ForbiddenError, NotFoundError
from automations.models import Module, Scenario, ScenarioResult, Workflow
from automations.services import scenario_givens, scenarios
from automations.services.drafts import load_draft
from automations.services.references import require_module_seen, require_seen
from automations.services.versions import load_definition


def scenario_for(view: ApiView, pk: int, number: int, right: str) -> Scenario:
    workflow = workflow_for(view, pk, right)
    found = Scenario.objects.filter(workflow=workflow, pk=number).select_related("created_by").first()
    if found is None:
        raise NotFoundError(f"“{workflow.name}” has no scenario {number}.")
    found.workflow = workflow
    return found


def _result(row: ScenarioResult | None, readable: bool) -> dict[str, Any]:
    if row is None:
        return {
            "status": NOT_RUN,
            "differences": [] if readable else None,
            "duration_ms": None,
            "run_by": None,
            "run_at": None,
        }
    return {
        "status": row.status,
        "differences": row.differences if readable else None,
        "duration_ms": row.duration_ms,
        "run_by": row.run_by.get_username() if row.run_by is not None else None,
        "run_at": serializers.DateTimeField().to_representation(row.run_at),
    }


def _told(scenario: Scenario, readable: bool) -> dict[str, Any]:
    """A scenario as JSON; what is given and expected holds records' values."""
    hidden = {} if readable else {"given": None, "expected": None}
    return {**ScenarioAnswer(scenario).data, **hidden}


def _with_results(rows: Iterable[Scenario], workflow: Workflow, readable: bool) -> list[dict[str, Any]]:
    page = list(rows)
    draft = load_draft(workflow).definition.digest()
    live = workflow.active_version.digest if workflow.active_version is not None else None
    found = ScenarioResult.objects.filter(scenario__in=page, digest__in={draft, live} - {None})
    results = {(row.scenario_id, row.digest): row for row in found.select_related("run_by")}
    return [
        {
            **_told(row, readable),
            "draft": _result(results.get((row.pk, draft)), readable),
            "live": _result(results.get((row.pk, live)), readable) if live is not None else None,
        }
        for row in page
    ]


class ScenariosView(ApiView):
    @operation(
        "scenarios_list",
        "scenarios",
        answer=ListedScenarioAnswer,
        many=True,
        example={**EXAMPLE, "draft": RESULT, "live": None},
    )
    def get(self, request: Request, pk: int) -> Response:
        """The scenarios, newest first, with what each came to on the draft and on the live version."""
        workflow = workflow_for(self, pk, "view")
        readable = permissions.may(self.actor, "view_payloads", workflow)
        rows = Scenario.objects.filter(workflow=workflow).select_related("created_by")
        return Response(page_of(request, rows, lambda page: _with_results(page, workflow, readable)))

    @operation(
        "scenarios_create",
        "scenarios",
        request=ScenarioBody,
        answer=ScenarioAnswer,
        status=201,
        idempotent=True,
        sent=SENT,
        example=EXAMPLE,
    )
    @idempotent()
    def post(self, request: Request, pk: int) -> Response:
        """Save a scenario. What is given is copied: it never changes with the record or event it was taken from."""
        workflow = workflow_for(self, pk, "edit")
        wanted = self.body(ScenarioBody)
        require_module_seen(self.actor, wanted["given"])
        made = scenarios.save_scenario(workflow=workflow, actor=self.actor, **wanted)
        return Response(_told(made, permissions.may(self.actor, "view_payloads", workflow)), status=201)


class ScenarioView(ApiView):
    @operation(
        "scenarios_get",
        "scenarios",
        answer=ListedScenarioAnswer,
        example={**EXAMPLE, "draft": RESULT, "live": None},
    )
    def get(self, request: Request, pk: int, number: int) -> Response:
        """One scenario with its results."""
        scenario = scenario_for(self, pk, number, "view")
        readable = permissions.may(self.actor, "view_payloads", scenario.workflow)
        return Response(_with_results([scenario], scenario.workflow, readable)[0])

    @operation(
        "scenarios_change",
        "scenarios",
        request=ScenarioChangeBody,
        answer=ScenarioAnswer,
        sent={"name": "Urgent goes to Bob"},
        example=EXAMPLE,
    )
    def patch(self, request: Request, pk: int, number: int) -> Response:
        """Change a scenario. Its results go, but for a new name: they spoke of what it was."""
        scenario = scenario_for(self, pk, number, "edit")
        changes = self.body(ScenarioChangeBody, partial=True)
        require_module_seen(self.actor, changes.get("given", {}))
        changed = scenarios.edit_scenario(scenario=scenario, changes=changes, actor=self.actor)
        return Response(_told(changed, permissions.may(self.actor, "view_payloads", scenario.workflow)))

    @operation("scenarios_delete", "scenarios", status=204)
    def delete(self, request: Request, pk: int, number: int) -> Response:
        """Take a scenario away, with its results."""
        scenarios.delete_scenario(scenario=scenario_for(self, pk, number, "edit"), actor=self.actor)
        return Response(status=204)


class ScenarioProposalView(ApiView):
    @operation(
        "scenarios_propose",
        "scenarios",
        request=ProposalBody,
        answer=ProposalAnswer,
        sent={"record": "T-1042", "as_role": "Operator"},
        example={
            "given": GIVEN,
            "at": "2026-03-29T14:30:00Z",
            "origin": "record",
            "kind": "positive",
            "expected": EXPECTED,
            "why_not": "",
        },
    )
    def post(self, request: Request, pk: int) -> Response:
        """What the draft does with a record, an event, a past run or what is given by hand, as a scenario to look at and
        save. Nothing is written; 422 with all problems when the draft is not valid."""
        workflow = workflow_for(self, pk, "run_test")
        wanted = self.body(ProposalBody)
        sources = [name for name in ("record", "event_id", "run_id", "given") if name in wanted]
        if len(sources) != 1:
            text = "Send one of “record”, “event_id”, “run_id” and “given”."
            raise ValidationError({sources[1] if sources else "record": [text]})
        require_seen(workflow, load_definition(workflow, "draft"), self.actor)
        given = self._given(workflow, wanted)
        content = {**given.content, **({"trigger": wanted["trigger"]} if wanted["trigger"] else {})}
        proposal = scenarios.propose_scenario(
            workflow=workflow,
            given=scenario_givens.Given(content, wanted.get("at", given.at), given.origin),
            as_user=wanted["as_user"],
            as_role=wanted["as_role"],
            actor=self.actor,
        )
        return Response(ProposalAnswer(proposal).data)

    def _given(self, workflow: Workflow, wanted: Mapping[str, Any]) -> scenario_givens.Given:
        if "event_id" in wanted:
            return scenario_givens.given_from_event(readable_event(self.actor, wanted["event_id"]))
        if "run_id" in wanted:
            if not permissions.may(self.actor, "view_payloads", workflow):
                raise ForbiddenError("You may not see what runs of this workflow hold.")
            run = workflow.runs.select_related("event__module").filter(pk=wanted["run_id"]).first()
            if run is None:
                raise NotFoundError(f"“{workflow.name}” has no run {wanted['run_id']}.")
            return scenario_givens.given_from_run(run)
        if "given" in wanted:
            require_module_seen(self.actor, wanted["given"])
            return scenario_givens.Given(wanted["given"], timezone.now())
        return scenario_givens.given_from_record(self._module(workflow), wanted["record"])

    def _module(self, workflow: Workflow) -> Module:
        """The module that the draft is about; that the actor sees it was asked before."""
        module = scenario_givens.module_of_draft(workflow)
        if module is None:
            raise NotFoundError("This workflow has no module, so there are no records to test on.")
        return module


class RunScenariosView(ApiView):
    @operation(
        "scenarios_run",
        "scenarios",
        request=RunScenariosBody,
        answer=RanAnswer,
        sent={"version": "draft"},
        example={
            "digest": "5f2c…",
            "passed": 0,
            "failed": 1,
            "results": [{"scenario": 7, "name": "Urgent goes to Bob", **RESULT}],
        },
    )
    def post(self, request: Request, pk: int) -> Response:
        """Run the scenarios, or some of them, on the draft or a version. Only their results are written; 422 with all
        problems when the definition is not valid."""
        workflow = workflow_for(self, pk, "run_test")
        wanted = self.body(RunScenariosBody)
        version = wanted.get("version", "draft")
        definition = load_definition(workflow, version)
        require_seen(workflow, definition, self.actor)
        named = wanted.get("scenarios")
        rows = Scenario.objects.filter(workflow=workflow, pk__in=named or ())
        if named and (missing := set(named) - set(rows.values_list("pk", flat=True))):
            raise NotFoundError(f"“{workflow.name}” has no scenario {min(missing)}.")
        results = scenarios.run_all(workflow=workflow, actor=self.actor, version=version, scenarios=named)
        readable = permissions.may(self.actor, "view_payloads", workflow)
        passed = sum(row.status == ScenarioResult.Status.PASSED for row in results)
        return Response(
            {
                "digest": definition.digest(),
                "passed": passed,
                "failed": len(results) - passed,
                "results": [
                    {"scenario": row.scenario_id, "name": row.scenario.name, **_result(row, readable)}
                    for row in results
                ],
            }
        )
