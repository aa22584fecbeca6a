"""What another wording of a policy would do to the live records of every workflow that uses it, before it is published.

Counted by SQL, branch by branch: a branch's whole rule, from the trigger's filter on, before and after. Where SQL can't
tell, the answer says why. Whoever has seen it holds a token that publishing asks for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core import signing
from django.db.models import Count, Value

from automations import permissions
from automations.engine.documents import Node, canonical_json
from automations.engine.errors import EngineError
from automations.engine.graph import build_graph
from automations.engine.operators import OPERATORS
from automations.engine.rule_places import policies_in
from automations.engine.rules import AllOf, Leaf, Not, Ref, Tree, compile_rule, leaves
from automations.engine.selections import branches_from, selection_of
from automations.errors import ConflictError
from automations.models import Module, Policy, PolicyRevision
from automations.modules.adapter import adapter_for
from automations.modules.schema import facts_of
from automations.modules.sql import SqlContext
from automations.services.policy_uses import Use, uses_of
from automations.services.texts import require_text

SEEN_FOR = 24 * 3600
"""Seconds for which an impact counts as seen; records go on changing."""
FIRST = 5
"""Records of each side that are named."""
MAX_COUNTED = 200
AT_ONCE = 20
"""Branches that one query counts."""
_SALT = "automations.policy-impact"

PATTERN = "It has a comparison that SQL can't judge, such as a pattern."
BEYOND_RECORD = "It looks at the event or at earlier steps, which a record alone does not tell."
AFTER_ACTION = "An action comes before it, or it decides inside an action: what reaches it is not known."
UNFINISHED = "The draft has problems, so that it selects nothing yet."
TOO_LARGE = "The branch's whole rule is too large to be counted."
TOO_MANY = f"Only the first {MAX_COUNTED} branches are counted."


@dataclass(frozen=True, slots=True)
class Shift:
    """How the records of one rule change. The counts are None where SQL can't tell; `why` says why then."""

    before: int | None = None
    after: int | None = None
    gained: int | None = None
    lost: int | None = None
    first_gained: Sequence[str] = ()
    first_lost: Sequence[str] = ()
    assumed: bool = False
    """Whether an operator that looks at an event's change was taken for true."""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Branch:
    """A way out of a condition, or what a trigger starts with ("")."""

    trigger: str
    node: Node
    branch: str
    shift: Shift


@dataclass(frozen=True, slots=True)
class Affected:
    """A workflow's draft or live version, and its branches that the policy has a part in."""

    use: Use
    branches: Sequence[Branch] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Impact:
    """`hidden` counts the workflows that use the policy and that the viewer may not see. `seen` is for publishing."""

    total: int
    policy: Shift
    workflows: Sequence[Affected]
    hidden: int
    seen: str = field(repr=False)


def measure_impact(*, policy: Policy, rule: Any, viewer: Any, now: datetime) -> Impact:
    """What publishing a valid `rule` as the policy's next revision would change, as the viewer may see it."""
    newest = policy.revisions.first()
    uses, hidden = uses_of(policy, viewer=viewer)
    names = permissions.may_view_module(viewer, policy.module)
    counter = _Counter(policy, newest.rule if newest else None, rule, now, names=names)
    affected = [_affected(use, counter) for use in uses]
    own = counter.add(policy.module, {"policy": policy.key}, {}, ZoneInfo(policy.module.zone))
    counter.count()
    workflows = [
        replace(entry, branches=[replace(one, shift=counter.shift_of(one.shift)) for one in entry.branches])
        for entry in affected
    ]
    shifts = [one.shift for entry in workflows for one in entry.branches]
    summary = {
        "workflows": len({entry.use.workflow.pk for entry in workflows}),
        "hidden": hidden,
        "gained": sum(shift.gained or 0 for shift in shifts),
        "lost": sum(shift.lost or 0 for shift in shifts),
        "untold": sum(bool(shift.why) for shift in shifts) + sum(bool(entry.why) for entry in workflows),
    }
    token = signing.dumps(
        {**_claim(policy, rule, newest, viewer), "impact": summary}, salt=_SALT, compress=True
    )
    total = adapter_for(policy.module).all().count()
    return Impact(total, counter.shift_of(own), workflows, hidden, token)


def require_seen(
    *, policy: Policy, rule: Any, newest: PolicyRevision | None, token: str, actor: Any
) -> dict[str, Any]:
    """The summary of the impact that `token` stands for. Raises InvalidError where it is no text, ConflictError where
    it is none, too old, somebody else's, or about another rule or another newest revision."""
    hint = "Look at the impact of this very rule first, then publish it with its “seen”."
    require_text(token, "seen")
    try:
        found = signing.loads(token, salt=_SALT, max_age=SEEN_FOR)
    except signing.SignatureExpired as error:
        raise ConflictError(f"The impact was seen too long ago. {hint}", code="impact-not-seen") from error
    except signing.BadSignature as error:
        raise ConflictError(f"The impact was not seen. {hint}", code="impact-not-seen") from error
    summary: dict[str, Any] = found.pop("impact")
    if found != _claim(policy, rule, newest, actor):
        raise ConflictError(f"The impact that was seen is of something else. {hint}", code="impact-not-seen")
    return summary


def _claim(policy: Policy, rule: Any, newest: PolicyRevision | None, actor: Any) -> dict[str, Any]:
    return {
        "policy": policy.pk,
        "revision": newest.number if newest else 0,
        "rule": hashlib.sha256(canonical_json(rule).encode()).hexdigest(),
        "actor": actor.pk if actor is not None else None,
    }


