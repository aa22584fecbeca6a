"""System checks: settings that would lose or double work are refused at start, with the way to mend them."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from automations.conf import setting
from automations.models.large_value import LEAST_LARGE
from automations.models.retention import LEAST_DAYS


@register(Tags.compatibility)
def check_queue_settings(**_: Any) -> list[CheckMessage]:
    """Q_CLUSTER values with which django-q2 is known to hand out work twice or for ever."""
    conf: dict[str, Any] = getattr(settings, "Q_CLUSTER", {})
    found: list[CheckMessage] = []

    def need(holds: bool, number: int, message: str, hint: str) -> None:
        if not holds:
            found.append(Error(message, hint=hint, id=f"automations.E{number:03d}"))

    timeout, retry = conf.get("timeout"), conf.get("retry", 60)
    workers = conf.get("workers") or 1
    need(
        conf.get("orm") == "default",
        1,
        "The queue must live in the default database.",
        'Set Q_CLUSTER["orm"] = "default".',
    )
    need(bool(timeout), 2, "Q_CLUSTER has no timeout.", "Set timeout to 120.")
    if timeout:
        least = timeout * (1 + conf.get("queue_limit", workers**2) / workers) + 30
        need(retry >= least, 3, f"Q_CLUSTER retry {retry} is too short.", f"Set it to {least:.0f} or more.")
        slice_seconds = setting("AUTOMATIONS_SLICE_SECONDS")
        need(
            timeout > slice_seconds + 30, 4, "Q_CLUSTER timeout is too near the time slice.", "Set it to 120."
        )
    need(
        conf.get("queue_limit") == workers,
        5,
        "Q_CLUSTER queue_limit must equal workers.",
        f"Set it to {workers}.",
    )
    need(
        conf.get("max_attempts") == 1,
        6,
        "Q_CLUSTER max_attempts must be 1: runs count their own.",
        "Set it to 1.",
    )
    need(conf.get("ack_failures") is True, 7, "Q_CLUSTER ack_failures must be on.", "Set it to True.")
    need(conf.get("save_limit") == -1, 8, "Q_CLUSTER save_limit must be -1.", "Set it to -1.")
    need(
        conf.get("scheduler") is False,
        9,
        "django-q2's scheduler must be off: the ticker schedules.",
        "Set it to False.",
    )
    return found


@register(Tags.compatibility)
def check_lease(**_: Any) -> list[CheckMessage]:
    """A lease must outlive a time slice by far, or live work is taken over."""
    if setting("AUTOMATIONS_LEASE_SECONDS") >= 2 * setting("AUTOMATIONS_SLICE_SECONDS"):
        return []
    return [
        Error(
            "AUTOMATIONS_LEASE_SECONDS is shorter than two time slices.",
            hint=f"Set it to {2 * setting('AUTOMATIONS_SLICE_SECONDS')} or more.",
            id="automations.E010",
        )
    ]


@register(Tags.compatibility)
def check_tracing(**_: Any) -> list[CheckMessage]:
    """Traces need a share between 0 and 100, and what tells them."""
    share = setting("AUTOMATIONS_TRACES_PER_CENT")
    hint, message = "", ""
    if not 0 <= share <= 100:
        message, hint = f"AUTOMATIONS_TRACES_PER_CENT is {share}.", "Set it to a number from 0 (none) to 100."
    elif share and (find_spec("opentelemetry") is None or find_spec("opentelemetry.sdk") is None):
        message = "AUTOMATIONS_TRACES_PER_CENT asks for traces, and OpenTelemetry is not installed."
        hint = "Install automations[tracing], or set it to 0."
    return [Error(message, hint=hint, id="automations.E012")] if message else []


@register(Tags.compatibility)
def check_what_is_kept(**_: Any) -> list[CheckMessage]:
    """Nothing is dropped while it could come in again, and what is small stays in its row."""
    found: list[CheckMessage] = []
    for kind in ("RUNS", "EVENTS", "CHANGES"):
        name = f"AUTOMATIONS_{kind}_KEPT_DAYS"
        days = setting(name)
        if days != 0 and days < LEAST_DAYS:
            hint = (
                f"Set it to {LEAST_DAYS} or more (so long the ids of webhooks are known), or to 0: for ever."
            )
            found.append(Error(f"{name} is {days}.", hint=hint, id="automations.E014"))
    size = setting("AUTOMATIONS_LARGE_VALUE_BYTES")
    if size < LEAST_LARGE:
        message = f"AUTOMATIONS_LARGE_VALUE_BYTES is {size}."
        found.append(Error(message, hint=f"Set it to {LEAST_LARGE:,} or more.", id="automations.E015"))
    return found


@register(Tags.security)
def check_metrics_networks(**_: Any) -> list[CheckMessage]:
    """Who may read the metrics is written as addresses and networks."""
    try:
        for network in getattr(settings, "AUTOMATIONS_METRICS_NETWORKS", ()):
            ipaddress.ip_network(network)
    except ValueError as error:
        return [
            Error(
                f"AUTOMATIONS_METRICS_NETWORKS can't be used: {error}.",
                hint="Write networks as 10.1.2.0/24 and single addresses as 10.1.2.3.",
                id="automations.E011",
            )
        ]
    return []


@register(Tags.database)
def check_replaced_migrations(databases: Collection[str] | None = None, **_: Any) -> list[CheckMessage]:
    """A database that had only a part of the migrations that one replaces now can't go on: the rest is no longer there.
    `migrate` asks this first; without it Django fails for reasons that don't name the cause."""
    found: list[CheckMessage] = []
    for alias in databases or ():
        loader = MigrationLoader(None)
        applied = MigrationRecorder(connections[alias]).applied_migrations()
        for (app, name), migration in loader.disk_migrations.items():
            missing = [one for one in migration.replaces if one not in applied]
            gone = [one for one in missing if one not in loader.disk_migrations]
            if gone and len(missing) < len(migration.replaces):
                found.append(
                    Error(
                        f"The database has only a part of the migrations that {app}.{name} replaces:"
                        f" {app}.{missing[0][1]} is the first that it lacks.",
                        hint="Run `migrate` with the version that still had them, then with this one.",
                        id="automations.E013",
                    )
                )
    return found
