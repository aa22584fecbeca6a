"""Events of the product itself (a run failed, somebody is asked), told to whoever listens. Who listens is not known here:
other apps register in LISTENERS, as they do in the other registries.

Listeners run in the transaction that makes it happen, so that what is kept of an event is kept exactly if it happened.
They are called once for a whole batch; where nothing happens, nothing is asked of the database.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from automations.registry import Registry


@dataclass(frozen=True, slots=True)
class ProductEvent:
    """`subject` is what it is about, as kind and number: ("run", 41). `facts` are ids, keys, codes and counts: nothing that
    a record holds or a person has written; that stands in `private`, for those who may see the workflow's payloads.
    `address` is the page about it, below the app's own."""

    kind: str
    workflow: int | None
    subject: tuple[str, int]
    facts: Mapping[str, Any]
    now: datetime
    private: Mapping[str, Any] = field(default_factory=dict)
    address: str = ""


Listener = Callable[[Sequence[ProductEvent]], None]
"""Called in the transaction: what it writes is part of it, and what it raises undoes all of it. It must be quick."""

LISTENERS: Registry[Listener] = Registry("listener")
KINDS: Registry[str] = Registry("kind of product event")
"""What can be announced, and what happened in a few words. Other parts add theirs."""

for _kind, _words in (
    ("run.failed", "A run failed"),
    ("run.needs_review", "Nobody knows whether a call happened; somebody has to say"),
    ("dead_letter.created", "A run gave up and left a dead letter"),
    ("approval.asked", "A question waits for people"),
    ("approval.decided", "A question was approved, was rejected, or has expired"),
    ("workflow.published", "A version was published"),
    ("workflow.paused", "A workflow was paused"),
    ("workflow.resumed", "A paused workflow goes on"),
):
    KINDS.register(_kind, _words)


def announce(
    kind: str,
    *,
    workflow: int | None,
    subject: tuple[str, int],
    facts: Mapping[str, Any],
    now: datetime,
    private: Mapping[str, Any] | None = None,
    address: str = "",
) -> None:
    """Tell the listeners of one event, in the transaction that makes it happen. `workflow` is the id of the one that it
    belongs to; an event of none is told to who may see everything, and to who may see its subject."""
    announce_all([ProductEvent(kind, workflow, subject, facts, now, private or {}, address)])


def announce_all(events: Sequence[ProductEvent]) -> None:
    """Tell the listeners of a batch of events at once. Raises UnknownKeyError for a kind that nobody has registered."""
    if not events:
        return
    if not connection.in_atomic_block:
        raise RuntimeError("A product event is announced in the transaction that makes it happen.")
    for event in events:
        KINDS.get(event.kind)
    for _, listener in LISTENERS.items():
        listener(events)
