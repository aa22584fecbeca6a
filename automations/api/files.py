"""Workflows as files and as sentences, and what differs between two versions."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations import permissions
from automations.api.idempotency import idempotent
from automations.api.schema import operation
from automations.api.serializers import Answer, Body
from automations.api.views import ApiView
from automations.api.workflows import workflow_for
from automations.engine.differences import difference
from automations.engine.documents import edge_to_json
from automations.errors import ForbiddenError, NotFoundError
from automations.services.references import require_module_seen
from automations.services.scenario_files import scenarios_for_file
from automations.services.versions import describe_definition, load_definition
from automations.services.workflow_files import (
    MAX_CHARACTERS,
    WorkflowFile,
    export_workflow,
    import_workflow,
    read_file,
)

VERSION = r"^(draft|[1-9]\d{0,8})$"
YAML = "application/yaml"


class VersionQuery(Body):
    version = serializers.RegexField(VERSION, default="draft", help_text="“draft” or a version's number.")


class ExportQuery(VersionQuery):
    scenarios = serializers.BooleanField(
        default=False, help_text="Whether the scenarios come along; they hold values of records."
    )


class DifferenceQuery(Body):
    def get_fields(self) -> dict[str, Any]:
        other = serializers.RegexField(
            VERSION, help_text="The version, or “draft”, that it is compared with."
        )
        return {"with": other}


class FileBody(Body):
    file = serializers.CharField(max_length=MAX_CHARACTERS, trim_whitespace=False, help_text="The YAML.")
    unfinished = serializers.BooleanField(
        default=False,
        help_text="Whether a definition with problems may come in; it can't be published as it is.",
    )


class SentencesAnswer(Answer):
    digest = serializers.CharField()
    sentences = serializers.ListField(child=serializers.CharField(), help_text="One a step, as a run walks.")


class ImportedAnswer(Answer):
    id = serializers.IntegerField(source="workflow.pk")
    key = serializers.CharField(source="workflow.key")
    revision = serializers.IntegerField(source="draft.revision")
    created = serializers.BooleanField()
    same = serializers.BooleanField(
        help_text="False: a policy, a started workflow, something outside or the zone is another here than where the file"
        " was written."
    )


class ValueChangeAnswer(Answer):
    path = serializers.CharField()
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)


class NodeChangeAnswer(Answer):
    node = serializers.CharField()
    title = serializers.CharField()
    kind = serializers.ChoiceField(("added", "removed", "renamed", "changed"))
    values = ValueChangeAnswer(many=True)


class DifferenceAnswer(Answer):
    same = serializers.BooleanField()
    nodes = NodeChangeAnswer(many=True)
    added_edges = serializers.ListField(child=serializers.DictField())
    removed_edges = serializers.ListField(child=serializers.DictField())
    policies = ValueChangeAnswer(many=True, help_text="By key, from revision to revision.")
    workflows = ValueChangeAnswer(
        many=True,
        help_text="Started workflows by key, from version to version; “live” where none was pinned.",
    )
    fingerprints = ValueChangeAnswer(
        many=True,
        help_text="Parts of things outside, as “destination.billing.address”, by their fingerprints.",
    )
    settings = ValueChangeAnswer(many=True)


FILE = """automations: 1
key: close-solved
name: Close solved tickets
module: tickets
zone: UTC
nodes:
- id: t1
  type: trigger.record
  config:
    module: tickets
    'on': [updated]
