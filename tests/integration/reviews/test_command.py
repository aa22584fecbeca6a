"""`manage.py review …` and the admin's acts say and do what the services do."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from automations.engine.weeks import week_of
from automations.models import AuditEntry, KeptReview, ReviewDecision, ReviewSchedule

from .world import VIENNA, Desk, the_week

pytestmark = pytest.mark.django_db

WEEK = the_week()


def command(*words: str) -> tuple[int, str, str]:
    """Exit code, what it said, and what it complained of."""
    out, complaints = io.StringIO(), io.StringIO()
    try:
        call_command("review", *words, stdout=out, stderr=complaints)
    except SystemExit as left:
        return int(str(left.code)), out.getvalue(), complaints.getvalue()
    return 0, out.getvalue(), complaints.getvalue()


def test_reviews_are_made_listed_and_shown(desk: Desk) -> None:
    nothing = "No review was kept yet. “review make” keeps one where there is a schedule.\n"
    assert command("list") == (0, nothing, "")
    assert command("list", "--json") == (0, "", "")
    desk.ran(WEEK.start, count=2)
    code, told, _ = command("make", "--team", "Desk", "--week", "2026-W12")
    review = KeptReview.objects.get()
    assert (code, review.made_by_name) == (0, "system")
    assert "2 runs ended, success rate 100.0 %" in told
    code, told, _ = command("list")
    assert told == f"{review.pk}  2026-W12  Desk  not signed  {review.headline}\n"
    assert command("list", "--team", "Store") == (0, nothing, "")
    code, told, _ = command("list", "--team", "Desk", "--json")
    assert json.loads(told) == {
        "id": review.pk,
        "week": "2026-W12",
        "team": "Desk",
        "made_at": review.made_at.isoformat(),
        "digest": review.digest,
        "signed_by": None,
        "headline": review.headline,
    }
    code, told, _ = command("show", str(review.pk), "--json")
    assert json.loads(told) == {"id": review.pk, "digest": review.digest, "figures": review.figures}
    assert "2 runs ended" in command("show", str(review.pk))[1]


def test_what_can_not_be_is_said_with_its_exit_code(desk: Desk) -> None:
    desk.kept(WEEK)
    assert command("show", "0") == (2, "", "There is no review 0.\n")
    code, _, complaint = command("make", "--team", "Store")
    assert (code, "Nobody has this week reviewed" in complaint) == (2, True)
    code, _, complaint = command("make", "--team", "Desk", "--week", "2026-W99")
    assert (code, complaint.startswith("“2026-W99” names no week. Write one like ")) == (2, True)
    code, _, complaint = command("make", "--team", "Desk", "--week", "2026-W12")
    assert (code, KeptReview.objects.count()) == (1, 1)
    assert "kept" in complaint
    goes_on = week_of(timezone.now(), VIENNA).name
    assert command("make", "--team", "Desk", "--week", goes_on)[0] == 1


class Desktop:
    """The admin, as one who is signed in uses it."""

    def __init__(self, person: Any) -> None:
        self.client = Client()
        self.client.force_login(person)

    def act(self, model: Any, action: str, row: Any, reason: str) -> list[str]:
        address = reverse(f"admin:automations_{model._meta.model_name}_changelist")
        given = {"action": action, "_selected_action": [str(row.pk)], "confirmed": "yes", "reason": reason}
        answer = self.client.post(address, given)
        said = [str(message) for message in get_messages(answer.wsgi_request)]
        self.client.get(reverse("admin:index"))  # where they are read, and told no more
        return said

    def send(self, model: Any, row: Any = None, **given: Any) -> list[str]:
        """Fill the form in; what stands at it when it is refused."""
        name = f"admin:automations_{model._meta.model_name}"
        address = reverse(f"{name}_change", args=(row.pk,)) if row else reverse(f"{name}_add")
        answer = self.client.post(address, given)
        if answer.status_code == 302:
            return []
        assert answer.status_code == 200, answer
        return [text for texts in answer.context["adminform"].form.errors.values() for text in texts]


def test_the_admin_makes_answers_and_signs(desk: Desk) -> None:
    admin = Desktop(desk.root)
    assert admin.act(ReviewSchedule, "make_the_last_week", desk.schedule, "") == [
        "Make the last week: 1 done."
    ]
    review = KeptReview.objects.get()
    assert review.week == week_of(timezone.now(), VIENNA).before.name
    assert review.made_by_name == "root"
    (again,) = admin.act(ReviewSchedule, "make_the_last_week", desk.schedule, "")
    assert "kept already" in again
    question = review.figures["questions"][0]["key"]
    answer = {"review": review.pk, "question": question, "choice": "later", "note": "In April."}
    assert admin.send(ReviewDecision, **{**answer, "question": "nobody:asked"}) != []
    assert admin.send(ReviewDecision, **answer) == []
    assert admin.act(KeptReview, "sign", review, "Read it.")[-1:] == ["Sign: 1 done."]
    review.refresh_from_db()
    assert (review.signature.signed_by, review.signature.note) == (desk.root, "Read it.")
    assert review.signature.decided[0]["note"] == "In April."
    assert AuditEntry.objects.get(action="review.signed").actor == desk.root
    assert admin.act(KeptReview, "sign", review, "Again.") != ["Sign: 1 done."]


def test_the_admin_sets_a_schedule_and_refuses_what_the_service_refuses(desk: Desk, charlie: Any) -> None:
    admin = Desktop(desk.root)
    given = {
        "team": "Store",
        "zone": "Europe/Vienna",
        "weekday": 0,
        "hour": 8,
        "enabled": "on",
        "readers": [desk.bob.pk, charlie.pk],
        "readers_without_mail": [charlie.pk],
    }
    assert admin.send(ReviewSchedule, **given) == []
    made = ReviewSchedule.objects.get(team="Store")
    assert set(made.readers.values_list("person__username", "mail")) == {("bob", True), ("charlie", False)}
    assert admin.send(ReviewSchedule, made, **{**given, "zone": "Mars/Olympus"}) != []
    assert admin.send(ReviewSchedule, made, **{**given, "hour": 9}) == []
    made.refresh_from_db()
    assert (made.hour, made.zone) == (9, "Europe/Vienna")
    charlie.is_staff = True
    charlie.save()
    assert Desktop(charlie).act(ReviewSchedule, "make_the_last_week", made, "") != [
        "Make the last week: 1 done."
    ]
    assert KeptReview.objects.count() == 0
