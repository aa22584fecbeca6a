"""What an action asks the engine to do, as frozen data; a handler previews or performs it.

An effect holds values only: templates are rendered and references resolved before it is made. `key` is
`run:step`, the same for every attempt, so that its performer can tell a repetition.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal


@dataclass(frozen=True, slots=True)
class Effect:
    kind: ClassVar[str] = ""
    key: str


@dataclass(frozen=True, slots=True)
class ChangeRecord(Effect):
    """Set fields of the run's record. Values are raw; the module's schema makes them canonical or refuses."""

    kind: ClassVar[str] = "change_record"
    values: Mapping[str, Any]
    status: str = ""
    """Where the record's status shall go, by the module's transition table; empty: the status stays."""


@dataclass(frozen=True, slots=True)
class AssignRecord(Effect):
    """Put an assignee (a user or a group's name) into a field, chosen by the strategy from the pool."""

    kind: ClassVar[str] = "assign_record"
    field: str
    strategy: Literal["fixed", "round_robin", "least_loaded"]
    value: str = ""
    group: str = ""
    pool: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class AddComment(Effect):
    kind: ClassVar[str] = "add_comment"
    text: str


@dataclass(frozen=True, slots=True)
class CreateRecord(Effect):
    kind: ClassVar[str] = "create_record"
    module: str
    values: Mapping[str, Any]
    record_key: str = ""


@dataclass(frozen=True, slots=True)
class Notify(Effect):
    """A message to people: user names and group names; in the app, by e-mail, or both."""

    kind: ClassVar[str] = "notify"
    users: Sequence[str]
    groups: Sequence[str]
    channels: Sequence[str]
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class RequestApproval(Effect):
    """Ask people: of those named (user names, group names) `quorum` must agree before the run goes on; one who
    disagrees decides. Lengths of time are in seconds, 0 for never."""

    kind: ClassVar[str] = "request_approval"
    title: str
    body: str
    users: Sequence[str]
    groups: Sequence[str]
    quorum: int = 1
    allow_self: bool = False
    expires_after: float = 0
    remind_every: float = 0
    escalate_after: float = 0
    escalate_to: Sequence[str] = ()
    form: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StartWorkflow(Effect):
    """Start another workflow once for each item; each child gets the input as its variables, and its item as the
    variable `item`."""

    kind: ClassVar[str] = "start_workflow"
    workflow: str
    items: Sequence[Any]
    input: Mapping[str, Any] = field(default_factory=dict)
    wait: bool = False
