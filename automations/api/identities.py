"""Whom a workflow acts as, and what that identity could not do for the live candidates."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations import permissions
from automations.api.people import person_for
from automations.api.schema import operation
from automations.api.serializers import Answer, Body
from automations.api.views import ApiView
from automations.api.workflows import workflow_for
from automations.errors import ForbiddenError
from automations.services.identities import LOOKED_AT, preview_identity, publisher_of
from automations.services.references import require_seen
from automations.services.versions import load_definition, require_valid


class IdentityQuery(Body):
    version = serializers.IntegerField(
        required=False, min_value=1, max_value=2**31 - 1, help_text="A version's number; else the draft."
    )
    run_as = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=150,
        help_text="As if it ran as this user, or as nobody (empty): for those who may change it.",
    )


class IdentityActionAnswer(Answer):
    node = serializers.CharField()
    title = serializers.CharField()
    kind = serializers.CharField()
    candidates = serializers.IntegerField(help_text="Candidates that come to this step.")
    denied = serializers.IntegerField(help_text="Those for whom it would fail with `permission-denied`.")
    why = serializers.CharField(help_text="Why, in a sentence.")


class NeedAnswer(Answer):
    node = serializers.CharField()
    title = serializers.CharField()
    right = serializers.CharField(help_text="“view”, “use”, “run”.")
    noun = serializers.ChoiceField(("module", "workflow"))
    thing = serializers.CharField(help_text="The name of what the right is on.")
    held = serializers.BooleanField()


class IdentityPreviewAnswer(Answer):
    identity = serializers.CharField(allow_null=True, help_text="Whom the runs act as.")
    by = serializers.ChoiceField(
        ("run_as", "publisher", "nobody"),
        help_text="Why: the workflow runs as them, or they publish it and it runs as nobody else.",
    )
    candidates = serializers.IntegerField(help_text="Live records that the triggers select now.")
    looked_at = serializers.IntegerField(help_text=f"At most {LOOKED_AT} of each trigger.")
    denied = serializers.IntegerField(help_text="Actions that would be refused, all steps together.")
    actions = IdentityActionAnswer(many=True)
    needs = NeedAnswer(many=True, help_text="What each step takes, whichever records there are.")


EXAMPLE: dict[str, Any] = {
    "identity": "svc-support",
    "by": "run_as",
    "candidates": 12,
    "looked_at": 12,
    "denied": 12,
    "actions": [
        {
            "node": "a1",
            "title": "Note the refund",
            "kind": "action.create_record",
            "candidates": 12,
            "denied": 12,
            "why": "svc-support, whom this workflow runs as, may not use Refunds.",
        }
    ],
    "needs": [
        {
            "node": "a1",
            "title": "Note the refund",
            "right": "use",
            "noun": "module",
            "thing": "Refunds",
            "held": False,
        }
    ],
}


class IdentityPreviewView(ApiView):
    @operation(
        "workflows_identity_preview",
        "versions",
        answer=IdentityPreviewAnswer,
        query=IdentityQuery,
        example=EXAMPLE,
    )
    def get(self, request: Request, pk: int) -> Response:
        """What whom the draft or a version acts as could not do among the live candidates, step by step. You stand for
        the draft of a workflow that runs as nobody. 422 with all problems when the definition is not valid."""
        workflow = workflow_for(self, pk, "run_test")
        wanted = self.query(IdentityQuery)
        version = wanted.get("version", "draft")
        if "run_as" in wanted:
            if "run_as" not in permissions.changeable_settings(self.actor, workflow):
                raise ForbiddenError(
                    "You may not say whom this workflow runs as, so you can't try it either."
                )
            workflow.run_as = person_for(wanted["run_as"]) if wanted["run_as"] else None
        definition = load_definition(workflow, version)
        require_seen(workflow, definition, self.actor)
        require_valid(workflow, definition)
        publisher = publisher_of(workflow, version, self.actor)
        return Response(preview_identity(workflow=workflow, definition=definition, publisher=publisher))
