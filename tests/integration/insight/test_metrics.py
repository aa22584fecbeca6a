"""Metrics, probes and the log: what machines read of an installation."""

from __future__ import annotations

import json
import logging
import re
import uuid
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from automations.insight.metrics import METRICS, READINGS, metrics_text
from automations.logs import JsonLines
from automations.models import AuditEntry, DeadLetter, Event, ProcessStamp, Run
from automations.runtime.supervisor import stamp_process
from automations.services.runs import start_run
from automations.testing import chain, make_module, make_workflow, node, run_everything

pytestmark = pytest.mark.django_db

DASHBOARD = Path(__file__).resolve().parents[3] / "docs" / "grafana.json"


@pytest.fixture(autouse=True)
def _read_anew() -> None:
    READINGS.forget()


def read() -> dict[tuple[str, tuple[str, ...]], float]:
    READINGS.forget()
    return {
        (sample.name, tuple(sample.labels[label] for label in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(metrics_text().decode())
        for sample in family.samples
    }


def failing_workflow(owner: Any) -> Any:
    """One whose every run gives up: the text that it keeps is too large for any output."""
    large = "x" * 7_000
    document = chain(
        node("t1", "trigger.manual"),
        node("v1", "action.set_variable", values={f"v{number}": large for number in range(40)}),
    )
    return make_workflow("gives-up", document, owner=owner)


def test_metrics_count_what_happened(alice: Any) -> None:
    before = read()
    workflow = failing_workflow(alice)
    start_run(workflow=workflow, actor=alice)
    waiting = read()
    assert waiting["automations_events_pending", ()] == 1
    run_everything()
    after = read()
    assert before["automations_runs_ended_recently", ("execute", "failed")] == 0
    assert after["automations_runs_ended_recently", ("execute", "failed")] == 1
    assert after["automations_dead_letters", ()] == DeadLetter.objects.count() == 1
    assert after["automations_events_pending", ()] == 0
    assert after["automations_workflows", ("execute", "false")] == 1
    assert after["automations_glass_broken", ()] == 1
    Run.objects.update(finished_at=timezone.now() - timedelta(minutes=6))
    assert read()["automations_runs_ended_recently", ("execute", "failed")] == 0


def test_metrics_of_everything_are_one_query_a_source_and_are_kept_for_a_moment(
    django_assert_num_queries: Any,
) -> None:
    with django_assert_num_queries(len(METRICS.items())):
        metrics_text()
    with django_assert_num_queries(0):
        metrics_text()


def test_every_metric_says_what_it_is_and_no_statement_gives_another(alice: Any) -> None:
    stamp_process("ticker", role="ticker")
    told = {
        family.name: family.documentation
        for family in text_string_to_metric_families(metrics_text().decode())
    }
    declared = {metric.name: metric.help for _, source in METRICS.items() for metric in source.metrics}
    assert told == declared
    assert all(name.startswith("automations_") for name in declared)


def test_dashboard_draws_metrics_that_are_there_with_labels_that_they_have() -> None:
    labels = {metric.name: set(metric.labels) for _, source in METRICS.items() for metric in source.metrics}
    board = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    drawn = set()
    for target in (target for panel in board["panels"] for target in panel["targets"]):
        (name,) = re.findall(r"automations_\w+", target["expr"])
        used = set(re.findall(r"(\w+)=\"", target["expr"])) | set(
            re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])
        )
        if by := re.search(r"by \(([^)]*)\)", target["expr"]):
            used |= {label.strip() for label in by[1].split(",")}
        assert used <= labels[name], target
        drawn.add(name)
    assert drawn == labels.keys(), "metrics without a panel"


def test_metrics_are_for_nobody_unless_somebody_is_let_in(client: Client, settings: Any) -> None:
    settings.AUTOMATIONS_METRICS_TOKEN, settings.AUTOMATIONS_METRICS_NETWORKS = "", []
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"authorization": "Bearer "}).status_code == 404
    settings.AUTOMATIONS_METRICS_TOKEN = "t0ken"
    assert client.get("/metrics", headers={"authorization": "Bearer t0kex"}).status_code == 404
    answer = client.get("/metrics", headers={"authorization": "Bearer t0ken"})
    assert answer.status_code == 200
    assert b"automations_queue_lag_seconds 0.0" in answer.content
    settings.AUTOMATIONS_METRICS_TOKEN, settings.AUTOMATIONS_METRICS_NETWORKS = "", ["10.1.0.0/16", "::1"]
    assert client.get("/metrics", REMOTE_ADDR="10.1.2.3").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="10.2.2.3").status_code == 404
    assert client.get("/metrics", REMOTE_ADDR="").status_code == 404
    assert client.post("/metrics", REMOTE_ADDR="10.1.2.3").status_code == 405