edges: []
"""
IMPORTED: dict[str, Any] = {
    "id": 4,
    "key": "close-solved",
    "revision": 1,
    "created": True,
    "same": True,
}
DIFFERENCE: dict[str, Any] = {
    "same": False,
    "nodes": [
        {
            "node": "c1",
            "title": "Is it urgent?",
            "kind": "changed",
            "values": [{"path": "config.rule.value", "before": "PT2H", "after": "PT4H"}],
        }
    ],
    "added_edges": [{"from": "c1", "branch": "true", "to": "a2"}],
    "removed_edges": [],
    "policies": [{"path": "vip-customer", "before": 1, "after": 2}],
    "workflows": [{"path": "notify-team", "before": 3, "after": 4}],
    "fingerprints": [],
    "settings": [],
}


def _require_modules_seen(actor: Any, file: WorkflowFile) -> None:
    for scenario in file.scenarios or ():
        require_module_seen(actor, scenario["given"])


def _number(version: str) -> str | int:
    return version if version == "draft" else int(version)


class ExportView(ApiView):
    @operation("workflows_export", "files", answer=str, query=ExportQuery, media=YAML, example=FILE)
    def get(self, request: Request, pk: int) -> HttpResponse:
        """The draft or a version as YAML; equal definitions give equal files, and a file imports to its digest. Scenarios
        hold values of records: they come along where they are asked for, with the right to see payloads."""
        workflow = workflow_for(self, pk, "view")
        wanted = self.query(ExportQuery)
        definition = load_definition(workflow, _number(wanted["version"]))
        if wanted["scenarios"]:
            permissions.require(self.actor, "view_payloads", workflow)
        rows = scenarios_for_file(workflow) if wanted["scenarios"] else []
        text = export_workflow(workflow, definition, workflow.layout, rows)
        answer = HttpResponse(text, content_type=f"{YAML}; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{workflow.key}.yaml"'
        return answer


class ImportNewView(ApiView):
    @operation(
        "workflows_import",
        "files",
        request=FileBody,
        answer=ImportedAnswer,
        status=201,
        idempotent=True,
        sent={"file": FILE},
        example=IMPORTED,
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        """Make a workflow from a file. 409 when its key is taken: import into that workflow instead. 422 with every problem
        of its definition, unless it may be unfinished; then nothing is made."""
        if not permissions.may_create_workflow(self.actor):
            raise ForbiddenError("You may not create workflows. An admin can give you that right.")
        sent = self.body(FileBody)
        file = read_file(sent["file"])
        modules = permissions.visible_modules(self.actor)
        if file.module and not modules.filter(key=file.module).exists():
            raise NotFoundError(f"There is no module “{file.module[:80]}”.", code="unknown-module")
        _require_modules_seen(self.actor, file)
        done = import_workflow(file=file, workflow=None, actor=self.actor, unfinished=sent["unfinished"])
        return Response(ImportedAnswer(done).data, status=201)


class ImportView(ApiView):
    @operation(
        "workflows_import_into",
        "files",
        request=FileBody,
        answer=ImportedAnswer,
        sent={"file": FILE},
        example={**IMPORTED, "created": False},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Put a file in the place of the draft and of the workflow's own fields. What is released stays. 422 with every
        problem of its definition, unless it may be unfinished; then nothing changes."""
        workflow = workflow_for(self, pk, "edit")
        sent = self.body(FileBody)
        file = read_file(sent["file"])
        _require_modules_seen(self.actor, file)
        done = import_workflow(file=file, workflow=workflow, actor=self.actor, unfinished=sent["unfinished"])
        return Response(ImportedAnswer(done).data)


class DescribeView(ApiView):
    @operation(
        "workflows_describe",
        "files",
        answer=SentencesAnswer,
        query=VersionQuery,
        example={"digest": "5f2c…", "sentences": ["“Created”: a record of tickets was created. Then …"]},
    )
    def get(self, request: Request, pk: int) -> Response:
        """The draft or a version as plain sentences."""
        workflow = workflow_for(self, pk, "view")
        definition = load_definition(workflow, _number(self.query(VersionQuery)["version"]))
        return Response({"digest": definition.digest(), "sentences": describe_definition(definition)})


class DifferenceView(ApiView):
    @operation(
        "versions_diff", "versions", answer=DifferenceAnswer, query=DifferenceQuery, example=DIFFERENCE
    )
    def get(self, request: Request, pk: int, number: int) -> Response:
        """What leads from this version to another, or to the draft: steps by their ids, positions never."""
        workflow = workflow_for(self, pk, "view")
        other = _number(self.query(DifferenceQuery)["with"])
        found = difference(load_definition(workflow, number), load_definition(workflow, other))
        return Response(
            {
                **asdict(found),
                "same": found.same,
                "added_edges": [edge_to_json(edge) for edge in found.added_edges],
                "removed_edges": [edge_to_json(edge) for edge in found.removed_edges],
            }
        )
