"""How the services of policies are called."""

from __future__ import annotations

from typing import Any

from automations.services import duplicates, extraction, policies, policy_impact, policy_uses

from ..world import NOW, RULE, World
from .shapes import READS, Arguments, Audited, Call


def _proposed(world: World) -> dict[str, Any]:
    rule = {**RULE, "value": "200"}
    return {"policy": world.policy, "rule": rule, "viewer": world.bob, "now": NOW}


def _of_its_filter(world: World) -> Any:
    """A policy that says what the filter of the workflow's trigger says."""
    rule = {"field": "state", "op": "eq", "value": "open"}
    return policies.create_policy(
        key="open-ones", name="Open ones", module=world.tickets, rule=rule, actor=world.alice
    )


def _archived(world: World) -> Arguments:
    policies.archive_policy(policy=world.policy, actor=world.alice)
    return {"policy": world.policy, "reason": "Needed.", "actor": world.bob}


CALLS: tuple[Call, ...] = (
    Call(
        policies.create_policy,
        lambda w: {
            "key": "small",
            "name": "Small",
            "module": w.tickets,
            "rule": RULE,
            "actor": w.bob,
            "description": "Up to a hundred.",
        },
        Audited("policy.created"),
    ),
    Call(
        policies.update_policy,
        lambda w: {"policy": w.policy, "changes": {"description": "New.", "owner": w.bob}, "actor": w.bob},
        Audited("policy.updated", "policy"),
    ),
    Call(
        policies.archive_policy,
        lambda w: {"policy": w.policy, "reason": "Old.", "actor": w.bob},
        Audited("policy.archived", "policy"),
    ),
    Call(policies.restore_policy, lambda w: _archived(w), Audited("policy.restored", "policy")),
    Call(
        extraction.name_policy_in_draft,
        lambda w: {"workflow": w.fresh(), "policy": _of_its_filter(w), "actor": w.alice},
        Audited("draft.saved", "workflow"),
    ),
    Call(policies.require_rule, lambda w: {"module": w.tickets, "rule": RULE}, READS),
    Call(policy_impact.measure_impact, lambda w: _proposed(w), READS),
    Call(
        policy_impact.require_seen,
        lambda w: {
            "policy": w.policy,
            "rule": _proposed(w)["rule"],
            "newest": w.policy.revisions.first(),
            "token": policy_impact.measure_impact(**_proposed(w)).seen,
            "actor": w.bob,
        },
        READS,
    ),
    Call(policy_uses.current_uses, lambda w: {}, READS),
    Call(policy_uses.uses_of, lambda w: {"policy": w.policy, "viewer": w.alice}, READS),
    Call(policy_uses.with_policies, lambda w: {"versions": []}, READS),
    Call(duplicates.find_duplicates, lambda w: {"viewer": w.alice}, READS),
    Call(duplicates.places_elsewhere, lambda w: {"forms": [("tickets", "0")], "viewer": w.alice}, READS),
    Call(duplicates.policies_by_form, lambda w: {"viewer": w.alice}, READS),
    Call(
        policies.publish_policy_revision,
        lambda w: {
            "policy": w.policy,
            "rule": {**RULE, "value": "200"},
            "seen": policy_impact.measure_impact(**_proposed(w)).seen,
            "actor": w.bob,
        },
        Audited("policy.revised", "policy"),
    ),
)
