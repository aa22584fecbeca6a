"""What helps against a failure: by its code whose it is, what to do, where that is done, and what may have brought it about.

The table has an entry for every code that this package makes; other apps register theirs beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Fault = Literal["user", "engine", "receiver"]
"""Whose a failure is: of those who draw workflows and keep records, of this product and who runs it, or of the other side."""


class Place(StrEnum):
    """The page where something is done about it."""

    RUN = "run"
    WORKFLOW = "workflow"
    SETTINGS = "settings"
    RECORD = "record"
    APPROVALS = "approvals"
    MODE_POLICIES = "mode-policies"
    DESTINATIONS = "destinations"
    SECRETS = "secrets"
    DIAGNOSIS = "diagnosis"


@dataclass(frozen=True, slots=True)
class Remedy:
    """`about` names the kinds of things whose change can have brought it about; “rights” stands for who may do what."""

    fault: Fault
    what_to_do: str
    place: Place = Place.DIAGNOSIS
    about: frozenset[str] = frozenset()


def _drawn(what_to_do: str, *about: str) -> Remedy:
    return Remedy("user", what_to_do, Place.WORKFLOW, frozenset(("workflow", *about)))


def _kept(what_to_do: str, *about: str) -> Remedy:
    return Remedy("user", what_to_do, Place.RECORD, frozenset(("module", "workflow", *about)))


def _again(what_to_do: str, place: Place = Place.WORKFLOW) -> Remedy:
    """Of a retry that is refused."""
    return Remedy("user", what_to_do, place)


_STARTED = "Publish the workflow that is started, or resume it; then retry."
_MOMENT = "Give the record a date that the step can wait for, or change the step; then retry."
_VALUE = "Mend the value in the step's settings and publish; then retry with the active version."

REMEDIES: Mapping[str, Remedy] = {
    "permission-denied": Remedy(
        "user",
        "Share what is named with whom the workflow acts as, or let it act as somebody who may; then retry.",
        Place.SETTINGS,
        frozenset(("rights", "workflow")),
    ),
    "execute-forbidden": Remedy(
        "user",
        "An admin lifts the policy that lets nothing act here; then retry.",
        Place.MODE_POLICIES,
        frozenset(("modepolicy",)),
    ),
    "effect-not-installed": Remedy(
        "engine", "Install the app that performs this action, in every process; then retry.", Place.RUN
    ),
    "engine-error": Remedy(
        "engine", "Look at the log with the run's correlation id, report it, and retry once it is mended."
    ),
    "attempts-spent": Remedy(
        "engine",
        "Workers ended again and again while they worked on it: look at their memory and logs, then retry.",
    ),
    "record-missing": _kept("The record is gone: bring it back and retry, or discard the dead letter."),
    "unknown-field": _kept(
        "Give the module the field again, or change the step and publish; then retry.", "policy"
    ),
    "no-status-field": _kept("Give the module a status field, or change the step; then retry."),
    "unknown-module": _kept("Make the module again, or change the step and publish; then retry."),
    "bad-value": _kept("Mend the value in the record or in the step's settings; then retry."),
    "missing-value": _kept("Give the field a value in the step's settings, or make it optional; then retry."),
    "record-exists": _kept("Choose another key in the step's settings, or keep the record that is there."),
    "transition-not-allowed": _kept(
        "Move the record to a status from which this is allowed, allow the move in the module, or change the step;"
        " then retry."
    ),
    "nobody-to-assign": _drawn("Name people or a group in the step who have an account; then retry."),
    "nobody-to-notify": _drawn("Name people or a group in the step who have an account; then retry."),
    "too-few-approvers": Remedy(
        "user",
        "Give more of those who are asked the right to approve, or ask others; then retry.",
        Place.WORKFLOW,
        frozenset(("rights", "workflow")),
    ),
    "approval-never-settled": Remedy(
        "user",
        "What is asked about changes all the time: find what changes the record, then retry.",
        Place.APPROVALS,
    ),
    "blast-radius-rejected": Remedy(
        "user",
        "People said no to so many records: narrow the trigger, or raise the limit; then start it anew.",
        Place.SETTINGS,
    ),
    "blast-radius-expired": Remedy(
        "user", "Nobody answered in time: start it anew, and see that somebody answers.", Place.APPROVALS
    ),
    "cancelled": Remedy("user", "Somebody cancelled it. Retry it if the work is still wanted.", Place.RUN),
    "place-taken": Remedy(
        "user",
        "A newer run took its place, as the workflow's limit says: raise the limit, or let runs wait; retry it if the work"
        " is still wanted.",
        Place.SETTINGS,
        frozenset(("workflow",)),
    ),
    "stopped": _drawn("A stop step ended the run as failed, as it is drawn: look at what led there."),
    "child-failed": Remedy(
        "user",
        "Look at the run that was started, mend its cause and retry it; then retry this one.",
        Place.RUN,
        frozenset(("workflow",)),
    ),
    "chain-depth-exceeded": _drawn(
        "Workflows start each other in a ring: take one of these steps out and publish."
    ),
    "workflow-not-active": _drawn(_STARTED),
    "workflow-not-pinned": _drawn("Publish this workflow anew, so that it pins what it starts; then retry."),
    "not-a-list": _drawn("Let the step go through something that is a list; publish, then retry.", "module"),
    "date-missing": _kept(_MOMENT),
    "date-out-of-range": _kept(_MOMENT),
    "wait-too-long": _drawn(_MOMENT),
    "key-too-long": _drawn("Make the key shorter in the step's settings and publish; then retry."),
    "status-missing": _drawn("Name a status that never comes out empty; publish, then retry.", "module"),
    "output-too-large": _drawn("Keep less: shorten texts with “truncate”; publish, then retry."),
    "cannot-be-simulated": Remedy(
        "user", "Nothing failed: this action can't say beforehand what it does.", Place.RUN
    ),
    "disabled": _drawn("The step is disabled. Enable it in the graph and publish if it should work."),
    "wrong-value-type": _drawn(_VALUE, "module"),
    "unknown-choice": _drawn(_VALUE, "module"),
    "bad-duration": _drawn(_VALUE),
    "bad-pattern": _drawn(_VALUE),
    "bad-template": _drawn(_VALUE),
    "malformed-rule": _drawn("Mend the rule and publish; then retry with the active version.", "policy"),
    "operator-not-for-type": _drawn(
        "Mend the rule and publish; then retry with the active version.", "policy", "module"
    ),
    "unknown-policy": _drawn("Bring the policy back or take it out of the rule; then publish.", "policy"),
    "nothing-published": _again("Publish a version of the workflow first."),
    "not-ended": _again("Wait until the run has ended, or cancel it.", Place.RUN),
    "nothing-to-retry": _again("Nothing: the run has succeeded.", Place.RUN),
    "already-retried": _again("Look at the run that retries it, and retry that one if it failed.", Place.RUN),
    "archived": _again("Take the workflow out of the archive first.", Place.SETTINGS),
    "paused": _again("Resume the workflow first.", Place.SETTINGS),
    "demoted": _again("Let the workflow act again first, or choose its live version."),
    "held": _again("Answer the question about its blast radius first.", Place.APPROVALS),
    "version-unusable": _again("Choose another version, or publish the workflow anew."),
    "step-in-the-way": _again("Choose the run's own version, or retry from the start.", Place.RUN),
    "children-open": _again("Wait until the runs that it has started have ended.", Place.RUN),
    "undone": _again("Its effects were undone: start it anew if the work is still wanted.", Place.RUN),
    "consent-void": _again("Retry from the start, so that people are asked anew.", Place.RUN),
    "engine": Remedy("engine", "Look at the log, report it, and retry once it is mended."),
    "user": Remedy(
        "user", "Read what the step says, mend it, and retry.", Place.RUN, frozenset(("workflow",))
    ),
}
"""By code. “engine” and “user” stand for codes of kinds that registered none: they say no more than whose it is."""


def remedy_for(code: str, fault: str, known: Mapping[str, Remedy] = REMEDIES) -> Remedy:
    """What helps against a failure of this code: its own entry, that of the family whose name it begins with
    (“status-” for “status-503”), or what can be said of everything that is so somebody's fault."""
    family = f"{code.partition('-')[0]}-"
    return known.get(code) or known.get(family) or REMEDIES["engine" if fault == "engine" else "user"]
