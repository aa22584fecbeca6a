"""The trail is a chain that the database makes, and whoever tampers with it is found out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from automations.insight.audit_chain import verify_chain
from automations.models import AuditEntry, AuditSeal
from automations.services.audit import write_audit
from automations.testing import make_module

TAMPER = "SET LOCAL session_replication_role = replica; "


def note(count: int = 3) -> None:
    module = make_module("things", {"title": "text"})
    for number in range(count):
        write_audit(actor=None, action="thing.done", obj=module, after={"number": number, "ä": "\x1f|,"})


def tamper(statement: str) -> None:
    """As somebody who owns the database can: no trigger runs."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(TAMPER + statement)


@pytest.mark.django_db(transaction=True)
def test_every_entry_has_its_link_and_the_chain_holds() -> None:
    note()
    report = verify_chain()
    assert report.whole
    assert report.links == AuditEntry.objects.count() == AuditSeal.objects.count() >= 3
    assert report.head == AuditSeal.objects.first().hash  # type: ignore[union-attr]


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_is_rolled_back_leaves_no_link() -> None:
    module = make_module("others", {"title": "text"})
    before = verify_chain()
    with transaction.atomic():
        write_audit(actor=None, action="thing.done", obj=module)
        transaction.set_rollback(True)
    assert verify_chain() == before


@pytest.mark.django_db(transaction=True)
def test_many_at_once_make_one_chain() -> None:
    module = make_module("things", {"title": "text"})

    def work(_: int) -> None:
        try:
            for _ in range(10):
                with transaction.atomic():
                    write_audit(actor=None, action="thing.done", obj=module)
                    write_audit(actor=None, action="thing.done", obj=module)
        finally:
            connection.close()

    before = verify_chain().links
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    report = verify_chain()
    assert report.whole
    assert report.links == before + 80


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE automations_auditentry SET reason = 'other' WHERE id = {id}", "is not what was noted"),
        ("UPDATE automations_auditentry SET actor_name = 'eve' WHERE id = {id}", "is not what was noted"),
        (
            "UPDATE automations_auditentry SET at = at + interval '1 microsecond' WHERE id = {id}",
            "is not what",
        ),
        ("DELETE FROM automations_auditentry WHERE id = {id}", "its entry is gone"),
        ("DELETE FROM automations_auditseal WHERE entry_id = {id}", "is missing"),
        (
            "UPDATE automations_auditseal SET hash = repeat('0', 64) WHERE entry_id = {id}",
            "is not what was noted",
        ),
    ],
)
def test_tampering_is_found_out(statement: str, why: str) -> None:
    note(4)
    entry = AuditEntry.objects.filter(action="thing.done").order_by("pk")[1]
    tamper(statement.format(id=entry.pk))
    report = verify_chain()
    assert not report.whole
    assert any(why in found.why for found in report.breaks)


@pytest.mark.django_db(transaction=True)
def test_an_entry_that_slipped_past_the_trigger_is_found_out() -> None:
    note(1)
    tamper(
        "INSERT INTO automations_auditentry (at, actor_name, action, object_type, object_id, reason, request_id)"
        " VALUES (now(), 'eve', 'x', 'y', '1', '', '')"
    )
    assert [found.why for found in verify_chain().breaks] == ["the entry has no link"]


@pytest.mark.django_db(transaction=True)
def test_a_trail_that_was_cut_off_at_its_end_is_found_out_by_a_noted_head() -> None:
    note(3)
    noted = verify_chain().head
    tamper("DELETE FROM automations_auditseal WHERE seq = (SELECT max(seq) FROM automations_auditseal)")
    tamper("DELETE FROM automations_auditentry WHERE id = (SELECT max(id) FROM automations_auditentry)")
    assert verify_chain().whole, "without a noted head the shorter chain looks whole"
    assert [found.why for found in verify_chain(noted).breaks] == ["the noted head is no link of this chain"]


@pytest.mark.django_db(transaction=True)
def test_the_command_says_whether_the_trail_is_whole(capsys: pytest.CaptureFixture[str]) -> None:
    note(2)
    call_command("audit", "verify")
    assert f"Head: {verify_chain().head}" in capsys.readouterr().out
    tamper("UPDATE automations_auditentry SET reason = 'other'")
    with pytest.raises(SystemExit) as ended:
        call_command("audit", "verify")
    assert ended.value.code == 1
    assert "the entry is not what was noted" in capsys.readouterr().err