def _affected(use: Use, counter: _Counter) -> Affected:
    module = use.module
    if not use.sound or module is None:
        return Affected(use, why=UNFINISHED)
    definition, zone = use.definition, ZoneInfo(use.workflow.zone)
    graph = build_graph(definition)
    named = {node.id for node in definition.nodes if counter.policy.key in policies_in([node.config])}
    branches: list[Branch] = []
    told: set[str] = set()

    def look(trigger: Node, node: Node, branch: str, rule: Mapping[str, Any]) -> None:
        told.add(node.id)
        if counter.policy.key in policies_in([rule]):
            pending = counter.add(module, rule, definition.rules(), zone)
            branches.append(Branch(trigger.id, node, branch, pending))

    for trigger in (node for node in definition.nodes if node.family == "trigger"):
        look(trigger, trigger, "", selection_of(trigger) or {"all": []})
        for key, branch, rule in branches_from(graph, trigger):
            look(trigger, graph.nodes[key], branch, rule)
    branches += [Branch("", graph.nodes[key], "", Shift(why=AFTER_ACTION)) for key in sorted(named - told)]
    return Affected(use, branches)


@dataclass(frozen=True, slots=True)
class _Pending(Shift):
    """Stands for a count until all are made."""

    place: int = -1


@dataclass(slots=True)
class _Ask:
    module: Module
    before: Tree
    after: Tree
    context: SqlContext
    shift: Shift = field(default_factory=Shift)


class _Counter:
    """Collects the rules to be counted, and counts those of one module together."""

    def __init__(self, policy: Policy, before: Any, after: Any, now: datetime, *, names: bool) -> None:
        self.policy = policy
        self.before = before
        self.after = after
        self.now = now
        self.names = names
        self.asked: list[_Ask] = []

    def add(
        self, module: Module, rule: Mapping[str, Any], policies: Mapping[str, Any], zone: ZoneInfo
    ) -> Shift:
        """What stands for the count of `rule` with the policy's two wordings, or says why there is none."""
        if len(self.asked) >= MAX_COUNTED:
            return Shift(why=TOO_MANY)
        schema = facts_of(module).schema
        before = policies.get(self.policy.key, self.before)
        try:
            trees = [
                compile_rule(rule, schema, policies={**policies, self.policy.key: wording}).tree
                for wording in (before if before is not None else {"any": []}, self.after)
            ]
        except EngineError:
            return Shift(why=TOO_LARGE)
        found = [leaf for tree in trees for leaf in leaves(tree)]
        if any(_beyond_record(leaf) for leaf in found):
            return Shift(why=BEYOND_RECORD)
        if any(adapter_for(module).needs_second_pass(tree) for tree in trees):
            return Shift(why=PATTERN)
        assumed = any(OPERATORS[leaf.op].event_only for leaf in found)
        context = SqlContext(now=self.now, zone=zone, assume_changed=True)
        self.asked.append(_Ask(module, trees[0], trees[1], context, Shift(assumed=assumed)))
        return _Pending(place=len(self.asked) - 1)

    def shift_of(self, shift: Shift) -> Shift:
        return self.asked[shift.place].shift if isinstance(shift, _Pending) else shift

    def count(self) -> None:
        for asks in _together(self.asked):
            adapter = adapter_for(asks[0].module)
            filters = {
                f"{name}_{index}": Count("pk", filter=adapter.condition(tree, context=ask.context))
                for index, ask in enumerate(asks)
                for name, tree in self._trees(ask).items()
            }
            found = adapter.all().order_by().aggregate(**filters)
            firsts = self._firsts(asks, found) if self.names else {}
            for index, ask in enumerate(asks):
                before, gained, lost = (found[f"{name}_{index}"] for name in ("before", "gained", "lost"))
                ask.shift = replace(
                    ask.shift,
                    before=before,
                    after=before + gained - lost,
                    gained=gained,
                    lost=lost,
                    first_gained=firsts.get((index, "gained"), ()),
                    first_lost=firsts.get((index, "lost"), ()),
                )

    def _trees(self, ask: _Ask) -> dict[str, Tree]:
        return {
            "before": ask.before,
            "gained": AllOf((ask.after, Not(ask.before))),
            "lost": AllOf((ask.before, Not(ask.after))),
        }

    def _firsts(
        self, asks: Sequence[_Ask], counts: Mapping[str, int]
    ) -> dict[tuple[int, str], Sequence[str]]:
        """The newest records that each of these rules gains and loses, by its place: two queries for all of them."""
        wanted = [
            (index, name)
            for index in range(len(asks))
            for name in ("gained", "lost")
            if counts[f"{name}_{index}"]
        ]
        if not wanted:
            return {}
        adapter = adapter_for(asks[0].module)
        parts = [
            adapter.queryset(self._trees(asks[index])[name], context=asks[index].context)
            .annotate(impact_place=Value(place))
            .values_list("impact_place", "pk")[:FIRST]
            for place, (index, name) in enumerate(wanted)
        ]
        pairs = sorted(parts[0].union(*parts[1:], all=True), key=lambda pair: pair[1], reverse=True)
        rows = adapter.all().in_bulk({key for _, key in pairs})
        firsts: dict[tuple[int, str], list[str]] = {one: [] for one in wanted}
        for place, key in pairs:
            if key in rows:
                firsts[wanted[place]].append(adapter.state_of(rows[key]).key)
        return {one: tuple(keys) for one, keys in firsts.items()}


def _together(asked: Iterable[_Ask]) -> Iterator[list[_Ask]]:
    groups: dict[int, list[_Ask]] = {}
    for ask in asked:
        groups.setdefault(ask.module.pk, []).append(ask)
    for group in groups.values():
        for start in range(0, len(group), AT_ONCE):
            yield group[start : start + AT_ONCE]


def _beyond_record(leaf: Leaf) -> bool:
    values = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
    return any(
        isinstance(value, Ref) and value.path.partition(".")[0] not in ("record", "now") for value in values
    )
