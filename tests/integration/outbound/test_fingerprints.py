"""A version keeps what the destinations were that it calls: changed ones are seen in the diff, at the gate, on the pages."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from guardian.shortcuts import assign_perm

from automations import permissions
from automations.errors import GateClosedError
from automations.models import Consent, LogEntry, Mode, Workflow, WorkflowVersion
from automations.services.consents import ask_consent, confirm_first_release, give_consent
from automations.services.drafts import load_draft, save_draft
from automations.services.gate import read_gate
from automations.services.live import make_live
from automations.services.outside import outside_of, warnings_of
from automations.services.releases import promote_workflow
from automations.services.runs import start_run
from automations.services.versions import publish_version
from automations.services.workflow_files import export_workflow, import_workflow, read_file
from automations.services.workflows import create_workflow
from automations.testing import chain, let_act, node, run_everything
from tests.integration.api.conftest import client_of
from tests.receiver import Receiver, status
from webhooks.models import Delivery, Destination
from webhooks.outbound.destinations import rotate_signing_key, update_destination
from webhooks.outbound.fingerprints import UNKNOWN, prints
from webhooks.outbound.models import FingerprintKey
from webhooks.secrets.rotation import rotate_all
from webhooks.secrets.services import create_secret, set_secret_value

from .conftest import make_destination

pytestmark = pytest.mark.django_db

ELSEWHERE = "http://127.0.0.1:9/elsewhere"
TOKEN = "a-token-that-nobody-sees"


@pytest.fixture
def workflow(alice: Any, bob: Any, crm: Destination) -> Workflow:
    """Version 1 calls the CRM, in simulate; Bob may promote it, too."""
    made = create_workflow(key="w", name="Tell the CRM", actor=alice, run_as=alice)
    for right in ("view", "promote", "publish"):
        assign_perm(permissions.codename(right), bob, made)
    assign_perm("webhooks.use_destination", bob, crm)
    call = node("a1", "action.call_webhook", destination="crm", wait=False)
    save_draft(workflow=made, document=chain(node("t1", "trigger.manual"), call), revision=None, actor=alice)
    publish_version(workflow=made, actor=alice)
    return fresh(made)


def fresh(workflow: Workflow) -> Workflow:
    return Workflow.objects.select_related("active_version", "promotion").get(pk=workflow.pk)


def line(workflow: Workflow) -> Any:
    return next(line for line in read_gate(workflow=fresh(workflow)).lines if line.key == "outside")


def diff(actor: Any, workflow: Workflow) -> list[str]:
    answer = client_of(actor).get(f"/api/v1/workflows/{workflow.pk}/versions/1/diff/", {"with": "draft"})
    return [change["path"] for change in answer.json()["fingerprints"]]


def test_a_version_keeps_fingerprints_that_tell_nothing(workflow: Workflow, crm: Destination) -> None:
    version = workflow.active_version
    assert version is not None
    kept = version.document["fingerprints"]["destination"]["crm"]
    assert set(kept) == {"address", "headers", "secrets"}
    assert kept == prints(["crm"])["crm"]
    assert crm.url not in json.dumps(version.document)
    assert load_draft(workflow).definition.digest() == version.digest
    assert line(workflow).state.value == "met"


def test_the_same_secret_has_another_fingerprint_elsewhere_and_under_another_key(
    alice: Any, peer: Receiver
) -> None:
    secret = create_secret(key="t", value=TOKEN, hosts=["127.0.0.1"], actor=alice)
    headers = [{"name": "Authorization", "text": "Bearer ", "secret": secret}]
    for key in ("one", "two"):
        make_destination(alice, peer.url, key, headers=headers, format="slack")
    before = prints(["one", "two"])
    assert before["one"]["secrets"] != before["two"]["secrets"]
    FingerprintKey.objects.all().delete()
    after = prints(["one"])
    assert all(before["one"][part] != after["one"][part] for part in before["one"])


def test_new_keys_of_the_settings_change_no_fingerprint(crm: Destination, settings: Any) -> None:
    from cryptography.fernet import Fernet

    before, old = prints(["crm"]), list(settings.AUTOMATIONS_SECRET_KEYS)
    newest = Fernet.generate_key().decode()
    settings.AUTOMATIONS_SECRET_KEYS = [newest, *old]
    assert rotate_all()["key of fingerprints"] == (1, 0)
    settings.AUTOMATIONS_SECRET_KEYS = [newest]
    assert prints(["crm"]) == before
    settings.AUTOMATIONS_SECRET_KEYS = [Fernet.generate_key().decode()]
    assert set(prints(["crm"])["crm"].values()) == {UNKNOWN}


def test_another_address_closes_the_gate_until_it_is_published_anew(
    workflow: Workflow, crm: Destination, alice: Any, bob: Any
) -> None:
    assert diff(alice, workflow) == []
    update_destination(destination=crm, changes={"url": ELSEWHERE}, actor=bob)

    told = line(workflow)
    assert told.is_open
    assert told.sentence.startswith(
        "The destination “crm” is not what it was when this version was published: its address changed, last by bob on"
    )
    assert diff(alice, workflow) == ["destination.crm.address"]
    row = (
        client_of(alice).get(f"/api/v1/workflows/{workflow.pk}/versions/").json()["results"][0]["outside"][0]
    )
    assert (row["key"], row["parts"], row["lasting"]) == ("crm", ["address"], True)
    detail = client_of(alice).get(f"/api/v1/workflows/{workflow.pk}/").json()
    assert detail["changed_outside"] == [row["sentence"]]

    publish_version(workflow=workflow, actor=alice)
    assert not line(workflow).is_open
    assert warnings_of(fresh(workflow).active_version) == []


def test_what_is_changed_back_is_no_change(workflow: Workflow, crm: Destination, alice: Any) -> None:
    url = crm.url
    update_destination(destination=crm, changes={"url": ELSEWHERE}, actor=alice)
    update_destination(destination=crm, changes={"url": url}, actor=alice)
    assert line(workflow).state.value == "met"


def test_name_and_pace_are_no_part_of_it(workflow: Workflow, crm: Destination, alice: Any) -> None:
    before = prints(["crm"])
    update_destination(destination=crm, changes={"name": "Other", "rate": 10}, actor=alice)
    assert prints(["crm"]) == before


def test_a_rotated_key_is_told_and_stops_nobody(
    workflow: Workflow, crm: Destination, alice: Any, bob: Any
) -> None:
    ask_consent(workflow=workflow, actor=alice)
    rotate_signing_key(destination=crm, actor=bob)
    told = line(workflow)
    assert told.state.value == "met"
    assert "its secrets changed, last by bob on" in told.sentence
    assert warnings_of(workflow.active_version) == []
    assert Consent.objects.get().ended_why == "The secrets of the destination “crm” changed."


@pytest.mark.parametrize("given", [False, True])
def test_a_change_makes_consent_void_that_was_not_used(
    given: bool, workflow: Workflow, crm: Destination, alice: Any, bob: Any
) -> None:
    ask_consent(workflow=workflow, actor=alice)
    if given:
        assert workflow.active_version is not None
        give_consent(workflow=workflow, digest=workflow.active_version.digest, actor=bob)
    update_destination(destination=crm, changes={"name": "Other"}, actor=alice)
    assert Consent.objects.get().state == ("given" if given else "asked")
    update_destination(destination=crm, changes={"headers": [{"name": "X-Team", "text": "ops"}]}, actor=alice)
    consent = Consent.objects.get()
    assert (consent.state, consent.ended_why) == (
        "void",
        "The headers of the destination “crm” changed.",
    )


def test_a_secret_that_is_set_anew_is_seen_and_makes_consent_void(
    workflow: Workflow, crm: Destination, alice: Any, bob: Any
) -> None:
    secret = create_secret(key="t", value=TOKEN, hosts=["127.0.0.1"], actor=alice)
    headers = [{"name": "Authorization", "text": "Bearer ", "secret": secret}]
    update_destination(destination=crm, changes={"headers": headers}, actor=alice)
    publish_version(workflow=workflow, actor=alice)
    ask_consent(workflow=fresh(workflow), actor=alice)
    set_secret_value(secret=secret, value=TOKEN[::-1], actor=bob)
    assert Consent.objects.get().state == "void"
    assert "its secrets changed, last by bob on" in line(workflow).sentence
    version = fresh(workflow).active_version
    assert version is not None
    assert TOKEN not in json.dumps(version.document)


def test_what_acts_goes_on_and_its_log_says_it(
    workflow: Workflow, crm: Destination, alice: Any, peer: Receiver
) -> None:
    let_act(workflow, alice)
    peer.scripts = [status(200)]
    start_run(workflow=fresh(workflow), actor=alice)
    run_everything()
    assert not LogEntry.objects.filter(message__contains="since this version was published").exists()

    update_destination(destination=crm, changes={"url": ELSEWHERE}, actor=alice)
    assert fresh(workflow).mode == Mode.EXECUTE
    start_run(workflow=fresh(workflow), actor=alice)
    run_everything()
    assert Delivery.objects.count() == 2
    said = LogEntry.objects.get(message__contains="since this version was published")
    assert "Its address changed since this version was published." in said.message


def test_a_version_of_before_there_were_fingerprints_is_to_be_published_anew(
    workflow: Workflow, alice: Any
) -> None:
    version = workflow.active_version
    assert version is not None
    old = {key: value for key, value in version.document.items() if key != "fingerprints"}
    made = WorkflowVersion.objects.create(
        workflow=workflow,
        number=2,
        digest="ab" * 32,
        document=old,
        published_by=alice,
        published_at=timezone.now(),
    )
    make_live(workflow, made)
    told = line(workflow)
    assert (told.is_open, told.sentence) == (True, "It calls “crm” and keeps no fingerprint of it.")
    publish_version(workflow=workflow, actor=alice)
    assert not line(workflow).is_open


def test_a_file_carries_them_for_reading_and_import_makes_them_anew(
    workflow: Workflow, crm: Destination, alice: Any
) -> None:
    text = export_workflow(workflow, load_draft(workflow).definition, {})
    assert "fingerprints:" in text
    assert import_workflow(file=read_file(text), workflow=workflow, actor=alice).same
    update_destination(destination=crm, changes={"url": ELSEWHERE}, actor=alice)
    assert not import_workflow(file=read_file(text), workflow=workflow, actor=alice).same


def test_a_gate_that_is_closed_by_it_lets_nobody_through(
    workflow: Workflow, crm: Destination, alice: Any
) -> None:
    confirm_first_release(workflow=workflow, actor=alice)
    update_destination(destination=crm, changes={"url": ELSEWHERE}, actor=alice)
    with pytest.raises(GateClosedError) as refused:
        promote_workflow(workflow=fresh(workflow), actor=alice)
    assert "outside" in [problem.code for problem in refused.value.problems]


def test_many_versions_take_as_many_queries_as_one(workflow: Workflow, crm: Destination, alice: Any) -> None:
    def count() -> int:
        versions = list(workflow.versions.all())
        with CaptureQueriesContext(
            connection,
        ) as taken:
            outside_of(versions)
        return len(taken)

    update_destination(destination=crm, changes={"url": ELSEWHERE}, actor=alice)
    first = count()
    for number in range(3):
        update_destination(destination=crm, changes={"url": f"{ELSEWHERE}{number}"}, actor=alice)
        publish_version(workflow=workflow, actor=alice)
    update_destination(destination=crm, changes={"url": ELSEWHERE}, actor=alice)
    assert count() == first
