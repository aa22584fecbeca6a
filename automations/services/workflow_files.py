"""A workflow as a file: YAML that people read and git compares, and that comes back to the same digest."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml
from django.db import transaction

from automations.engine.documents import Definition, edge_to_json, node_to_json, parse_document
from automations.engine.errors import Problem, quoted
from automations.engine.graph import build_graph
from automations.errors import InvalidError, NotFoundError
from automations.models import Module, Workflow
from automations.services.drafts import Draft, save_draft
from automations.services.scenario_files import replace_scenarios, scenarios_from_file
from automations.services.versions import require_valid
from automations.services.workflows import create_workflow, update_workflow

FORMAT = 1
MAX_CHARACTERS = 1_000_000
MAX_DEPTH = 100
OWN = ("name", "description", "team", "zone", "runbook_url", "limits", "retry")
"""The workflow's own fields that travel; people and rights belong to an installation."""
KEYS = (
    "automations",
    "key",
    "module",
    *OWN,
    "digest",
    "nodes",
    "edges",
    "policies",
    "workflows",
    "fingerprints",
    "layout",
    "scenarios",
)


@dataclass(frozen=True, slots=True)
class WorkflowFile:
    """What a file says: the workflow's own fields, its definition, where its steps are drawn."""

    key: str
    module: str
    own: Mapping[str, Any]
    document: Mapping[str, Any]
    digest: str
    layout: Mapping[str, Any] = field(default_factory=dict)
    scenarios: Sequence[Mapping[str, Any]] | None = None
    """None where the file says nothing of scenarios: those there are stay."""


@dataclass(frozen=True, slots=True)
class Imported:
    """`same` says that the draft has the digest that the file names: policies, started workflows, things outside and zone are as
    they were there."""

    workflow: Workflow
    draft: Draft
    created: bool
    same: bool


def export_workflow(
    workflow: Workflow,
    definition: Definition,
    layout: Mapping[str, Any],
    scenarios: Sequence[Mapping[str, Any]] = (),
) -> str:
    """The YAML of a definition of this workflow. Equal definitions give equal text: steps stand in the order in
    which a run walks them, names within a step in alphabetical order. `scenarios` come from `scenarios_for_file`; they
    hold values of records."""
    graph = build_graph(definition)
    place = {key: index for index, key in enumerate(graph.order)}
    nodes = sorted(definition.nodes, key=lambda node: (place.get(node.id, len(place)), node.id))
    edges = sorted(
        definition.edges, key=lambda edge: (place.get(edge.source, len(place)), edge.branch, edge.target)
    )
    own = {name: getattr(workflow, name) for name in OWN}
    content = {
        "automations": FORMAT,
        "key": workflow.key,
        "name": own.pop("name"),
        "module": workflow.module.key if workflow.module is not None else None,
        **own,
        "digest": definition.digest(),
        "nodes": [{**node_to_json(node), "config": _sorted(node.config)} for node in nodes],
        "edges": [edge_to_json(edge) for edge in edges],
        "policies": _sorted(definition.policies),
        "workflows": _sorted(definition.workflows),
        "fingerprints": _sorted(definition.fingerprints),
        "layout": _sorted({node.id: layout[node.id] for node in nodes if node.id in layout}),
        "scenarios": [{**row, "given": _sorted(row["given"])} for row in scenarios],
    }
    kept = {key: value for key, value in content.items() if value not in (None, "", {})}
    if not scenarios:
        del kept["scenarios"]
    return yaml.dump(kept, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


def read_file(text: str) -> WorkflowFile:
    """What a file says. Raises InvalidError with every problem of its shape; nothing is looked up."""
    content = _parse(text)
    if not isinstance(content, Mapping):
        raise _refused("", "The file holds no workflow.", "Begin it with “automations: 1”.")
    problems = [
        Problem("unknown-field", str(key)[:80], f"{quoted(key)} is no part of a workflow.", "Take it away.")
        for key in content
        if key not in KEYS
    ]
    if content.get("automations") != FORMAT:
        message = f"The file does not say that it has format {FORMAT}."
        problems.append(
            Problem("unknown-format", "automations", message, f"Begin it with “automations: {FORMAT}”.")
        )
    texts = ("key", "name", "module", "description", "team", "zone", "runbook_url", "digest")
    problems += [
        Problem("wrong-value-type", key, f"{quoted(content[key])} is no text.", "Put it in quotes.")
        for key in texts
        if key in content and not isinstance(content[key], str)
    ]
    problems += [
        Problem("missing-value", key, f"The file has no “{key}”.", "Add it.")
        for key in ("key", "name", "nodes")
        if key not in content
    ]
    document = {
        "schema": 1,
        **{
            key: content[key]
            for key in ("nodes", "edges", "policies", "workflows", "fingerprints", "layout")
            if key in content
        },
    }
    problems += parse_document(document)[1] if "nodes" in content else []
    scenarios = None
    if "scenarios" in content:
        scenarios, more = scenarios_from_file(content["scenarios"])
        problems += more
    if problems:
        raise InvalidError(problems)
    return WorkflowFile(
        key=content["key"],
        module=content.get("module", ""),
        own={name: content[name] for name in OWN if name in content},
        document=document,
        digest=content.get("digest", ""),
        layout=content.get("layout") or {},
        scenarios=scenarios,
    )


@transaction.atomic
def import_workflow(
    *, file: WorkflowFile, workflow: Workflow | None, actor: Any, unfinished: bool = False
) -> Imported:
    """Make a workflow from a file (`workflow` None), or put the file's content in the place of one's draft and own
    fields, and its scenarios in the place of theirs where it holds any. What is released stays as it is.

    Raises InvalidError with every problem that would keep it from being published, unless it may be `unfinished`, and
    for fields that can't stand so; NotFoundError for a module that is not here, ConflictError for a key that is taken.
    Then nothing is kept.
    """
    created = workflow is None
    if workflow is None:
        module = Module.objects.filter(key=file.module).first() if file.module else None
        if file.module and module is None:
            raise NotFoundError(f"There is no module “{file.module}”.", code="unknown-module")
        own = {
            name: value for name, value in file.own.items() if name not in ("limits", "runbook_url", "retry")
        }
        workflow = create_workflow(key=file.key, module=module, actor=actor, **own)
    changes = {name: value for name, value in file.own.items() if getattr(workflow, name) != value}
    if changes:
        workflow = update_workflow(workflow=workflow, changes=changes, actor=actor)
    draft = save_draft(workflow=workflow, document=file.document, revision=None, actor=actor)
    if not unfinished:
        require_valid(workflow, draft.definition)
    if file.scenarios is not None:
        replace_scenarios(workflow=workflow, items=file.scenarios, actor=actor)
    same = file.digest in ("", draft.definition.digest())
    return Imported(workflow=workflow, draft=draft, created=created, same=same)


def _sorted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(part) for part in value] if isinstance(value, list | tuple) else value


