"""The Django admin, one file an aggregate."""

from __future__ import annotations

from django.contrib import admin

from automations.admin import (
    alert,
    backfill,
    backtest,
    control,
    dead_letters,
    event,
    module,
    people,
    policy,
    promotion,
    retention,
    review,
    run,
    scenario,
    standstill,
    trail,
    undo,
    workflow,
)
from automations.admin.looking import look_as_others
from automations.runtime.queue import unregister_admin

__all__ = [
    "alert",
    "backfill",
    "backtest",
    "control",
    "dead_letters",
    "event",
    "module",
    "people",
    "policy",
    "promotion",
    "retention",
    "review",
    "run",
    "scenario",
    "standstill",
    "trail",
    "undo",
    "workflow",
]

admin.site.site_title = admin.site.site_header = "Automations"
admin.site.index_title = "Administration"
unregister_admin()
look_as_others(admin.site)
