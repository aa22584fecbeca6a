"""What an installation looks like in numbers, for Prometheus: read from the database, so that every process answers the
same. Other apps add sources of their own.

What ends is counted over the last minutes, not since the beginning: to count a table from its first row at every scrape
would cost more with every day.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from automations.models import Swept
from automations.registry import Registry

KEPT_SECONDS = 5.0
"""How long one process answers from what it has read."""
WINDOW = "5 minutes"


@dataclass(frozen=True, slots=True)
class Metric:
    """One gauge. `known` are labels that are there with 0 when nothing is counted, so that no line in a chart ends."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    known: Sequence[tuple[str, ...]] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """Gauges that one statement reads. Its rows are the gauge's name, its labels as JSON, and the number."""

    metrics: Sequence[Metric]
    sql: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


METRICS: Registry[Source] = Registry("source of metrics")

ENDED = ("succeeded", "failed", "cancelled")
MODES = ("simulate", "execute")

ENGINE = Source(
    metrics=(
        Metric(
            "automations_runs_active",
            "Runs that have not ended, by status.",
            ("status",),
            [("queued",), ("running",), ("waiting",)],
        ),
        Metric(
            "automations_runs_ended_recently",
            "Runs that ended in the last five minutes.",
            ("status", "mode"),
            [(status, mode) for status in ENDED for mode in MODES],
        ),
        Metric(
            "automations_run_seconds",
            "From start to end, of the runs that ended in the last five minutes.",
            ("quantile",),
            [("0.5",), ("0.95",)],
        ),
        Metric("automations_steps_waiting", "Steps that wait, by kind.", ("kind",)),
        Metric("automations_queue_depth", "Runs that are due and that nobody works on."),
        Metric("automations_queue_lag_seconds", "For how long the one that is due longest has been due."),
        Metric("automations_events_pending", "Events that wait to be judged."),
        Metric("automations_events_lag_seconds", "For how long the oldest of them has waited."),
        Metric("automations_dead_letters", "Work that gave up and that nobody has settled."),
        Metric("automations_approvals_pending", "Questions that wait for people."),
        Metric("automations_approvals_overdue", "Those of them whose time is over."),
        Metric("automations_mails", "Mails, by state.", ("state",), [("pending",), ("failed",)]),
        Metric(
            "automations_workflows",
            "Workflows with a live version, by mode, and whether they are paused.",
            ("mode", "paused"),
            [(mode, paused) for mode in MODES for paused in ("false", "true")],
        ),
        Metric("automations_glass_broken", "Workflows that act past a gate that is not green."),
        Metric("automations_alerts_open", "Alerts that were raised and are not over."),
        Metric(
            "automations_dropped",
            "Rows that were dropped because their time was over, since the beginning, by kind.",
            ("kind",),
            [(kind,) for kind in Swept.Kind.values],
        ),
        Metric(
            "automations_sweep_behind_seconds",
            "For how long the sweep has not come to an end, by kind; nothing where all is kept for ever.",
            ("kind",),
        ),
        Metric("automations_breakers_open", "Workflows that were taken back to simulate by a breaker."),
        Metric(
            "automations_heartbeat_age_seconds",
            "Since the last sign of life of a worker cluster or the ticker.",
            ("role", "process"),
        ),
    ),
    sql=f"""
WITH ended AS MATERIALIZED (
  SELECT status, mode, finished_at - started_at AS took FROM automations_run
  WHERE finished_at > now() - interval '{WINDOW}' AND status IN ('succeeded', 'failed', 'cancelled') AND clock = ''
), active AS MATERIALIZED (
  SELECT id, status, due_at FROM automations_run WHERE status IN ('queued', 'running', 'waiting') AND clock = ''
)
SELECT 'automations_runs_active', jsonb_build_array(status), count(*)::float8 FROM active GROUP BY status
UNION ALL SELECT 'automations_runs_ended_recently', jsonb_build_array(status, mode), count(*) FROM ended
  GROUP BY status, mode
UNION ALL SELECT 'automations_run_seconds', jsonb_build_array(q::text),
  extract(epoch FROM (SELECT percentile_disc(q) WITHIN GROUP (ORDER BY took) FROM ended WHERE took IS NOT NULL))
  FROM unnest(ARRAY[0.5, 0.95]::float8[]) AS q
UNION ALL SELECT 'automations_steps_waiting', jsonb_build_array(s.kind), count(*)
  FROM automations_step s JOIN active a ON a.id = s.run_id WHERE s.status = 'waiting' GROUP BY s.kind
UNION ALL SELECT 'automations_queue_depth', '[]', count(*) FROM active WHERE due_at <= now() AND status <> 'running'
UNION ALL SELECT 'automations_queue_lag_seconds', '[]', COALESCE(extract(epoch FROM now() - min(due_at)), 0)
  FROM active WHERE due_at <= now() AND status <> 'running'
UNION ALL SELECT 'automations_events_pending', '[]', count(*) FROM automations_event
  WHERE state = 'pending' AND clock = ''
UNION ALL SELECT 'automations_events_lag_seconds', '[]', COALESCE(extract(epoch FROM now() - min(received_at)), 0)
  FROM automations_event WHERE state = 'pending' AND clock = ''
UNION ALL SELECT 'automations_dead_letters', '[]', count(*) FROM automations_deadletter WHERE state = 'open'
UNION ALL SELECT 'automations_approvals_pending', '[]', count(*) FROM automations_approval WHERE state = 'pending'
UNION ALL SELECT 'automations_approvals_overdue', '[]', count(*) FROM automations_approval
  WHERE state = 'pending' AND expires_at <= now()
UNION ALL SELECT 'automations_mails', jsonb_build_array(state), count(*) FROM automations_outgoingemail
  WHERE state IN ('pending', 'failed') GROUP BY state
UNION ALL SELECT 'automations_workflows', jsonb_build_array(mode, (paused_at IS NOT NULL)::text), count(*)
  FROM automations_workflow WHERE archived_at IS NULL AND active_version_id IS NOT NULL
  GROUP BY mode, paused_at IS NOT NULL
UNION ALL SELECT 'automations_glass_broken', '[]', count(*) FROM automations_workflow w
  JOIN automations_promotion p ON p.id = w.promotion_id
  WHERE w.archived_at IS NULL AND p.way = 'break_glass' AND p.settled_at IS NULL
UNION ALL SELECT 'automations_alerts_open', '[]', count(*) FROM automations_alert
  WHERE resolved_at IS NULL AND phase = 'raised'
UNION ALL SELECT 'automations_dropped', jsonb_build_array(kind), dropped FROM automations_swept
UNION ALL SELECT 'automations_sweep_behind_seconds', jsonb_build_array(kind), extract(epoch FROM now() - done_at)
  FROM automations_swept WHERE done_at IS NOT NULL
UNION ALL SELECT 'automations_breakers_open', '[]', count(*) FROM automations_breaker WHERE closed_at IS NULL
UNION ALL SELECT 'automations_heartbeat_age_seconds', jsonb_build_array(role, name),
  extract(epoch FROM now() - stamped_at) FROM automations_processstamp
""",
)
METRICS.register("engine", ENGINE)


