"""A workflow's draft: its document, whether it is valid, and what it would do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from automations import permissions
from automations.api.events import readable_event
from automations.api.parsing import DocumentParser
from automations.api.run_test_shapes import RUN_TEST_EXAMPLE, RunTestAnswer, RunTestBody
from automations.api.schema import operation
from automations.api.serializers import Answer, ProblemEntry
from automations.api.views import ApiView
from automations.api.workflows import workflow_for
from automations.engine.documents import Definition
from automations.errors import NotFoundError
from automations.models import Scenario, Workflow
from automations.services import drafts, scenarios
from automations.services.first_steps import note_tested
from automations.services.go_live import note_run_test
from automations.services.references import problems_for, require_seen, unseen
from automations.services.run_tests import RunTestRequest, run_test
from automations.services.versions import load_definition

DOCUMENT_KEYS = frozenset({"schema", "revision", "nodes", "edges", "layout", "notes"})


class NodeShape(Answer):
    id = serializers.CharField(max_length=64)
    type = serializers.CharField(
        max_length=64, help_text="family.kind: trigger.record, condition.if, action.assign"
    )
    title = serializers.CharField(required=False)
    lane = serializers.CharField(required=False)
    config = serializers.DictField()
    disabled = serializers.BooleanField(
        required=False, help_text="Only of actions: a run goes through it as if it were not there."
    )


class EdgeShape(Answer):
    branch = serializers.CharField(
        required=False, help_text="The way out of the source; left out on a plain one."
    )

    def get_fields(self) -> dict[str, Any]:
        ends = {"from": serializers.CharField(max_length=64), "to": serializers.CharField(max_length=64)}
        return {**ends, **super().get_fields()}


class PlaceShape(Answer):
    x = serializers.FloatField()
    y = serializers.FloatField()


class NoteShape(PlaceShape):
    id = serializers.CharField(max_length=64)
    text = serializers.CharField(max_length=2_000, allow_blank=True)
    width = serializers.FloatField()
    height = serializers.FloatField()


class DocumentShape(Answer):
    """The draft: what runs (nodes, edges), where it is drawn (layout) and what people wrote beside it (notes)."""

    schema = serializers.IntegerField(default=1)
    revision = serializers.IntegerField(help_text="The save counter that the document was edited from.")
    nodes = NodeShape(many=True)
    edges = EdgeShape(many=True)
    layout = serializers.DictField(child=PlaceShape())
    notes = NoteShape(many=True, required=False, help_text="At most 100; left out, those there are stay.")


class PinAnswer(Answer):
    key = serializers.CharField()
    version = serializers.IntegerField(help_text="The live one.")


class ValidationAnswer(Answer):
    revision = serializers.IntegerField(help_text="The draft's save counter.")
    digest = serializers.CharField(
        help_text="Equal to a version's digest when publishing would change nothing."
    )
    valid = serializers.BooleanField(help_text="Whether there is no error; warnings don't count.")
    problems = ProblemEntry(many=True)
    workflows = PinAnswer(many=True, help_text="What its steps start, as publishing would pin it now.")


EXAMPLE: dict[str, Any] = {
    "schema": 1,
    "revision": 12,
    "nodes": [
        {
            "id": "t1",
            "type": "trigger.record",
            "title": "Ticket created",
            "config": {"module": "tickets", "on": ["created"]},
        },
        {"id": "a1", "type": "action.assign", "config": {"strategy": "least_loaded", "group": "support"}},
    ],
    "edges": [{"from": "t1", "to": "a1"}],
    "layout": {"t1": {"x": 0, "y": 0}, "a1": {"x": 240, "y": 0}},
}
PROBLEM: dict[str, Any] = {
    "code": "unknown-operator",
    "path": "nodes[2].config.rule.all[0].op",
    "node": "c1",
    "message": "There is no operator “equals”.",
    "hint": "Did you mean “eq”?",
    "severity": "error",
}


class GraphView(ApiView):
    parser_classes = [DocumentParser]

    @operation("graph_get", "graph", answer=DocumentShape, example=EXAMPLE)
    def get(self, request: Request, pk: int) -> Response:
        """The draft as one document."""
        return Response(drafts.document_of_draft(workflow_for(self, pk, "view")))

    @operation(
        "graph_put", "graph", request=DocumentShape, answer=DocumentShape, sent=EXAMPLE, example=EXAMPLE
    )
    def put(self, request: Request, pk: int) -> Response:
        """Replace the draft, edited from `revision`. An unfinished draft may be saved; 409 when somebody was faster.

        Documents of up to 4 MiB are read; 422 names every problem of their shape."""
        workflow = workflow_for(self, pk, "edit")
        document = request.data
        revision = _revision(document)
        saved = drafts.save_draft(workflow=workflow, document=document, revision=revision, actor=self.actor)
        if not unseen(saved.definition, self.actor):
            scenarios.run_missing(workflow=workflow, definition=saved.definition, actor=self.actor)
        return Response(saved.to_document())


def _revision(document: Any) -> int:
    """The revision that a document names. Raises ValidationError for unknown top-level keys or no revision."""
    if not isinstance(document, dict):
        raise ValidationError({"non_field_errors": ["The document must be a JSON object."]})
    unknown = {key[:80]: [_unknown(key)] for key in list(document)[:200] if key not in DOCUMENT_KEYS}
    if unknown:
        raise ValidationError(unknown)
    revision = document.get("revision")
    if isinstance(revision, bool) or not isinstance(revision, int) or not 0 <= revision < 2**31:
        raise ValidationError({"revision": ["Send the revision that this document was edited from."]})
    return revision


def _unknown(key: str) -> serializers.ErrorDetail:
    return serializers.ErrorDetail(f"“{key[:80]}” is no part of a document.", code="unknown-field")


class ValidateView(ApiView):
    only_reads = (*SAFE_METHODS, "POST")

    @operation(
        "graph_validate",
        "graph",
        request=None,
        answer=ValidationAnswer,
        example={
            "revision": 12,
            "digest": "5f2c…",
            "valid": False,
            "problems": [PROBLEM],
            "workflows": [{"key": "notify-team", "version": 4}],
        },
    )
    def post(self, request: Request, pk: int) -> Response:
        """Every problem of the draft as saved: errors keep it from being published, warnings don't."""
        workflow = workflow_for(self, pk, "view")
        draft = drafts.load_draft(workflow)
        definition = draft.definition
        problems = problems_for(workflow, definition, self.actor)
        return Response(
            {
                "revision": draft.revision,
                "digest": definition.digest(),
                "valid": not any(problem.severity == "error" for problem in problems),
                "problems": [problem.to_json() for problem in problems],
                "workflows": [
                    {"key": key, "version": pin["version"]}
                    for key, pin in sorted((definition.workflows or {}).items())
                ],
            }
        )


