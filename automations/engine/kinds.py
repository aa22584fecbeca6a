"""What a kind of trigger or action is. A kind is a small class: schemas, checks and a `prepare` that turns its
config into a function; it never touches a database or a network."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Literal

from automations.engine.effects import Effect
from automations.engine.errors import Problem
from automations.engine.fields import Schema
from automations.engine.outcomes import Outcome
from automations.engine.retry import RetryPolicy
from automations.engine.rules import Scope


class Risk(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    SENSITIVE = "sensitive"


@dataclass(frozen=True, slots=True)
class ModuleFacts:
    """What validation knows about a module."""

    key: str
    name: str
    schema: Schema
    status_field: str = ""
    transitions: Mapping[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ValidationContext:
    """The world that a document is validated against, as values. `module` is that of the document's triggers
    (None when it has none, or several that differ)."""

    modules: Mapping[str, ModuleFacts] = field(default_factory=dict)
    policies: Mapping[str, Any] = field(default_factory=dict)
    sources: frozenset[str] = frozenset()
    workflows: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()
    names: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Keys of things that other apps have brought, by the name of their kind (“destination”)."""
    module: ModuleFacts | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """A trigger's answer to an event: `matched`, or why not, with the facts that say so."""

    outcome: Literal["matched", "filtered", "out_of_scope"]
    reason: Mapping[str, Any] = field(default_factory=dict)


Perform = Callable[[Scope, str], Effect | Outcome]
"""A prepared action: (scope, `run:step`) to the effect that it asks for, or an outcome that needs none."""

Judge = Callable[[Scope], Match]
"""A prepared trigger: the scope's event (and the record as that event saw it) to a match."""


class Kind(ABC):
    key: ClassVar[str]
    label: ClassVar[str]
    description: ClassVar[str]
    config_schema: ClassVar[Mapping[str, Any]]
    """JSON Schema (2020-12) of `config`, with `x-widget` and `x-help` for the form."""
    uses: ClassVar[Mapping[str, str]] = {}
    """Settings that hold the key of a thing that another app has brought, with the name of its kind. Of an action, whom the
    run acts as needs the right “use” on it; of a trigger, who publishes has to see it."""

    @abstractmethod
    def validate(self, config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        """Problems that the schema can't express. `config` has passed the schema; `path` leads to it."""

    @abstractmethod
    def summary(self, config: Mapping[str, Any]) -> str:
        """One line for the node: what it will do, in plain words."""


class ActionKind(Kind):
    risk: ClassVar[Risk] = Risk.LOW
    permission: ClassVar[str] = ""
    """The permission on the workflow's module that the run-as identity needs; empty: none."""
    undo: ClassVar[Literal["before_image", "delete", "none", "nothing"]] = "none"
    """How undoing a run takes it back: the value before, the new record removed, not at all, or there is nothing to."""
    retry: ClassVar[RetryPolicy] = RetryPolicy()
    retry_safe: ClassVar[bool] = True
    minor: ClassVar[bool] = False
    """Whether it only tells people something, so that the graph draws it slimmer."""
    sets_variables: ClassVar[bool] = False
    """Whether its output becomes the run's variables."""

    @abstractmethod
    def prepare(self, config: Mapping[str, Any], schema: Schema, policies: Mapping[str, Any]) -> Perform:
        """Compile a valid config once, for records of `schema`; the result is called for each run."""


class TriggerKind(Kind):
    source_kind: ClassVar[str]
    brings_record: ClassVar[bool] = True
    """Whether a run that it starts has a record when the config names a module."""

    @abstractmethod
    def prepare(
        self, config: Mapping[str, Any], module: ModuleFacts | None, policies: Mapping[str, Any]
    ) -> Judge:
        """Compile a valid config once; the result is called for each event of its source."""

    @abstractmethod
    def listens_to(self, config: Mapping[str, Any]) -> tuple[str | None, tuple[str, ...]]:
        """(module key or None, event types): which events are worth judging. Types may end with `*`."""
