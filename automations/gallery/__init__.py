"""The templates on offer: working examples that a new workflow can begin with.

To add one, here or in the `ready()` of an app of yours:

1. Write its draft as a function that returns a document (`documents.py` has six). Name what is there in every
   installation that has the module: the gallery tells people what is missing, and what to fill in.
2. Write what proves it: a case that must act and one that must not (`scenarios.py`).
3. Register it: `TEMPLATES.register("my-key", Template(name=…, sentence=…, module="tickets", document=my_draft,
   scenarios=my_cases))`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from automations.gallery import scenarios
from automations.gallery.documents import (
    approval_gate,
    auto_routing,
    close_solved,
    due_soon,
    failed_runs,
    refund_watch,
    sla_alert,
)
from automations.registry import Registry


@dataclass(frozen=True, slots=True)
class Template:
    """`module` is the key of the module whose records it is about; `document` makes a draft that is nobody else's,
    `scenarios` the cases that come with it, as a workflow's file has them, `example` the values of a record that starts
    it at once, and `noun` what one such record is called."""

    name: str
    sentence: str
    module: str
    document: Callable[[], dict[str, Any]]
    scenarios: Callable[[], list[dict[str, Any]]] = list
    example: Callable[[datetime], dict[str, Any]] | None = None
    noun: str = "record"

    @property
    def modules(self) -> frozenset[str]:
        """The keys of every module that its steps name."""
        configs = [node["config"] for node in self.document()["nodes"]]
        return frozenset({self.module, *(config["module"] for config in configs if "module" in config)})


TEMPLATES: Registry[Template] = Registry("template")
for _key, _template in {
    "auto-routing": Template(
        "Auto-routing",
        "Gives each new ticket to the team of its category, to whoever has the least to do, and tells them.",
        "tickets",
        auto_routing,
        scenarios.auto_routing,
    ),
    "sla-alert": Template(
        "SLA alert",
        "Two hours before a ticket is due: escalates what is urgent and remarks on the rest.",
        "tickets",
        sla_alert,
        scenarios.sla_alert,
        due_soon,
        "ticket",
    ),
    "close-solved": Template(
        "Status update: close solved tickets",
        "Closes a solved ticket after three quiet days.",
        "tickets",
        close_solved,
        scenarios.close_solved,
    ),
    "failed-runs": Template(
        "Error workflow: remark on failures",
        "When a run about a ticket fails: remarks on the ticket what was left undone, and tells the leads of urgent ones.",
        "tickets",
        failed_runs,
        scenarios.failed_runs,
    ),
    "approval-gate": Template(
        "Approval gate: refunds",
        "Refunds a paid order when somebody asks; above 200, only after an approver has agreed.",
        "orders",
        approval_gate,
        scenarios.approval_gate,
    ),
    "refund-watch": Template(
        "Refund watch",
        "Opens a ticket for Finance when an order of more than 200 is refunded.",
        "orders",
        refund_watch,
        scenarios.refund_watch,
    ),
}.items():
    TEMPLATES.register(_key, _template)
