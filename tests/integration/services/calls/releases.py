"""How the services of releases are called: the gate, consents, modes, the go-live checklist."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from guardian.shortcuts import assign_perm

from automations import permissions
from automations.models import ModePolicy, Scenario, Workflow
from automations.services import consents, gate, go_live, live, mode_policies, outside, releases, scenarios
from automations.testing import let_act

from ..world import NOW, World
from .shapes import READS, RESULTS, Audited, Call, Traced, definition_of, scenario_of


def _executing(world: World) -> Any:
    return world.fresh() if world.fresh().mode == "execute" else let_act(world.fresh(), world.alice)


def _green(world: World) -> Workflow:
    """The workflow, with all that the gate asks for."""
    if not Scenario.objects.filter(workflow=world.workflow, as_user="bob").exists():
        assign_perm("automations.use_module", world.bob, world.tickets)
        for kind, state in (("positive", "open"), ("negative", "closed")):
            given = {"record": {"module": "tickets", "key": "T1", "values": {"state": state}}}
            scenarios.save_scenario(
                workflow=world.workflow,
                actor=world.alice,
                name=kind,
                kind=kind,
                given=given,
                at=NOW,
                as_user="bob",
            )
        consents.confirm_first_release(workflow=world.fresh(), actor=world.alice)
        gate.check_gate(workflow=world.fresh(), actor=world.alice)
    return world.fresh()


def _two_promote(world: World) -> Workflow:
    """Alice and Bob may promote it, and neither has published it."""
    for right in ("view", "promote"):
        assign_perm(permissions.codename(right), world.bob, world.workflow)
    world.workflow.versions.update(published_by=None)
    return world.fresh()


def _asked(world: World) -> Workflow:
    """Alice has asked for a second person's consent, and Bob may give it."""
    _two_promote(world)
    if gate.open_consent(world.fresh()) is None:
        consents.ask_consent(workflow=world.fresh(), actor=world.alice)
    return world.fresh()


def _policy(world: World) -> ModePolicy:
    there = ModePolicy.objects.filter(module=world.machines).first()
    return there or mode_policies.set_mode_policy(
        rule="simulate_only", module=world.machines, reason="Stocktaking", actor=world.alice
    )


def _ending(world: World) -> datetime:
    """When a policy ends by itself, to the moment."""
    end = timezone.now() + timedelta(hours=1)
    mode_policies.set_mode_policy(
        rule="four_eyes", module=world.machines, reason="Stocktaking", actor=world.alice, ends_at=end
    )
    return end


