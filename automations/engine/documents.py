"""The stored workflow document: parsed once at the edge into a frozen definition, named by its digest."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from automations.engine.errors import Problem, quoted
from automations.engine.fingerprints import Fingerprints, fingerprint_problems

SCHEMA_VERSION = 1
MAX_NODES = 1_000
MAX_EDGES = 5_000
MAX_CONFIG_DEPTH = 32
MAX_CONFIG_VALUES = 20_000
MAX_VALUES = 100_000
"""Values in all configs, the policies and the settings together."""
MAX_NAME_LENGTH = 100
"""Characters of a name inside a config; every problem further inside repeats it in its path."""
MAX_DIGITS = 400
MAX_BRANCH_LENGTH = 80
MAX_PROBLEMS = 200
MAX_COLLECTED = 2 * MAX_PROBLEMS
"""Where collecting ends, so that a hopeless document is answered as fast as a good one."""
NODE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
DIGEST = re.compile("[0-9a-f]{64}")
MAX_VERSION = 2**31
_SURROGATE = re.compile("[\ud800-\udfff]")
_TOO_LARGE = 10**MAX_DIGITS


@dataclass(frozen=True, slots=True)
class Node:
    """One box of the graph. `type` is `family.kind`: `trigger.record`, `condition.if`, `action.assign`."""

    id: str
    type: str
    title: str = ""
    lane: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    disabled: bool = False
    """A run goes through a disabled step as if it were not there."""

    @property
    def family(self) -> str:
        return self.type.partition(".")[0]

    @property
    def label(self) -> str:
        return self.title or self.id


@dataclass(frozen=True, slots=True)
class Edge:
    source: str
    target: str
    branch: str = ""


@dataclass(frozen=True, slots=True)
class Definition:
    """A frozen snapshot of a workflow: what a version stores and the interpreter runs.

    `policies` pins each policy by key as {"revision": n, "rule": tree}, `workflows` each workflow that a step starts as
    {"version": n, "digest": name}; a draft's are filled in when it is loaded. `workflows` is None where no step starts
    one, and in versions of before there were such pins: those start what is live. `fingerprints` tells what the things
    outside were that its steps use, likewise None. `settings` holds what runs depend on beside the graph: the zone.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    policies: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    workflows: Mapping[str, Mapping[str, Any]] | None = None
    fingerprints: Fingerprints | None = None

    def rules(self) -> dict[str, Any]:
        """The pinned policies as {key: rule}."""
        return {key: pinned["rule"] for key, pinned in self.policies.items()}

    def to_document(self) -> dict[str, Any]:
        """The executable document; `parse_document` of it gives an equal definition."""
        document: dict[str, Any] = {
            "schema": SCHEMA_VERSION,
            "nodes": [node_to_json(node) for node in self.nodes],
            "edges": [edge_to_json(edge) for edge in self.edges],
            "policies": {key: dict(pinned) for key, pinned in sorted(self.policies.items())},
            "settings": dict(self.settings),
        }
        if self.workflows is not None:
            document["workflows"] = {key: dict(pin) for key, pin in sorted(self.workflows.items())}
        if self.fingerprints is not None:
            document["fingerprints"] = self.fingerprints
        return document

    def digest(self) -> str:
        """SHA-256 (hex) of the canonical JSON of the executable document. Layout has no part in it, nor has the
        order in which nodes and edges stand."""
        document = self.to_document()
        document["nodes"].sort(key=lambda node: node["id"])
        document["edges"].sort(key=lambda edge: (edge["from"], edge.get("branch", ""), edge["to"]))
        return digest_of(document)


def canonical_json(value: object) -> str:
    """One text for equal values: sorted keys, no spaces, no NaN."""
    return _canonical(value)


_canonical = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
).encode