class RunTestView(ApiView):
    only_reads = (*SAFE_METHODS, "POST")

    @operation(
        "graph_run_test",
        "graph",
        request=RunTestBody,
        answer=RunTestAnswer,
        sent={"version": "draft", "records": "live", "limit": 50},
        example=RUN_TEST_EXAMPLE,
    )
    def post(self, request: Request, pk: int) -> Response:
        """What the draft or a version would do with an event, with records, or with the live records. Nothing is
        written; 422 with all problems when the definition is not valid."""
        workflow = workflow_for(self, pk, "run_test")
        wanted = self.body(RunTestBody)
        sources = [
            name for name in ("event", "event_id", "scenario", "record", "records") if wanted.get(name)
        ]
        if len(sources) > 1:
            raise ValidationError(
                {
                    sources[1]: [
                        f"Send one of “event”, “event_id”, “scenario”, “record” and “records”, not {len(sources)}."
                    ]
                }
            )
        definition = load_definition(workflow, wanted.get("version", "draft"))
        require_seen(workflow, definition, self.actor)
        given = {key: value for key, value in wanted.items() if value is not None}
        event = given.pop("event_id", None)
        past = readable_event(self.actor, event) if event is not None else None
        number = given.pop("scenario", None)
        scenario = self._scenario(workflow, number) if number is not None else None
        answer = run_test(
            workflow=workflow,
            request=RunTestRequest(past_event=past, scenario=scenario, **given),
            actor=self.actor,
        )
        if not self.looks_as_another:
            self._note(workflow, definition, wanted, answer)
        return Response(answer)

    def _note(
        self, workflow: Workflow, definition: Definition, wanted: Mapping[str, Any], answer: Mapping[str, Any]
    ) -> None:
        """Remember who has tested what; it is all that a run-test leaves."""
        if wanted.get("records") == "live":
            draft = wanted.get("version", "draft") == "draft"
            note_tested(actor=self.actor, workflow=workflow, draft=draft, now=timezone.now())
        note_run_test(
            workflow=workflow,
            digest=definition.digest(),
            candidates=answer["candidates"]["total"],
            actor=self.actor,
            now=timezone.now(),
        )

    def _scenario(self, workflow: Workflow, pk: int) -> Scenario:
        """The scenario, if the actor may see what it holds."""
        permissions.require(self.actor, "view_payloads", workflow)
        found = Scenario.objects.filter(workflow=workflow, pk=pk).first()
        if found is None:
            raise NotFoundError(f"“{workflow.name}” has no scenario {pk}.")
        return found