CALLS: tuple[Call, ...] = (
    Call(
        gate.read_gate,
        lambda w: {"workflow": w.fresh()},
        READS,
    ),
    Call(
        go_live.printable,
        lambda w: {"checklist": go_live.read_checklist(workflow=w.fresh()), "now": NOW},
        READS,
    ),
    Call(go_live.read_checklist, lambda w: {"workflow": w.fresh()}, READS),
    Call(
        go_live.note_run_test,
        lambda w: {
            "workflow": w.workflow,
            "digest": "0" * 64,
            "candidates": 2,
            "actor": w.bob,
            "now": NOW,
        },
        Traced(("runtestmark",), "it names who tested, and changes nothing else"),
    ),
    Call(
        go_live.sign_off,
        lambda w: {
            "workflow": w.workflow,
            "digest": w.fresh().active_version.digest,
            "actor": w.bob,
            "now": NOW,
            "note": "Good enough for a start",
        },
        Audited("workflow.signed_off", "workflow"),
    ),
    Call(gate.open_consent, lambda w: {"workflow": w.fresh()}, READS),
    Call(gate.check_gate, lambda w: {"workflow": scenario_of(w).workflow, "actor": w.bob}, RESULTS),
    Call(
        gate.settle_glass,
        lambda w: {"workflow": w.fresh(), "gate": gate.read_gate(workflow=w.fresh()), "actor": w.bob},
        READS,  # there is no alarm to end; that one ends is written is tested with the gate
    ),
    Call(gate.sensitive_steps, lambda w: {"definition": definition_of(w)}, READS),
    Call(live.lock_workflow, lambda w: {"workflow": w.workflow}, READS),
    Call(live.live_facts, lambda w: {"workflow": w.fresh()}, READS),
    Call(
        live.make_live,
        lambda w: {"workflow": w.fresh(), "version": w.workflow.versions.get(number=1)},
        Traced(("activation", "activetrigger", "workflow"), "a part of services that say who released what"),
    ),
    Call(
        live.void_consent,
        lambda w: {"workflow": _asked(w), "version": None},
        Traced(("consent",), "a part of services that say who changed what"),
    ),
    Call(outside.used_by, lambda w: {"definition": definition_of(w)}, READS),
    Call(outside.fingerprints_of, lambda w: {"definitions": {1: definition_of(w)}}, READS),
    Call(
        outside.outside_facts,
        lambda w: {"version": w.fresh().active_version, "definition": definition_of(w)},
        READS,
    ),
    Call(outside.outside_of, lambda w: {"versions": list(w.workflow.versions.all())}, READS),
    Call(outside.warnings_of, lambda w: {"version": w.fresh().active_version}, READS),
    Call(
        outside.void_consents,
        lambda w: {"noun": "destination", "keys": ["crm"], "why": "It changed.", "now": NOW},
        READS,  # nothing uses it; the webhooks' own tests have consents that do, and who changes it is audited there
    ),
    Call(
        live.set_promotion,
        lambda w: {"workflow": w.fresh(), "promotion": None},
        Traced(("activation", "workflow"), "a part of services that say who released what"),
    ),
    Call(
        mode_policies.set_mode_policy,
        lambda w: {
            "rule": "simulate_only",
            "module": w.tickets,
            "reason": "Year-end close",
            "actor": w.bob,
        },
        Audited("modepolicy.set"),
    ),
    Call(
        mode_policies.lift_mode_policy,
        lambda w: {"policy": _policy(w), "reason": "Done", "actor": w.bob},
        Audited("modepolicy.lifted", "policy"),
    ),
    Call(
        mode_policies.end_due_mode_policies,
        lambda w: {"now": _ending(w), "actor": w.alice},
        Audited("modepolicy.ended"),
    ),
    Call(mode_policies.governs_after, lambda w: {"policies": [_policy(w)]}, READS),
    Call(mode_policies.policies_binding, lambda w: {"workflow": w.fresh()}, READS),
    Call(
        mode_policies.workflows_bound,
        lambda w: {"policies": [_policy(w)], "workflows": Workflow.objects.all()},
        READS,
    ),
    Call(
        consents.ask_consent,
        lambda w: {"workflow": _two_promote(w), "actor": w.bob, "note": "Please look"},
        Audited("consent.asked", "workflow"),
    ),
    Call(
        consents.give_consent,
        lambda w: {"workflow": _asked(w), "digest": w.fresh().active_version.digest, "actor": w.bob},
        Audited("consent.given", "workflow"),
    ),
    Call(
        consents.withdraw_consent,
        lambda w: {"workflow": _asked(w), "actor": w.alice, "reason": "A case is missing"},
        Audited("consent.withdrawn", "workflow"),
    ),
    Call(
        consents.confirm_first_release,
        lambda w: {"workflow": w.workflow, "actor": w.bob, "note": "By hand until now"},
        Audited("workflow.first_release_confirmed", "workflow"),
    ),
    Call(
        releases.promote_workflow,
        lambda w: {"workflow": _green(w), "actor": w.bob, "reason": "It did well"},
        Audited("workflow.promoted", "workflow"),
    ),
    Call(
        releases.break_glass,
        lambda w: {"workflow": w.workflow, "actor": w.bob, "reason": "It can't wait till Monday"},
        Audited("workflow.glass_broken", "workflow"),
    ),
    Call(
        releases.demote_workflow,
        lambda w: {"workflow": _executing(w), "actor": w.bob, "reason": "It did not"},
        Audited("workflow.demoted", "workflow"),
    ),
    Call(
        releases.rollback_workflow,
        lambda w: {"workflow": w.workflow, "number": 1, "actor": w.bob, "reason": "It was better"},
        Audited("workflow.rolled_back", "workflow"),
    ),
)