def digest_of(value: object) -> str:
    """SHA-256 (hex) of a JSON value: the name by which people agree to it."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def node_to_json(node: Node) -> dict[str, Any]:
    document: dict[str, Any] = {"id": node.id, "type": node.type}
    if node.title:
        document["title"] = node.title
    if node.lane:
        document["lane"] = node.lane
    if node.disabled:
        document["disabled"] = True
    document["config"] = dict(node.config)
    return document


def edge_to_json(edge: Edge) -> dict[str, Any]:
    document = {"from": edge.source, "to": edge.target}
    if edge.branch:
        document["branch"] = edge.branch
    return document


def parse_document(document: object) -> tuple[Definition | None, list[Problem]]:
    """Parse untrusted JSON into a definition; on any problem the definition is None.

    Sizes are looked at first, so that a document of a million nodes is refused without being walked. What parses
    can be stored as jsonb and has a digest.
    """
    if not isinstance(document, Mapping):
        hint = 'Send {"schema": 1, "nodes": [], "edges": []}.'
        return None, [Problem("malformed-document", "", "The document must be a JSON object.", hint)]
    values = _Values()
    problems = capped(_shape_problems(document, values))
    if problems:
        return None, problems
    nodes: list[Node] = []
    seen: set[str] = set()
    for index, raw in enumerate(document["nodes"]):
        node = _parse_node(raw, f"nodes[{index}]", seen, problems, values)
        if node is not None:
            nodes.append(node)
        if values.left < 0:
            message = f"The document holds more than {MAX_VALUES:,} values."
            hint = "Split the workflow and use “start workflow”."
            return None, [Problem("document-too-large", "", message, hint)]
    edges: list[Edge] = []
    for index, raw in enumerate(document.get("edges", ())):
        edge = _parse_edge(raw, f"edges[{index}]", seen, problems)
        if edge is not None:
            edges.append(edge)
    if problems:
        return None, capped(problems)
    return (
        Definition(
            nodes=tuple(nodes),
            edges=tuple(edges),
            policies=document.get("policies") or {},
            settings=document.get("settings") or {},
            workflows=document.get("workflows"),
            fingerprints=document.get("fingerprints"),
        ),
        [],
    )


def capped(problems: Iterable[Problem]) -> list[Problem]:
    """At most MAX_PROBLEMS problems; where some are cut, the last one says how many. Takes no more than
    MAX_COLLECTED from an iterator."""
    found = list(islice(problems, MAX_COLLECTED))
    if len(found) <= MAX_PROBLEMS:
        return found
    shown = found[: MAX_PROBLEMS - 1]
    least = "At least " if len(found) == MAX_COLLECTED else ""
    message = f"{least}{len(found) - len(shown):,} more problems are not shown."
    return [*shown, Problem("more-problems", "", message, "Mend those shown and validate again.")]


def _shape_problems(document: Mapping[str, Any], values: _Values) -> Iterator[Problem]:
    schema = document.get("schema", SCHEMA_VERSION)
    if schema != SCHEMA_VERSION or isinstance(schema, bool):
        yield Problem(
            "unknown-schema", "schema", "This schema version is not known here.", f"Use {SCHEMA_VERSION}."
        )
    for key, most in (("nodes", MAX_NODES), ("edges", MAX_EDGES)):
        value = document.get(key, None if key == "nodes" else [])
        if not isinstance(value, list):
            yield Problem("malformed-document", key, f"“{key}” must be a list.", f'Send "{key}": [].')
        elif len(value) > most:
            message = f"{len(value):,} {key} are more than the {most:,} allowed."
            yield Problem(f"too-many-{key}", key, message, "Split the workflow and use “start workflow”.")
    for key in ("policies", "workflows", "fingerprints", "settings", "layout"):
        value = document.get(key)
        if value is None:
            continue
        if not isinstance(value, Mapping):
            hint = f'Send "{key}": {{}} or leave it out.'
            yield Problem("malformed-document", key, f"“{key}” must be an object.", hint)
        elif key != "layout":
            wrong = values.problem(value, key)
            if wrong is not None:
                yield wrong
            elif key == "policies":
                yield from _policy_problems(value)
            elif key == "workflows":
                yield from _pin_problems(value)
            elif key == "fingerprints":
                yield from fingerprint_problems(value)


def _policy_problems(policies: Mapping[str, Any]) -> Iterator[Problem]:
    for key, policy in policies.items():
        if not isinstance(policy, Mapping) or not isinstance(policy.get("rule"), Mapping):
            message = "A pinned policy must be an object with its rule."
            hint = 'Send {"revision": 1, "rule": {…}}.'
            yield Problem("malformed-document", f"policies.{key}", message, hint)


def _pin_problems(workflows: Mapping[str, Any]) -> Iterator[Problem]:
    for key, pin in workflows.items():
        if not isinstance(pin, Mapping) or not is_pin(pin):
            message = "A pinned workflow must be an object with its version and that version's digest."
            hint = 'Send {"version": 1, "digest": "…"}.'
            yield Problem("malformed-document", f"workflows.{key}", message, hint)


def is_pin(pin: Mapping[str, Any]) -> bool:
    """Whether this is the pin of a started workflow: a version's number and digest, and nothing else."""
    number, digest = pin.get("version"), pin.get("digest")
    return (
        pin.keys() == {"version", "digest"}
        and isinstance(number, int)
        and not isinstance(number, bool)
        and 0 < number < MAX_VERSION
        and isinstance(digest, str)
        and DIGEST.fullmatch(digest) is not None
    )


