"""Dead letters stand under their cause, which people triage, and which is new again when it is seen although it was fixed."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from guardian.shortcuts import assign_perm, remove_perm
from rest_framework.test import APIClient

from automations import permissions
from automations.engine.causes import cause_of
from automations.models import AuditEntry, DeadLetter, Module, Run, Triage
from automations.services.records import create_record
from automations.services.retries import retry_run
from automations.testing import run_everything
from tests.integration.letters import keep_letter
from tests.integration.retries.world import document, publish

pytestmark = pytest.mark.django_db

SAID = "Tickets may not go from “open” to “solved”; allowed: pending."
CAUSE = "Tickets may not go from “…” to “…”; allowed: pending."


def fail_another(key: str, status: str = "open") -> None:
    values = {"title": "Toner", "status": status, "amount": "900"}
    create_record(module=Module.objects.get(key="tickets"), key=key, values=values, actor=None)
    run_everything()


def triage() -> Triage:
    return Triage.objects.get()


def test_a_run_that_gives_up_is_filed_under_its_cause(run: Run, operator: APIClient) -> None:
    letter = DeadLetter.objects.get()
    expected = cause_of(code=run.failure_code, kind="action.change_status", message=letter.message)
    assert (letter.workflow, letter.node, letter.fingerprint) == (run.workflow, "a3", expected.fingerprint)
    fail_another("T2")
    answer = operator.get("/api/v1/dead-letters/").json()
    (found,) = answer["results"]
    assert (answer["total"], found["fingerprint"]) == (1, expected.fingerprint)
    assert (found["total"], found["open"], found["state"], found["kind"]) == (
        2,
        2,
        "new",
        "action.change_status",
    )
    assert found["cause"] == expected.message
    assert [day["number"] for day in found["days"]] == [0] * 13 + [2]
    assert [one["workflow"]["key"] for one in found["workflows"]] == ["large"]
    letters = operator.get(f"/api/v1/dead-letters/{letter.fingerprint}/letters/").json()["results"]
    assert [one["record"] for one in letters] == ["T2", "T1"]
    assert letters[1]["run"] == run.pk
    assert letters[1]["input"] == {}


def test_what_changed_just_before_is_told_newest_first_and_nothing_that_came_later(
    run: Run, operator: APIClient, alice: Any
) -> None:
    # A test is one transaction, at whose beginning its database's clock stands.
    Triage.objects.update(first_seen_at=timezone.now())
    DeadLetter.objects.update(created_at=timezone.now())
    publish(run.workflow, document(to="pending"), alice)
    fingerprint = DeadLetter.objects.get().fingerprint
    changes = operator.get(f"/api/v1/dead-letters/{fingerprint}/").json()["changes"]
    told = [change["action"] for change in changes]
    said = {change["action"]: (change["sentence"], change["page"]) for change in changes}
    flow = run.workflow
    assert said["workflow.published"] == (
        f"“{flow.name}”: alice published version 1.",
        f"workflows/{flow.pk}/versions/",
    )
    assert "workflow.published" in told
    assert len([one for one in told if one == "workflow.published"]) == 1, "version 2 came later"
    assert told == [change["action"] for change in sorted(changes, key=lambda one: -one["id"])]


def test_triage_says_who_looks_and_which_version_mends(run: Run, operator: APIClient, bob: Any) -> None:
    address = f"/api/v1/dead-letters/{DeadLetter.objects.get().fingerprint}/triage/"
    answer = operator.post(address, {"state": "looking", "assignee": "bob"}, format="json")
    assert answer.status_code == 200, answer.content
    assert (answer.json()["state"], answer.json()["workflows"][0]["assignee"]) == ("looking", "bob")
    answer = operator.post(
        address, {"state": "fixed", "fixed_in": "active", "note": "Asks first"}, format="json"
    )
    (stands,) = answer.json()["workflows"]
    assert (stands["state"], stands["fixed_in"], stands["note"], stands["assignee"]) == (
        "fixed",
        1,
        "Asks first",
        "bob",
    )
    entry = AuditEntry.objects.filter(action="triage.changed").latest("pk")
    assert entry.before is not None
    assert entry.after is not None
    assert (entry.before["state"], entry.after["fixed_in"], entry.actor) == ("looking", 1, bob)
    listed = {
        asked: operator.get(f"/api/v1/dead-letters/?{asked}").json()["total"]
        for asked in ("state=fixed", "state=new", "assignee=bob", "assignee=", "open=true", "code=x")
    }
    assert listed == {
        "state=fixed": 1,
        "state=new": 0,
        "assignee=bob": 1,
        "assignee=": 0,
        "open=true": 1,
        "code=x": 0,
    }


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"state": "new", "fixed_in": 1}, "unclear-state"),
        ({"state": "fixed", "fixed_in": 9}, "not-found"),
        ({"assignee": "nobody"}, "unknown-user"),
        ({"assignee": "charlie"}, "cannot-see"),
        ({"state": "asleep"}, "invalid-choice"),
        ({"state": "fixed", "fixed_in": "last"}, "invalid"),
    ],
)
def test_what_can_not_be_triaged_so_is_refused(
    run: Run, operator: APIClient, charlie: Any, body: dict[str, Any], code: str
) -> None:
    address = f"/api/v1/dead-letters/{DeadLetter.objects.get().fingerprint}/triage/"
    answer = operator.post(address, body, format="json")
    told = answer.json()
    assert answer.status_code in (400, 404, 422), told
    assert code in (told["code"], *(problem["code"] for problem in told.get("problems", ())))
    assert triage().state == "new"


def test_a_choice_that_is_none_names_those_that_there_are(run: Run, operator: APIClient) -> None:
    address = f"/api/v1/dead-letters/{DeadLetter.objects.get().fingerprint}/triage/"
    (problem,) = operator.post(address, {"state": "{asleep}"}, format="json").json()["problems"]
    assert problem["message"] == "“{asleep}” is none of “new”, “looking”, “fixed”, “ignored”."


def test_a_fixed_cause_is_new_again_when_the_version_that_mends_it_fails_so(
    run: Run, operator: APIClient, alice: Any
) -> None:
    publish(run.workflow, document(to="pending"), alice)
    address = f"/api/v1/dead-letters/{DeadLetter.objects.get().fingerprint}/triage/"
    assert operator.post(address, {"state": "fixed", "fixed_in": 2}, format="json").status_code == 200
    retry_run(run=run, actor=alice, version="run")
    run_everything()
    assert DeadLetter.objects.count() == 2
    assert triage().state == "fixed", "the old version still fails, of course"
    publish(run.workflow, document(), alice)
    fail_another("T3")
    assert (triage().state, triage().reopened, triage().fixed_in) == ("new", 1, None)
    assert triage().reopened_at is not None


def test_a_cause_that_was_mended_outside_is_new_again_when_it_is_seen_at_all(
    run: Run, operator: APIClient
) -> None:
    address = f"/api/v1/dead-letters/{DeadLetter.objects.get().fingerprint}/triage/"
    operator.post(address, {"state": "fixed"}, format="json")
    fail_another("T2")
    assert (triage().state, triage().reopened) == ("new", 1)
    operator.post(address, {"state": "ignored"}, format="json")
    fail_another("T3")
    assert (triage().state, triage().reopened) == ("ignored", 1)


def test_discarding_takes_a_reason_and_of_many_their_number(run: Run, operator: APIClient) -> None:
    letter = DeadLetter.objects.get()
    Run.objects.bulk_create(
        Run(
            workflow=run.workflow,
            version=run.version,
            trigger_node="t1",
            dedupe_key=f"more-{number}",
            mode="execute",
            status="failed",
            due_at=run.due_at,
            created_at=run.created_at,
            finished_at=run.finished_at,
        )
        for number in range(20)
    )
    for more in Run.objects.filter(dedupe_key__startswith="more-"):
        keep_letter(more, letter.message, code=letter.code, kind="action.change_status")
    body: dict[str, Any] = {"fingerprint": letter.fingerprint}
    address = "/api/v1/dead-letters/discard/"
    assert operator.post(address, body, format="json").status_code == 400
    refused = operator.post(address, {**body, "reason": "They are test tickets"}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "count-differs")
    answer = operator.post(address, {**body, "reason": "They are test tickets", "count": 21}, format="json")
    assert (answer.status_code, answer.json()) == (200, {"discarded": 21})
    assert set(DeadLetter.objects.values_list("state", flat=True)) == {"discarded"}
    again = operator.post(address, {**body, "reason": "Again"}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "nothing-open")
    entry = AuditEntry.objects.get(action="workflow.letters_discarded")
    assert entry.after is not None
    assert (entry.after["letters"], entry.reason) == (21, "They are test tickets")


def test_who_does_not_see_the_workflow_knows_of_nothing_and_who_may_not_retry_changes_nothing(
    run: Run, operator: APIClient, outsider: APIClient, bob: Any
) -> None:
    fingerprint = DeadLetter.objects.get().fingerprint
    assert outsider.get("/api/v1/dead-letters/").json() == {"total": 0, "results": []}
    assert outsider.get(f"/api/v1/dead-letters/{fingerprint}/").status_code == 404
    body = {"fingerprint": fingerprint, "reason": "x"}
    assert outsider.post("/api/v1/dead-letters/discard/", body, format="json").status_code == 404
    for right in ("retry", "view_payloads"):
        remove_perm(permissions.codename(right), bob, run.workflow)
    assert operator.post("/api/v1/dead-letters/discard/", body, format="json").status_code == 403
    assert operator.get(f"/api/v1/dead-letters/{fingerprint}/letters/").json()["results"][0]["input"] is None
    assert operator.get("/api/v1/dead-letters/").json()["results"][0]["workflows"][0]["may_triage"] is False


def test_what_is_offered_is_what_the_answer_allows(run: Run, operator: APIClient, bob: Any) -> None:
    address = f"/api/v1/dead-letters/{DeadLetter.objects.get().fingerprint}/"
    cause = operator.get(address).json()
    assert (cause["may_settle"], cause["why_not_settle"], cause["why_not_redrive"]) == (1, "", "")
    assert [one["open"] for one in cause["workflows"]] == [1]
    assert operator.get(f"{address}letters/").json()["results"][0]["may_settle"] is True
    assert operator.get("/api/v1/me/").json()["may"]["retry"] is True
    retry = permissions.codename("retry")

    remove_perm("automations.view_module", bob, Module.objects.get(key="tickets"))
    hidden = operator.get(address).json()["why_not_redrive"]
    assert hidden == f"You don't see everything that “{run.workflow.name}” uses. alice can share it with you."
    body = {"fingerprint": DeadLetter.objects.get().fingerprint}
    assert operator.post("/api/v1/redrives/", body, format="json").json()["detail"] == hidden

    remove_perm(retry, bob, run.workflow)
    cause = operator.get(address).json()
    why = f"You lack the right “retry” on “{run.workflow.name}”. alice can share it with you."
    assert (cause["open"], cause["may_settle"]) == (1, 0)
    assert (cause["why_not_settle"], cause["why_not_redrive"]) == (why, why)
    assert operator.get(f"{address}letters/").json()["results"][0]["may_settle"] is False
    assert operator.get("/api/v1/me/").json()["may"]["retry"] is False


def test_of_a_cause_in_several_workflows_only_those_in_sight_count(
    run: Run, operator: APIClient, alice: Any, bob: Any
) -> None:
    from automations.testing import make_workflow

    other = make_workflow("hidden", document(), owner=alice)
    fail_another("T9")
    fingerprint = DeadLetter.objects.filter(workflow=other).get().fingerprint
    (found,) = operator.get("/api/v1/dead-letters/").json()["results"]
    assert (found["fingerprint"], found["total"], len(found["workflows"])) == (fingerprint, 2, 1)
    assign_perm(permissions.codename("view"), bob, other)
    (found,) = operator.get("/api/v1/dead-letters/").json()["results"]
    assert [(one["workflow"]["key"], one["may_triage"]) for one in found["workflows"]] == [
        ("hidden", False),
        ("large", True),
    ]
    operator.post(f"/api/v1/dead-letters/{fingerprint}/triage/", {"state": "ignored"}, format="json")
    assert Triage.objects.get(workflow=other).state == "new"
    (found,) = operator.get("/api/v1/dead-letters/").json()["results"]
    assert found["state"] == "new", "the most urgent is told"
