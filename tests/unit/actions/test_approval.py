from __future__ import annotations

from typing import Any

import pytest

from automations.actions import ACTIONS
from automations.engine.documents import Node
from automations.engine.effects import RequestApproval
from automations.engine.program import branches_of
from tests.unit.actions.world import KEY, codes, perform, scope

QUESTION = {"title": "Refund?", "groups": ["leads"]}


def test_people_are_asked_a_question_in_one_line_with_its_times() -> None:
    config = {
        "title": "Refund\n{{ record.title }}?",
        "body": "{{ event.data.note }}",
        "users": ["alice", "{{ record.owner }}", "{{ record.nobody }}"],
        "groups": ["leads"],
        "quorum": 2,
        "expires_after": "P1D",
        "remind_every": "PT1H",
        "escalate_after": "PT4H",
        "escalate_to": ["support"],
    }
    assert perform("approval", config, scope(data={"note": "Sorry."})) == RequestApproval(
        key=KEY,
        title="Refund Printer on fire?",
        body="Sorry.",
        users=("alice",),
        groups=("leads",),
        quorum=2,
        expires_after=86_400.0,
        remind_every=3_600.0,
        escalate_after=14_400.0,
        escalate_to=("support",),
    )


def test_one_agreement_is_enough_unless_said_otherwise_and_it_waits_for_ever() -> None:
    effect = perform("approval", QUESTION)
    assert isinstance(effect, RequestApproval)
    assert (effect.quorum, effect.expires_after, effect.allow_self) == (1, 0.0, False)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"title": "?"}, ("missing-config", "config.users")),
        ({"title": "?", "users": ["alice", "charlie"]}, ("unknown-user", "config.users[1]")),
        ({**QUESTION, "groups": ["lead"]}, ("unknown-group", "config.groups[0]")),
        ({"title": "?", "users": ["alice"], "quorum": 2}, ("quorum-out-of-reach", "config.quorum")),
        ({**QUESTION, "quorum": 21}, ("config-out-of-range", "config.quorum")),
        ({**QUESTION, "title": "{{ x }}"}, ("bad-template-path", "config.title")),
        ({**QUESTION, "users": ["{{ x }}"]}, ("bad-template-path", "config.users[0]")),
        ({**QUESTION, "expires_after": "tomorrow"}, ("bad-duration", "config.expires_after")),
        ({**QUESTION, "remind_every": "PT5S"}, ("bad-duration", "config.remind_every")),
        ({**QUESTION, "escalate_after": "PT1H"}, ("missing-config", "config.escalate_to")),
        ({**QUESTION, "escalate_to": ["nobody"]}, ("unknown-group", "config.escalate_to[0]")),
        (
            {**QUESTION, "form": {"type": "object", "properties": {"A": {"type": "string"}}}},
            ("bad-variable-name", "config.form.properties.A"),
        ),
    ],
)
def test_a_question_that_nobody_could_answer_is_refused(
    config: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert expected in codes("approval", config)


def test_a_question_says_in_a_line_whom_it_asks() -> None:
    config = {"title": "Refund?", "users": ["alice"], "groups": ["leads"], "quorum": 2}
    assert ACTIONS.get("approval").summary(config) == "2 of alice, leads: Refund?"


def test_it_has_a_way_out_for_each_answer_and_no_plain_one() -> None:
    assert branches_of(Node("p1", "action.approval")) == ("approved", "rejected", "expired", "failed")