def _parse_node(
    raw: object, path: str, seen: set[str], problems: list[Problem], values: _Values
) -> Node | None:
    if not isinstance(raw, Mapping):
        problems.append(
            Problem("malformed-node", path, "A node must be an object.", 'Send {"id", "type", "config"}.')
        )
        return None
    identity = raw.get("id")
    if not isinstance(identity, str) or not NODE_ID.fullmatch(identity):
        message = "A node needs an id of letters, digits, “-” and “_”, at most 64 long."
        problems.append(Problem("bad-node-id", f"{path}.id", message, "Give it an id such as “a1”."))
        return None
    if identity in seen:
        message = f"The id “{identity}” stands on two nodes."
        hint = "Give one of them another id."
        problems.append(Problem("duplicate-node-id", f"{path}.id", message, hint, node=identity))
        return None
    seen.add(identity)
    texts = {}
    for key, most in (("type", 64), ("title", 200), ("lane", 80)):
        value = raw.get(key, "")
        if (
            not isinstance(value, str)
            or len(value) > most
            or (key == "type" and not value)
            or unstorable(value)
        ):
            message = f"“{key}” must be text of {'1 to' if key == 'type' else 'at most'} {most} characters."
            problems.append(
                Problem("malformed-node", f"{path}.{key}", message, f"Correct “{key}”.", node=identity)
            )
            return None
        texts[key] = value
    disabled = raw.get("disabled", False)
    if not isinstance(disabled, bool):
        problems.append(
            Problem(
                "malformed-node",
                f"{path}.disabled",
                "“disabled” must be true or false.",
                "Correct “disabled”.",
                node=identity,
            )
        )
        return None
    config = raw.get("config", {})
    if not isinstance(config, Mapping):
        message = "“config” must be an object."
        problems.append(
            Problem("malformed-node", f"{path}.config", message, 'Send "config": {}.', node=identity)
        )
        return None
    wrong = values.problem(config, f"{path}.config", node=identity)
    if wrong is not None:
        problems.append(wrong)
        return None
    return Node(identity, texts["type"], texts["title"], texts["lane"], config, disabled)


def _parse_edge(raw: object, path: str, nodes: set[str], problems: list[Problem]) -> Edge | None:
    if not isinstance(raw, Mapping):
        problems.append(
            Problem("malformed-edge", path, "An edge must be an object.", 'Send {"from", "to", "branch"}.')
        )
        return None
    source = raw.get("from")
    node = source if isinstance(source, str) and source in nodes else ""
    ends = []
    for key in ("from", "to"):
        value = raw.get(key)
        if not isinstance(value, str):
            message = f"“{key}” must be a node's id."
            problems.append(Problem("malformed-edge", f"{path}.{key}", message, f"Set “{key}”.", node=node))
            return None
        if value not in nodes:
            message = f"There is no node {quoted(value, 64)}."
            hint = "Remove the edge or connect it to a node."
            problems.append(Problem(f"edge-{key}-missing-node", f"{path}.{key}", message, hint, node=node))
            return None
        ends.append(value)
    branch = raw.get("branch")
    if branch is None:
        branch = ""
    if not isinstance(branch, str) or len(branch) > MAX_BRANCH_LENGTH or unstorable(branch):
        message = f"“branch” must be text of at most {MAX_BRANCH_LENGTH} characters."
        problems.append(Problem("malformed-edge", f"{path}.branch", message, "Name a branch.", node=node))
        return None
    return Edge(ends[0], ends[1], branch)


class _Values:
    """The values of one document, walked without recursion; `left` is negative once there are too many."""

    def __init__(self) -> None:
        self.left = MAX_VALUES

    def problem(self, value: object, path: str, *, node: str = "") -> Problem | None:
        """What keeps a JSON value from being stored and digested. Ends where the document is too large."""
        stack: list[tuple[object, int]] = [(value, 1)]
        left = MAX_CONFIG_VALUES
        while stack and self.left >= 0:
            current, depth = stack.pop()
            if isinstance(current, str):
                if unstorable(current):
                    message = "A text here holds a NUL or half a character, which cannot be stored."
                    return Problem("unstorable-value", path, message, "Type the text anew.", node=node)
            elif isinstance(current, int | float):
                if not abs(current) < _TOO_LARGE:  # nor is “not a number” less
                    message = f"A number here is not finite, or longer than {MAX_DIGITS} digits."
                    return Problem("unstorable-value", path, message, "Give a smaller number.", node=node)
            elif isinstance(current, Mapping | list):
                name = path.rpartition(".")[2]
                if depth > MAX_CONFIG_DEPTH:
                    message = f"“{name}” is nested more than {MAX_CONFIG_DEPTH} deep."
                    return Problem("config-too-deep", path, message, "Flatten it.", node=node)
                left -= len(current)
                if left < 0:
                    message = f"“{name}” holds more than {MAX_CONFIG_VALUES:,} values."
                    return Problem("config-too-large", path, message, "Split it.", node=node)
                self.left -= len(current)
                inner: Iterable[object] = current
                if isinstance(current, Mapping):
                    if not all(isinstance(key, str) and len(key) <= MAX_NAME_LENGTH for key in current):
                        message = f"A name in “{name}” has more than {MAX_NAME_LENGTH} characters."
                        return Problem("config-name-too-long", path, message, "Shorten it.", node=node)
                    inner = (*current, *current.values())
                stack.extend((child, depth + 1) for child in inner)
        return None


def unstorable(text: str) -> bool:
    """Whether PostgreSQL or UTF-8 would refuse the text."""
    return "\0" in text or (not text.isascii() and _SURROGATE.search(text) is not None)
