"""The settings of a Django project that the engine reads, each with what it is where the project says nothing."""

from __future__ import annotations

from typing import Any

from django.conf import settings

DEFAULTS = {
    "AUTOMATIONS_LEASE_SECONDS": 60,
    "AUTOMATIONS_BATCH_SIZE": 400,
    "AUTOMATIONS_SLICE_SECONDS": 5,
    "AUTOMATIONS_SILENCE_SECONDS": 30,
    "AUTOMATIONS_TICK_SECONDS": 1,
    "AUTOMATIONS_MINUTES_PER_MANUAL_STEP": 2,
    "AUTOMATIONS_WATCH_SECONDS": 30,
    "AUTOMATIONS_RUNS_KEPT_DAYS": 0,
    "AUTOMATIONS_EVENTS_KEPT_DAYS": 0,
    "AUTOMATIONS_CHANGES_KEPT_DAYS": 0,
    "AUTOMATIONS_LARGE_VALUE_BYTES": 32_768,
    "AUTOMATIONS_TRACES_PER_CENT": 0,
}


def setting(name: str) -> int:
    """A project's own value of one of DEFAULTS, or the default."""
    value: int = getattr(settings, name, DEFAULTS[name])
    return value


def queue_settings(workers: int = 2) -> dict[str, Any]:
    """Q_CLUSTER as the engine needs it: with other values django-q2 loses work or hands it out twice
    (`checks.check_queue_settings` refuses them)."""
    return {
        "name": "automations",
        "orm": "default",
        "broker_class": "automations.runtime.queue.WakeupBroker",
        "workers": workers,
        "queue_limit": workers,
        "bulk": 1,
        "timeout": 120,
        "retry": 300,
        "max_attempts": 1,
        "ack_failures": True,
        "save_limit": -1,
        "catch_up": False,
        "scheduler": False,
        "recycle": 500,
        "max_rss": 500_000,
        "poll": 0.2,
        "label": "Queue",
    }