_LINE_ENDS = re.compile("[\x85\u2028\u2029\ufeff]")
"""What YAML 1.1 takes for the end of a line, or for nothing, outside of quotes."""


_IMPLICIT = (
    ("null", r"null|~|", ["n", "~", ""]),
    ("bool", r"true|false", ["t", "f"]),
    ("int", r"-?(0|[1-9][0-9]*)", list("-0123456789")),
    ("float", r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?", list("-0123456789")),
)
"""What is no text where it stands without quotes: a tag, what it looks like, and its first characters."""

_NO_TEXT = re.compile("|".join(f"(?:{pattern})" for _, pattern, _ in _IMPLICIT))


class _Dumper(yaml.SafeDumper):
    """Texts of several lines stand as such, what would be read as a number stands in quotes, and nothing is an alias."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def text(self, data: str) -> yaml.ScalarNode:
        style = '"' if _LINE_ENDS.search(data) else "|" if "\n" in data else None
        if _NO_TEXT.fullmatch(data):
            style = "'"  # YAML 1.1, which the library knows, has fewer numbers than JSON
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_Dumper.add_representer(str, _Dumper.text)


class _Loader(yaml.CSafeLoader):
    """YAML as JSON knows it: no dates, no “yes”, no 12:30 for 750, no name twice."""

    yaml_implicit_resolvers: dict[str, Any] = {}

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.constructor.ConstructorError(
                    None, None, f"{quoted(key)} is no name; put it in quotes", key_node.start_mark
                )
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{quoted(key)} stands there twice", key_node.start_mark
                )
            seen.add(key)
        made: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return made


for _tag, _pattern, _first in _IMPLICIT:
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), _first)


def _parse(text: str) -> Any:
    if len(text) > MAX_CHARACTERS:
        raise _refused("", f"The file has more than {MAX_CHARACTERS:,} characters.", "Split the workflow.")
    try:
        for problem in _structure_problems(text):
            raise InvalidError([problem])
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader that knows even less
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark is not None else ""
        said = getattr(error, "problem", None) or "it is no YAML"
        raise _refused(where, f"The file can't be read: {said}.", "Mend that line.") from error
    except (ValueError, RecursionError) as error:
        raise _refused(
            "", "The file can't be read: it holds what can't be a workflow.", "Export one to compare."
        ) from error


def _structure_problems(text: str) -> Iterator[Problem]:
    """What could make a small file large, or the parser deep."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        where = f"line {event.start_mark.line + 1}" if event.start_mark is not None else ""
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            yield Problem("bad-file", where, "Anchors and aliases are not read.", "Write the value out.")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            yield Problem("bad-file", where, "The file is nested too deep.", "Simplify it.")


def _refused(path: str, message: str, hint: str) -> InvalidError:
    return InvalidError([Problem("bad-file", path, message, hint)])
