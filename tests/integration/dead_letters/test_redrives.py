"""Many runs that gave up are put back: one first, at a rate, as long as it goes well; and no effect is done twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from guardian.shortcuts import remove_perm
from rest_framework.test import APIClient

from automations import permissions
from automations.models import (
    AuditEntry,
    DeadLetter,
    Module,
    Record,
    RecordComment,
    Redrive,
    RedriveItem,
    Run,
)
from automations.services.records import create_record, update_record
from automations.services.redriving import work
from automations.testing import run_everything
from tests.integration.retries.world import document, publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def letters(run: Run) -> list[Run]:
    """Four runs that gave up for one cause."""
    for number in range(2, 5):
        values = {"title": "Toner", "status": "open", "amount": "900"}
        create_record(module=Module.objects.get(key="tickets"), key=f"T{number}", values=values, actor=None)
    run_everything()
    runs = list(Run.objects.filter(status="failed").order_by("pk"))
    assert len(runs) == DeadLetter.objects.count() == 4
    return runs


def mend(*keys: str) -> None:
    for key in keys:
        update_record(
            module=Module.objects.get(key="tickets"), key=key, values={"status": "pending"}, actor=None
        )


def asked(client: APIClient, status: int = 201, **body: Any) -> dict[str, Any]:
    body = {"fingerprint": DeadLetter.objects.earliest("pk").fingerprint, "version": "run", **body}
    answer = client.post("/api/v1/redrives/", body, format="json")
    assert answer.status_code == status, answer.content
    return dict(answer.json())


def go_on(client: APIClient, pk: int, *, slices: int = 12, runs: bool = True) -> dict[str, Any]:
    """Slice after slice, with the runs worked on between them, without waiting for its rate."""
    for _ in range(slices):
        Redrive.objects.filter(pk=pk).update(due_at=timezone.now() - timedelta(seconds=1))
        if not work.work(seconds=1, only=pk):
            break
        if runs:
            run_everything()
    return dict(client.get(f"/api/v1/redrives/{pk}/").json())


def told(redrive: dict[str, Any]) -> dict[str, int]:
    return {name: number for name, number in redrive["counts"].items() if number}


def comments() -> int:
    return RecordComment.objects.count()


def test_a_cause_is_redriven_one_first_then_the_rest(
    letters: list[Run], operator: APIClient, bob: Any
) -> None:
    mend("T1", "T2", "T3", "T4")
    before = comments()
    made = asked(operator, rate=600, reason="The tickets are pending now")
    assert (made["status"], made["total"], told(made)) == ("queued", 4, {"waiting": 4})
    first = go_on(operator, made["id"], slices=1, runs=False)
    assert told(first) == {"waiting": 3, "running": 1}
    assert told(go_on(operator, made["id"], slices=3, runs=False)) == told(first), "the canary has not ended"
    run_everything()
    ended = go_on(operator, made["id"])
    assert (ended["status"], told(ended)) == ("done", {"succeeded": 4})
    assert comments() == before, "what was done is kept, not done again"
    assert set(Record.objects.filter(module__key="tickets").values_list("data__status", flat=True)) == {
        "solved"
    }
    assert set(DeadLetter.objects.values_list("state", flat=True)) == {"redriven"}
    assert AuditEntry.objects.filter(action="run.retried", actor=bob).count() == 4
    items = operator.get(f"/api/v1/redrives/{made['id']}/items/").json()["results"]
    assert {item["retry_status"] for item in items} == {"succeeded"}
    assert {item["run"] for item in items} == {run.pk for run in letters}


def test_it_stops_by_itself_when_the_canary_fails(letters: list[Run], operator: APIClient) -> None:
    mend("T2", "T3", "T4")
    ended = go_on(operator, asked(operator)["id"])
    assert (ended["status"], told(ended)) == ("stopped", {"failed": 1, "skipped": 3})
    assert ended["ended_why"].startswith("The canary did not succeed: run ")
    assert Run.objects.filter(retry_of__in=letters).count() == 1


def test_it_stops_by_itself_when_too_many_of_the_last_fail(letters: list[Run], operator: APIClient) -> None:
    mend("T1")
    ended = go_on(operator, asked(operator, most_failures=2, among=3)["id"])
    assert (ended["status"], told(ended)) == ("stopped", {"succeeded": 1, "failed": 2, "skipped": 1})
    assert ended["ended_why"].startswith("2 of the last 3 did not succeed")


def test_it_keeps_to_its_rate(letters: list[Run], operator: APIClient) -> None:
    mend("T1", "T2", "T3", "T4")
    made = asked(operator, rate=6, canary=False)
    began = timezone.now()
    assert work.work(seconds=5, only=made["id"])
    assert Run.objects.filter(retry_of__in=letters).count() == 1
    due = Redrive.objects.get().due_at - began
    assert timedelta(seconds=9) < due < timedelta(seconds=12)
    assert not work.work(seconds=5, only=made["id"]), "it is not due"
    assert not work.is_due()


def test_a_dry_run_says_what_would_come_of_each_and_does_nothing(
    letters: list[Run], operator: APIClient, alice: Any
) -> None:
    mend("T1", "T3")
    before = (comments(), Run.objects.count())
    ended = go_on(operator, asked(operator, dry_run=True)["id"], slices=2)
    assert (ended["status"], told(ended)) == ("done", {"would_succeed": 2, "would_fail": 2})
    assert (comments(), Run.objects.count()) == before
    assert Record.objects.get(key="T1").data["status"] == "pending"
    items = operator.get(f"/api/v1/redrives/{ended['id']}/items/").json()["results"]
    by_record = {item["record"]: item for item in items}
    assert {
        "module": "tickets",
        "record": "T1",
        "field": "status",
        "before": "pending",
        "after": "solved",
    } in by_record["T1"]["changes"]
    assert by_record["T2"]["code"] == letters[1].failure_code
    # The mended version would not close them, but ask for less.
    publish(letters[0].workflow, document(to="pending"), alice)
    ended = go_on(operator, asked(operator, dry_run=True, version="active")["id"], slices=2)
    assert told(ended)["would_succeed"] >= 2


def test_a_run_that_can_not_be_retried_is_refused_with_its_reason_and_stops_nothing(
    letters: list[Run], operator: APIClient, alice: Any
) -> None:
    from automations.services.retries import retry_run

    mend("T1", "T2", "T3", "T4")
    made = asked(operator, canary=False, rate=600)
    retry_run(run=letters[0], actor=alice)
    ended = go_on(operator, made["id"])
    assert (ended["status"], told(ended)) == ("done", {"refused": 1, "succeeded": 3})
    refused = RedriveItem.objects.get(state="refused")
    assert (refused.run, refused.code) == (letters[0], "already-retried")


def test_cancelling_begins_no_more_and_a_late_slice_does_nothing(
    letters: list[Run], operator: APIClient
) -> None:
    mend("T1", "T2", "T3", "T4")
    made = asked(operator)
    go_on(operator, made["id"], slices=1, runs=False)
    late = Redrive.objects.get()
    late.lease_token = None
    answer = operator.post(f"/api/v1/redrives/{made['id']}/cancel/", {"reason": "Wrong one"}, format="json")
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert told(answer.json()) == {"running": 1, "skipped": 3}
    assert not work.REDRIVING.do_next(late)
    again = operator.post(f"/api/v1/redrives/{made['id']}/cancel/", {}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "already-ended")
    assert Run.objects.filter(retry_of__in=letters).count() == 1


def test_a_right_that_was_lost_meanwhile_retries_nothing_more(
    letters: list[Run], operator: APIClient, bob: Any
) -> None:
    mend("T1", "T2", "T3", "T4")
    made = asked(operator, canary=False)
    remove_perm(permissions.codename("retry"), bob, letters[0].workflow)
    ended = go_on(operator, made["id"])
    assert told(ended) == {"refused": 4}
    made = Redrive.objects.get()
    assert set(RedriveItem.objects.values_list("code", flat=True)) == {"forbidden"}
    assert made.status == "done"


def test_runs_are_chosen_by_a_filter_or_by_name(letters: list[Run], operator: APIClient) -> None:
    workflow = letters[0].workflow_id
    body = {"workflow": workflow, "record": "T3", "dry_run": True}
    answer = operator.post("/api/v1/redrives/", body, format="json")
    assert (answer.status_code, answer.json()["total"]) == (201, 1), answer.content
    assert answer.json()["asked"] == {"workflow": workflow, "record": "T3"}
    named = operator.post("/api/v1/redrives/", {"runs": [letters[1].pk, letters[2].pk]}, format="json")
    assert named.json()["total"] == 2
    nothing = operator.post("/api/v1/redrives/", {"record": "T99"}, format="json")
    assert (nothing.status_code, nothing.json()["code"]) == (409, "nothing-to-redrive")
    wrong = operator.post("/api/v1/redrives/", {"most_failures": 5, "among": 2}, format="json")
    assert (wrong.status_code, wrong.json()["problems"][0]["path"]) == (422, "most_failures")


def test_who_does_not_see_a_run_of_it_knows_of_no_redrive(
    letters: list[Run], operator: APIClient, outsider: APIClient, bob: Any
) -> None:
    made = asked(operator)
    assert outsider.get("/api/v1/redrives/").json()["results"] == []
    for address in ("", "items/"):
        assert outsider.get(f"/api/v1/redrives/{made['id']}/{address}").status_code == 404
    assert outsider.post(f"/api/v1/redrives/{made['id']}/cancel/", {}, format="json").status_code == 404
    assert outsider.post("/api/v1/redrives/", {}, format="json").json()["code"] == "nothing-to-redrive"
    body = {"workflow": letters[0].workflow_id}
    assert outsider.post("/api/v1/redrives/", body, format="json").status_code == 404
    remove_perm(permissions.codename("view_payloads"), bob, letters[0].workflow)
    assert operator.get(f"/api/v1/redrives/{made['id']}/items/").status_code == 200


def test_an_edited_input_is_used_kept_in_the_audit_and_takes_the_right_to_see_payloads(
    run: Run, operator: APIClient, bob: Any
) -> None:
    mend("T1")
    address = f"/api/v1/runs/{run.pk}/retry/"
    remove_perm(permissions.codename("view_payloads"), bob, run.workflow)
    assert operator.post(address, {"input": {"team": "B"}}, format="json").status_code == 403
    from guardian.shortcuts import assign_perm

    assign_perm(permissions.codename("view_payloads"), bob, run.workflow)
    answer = operator.post(address, {"input": {"team": "B"}}, format="json")
    assert (answer.status_code, answer.json()["input"]) == (201, {"team": "B"}), answer.content
    run.refresh_from_db()
    assert run.input == {}
    entry = AuditEntry.objects.get(action="run.retried")
    assert entry.before == {"input": {}}
    assert entry.after is not None
    assert entry.after["input"] == {"team": "B"}
