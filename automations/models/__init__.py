"""The tables, one file an aggregate. Models hold facts and invariants; services and the runtime write them."""

from __future__ import annotations

from automations.models.approval import Approval, ApprovalDecision, ApprovalDelegation, ApprovalRemark
from automations.models.audit import AuditEntry, AuditSeal
from automations.models.backtest import UNFINISHED, Backtest, BacktestDifference, BacktestStatus
from automations.models.checkpoint import Checkpoint, Occasion
from automations.models.control import IdempotencyKey, ProcessStamp, RotationCursor
from automations.models.event import Deadline, Decision, Event, ScheduleSlot, TriggerSource
from automations.models.hold import Hold, StartCount
from automations.models.module import Module
from automations.models.notification import Notification, OutgoingEmail
from automations.models.policy import Policy, PolicyRevision, PolicyUse, RulePlace
from automations.models.preference import Preference
from automations.models.record import Record, RecordChange, RecordComment
from automations.models.run import NEVER, DeadLetter, LogEntry, Run, RunSignal, Step
from automations.models.scenario import Scenario, ScenarioResult
from automations.models.token import ApiToken
from automations.models.undo import RunUndo, UndoneField
from automations.models.version import Activation, ActiveTrigger, WorkflowVersion
from automations.models.workflow import Action, Condition, Edge, Mode, Trigger, Workflow

__all__ = [
    "NEVER",
    "UNFINISHED",
    "Action",
    "Activation",
    "ActiveTrigger",
    "ApiToken",
    "Approval",
    "ApprovalDecision",
    "ApprovalDelegation",
    "ApprovalRemark",
    "AuditEntry",
    "AuditSeal",
    "Backtest",
    "BacktestDifference",
    "BacktestStatus",
    "Checkpoint",
    "Condition",
    "DeadLetter",
    "Deadline",
    "Decision",
    "Edge",
    "Event",
    "Hold",
    "IdempotencyKey",
    "LogEntry",
    "Mode",
    "Module",
    "Notification",
    "Occasion",
    "OutgoingEmail",
    "Policy",
    "PolicyRevision",
    "PolicyUse",
    "Preference",
    "ProcessStamp",
    "Record",
    "RecordChange",
    "RecordComment",
    "RotationCursor",
    "RulePlace",
    "Run",
    "RunSignal",
    "RunUndo",
    "Scenario",
    "ScenarioResult",
    "ScheduleSlot",
    "StartCount",
    "Step",
    "Trigger",
    "TriggerSource",
    "UndoneField",
    "Workflow",
    "WorkflowVersion",
]
