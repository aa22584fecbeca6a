"""A workflow's checkpoints: its draft as it was. Going back to one is a `PUT` of its document."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations.api.graphs import EdgeShape, NodeShape, PlaceShape
from automations.api.idempotency import idempotent
from automations.api.pagination import page_of
from automations.api.schema import operation
from automations.api.serializers import Answer, Body, UserName
from automations.api.views import ApiView
from automations.api.workflows import workflow_for
from automations.errors import NotFoundError
from automations.models import Checkpoint, Occasion
from automations.services import checkpoints as service
from automations.services.drafts import load_draft


class CheckpointAnswer(Answer):
    number = serializers.IntegerField()
    occasion = serializers.ChoiceField(Occasion.choices)
    name = serializers.CharField()
    made_by = UserName(allow_null=True)
    made_at = serializers.DateTimeField()


class ListedCheckpointAnswer(CheckpointAnswer):
    steps = serializers.IntegerField(help_text="How many steps of the draft differ from it now.")
    connections = serializers.IntegerField(help_text="How many connections do.")


class KeptDocumentShape(Answer):
    schema = serializers.IntegerField()
    nodes = NodeShape(many=True)
    edges = EdgeShape(many=True)
    layout = serializers.DictField(child=PlaceShape())


class CheckpointDetailAnswer(CheckpointAnswer):
    document = KeptDocumentShape()


class CheckpointBody(Body):
    occasion = serializers.ChoiceField(Occasion.choices, default=Occasion.SAVE)
    name = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")

    def validate_occasion(self, value: str) -> str:
        if value == Occasion.PUBLISH:
            raise serializers.ValidationError("Publishing makes its own checkpoint.")
        return value


EXAMPLE: dict[str, Any] = {
    "number": 4,
    "occasion": "save",
    "name": "Before the new rule",
    "made_by": "alice",
    "made_at": "2026-03-29T14:30:00Z",
}


class CheckpointsView(ApiView):
    @operation(
        "checkpoints_list",
        "graph",
        answer=ListedCheckpointAnswer,
        many=True,
        example={**EXAMPLE, "steps": 3, "connections": 1},
    )
    def get(self, request: Request, pk: int) -> Response:
        """The checkpoints that are kept, newest first, with how much of the draft is another now."""
        workflow = workflow_for(self, pk, "view")
        rows = Checkpoint.objects.filter(workflow=workflow).select_related("made_by")
        draft = load_draft(workflow).definition

        def listed(page: list[Checkpoint]) -> list[dict[str, Any]]:
            answers = []
            for row in page:
                changes = service.changes_since(row, draft)
                steps = len(changes.nodes)
                connections = len(changes.added_edges) + len(changes.removed_edges)
                answers.append({**CheckpointAnswer(row).data, "steps": steps, "connections": connections})
            return answers

        return Response(page_of(request, rows, listed))

    @operation(
        "checkpoints_create",
        "graph",
        request=CheckpointBody,
        answer=CheckpointAnswer,
        status=201,
        idempotent=True,
        sent={"name": "Before the new rule"},
        example=EXAMPLE,
    )
    @idempotent()
    def post(self, request: Request, pk: int) -> Response:
        """Remember the draft as it is saved. Without a name, where nothing has changed since the last one, that one is
        answered."""
        workflow = workflow_for(self, pk, "edit")
        made = service.add_checkpoint(workflow=workflow, actor=self.actor, **self.body(CheckpointBody))
        return Response(CheckpointAnswer(made).data, status=201)


class CheckpointView(ApiView):
    @operation(
        "checkpoints_get",
        "graph",
        answer=CheckpointDetailAnswer,
        example={**EXAMPLE, "document": {"schema": 1, "nodes": [], "edges": [], "layout": {}}},
    )
    def get(self, request: Request, pk: int, number: int) -> Response:
        """One checkpoint with its document."""
        workflow = workflow_for(self, pk, "view")
        row = Checkpoint.objects.filter(workflow=workflow, number=number).select_related("made_by").first()
        if row is None:
            raise NotFoundError(f"“{workflow.name}” has no checkpoint {number}.")
        return Response(CheckpointDetailAnswer(row).data)