def test_network_that_is_none_is_an_error_at_start(settings: Any) -> None:
    settings.AUTOMATIONS_METRICS_NETWORKS = ["10.1.2"]
    assert "automations.E011" in [message.id for message in run_checks()]


def test_ready_is_who_has_a_worker_and_a_ticker_and_all_tables(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.get("/healthz").content == b"ok\n"
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert [line.split()[1] for line in answer.content.decode().splitlines()] == ["worker", "ticker"]
    stamp_process("host:1", role="worker")
    stamp_process("ticker", role="ticker")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.content) == (200, b"ready\n")
    ProcessStamp.objects.filter(role="ticker").update(stamped_at=timezone.now() - timedelta(seconds=61))
    assert b"No ticker has given a sign of life for 60 s." in client.get("/readyz").content
    monkeypatch.setattr("automations.insight.readiness._migrated", False)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'webhooks'")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.content) == (
        503,
        b"Migrations are not applied. Run `manage.py migrate`.\n",
    )


def test_worker_alive_answers_by_its_exit_code() -> None:
    out, err = StringIO(), StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("worker_alive", stdout=out, stderr=err)
    assert ended.value.code == 1
    assert "has given a sign of life for 60 s" in err.getvalue()
    stamp_process("here", role="worker")
    call_command("worker_alive", stdout=out)
    assert "is alive" in out.getvalue()
    ProcessStamp.objects.update(host="elsewhere")
    with pytest.raises(SystemExit):
        call_command("worker_alive", stderr=err)
    call_command("worker_alive", "--any-host", stdout=out)
    with pytest.raises(SystemExit):
        call_command("worker_alive", "--role", "ticker", "--any-host", stderr=err)


def test_one_id_leads_from_a_request_to_the_run_that_its_event_started_and_on_to_what_that_started(
    client: Client, root: Any
) -> None:
    make_module("tickets", {"subject": "text"})
    child = chain(node("t1", "trigger.manual"), node("v1", "action.set_variable", values={"a": "1"}))
    make_workflow("child", child, owner=root)
    parent = chain(node("t1", "trigger.manual"), node("s1", "action.start_workflow", workflow="child"))
    workflow = make_workflow("parent", parent, owner=root)
    client.force_login(root)
    given = str(uuid.uuid4())
    address = f"/api/v1/workflows/{workflow.pk}/run/"
    answer = client.post(address, {}, content_type="application/json", headers={"X-Request-Id": given})
    assert answer.status_code == 202, answer.content
    assert answer["X-Request-Id"] == given
    run_everything()
    assert {str(key) for key in Run.objects.values_list("correlation_id", flat=True)} == {given}
    assert Run.objects.count() == 2
    paused = client.post(
        f"/api/v1/workflows/{workflow.pk}/pause/",
        {"reason": "x"},
        content_type="application/json",
        headers={"X-Request-Id": "bad id\n"},
    )
    drawn = paused["X-Request-Id"]
    assert uuid.UUID(drawn)
    assert (
        AuditEntry.objects.filter(action="workflow.paused").values_list("request_id", flat=True).get()
        == drawn
    )
    assert Event.objects.filter(correlation_id=given).count() >= 1


def test_lines_for_programs_are_json_and_name_what_they_are_about(
    client: Client, alice: Any, caplog: pytest.LogCaptureFixture
) -> None:
    workflow = failing_workflow(alice)
    with (
        caplog.at_level(logging.INFO, logger="automations.runs"),
        caplog.at_level(logging.INFO, logger="automations.requests"),
    ):
        client.get("/api/v1/me/")
        client.get("/approvals/by-link/secret-of-somebody/")
        client.get("/healthz")
        start_run(workflow=workflow, actor=alice)
        run_everything()
    lines = [
        json.loads(JsonLines().format(record))
        for record in caplog.records
        if record.name.startswith("automations.r")
    ]
    by_logger = {
        name: [line for line in lines if line["logger"] == f"automations.{name}"]
        for name in ("runs", "requests")
    }
    (ended,) = by_logger["runs"]
    run = Run.objects.get()
    assert (ended["run"], ended["status"], ended["correlation_id"]) == (
        run.pk,
        "failed",
        str(run.correlation_id),
    )
    assert [line["status"] for line in by_logger["requests"]][:1] == [401]
    assert len(by_logger["requests"]) == 2
    assert not any("secret-of-somebody" in json.dumps(line) for line in lines)


def test_a_line_keeps_its_traceback_on_one_line() -> None:
    try:
        raise ValueError("a\nb")
    except ValueError:
        record = logging.getLogger("x").makeRecord(
            "x", logging.ERROR, __file__, 1, "It %s", ("broke",), __import__("sys").exc_info()
        )
    line = JsonLines().format(record)
    assert "\n" not in line
    told = json.loads(line)
    assert told["message"] == "It broke"
    assert "ValueError: a\nb" in told["traceback"]
