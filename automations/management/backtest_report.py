"""How `manage.py workflow backtest` gets on, and what it and `workflow shadow` say of what they have found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.progress import MofNCompleteColumn

from automations.management.progress import progress_bar
from automations.models import Backtest, BacktestDifference
from automations.services.backtests import work_on

COUNTS = ("same", "newly_selected", "no_longer_selected", "other_effect", "other_branch")


def watched(backtest: Backtest) -> Backtest:
    """The backtest, done, with a bar while it is worked on."""
    with progress_bar(Console(stderr=True), MofNCompleteColumn()) as bar:
        task = bar.add_task("Backtest", total=None)
        return work_on(backtest, watch=lambda now: bar.update(task, total=now.to_read, completed=now.read))


def as_json(backtest: Backtest, limit: int) -> str:
    """The result for programs, with the first `limit` differences."""
    content = {
        "backtest": backtest.pk,
        "status": backtest.status,
        "failure": backtest.failure,
        "digest": backtest.digest,
        "version": backtest.version.number if backtest.version is not None else None,
        "against": backtest.against.number if backtest.against is not None else None,
        "since": backtest.since.isoformat(),
        "until": backtest.until.isoformat(),
        "judged_until": backtest.judged_until.isoformat() if backtest.judged_until is not None else None,
        "ended_why": backtest.ended_why,
        "looked_at": backtest.looked_at,
        "agreement": backtest.agreement,
        "counts": {name: getattr(backtest, name) for name in COUNTS},
        "selected_before": backtest.selected_before,
        "selected_after": backtest.selected_after,
        "assumed": backtest.assumed,
        "notes": backtest.notes,
        "differences": [
            {
                "kind": row.kind,
                "event": row.event_id,
                "type": row.event_type,
                "record": row.record_key,
                "at": row.at.isoformat(),
                "before": row.before,
                "after": row.after,
                "assumed": row.assumed,
            }
            for row in _differences(backtest, limit)
        ],
    }
    return json.dumps(content, ensure_ascii=False)


def as_lines(backtest: Backtest, limit: int) -> Iterator[str]:
    """The result for people."""
    if backtest.failure:
        yield f"The {'shadow' if backtest.is_shadow else 'backtest'} failed. {backtest.failure}"
    tried = f"version {backtest.version.number}" if backtest.version is not None else "the draft"
    beside = f"version {backtest.against.number}" if backtest.against is not None else "nothing published"
    yield (
        f"{tried.capitalize()} beside {beside}, {backtest.since:%Y-%m-%d %H:%M} to {backtest.until:%Y-%m-%d %H:%M}:"
        f" {backtest.looked_at:,} events."
    )
    if backtest.judged_until is not None:
        goes_on = backtest.ended_why or "It goes on."
        yield f"A shadow, judged up to {backtest.judged_until:%Y-%m-%d %H:%M:%S}. {goes_on}"
    if backtest.agreement is not None:
        yield f"  agreement           {backtest.agreement:>9.1f} %"
    for name in COUNTS:
        yield f"  {name.replace('_', ' '):20}{getattr(backtest, name):>10,}"
    yield f"  selected {backtest.selected_before:,} before, {backtest.selected_after:,} after"
    if backtest.assumed:
        yield f"  something was assumed of {backtest.assumed:,}"
    for row in _differences(backtest, limit):
        event = f"event {row.event_id}" if row.event_id is not None else row.event_type
        yield f"{row.kind.replace('_', ' ')}: {row.record_key or event} at {row.at:%Y-%m-%d %H:%M:%S} ({event})"
    for note in backtest.notes:
        yield f"Note: {note['message']}"


def _differences(backtest: Backtest, limit: int) -> Any:
    return BacktestDifference.objects.filter(backtest=backtest).order_by("pk")[:limit]
