"""Working examples that a workflow can begin with."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations.api.graphs import EdgeShape, NodeShape
from automations.api.schema import operation
from automations.api.serializers import Answer, ProblemEntry
from automations.api.views import ApiView
from automations.services.templates import list_templates


class TemplateDocument(Answer):
    """What `POST workflows/` takes as its `document`."""

    schema = serializers.IntegerField()
    nodes = NodeShape(many=True)
    edges = EdgeShape(many=True)
    layout = serializers.DictField()


class TemplateAnswer(Answer):
    key = serializers.CharField()
    name = serializers.CharField()
    sentence = serializers.CharField()
    module = serializers.CharField(help_text="Key of the module that it is about.")
    missing = serializers.ListField(
        child=serializers.CharField(), help_text="Keys of modules that it needs and that are not here."
    )
    problems = ProblemEntry(many=True, help_text="What keeps it from being published as it is.")
    document = TemplateDocument()
    scenarios = serializers.ListField(
        child=serializers.DictField(),
        help_text="Cases that must act, and cases that must not; what `POST workflows/` takes as its `scenarios`.",
    )


class TemplateListAnswer(Answer):
    results = TemplateAnswer(many=True)


EXAMPLE = {
    "key": "close-solved",
    "name": "Status update: close solved tickets",
    "sentence": "Closes a solved ticket after three quiet days.",
    "module": "tickets",
    "missing": [],
    "problems": [],
    "document": {
        "schema": 1,
        "nodes": [{"id": "t1", "type": "trigger.record", "config": {"module": "tickets", "on": ["updated"]}}],
        "edges": [],
        "layout": {},
    },
    "scenarios": [
        {"name": "A pending ticket stays open", "kind": "negative", "at": "2026-03-02T09:00:00Z", "given": {}}
    ],
}


class TemplatesView(ApiView):
    @operation("templates_list", "workflows", answer=TemplateListAnswer, example={"results": [EXAMPLE]})
    def get(self, request: Request) -> Response:
        """The templates over modules that you may see, and those whose module is missing here."""
        offers = [
            {
                "key": offer.key,
                "name": offer.template.name,
                "sentence": offer.template.sentence,
                "module": offer.template.module,
                "missing": offer.missing,
                "problems": [problem.to_json() for problem in offer.problems],
                "document": offer.template.document(),
                "scenarios": offer.template.scenarios(),
            }
            for offer in list_templates(self.actor)
        ]
        return Response({"results": offers})
