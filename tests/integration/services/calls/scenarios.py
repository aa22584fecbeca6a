"""How the services of scenarios are called."""

from __future__ import annotations

from automations.models import Event
from automations.services import scenario_files, scenario_givens, scenario_runs, scenarios

from ..world import NOW
from .shapes import GIVEN, READS, RESULTS, Audited, Call, definition_of, scenario_of

CALLS: tuple[Call, ...] = (
    Call(
        scenario_files.scenarios_for_file,
        lambda w: {"workflow": scenario_of(w).workflow},
        READS,
    ),
    Call(scenario_files.scenarios_from_file, lambda w: {"raw": []}, READS),
    Call(
        scenario_files.replace_scenarios,
        lambda w: {
            "workflow": scenario_of(w).workflow,
            "items": [{"name": "Greets", "kind": "positive", "given": GIVEN, "at": NOW}],
            "actor": w.bob,
        },
        READS,  # the same scenarios again change nothing; its parts are services of their own
    ),
    Call(scenario_givens.given_from_record, lambda w: {"module": w.tickets, "key": "T1"}, READS),
    Call(scenario_givens.given_from_event, lambda w: {"event": Event.objects.first()}, READS),
    Call(scenario_givens.given_from_run, lambda w: {"run": w.run}, READS),
    Call(scenario_givens.module_of_draft, lambda w: {"workflow": w.workflow}, READS),
    Call(scenario_givens.checked_given, lambda w: {"raw": GIVEN}, READS),
    Call(scenario_givens.require_small, lambda w: {"value": {}, "path": "given"}, READS),
    Call(
        scenario_runs.run_scenarios,
        lambda w: {"workflow": scenario_of(w).workflow, "definition": definition_of(w), "actor": w.bob},
        RESULTS,
    ),
    Call(
        scenario_runs.rehearse,
        lambda w: {
            "workflow": w.fresh(),
            "definition": definition_of(w),
            "given": scenario_givens.checked_given(GIVEN),
            "at": NOW,
        },
        READS,
    ),
    Call(
        scenario_runs.walk_given,
        lambda w: {
            "workflow": w.fresh(),
            "definition": definition_of(w),
            "given": scenario_givens.checked_given(GIVEN),
            "at": NOW,
        },
        READS,
    ),
    Call(scenario_runs.identity_of, lambda w: {"as_user": "bob", "as_role": ""}, READS),
    Call(
        scenarios.propose_scenario,
        lambda w: {"workflow": w.fresh(), "given": scenario_givens.Given(GIVEN, NOW)},
        READS,
    ),
    Call(
        scenarios.save_scenario,
        lambda w: {
            "workflow": w.workflow,
            "actor": w.bob,
            "name": "Greets too",
            "kind": "positive",
            "given": GIVEN,
            "at": NOW,
            "as_user": "bob",
            "as_role": "",
            "expected": {"outcome": "succeeded"},
            "origin": "record",
        },
        Audited("scenario.saved"),
    ),
    Call(
        scenarios.edit_scenario,
        lambda w: {"scenario": scenario_of(w), "changes": {"name": "Anew"}, "actor": w.bob},
        Audited("scenario.changed", "scenario"),
    ),
    Call(
        scenarios.delete_scenario,
        lambda w: {"scenario": scenario_of(w), "actor": w.bob},
        Audited("scenario.deleted", "scenario"),
    ),
    Call(scenarios.run_one, lambda w: {"scenario": scenario_of(w), "actor": w.bob}, RESULTS),
    Call(
        scenarios.run_all,
        lambda w: {"workflow": scenario_of(w).workflow, "actor": w.bob},
        RESULTS,
    ),
    Call(
        scenarios.run_missing,
        lambda w: {"workflow": scenario_of(w).workflow, "definition": definition_of(w), "actor": w.bob},
        RESULTS,
    ),
    Call(scenarios.evidence, lambda w: {"workflow": w.fresh(), "digest": "0" * 64}, READS),
)
