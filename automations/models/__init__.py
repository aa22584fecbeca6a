"""The tables, one file an aggregate. Models hold facts and invariants; services and the runtime write them."""

from __future__ import annotations

from automations.models.alert import Alert, AlertRule, Breaker
from automations.models.approval import Approval, ApprovalDecision, ApprovalDelegation, ApprovalRemark
from automations.models.audit import AuditEntry, AuditSeal
from automations.models.backfill import Backfill, BackfillItem
from automations.models.backtest import (
    UNFINISHED,
    Backtest,
    BacktestAlarm,
    BacktestDifference,
    BacktestStatus,
)
from automations.models.checkpoint import Checkpoint, Occasion
from automations.models.control import IdempotencyKey, ProcessStamp, RotationCursor
from automations.models.dead_letter import DeadLetter, Triage
from automations.models.event import Deadline, Decision, Event, ScheduleSlot, TriggerSource
from automations.models.go_live import RunTestMark, SignOff
from automations.models.hold import Hold, StartCount
from automations.models.large_value import LargeValue
from automations.models.mode_policy import ModePolicy
from automations.models.module import Module
from automations.models.notification import Notification, OutgoingEmail
from automations.models.paced import PACED_UNFINISHED, PacedJob, PacedStatus
from automations.models.place import Place
from automations.models.policy import Policy, PolicyRevision, PolicyUse, RulePlace
from automations.models.preference import Preference
from automations.models.promotion import Consent, FirstRelease, Promotion
from automations.models.record import Record, RecordChange, RecordComment
from automations.models.redrive import Redrive, RedriveItem
from automations.models.retention import Retention
from automations.models.review import (
    KeptReview,
    ReviewDecision,
    ReviewReader,
    ReviewSchedule,
    ReviewSignature,
)
from automations.models.run import NEVER, LogEntry, Run, RunSignal, Step
from automations.models.run_text import RunText
from automations.models.scenario import Scenario, ScenarioResult
from automations.models.standstill import Standstill
from automations.models.swept import Swept
from automations.models.token import ApiToken
from automations.models.undo import RunUndo, UndoneField
from automations.models.version import Activation, ActiveTrigger, WorkflowVersion
from automations.models.workflow import Action, Condition, Edge, Mode, Trigger, Workflow

__all__ = [
    "NEVER",
    "PACED_UNFINISHED",
    "UNFINISHED",
    "Action",
    "Activation",
    "ActiveTrigger",
    "Alert",
    "AlertRule",
    "ApiToken",
    "Approval",
    "ApprovalDecision",
    "ApprovalDelegation",
    "ApprovalRemark",
    "AuditEntry",
    "AuditSeal",
    "Backfill",
    "BackfillItem",
    "Backtest",
    "BacktestAlarm",
    "BacktestDifference",
    "BacktestStatus",
    "Breaker",
    "Checkpoint",
    "Condition",
    "Consent",
    "DeadLetter",
    "Deadline",
    "Decision",
    "Edge",
    "Event",
    "FirstRelease",
    "Hold",
    "IdempotencyKey",
    "KeptReview",
    "LargeValue",
    "LogEntry",
    "Mode",
    "ModePolicy",
    "Module",
    "Notification",
    "Occasion",
    "OutgoingEmail",
    "PacedJob",
    "PacedStatus",
    "Place",
    "Policy",
    "PolicyRevision",
    "PolicyUse",
    "Preference",
    "ProcessStamp",
    "Promotion",
    "Record",
    "RecordChange",
    "RecordComment",
    "Redrive",
    "RedriveItem",
    "Retention",
    "ReviewDecision",
    "ReviewReader",
    "ReviewSchedule",
    "ReviewSignature",
    "RotationCursor",
    "RulePlace",
    "Run",
    "RunSignal",
    "RunTestMark",
    "RunText",
    "RunUndo",
    "Scenario",
    "ScenarioResult",
    "ScheduleSlot",
    "SignOff",
    "Standstill",
    "StartCount",
    "Step",
    "Swept",
    "Triage",
    "Trigger",
    "TriggerSource",
    "UndoneField",
    "Workflow",
    "WorkflowVersion",
]
