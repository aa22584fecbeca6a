"""The mail of a review reaches a real server, and its HTML shows names as they are, never as markup."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.test import override_settings
from django.utils import timezone

from automations.models import OutgoingEmail, Workflow
from automations.runtime.mail import send_due
from tests.faults.launching import free_port

from .world import Desk, the_week, tick

pytestmark = pytest.mark.django_db


class Inbox:
    """What a mail server was handed."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], EmailMessage]] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.mails.append((envelope.rcpt_tos, message))
        return "250 taken"


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    taken = Inbox()
    port = free_port()
    server = Controller(taken, hostname="127.0.0.1", port=port)
    server.start()
    real = {"EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend", "EMAIL_HOST": "127.0.0.1"}
    with override_settings(**real, EMAIL_PORT=port):
        yield taken
    server.stop()


def test_a_review_arrives_as_text_and_as_html(desk: Desk, inbox: Inbox) -> None:
    week = the_week()
    Workflow.objects.update(name="<script>alert(1)</script>")
    desk.ran(week.start, count=3)
    desk.failed(week.start, "The host <b>is</b> unknown")
    OutgoingEmail.objects.all().delete()
    assert tick(desk.schedule.next_at) == 1
    OutgoingEmail.objects.update(due_at=timezone.now())
    assert send_due(now=timezone.now()) == 1
    ((to, mail),) = inbox.mails
    assert (to, mail["To"]) == (["bob@example.org"], "bob@example.org")
    assert mail["Subject"] == "The review of week 2026-W12 of Desk is ready"
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    said, drawn = text.get_content(), html.get_content()
    assert "4 runs ended, success rate 75.0 %" in said
    assert "4 runs ended, success rate 75.0 %" in drawn
    assert "<script" not in drawn
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in drawn
    assert OutgoingEmail.objects.get().state == OutgoingEmail.State.SENT
    assert send_due(now=timezone.now()) == 0