class _Readings(Collector):
    """What the sources have counted last, not older than KEPT_SECONDS."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read_at = -KEPT_SECONDS
        self._families: list[GaugeMetricFamily] = []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        with self._lock:
            if time.monotonic() - self._read_at >= KEPT_SECONDS:
                self._families = [family for _, source in METRICS.items() for family in _read(source)]
                self._read_at = time.monotonic()
            return iter(self._families)

    def forget(self) -> None:
        self._read_at = -KEPT_SECONDS


def _read(source: Source) -> list[GaugeMetricFamily]:
    """The gauges of one source: one query."""
    with connection.cursor() as cursor:
        cursor.execute(source.sql, source.parameters or None)
        rows = cursor.fetchall()
    counted: dict[str, dict[tuple[str, ...], float]] = {
        metric.name: dict.fromkeys(metric.known if metric.labels else [()], 0.0) for metric in source.metrics
    }
    for name, labels, number in rows:
        told = json.loads(labels) if isinstance(labels, str) else labels
        counted[name][tuple(str(label) for label in told)] = float(number or 0)
    families = []
    for metric in source.metrics:
        family = GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)
        for key, number in counted[metric.name].items():
            family.add_metric(key, number)
        families.append(family)
    return families


READINGS = _Readings()
_registry = CollectorRegistry(auto_describe=False)
_registry.register(READINGS)


def metrics_text() -> bytes:
    """All metrics in Prometheus' text format. Two queries at most, or none within KEPT_SECONDS."""
    return generate_latest(_registry)
