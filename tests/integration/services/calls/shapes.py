"""What a call of a service is, what it may leave, and what calls of many subjects need."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from automations.models import Scenario
from automations.services import drafts, scenarios

from ..world import NOW, World

Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Audited:
    """Writes one entry: this action on this argument's object (or on what the call returns, "result")."""

    action: str
    on: str = "result"


@dataclass(frozen=True, slots=True)
class Traced:
    """Changes rows without an audit entry, because these tables name the actor themselves."""

    tables: tuple[str, ...]
    because: str


@dataclass(frozen=True, slots=True)
class Reads:
    """Changes nothing."""


@dataclass(frozen=True, slots=True)
class Call:
    """A service with arguments that it accepts; `arguments` also makes what they need."""

    service: Callable[..., Any]
    arguments: Callable[[World], Arguments]
    leaves: Audited | Traced | Reads

    @property
    def name(self) -> str:
        return f"{self.service.__module__.removeprefix('automations.services.')}.{self.service.__name__}"


READS = Reads()

RESULTS = Traced(("scenarioresult",), "a result names who ran the scenario, and changes nothing else")

GIVEN: Mapping[str, Any] = {
    "record": {"module": "tickets", "key": "T1", "values": {"title": "One", "state": "open"}}
}


def definition_of(world: World) -> Any:
    return drafts.load_draft(world.workflow).definition


def scenario_of(world: World) -> Scenario:
    there = Scenario.objects.filter(workflow=world.workflow).first()
    return there or scenarios.save_scenario(
        workflow=world.workflow, actor=world.alice, name="Greets", kind="positive", given=GIVEN, at=NOW
    )
