"""Event accepted to run finished: how many a second one worker does, and how long one waits on an idle machine."""

from __future__ import annotations

import time
from typing import Any

import psutil

from tests.benchmarks.setting import Figure, median, milliseconds, p95
from tests.benchmarks.storage_ceiling import runs_per_second as ceiling

BACKLOG = 10_000
RECORDS = 500
SAMPLES = 100
IDLE_SECONDS = 10


def measure(world: Any) -> list[Figure]:
    """Figures of a worker that drains backlogs, and of one that waits."""
    set_up()
    worker = world.start("automations_worker")
    world.wait_until_working()
    idle = _idle_transactions(world)  # before there is anything for the database to vacuum
    _send("seen", range(100))
    _wait_until_done(world)  # the worker's first batch compiles the workflows
    reading = drained(world, "seen")
    writing = drained(world, "written")
    most, one = ceiling(world.url, BACKLOG, 100), ceiling(world.url, BACKLOG // 10, 1)
    latencies = _latencies(world)
    memory = _memory(worker.pid)
    beside = f"{reading / most:.0%} of the storage ceiling in the same run ({most:,.0f}/s in batches of 100, {one:,.0f}/s one by one)"
    return [
        Figure(
            "event accepted → run finished, 4 nodes (trigger, if, set variable, stop), every step and log line saved;"
            f" {BACKLOG:,} waiting, one worker process",
            f"{reading:,.0f} runs/s",
            "≥ 2,000 runs/s, ≥ 20 % of the ceiling",
            beside,
        ),
        Figure(
            "the same with a record changed and commented on (trigger, if, update, comment), history and event of the change included",
            f"{writing:,.0f} runs/s",
            "",
            f"{writing / most:.0%} of the storage ceiling",
        ),
        Figure(
            "one event on an idle machine → its run started",
            f"p50 {milliseconds(median(latencies))}, p95 {milliseconds(p95(latencies))}",
            "p50 ≤ 15 ms, p95 ≤ 40 ms",
        ),
        Figure("transactions of an idle worker", f"{idle:.1f} a second", "≤ 2 a second"),
        Figure("memory of one worker (all its processes, shared pages counted once)", f"{memory:,.0f} MB"),
    ]


def set_up() -> None:
    """Two sources of API events about tickets; one workflow reads the ticket, the other one writes it."""
    from django.contrib.auth import get_user_model

    from automations.models import Record
    from automations.services.sources import create_source
    from automations.testing import edge, give_modules, make_module, make_workflow, node

    owner = give_modules(get_user_model().objects.create(username="alice"))
    module = make_module("tickets", {"title": "text", "amount": "number", "seen": "number"})
    _make_records(module, RECORDS)
    assert Record.objects.count() == RECORDS
    ends = {
        "seen": [
            node("a1", "action.set_variable", values={"note": "{{ record.title }} of {{ record.amount }}"}),
            node("a2", "action.stop", outcome="succeeded", message="Seen."),
        ],
        "written": [
            node("a1", "action.update_fields", values={"seen": {"ref": "event.data.number"}}),
            node("a2", "action.comment", text="Seen: {{ record.title }}"),
        ],
    }
    for key, actions in ends.items():
        create_source(key=key, name=key, module=module, actor=owner)
        nodes = [
            node("t1", "trigger.event", source=key, module="tickets"),
            node("c1", "condition.if", rule={"field": "amount", "op": "gte", "value": "0"}),
            *actions,
        ]
        edges = [edge("t1", "c1"), edge("c1", "a1", "true"), edge("a1", "a2")]
        make_workflow(key, {"schema": 1, "nodes": nodes, "edges": edges}, owner=owner)


def _make_records(module: Any, count: int) -> None:
    from django.db import transaction
    from django.utils import timezone

    from automations.runtime.writes import Cause, WriteBatch

    batch = WriteBatch()
    cause = Cause(now=timezone.now())
    for number in range(count):
        batch.create(module, f"T{number}", {"title": f"Ticket {number}", "amount": str(number)}, cause)
    with transaction.atomic():
        batch.flush()


def _send(source_key: str, numbers: range) -> None:
    """Accept events about the tickets in turn, all in one transaction, so that a worker finds them all at once."""
    from django.utils import timezone

    from automations.models import Module, Record, TriggerSource
    from automations.runtime import intake

    source = TriggerSource.objects.get(key=source_key)
    module = Module.objects.get(key="tickets")
    values = {record.key: record.data for record in Record.objects.filter(module=module)}
    now = timezone.now()
    intake.accept(
        [
            intake.NewEvent(
                source=source,
                type=f"api.{source_key}",
                occurred_at=now,
                module=module,
                record_key=f"T{number % RECORDS}",
                data={"number": number},
                after=values[f"T{number % RECORDS}"],
            )
            for number in numbers
        ]
    )


def drained(world: Any, source_key: str, backlog: int = BACKLOG) -> float:
    """Runs a second while one worker works off a backlog."""
    runs = world.value("SELECT count(*) FROM automations_run")
    _send(source_key, range(backlog))
    began = time.perf_counter()
    _wait_until_done(world)
    seconds = time.perf_counter() - began
    made = world.value("SELECT count(*) FROM automations_run WHERE status = 'succeeded'") - runs
    steps = world.value("SELECT count(*) FROM automations_step WHERE run_id > %s", runs)
    logs = world.value("SELECT count(*) FROM automations_logentry WHERE run_id > %s", runs)
    if made != backlog or steps < 4 * backlog or logs < backlog:
        raise RuntimeError(f"{made} runs, {steps} steps, {logs} log lines: not all was done.\n{world.logs()}")
    return backlog / seconds


def _wait_until_done(world: Any) -> None:
    """Until no event waits and no run is open; looks only now and then, so as not to be measured itself."""
    world.wait_for(
        lambda: (
            not world.value(
                "SELECT EXISTS (SELECT 1 FROM automations_event WHERE state = 'pending')"
                " OR EXISTS (SELECT 1 FROM automations_run WHERE status IN ('queued', 'running', 'waiting'))"
            )
        ),
        600,
        "the backlog is drained",
    )


def _latencies(world: Any) -> list[float]:
    """Seconds from the acceptance of one event (database time) to the claim of its run, one at a time."""
    for number in range(SAMPLES):
        _send("seen", range(number, number + 1))
        _wait_until_done(world)
        time.sleep(0.02)
    rows = world.query(
        "SELECT EXTRACT(EPOCH FROM r.started_at - e.received_at)::float FROM automations_run r"
        " JOIN automations_event e ON e.id = r.event_id ORDER BY r.id DESC LIMIT %s",
        SAMPLES,
    )
    return [row[0] for row in rows]


def _idle_transactions(world: Any) -> float:
    """Transactions a second in the database while nothing happens; the two looks at the counter are taken off."""
    time.sleep(12)  # a backend may hand in its counts as late as ten seconds after its last work
    counter = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"
    before = world.value(counter)
    time.sleep(IDLE_SECONDS)
    return max(0.0, float(world.value(counter) - before - 1) / IDLE_SECONDS)


def _memory(pid: int) -> float:
    """Megabytes of a process and all below it, shared pages counted once (PSS)."""
    root = psutil.Process(pid)
    return sum(process.memory_full_info().pss for process in [root, *root.children(recursive=True)]) / 2**20
