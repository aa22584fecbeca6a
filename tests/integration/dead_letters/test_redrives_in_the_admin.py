"""Staff redrive chosen letters or causes in the admin: they see what would be done, then that is done, by the same service."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from guardian.shortcuts import remove_perm

from automations import permissions
from automations.models import AuditEntry, DeadLetter, Redrive, Run, Triage, Workflow

from .test_redrive_edits import clerk, priced
from .test_redrives import go_on, told

pytestmark = pytest.mark.django_db
__all__ = ["clerk", "priced"]  # fixtures


@pytest.fixture
def staff(clerk: Any, bob: Any) -> Client:
    bob.is_staff = True
    bob.save()
    client = Client()
    client.force_login(bob)
    return client


def opened(client: Client, *rows: Any) -> tuple[str, dict[str, Any], Any]:
    """The list's address, the form as it stands when the action was chosen, and its page."""
    address = reverse(f"admin:automations_{rows[0]._meta.model_name}_changelist")
    chosen = {"action": "redrive", "_selected_action": [str(row.pk) for row in rows]}
    page = client.post(address, chosen)
    assert page.status_code == 200, page
    form = page.context["form"]
    sent = {name: form[name].value() or "" for name in form.fields if form[name].value() is not False}
    return address, {**chosen, **sent, "seen": page.context["seal"]}, page


def test_a_cause_is_foreseen_and_redriven_with_other_input(
    staff: Client, clerk: Any, priced: Workflow, bob: Any
) -> None:
    causes = list(Triage.objects.all())
    address, sent, page = opened(staff, *causes)
    assert "it is foreseen what would come of 3 runs, from the failed step" in page.content.decode()
    assert not Redrive.objects.exists(), "it was only looked at"
    answer = staff.post(address, sent)
    dry = Redrive.objects.get()
    assert answer["Location"] == reverse("admin:automations_redrive_change", args=(dry.pk,))
    assert (dry.is_dry_run, dry.requested_by) == (True, bob)
    assert told(go_on(clerk, dry.pk, slices=2)) == {"would_succeed": 1, "would_fail": 2}

    changed = {**sent, "rate": "600", "edit": '{"set": {"price": "5"}}', "reason": "Five each"}
    del changed["dry_run"]
    page = staff.post(address, changed)
    assert page.status_code == 200, "what it would do now was not seen yet"
    assert page.context["preview"].edited == 2
    assert "The edit changes the input of 2 of 3 runs." in page.content.decode()
    assert Redrive.objects.count() == 1
    answer = staff.post(address, {**changed, "seen": page.context["seal"]})
    assert answer.status_code == 302, answer.content
    made = Redrive.objects.get(is_dry_run=False)
    assert (made.rate, made.reason, made.edit) == (600, "Five each", {"set": {"price": "5"}, "remove": []})
    assert told(go_on(clerk, made.pk)) == {"succeeded": 3}
    entry = AuditEntry.objects.filter(action="redrive.started").latest("pk")
    assert (entry.actor, entry.reason) == (bob, "Five each")
    assert [str(message) for message in get_messages(answer.wsgi_request)] == [
        f"Redrive {made.pk} is queued, of 3."
    ]


def test_only_the_chosen_letters_are_meant_and_what_is_wrong_stands_in_the_form(
    staff: Client, priced: Workflow
) -> None:
    letters = list(DeadLetter.objects.order_by("pk"))[:2]
    address, sent, page = opened(staff, *letters)
    assert page.context["preview"].total == 2
    page = staff.post(address, {**sent, "edit": '{"set": {"prise": 1}}'})
    assert "No form asks for “prise”" in page.context["form"].errors["edit"][0]
    page = staff.post(address, {**sent, "rate": "9000"})
    assert "rate" in page.context["form"].errors
    assert not Redrive.objects.exists()
    staff.post(address, sent)
    assert list(Redrive.objects.get().items.values_list("run", flat=True)) == [one.run_id for one in letters]


def test_who_may_not_retry_is_told_and_starts_nothing(staff: Client, priced: Workflow, bob: Any) -> None:
    letter = DeadLetter.objects.earliest("pk")
    address, sent, _ = opened(staff, letter)
    remove_perm(permissions.codename("retry"), bob, priced)
    page = staff.post(address, sent)
    assert page.status_code == 200
    assert "None of these runs" in page.context["form"].non_field_errors()[0]
    chosen = {"action": "redrive", "_selected_action": [str(letter.pk)]}
    answer = staff.post(address, chosen)
    assert "None of these runs" in str(next(iter(get_messages(answer.wsgi_request))))
    assert not Redrive.objects.exists()
    assert not Run.objects.exclude(retry_of=None).exists()
