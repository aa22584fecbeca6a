"""The tables, one file an aggregate. Models hold facts and invariants; services and the runtime write them."""

from __future__ import annotations

from automations.models.audit import AuditEntry
from automations.models.control import IdempotencyKey, ProcessStamp, RotationCursor
from automations.models.event import Deadline, Decision, Event, ScheduleSlot, TriggerSource
from automations.models.module import Module
from automations.models.notification import Notification, OutgoingEmail
from automations.models.policy import Policy, PolicyRevision
from automations.models.record import Record, RecordChange, RecordComment
from automations.models.run import NEVER, DeadLetter, LogEntry, Run, RunSignal, Step
from automations.models.token import ApiToken
from automations.models.version import Activation, ActiveTrigger, WorkflowVersion
from automations.models.workflow import Action, Condition, Edge, Mode, Trigger, Workflow

__all__ = [
    "NEVER",
    "Action",
    "Activation",
    "ActiveTrigger",
    "ApiToken",
    "AuditEntry",
    "Condition",
    "DeadLetter",
    "Deadline",
    "Decision",
    "Edge",
    "Event",
    "IdempotencyKey",
    "LogEntry",
    "Mode",
    "Module",
    "Notification",
    "OutgoingEmail",
    "Policy",
    "PolicyRevision",
    "ProcessStamp",
    "Record",
    "RecordChange",
    "RecordComment",
    "RotationCursor",
    "Run",
    "RunSignal",
    "ScheduleSlot",
    "Step",
    "Trigger",
    "TriggerSource",
    "Workflow",
    "WorkflowVersion",
]
