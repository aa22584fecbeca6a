"""A secret is sent to its host, echoed in every spelling by a careless receiver, and stands nowhere afterwards."""

from __future__ import annotations

import base64
import io
import json
import logging
import socket
from typing import Any
from urllib.parse import quote

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection

from automations.errors import ConflictError, ForbiddenError, InvalidError
from automations.masking import MaskedLines, masked
from automations.models import AuditEntry, LogEntry, Mode, Run, Step
from automations.services.audit import write_audit
from automations.testing import chain, make_workflow, node, run_everything
from tests.receiver import Receiver, Request, status
from webhooks.models import Attempt, Delivery, Destination, Secret
from webhooks.outbound.destinations import update_destination
from webhooks.outbound.lane import deliver
from webhooks.secrets.known import KNOWN
from webhooks.secrets.services import create_secret, delete_secret, set_secret_value, update_secret

from .conftest import make_delivery, make_destination

pytestmark = pytest.mark.django_db

CANARY = 'S3CR3T-"canary"/+%é=0123'


def spelled(value: str) -> list[str]:
    raw = value.encode()
    return [
        value,
        base64.b64encode(raw).decode(),
        base64.b64encode(b"user:" + raw).decode(),
        base64.urlsafe_b64encode(raw).decode(),
        quote(value),
        quote(value, safe=""),
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
    ]


def careless(wire: socket.socket, request: Request) -> None:
    """An error page that tells back all that came, in every way that there is."""
    token = request.headers["x-token"].encode("latin-1").decode()
    body = json.dumps({"you_sent": spelled(token), "page": f"<pre>{token}</pre>", token: "as a name"})
    status(200, body.encode(), Content_Type="application/json", X_Request_Id=quote(token))(wire, request)


@pytest.fixture
def secret(alice: Any) -> Secret:
    return create_secret(key="crm-token", value=CANARY, hosts=["127.0.0.1"], actor=alice)


@pytest.fixture
def guarded(alice: Any, peer: Receiver, secret: Secret) -> Destination:
    headers = [{"name": "X-Token", "text": "", "secret": secret}]
    return make_destination(alice, peer.url, headers=headers)


def everything_stored() -> str:
    """Every row of every table, as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [row[0] for row in cursor.fetchall()]
        texts = []
        for table in tables:
            cursor.execute(f'SELECT t::text FROM "{table}" t')  # noqa: S608 - names from the catalogue
            texts += [f"{table}: {row[0]}" for row in cursor.fetchall()]
    return "\n".join(texts)


def test_the_canary_is_sent_and_stands_nowhere(
    peer: Receiver, guarded: Destination, alice: Any, caplog: pytest.LogCaptureFixture
) -> None:
    peer.scripts = [careless]
    call = node("a1", "action.call_webhook", destination="crm", data={"n": "7"})
    copied = node("a2", "action.set_variable", values={"got": {"ref": "steps.a1.output.body"}})
    told = node("a3", "action.stop", outcome="failed", message="It said {{ steps.a2.output.got }}")
    document = chain(node("t1", "trigger.manual"), call, copied, told)
    workflow = make_workflow("w", document, owner=alice, mode=Mode.EXECUTE)
    from automations.services.runs import start_run

    start_run(workflow=workflow, actor=alice)
    run_everything()
    deliver()
    run_everything()
    assert peer.requests[0].headers["x-token"].encode("latin-1").decode() == CANARY
    run = Run.objects.get()
    assert run.status == "failed"
    answer = Step.objects.get(run=run, node="a1").output["body"]
    assert answer["page"] == "<pre>[secret]</pre>"
    assert Attempt.objects.get().response_headers["x-request-id"] == "[secret]"
    assert Attempt.objects.get().request_headers["X-Token"] == "<crm-token>"

    stored = everything_stored()
    for spelling in spelled(CANARY):
        assert spelling not in stored
    assert "canary" not in stored


def test_what_people_and_records_say_is_masked_in_runs_and_in_the_trail(secret: Secret, alice: Any) -> None:
    """Somebody pastes it into a text: what is kept of the run's work holds it no more."""
    texts = node("a1", "action.set_variable", values={"pasted": f"Bearer {CANARY}"})
    stop = node("a2", "action.stop", outcome="failed", message=f"with {CANARY}")
    workflow = make_workflow(
        "w", chain(node("t1", "trigger.manual"), texts, stop), owner=alice, mode=Mode.EXECUTE
    )
    from automations.services.runs import start_run

    start_run(workflow=workflow, actor=alice)
    run_everything()
    run = Run.objects.get()
    kept = json.dumps(
        [
            list(Step.objects.values_list("output", "error", "changes")),
            list(LogEntry.objects.values_list("message", "data")),
            run.outcome,
            run.failure,
        ],
        ensure_ascii=False,
    )
    assert "canary" not in kept
    assert "[secret]" in kept

    write_audit(actor=alice, action="x.done", obj=run, after={CANARY: [CANARY]}, reason=f"see {CANARY}")
    entry = AuditEntry.objects.get(action="x.done")
    assert (entry.after, entry.reason) == ({"[secret]": ["[secret]"]}, "see [secret]")


def test_lines_of_the_log_are_masked(secret: Secret, alice: Any) -> None:
    KNOWN.refresh()
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(MaskedLines())
    logger = logging.Logger("tried")
    logger.addHandler(handler)
    logger.error("plain %s and %r", CANARY, {"a": CANARY})
    try:
        raise ValueError(CANARY)
    except ValueError:
        logger.exception("failed")
    said = stream.getvalue()
    assert "ValueError: [secret]" in said
    assert "plain [secret]" in said
    assert CANARY not in said


def test_a_number_that_is_a_secret_is_masked_too(alice: Any) -> None:
    create_secret(key="pin", value="4711471147114711", hosts=["127.0.0.1"], actor=alice)
    KNOWN.refresh()
    assert masked({"n": 4711471147114711, "m": [True, None, 1.5]}) == {
        "n": "[secret]",
        "m": [True, None, 1.5],
    }


def test_a_secret_that_was_cut_in_two_leaves_no_beginning(peer: Receiver, guarded: Destination) -> None:
    """The receiver fills the answer so that the cap on what is read falls into a secret."""

    def at_the_edge(wire: socket.socket, request: Request) -> None:
        token = request.headers["x-token"].encode("latin-1").decode()
        filler = f"{token} " * ((64 * 1024) // (len(token.encode()) + 1) + 2)
        status(200, filler.encode())(wire, request)

    peer.scripts = [at_the_edge]
    make_delivery(guarded)
    deliver()
    row = Attempt.objects.get()
    assert row.response_cut
    assert set(row.response_body.split()) <= {"[secret]", "[secre", "[secr", "[sec", "[se", "[s", "["}


def test_a_secret_goes_to_no_other_host(alice: Any, peer: Receiver, secret: Secret) -> None:
    with pytest.raises(InvalidError) as refused:
        make_destination(
            alice,
            "https://evil.example.com/",
            "evil",
            headers=[{"name": "X-Token", "text": "", "secret": secret}],
        )
    assert refused.value.problems[0].code == "secret-not-for-host"


def test_a_destination_that_moves_takes_its_secret_nowhere(
    alice: Any, guarded: Destination, peer: Receiver
) -> None:
    with pytest.raises(InvalidError):
        update_destination(destination=guarded, changes={"url": "https://evil.example.com/"}, actor=alice)
    Destination.objects.update(url=peer.url.replace("127.0.0.1", "localhost"))  # past every service
    make_delivery(guarded)
    deliver()
    assert Delivery.objects.get().error == "secret-not-for-host"
    assert peer.connections == 0


def test_a_secret_in_the_address_is_sent_and_not_kept(alice: Any, peer: Receiver, secret: Secret) -> None:
    hook = create_secret(key="slack-hook", value="T000/B000/abcdefgh", hosts=["127.0.0.1"], actor=alice)
    url = peer.url.replace("/hook", "/services/")
    channel = make_destination(alice, url, "channel", format="slack", url_secret=hook)
    make_delivery(channel, body='{"text":"hello"}')
    deliver()
    assert peer.requests[0].line == "POST /services/T000/B000/abcdefgh HTTP/1.1"
    assert "abcdefgh" not in everything_stored()


def test_who_may_not_use_a_secret_can_t_send_it(bob: Any, peer: Receiver, secret: Secret) -> None:
    with pytest.raises(ForbiddenError):
        make_destination(bob, peer.url, "bobs", headers=[{"name": "X-T", "text": "", "secret": secret}])


def test_a_new_value_is_sent_from_then_on_and_masked_too(
    peer: Receiver, guarded: Destination, secret: Secret, alice: Any
) -> None:
    set_secret_value(secret=secret, value="another-value-987", actor=alice)
    peer.scripts = [status(200, b"echo another-value-987")]
    make_delivery(guarded)
    deliver()
    assert peer.requests[0].headers["x-token"] == "another-value-987"
    assert Attempt.objects.get().response_body == "echo [secret]"


def test_a_secret_in_use_can_t_be_taken_away(guarded: Destination, secret: Secret, alice: Any) -> None:
    with pytest.raises(ConflictError):
        delete_secret(secret=secret, actor=alice)
    with pytest.raises(ConflictError):
        update_secret(secret=secret, changes={"hosts": ["api.example.com"]}, actor=alice)
    update_destination(destination=guarded, changes={"headers": []}, actor=alice)
    delete_secret(secret=secret, actor=alice)
    assert not Secret.objects.exists()


@pytest.mark.parametrize(
    "value", ["short", "", "x" * 5_000, "line\nbreak-in-it", " blank-at-an-end", "nul\0in-the-middle"]
)
def test_what_can_t_be_a_secret_is_refused(alice: Any, value: str) -> None:
    with pytest.raises(InvalidError) as refused:
        create_secret(key="s", value=value, hosts=["api.example.com"], actor=alice)
    assert refused.value.problems[0].path == "value"


def test_secrets_are_encrypted_anew_and_old_keys_can_go(secret: Secret, alice: Any, settings: Any) -> None:
    first, second = settings.AUTOMATIONS_SECRET_KEYS[0], Fernet.generate_key().decode()
    before = Secret.objects.get().value
    settings.AUTOMATIONS_SECRET_KEYS = [second, first]
    out = io.StringIO()
    call_command("rotate_secrets", stdout=out)
    assert "secrets: 1 encrypted anew" in out.getvalue()
    after = Secret.objects.get()
    assert after.value != before
    settings.AUTOMATIONS_SECRET_KEYS = [second]
    from webhooks.secrets.sending import value_for

    assert value_for(after, "127.0.0.1") == CANARY
    settings.AUTOMATIONS_SECRET_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(CommandError, match="can't be read"):
        call_command("rotate_secrets", stdout=io.StringIO())
