"""Rights given and taken: by whom, of what, and never the last."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connections

from automations import grants, permissions
from automations.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from automations.models import AuditEntry, Module, Workflow
from automations.services.policies import create_policy
from automations.services.shares import find_holder, share_object, unshare_object
from automations.services.workflows import create_workflow
from automations.testing import make_module

pytestmark = pytest.mark.django_db


@pytest.fixture
def tickets(db: None) -> Module:
    permissions.seed_roles()
    return make_module("tickets", {"amount": "money"})


@pytest.fixture
def workflow(tickets: Module, alice: Any) -> Workflow:
    return create_workflow(name="Greet", module=tickets, actor=alice)


def held(thing: Any, holder: Any) -> set[str]:
    return next((set(grant.rights) for grant in grants.grants_on(thing) if grant.holder == holder), set())


def anew(user: Any) -> Any:
    """The user without cached rights."""
    return type(user).objects.get(pk=user.pk)


def test_sharing_sets_exactly_the_rights_that_are_named_and_says_before_and_after(
    workflow: Workflow, alice: Any, bob: Any
) -> None:
    share_object(thing=workflow, holder=bob, actor=alice, rights=["edit", "run"])
    assert held(workflow, bob) == {"view", "edit", "run"}  # who may do something may see it
    share_object(thing=workflow, holder=bob, actor=alice, rights=["run"])
    assert held(workflow, bob) == {"view", "run"}
    assert permissions.may(anew(bob), "run", workflow)
    assert not permissions.may(anew(bob), "edit", workflow)
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.object_id, entry.actor) == ("workflow.shared", str(workflow.pk), alice)
    assert entry.before == {"user": "bob", "rights": ["view", "edit", "run"]}
    assert entry.after == {"user": "bob", "rights": ["view", "run"]}


@pytest.mark.parametrize("role", sorted(permissions.ROLES))
def test_a_roles_rights_can_be_given_to_a_group_or_a_person(
    workflow: Workflow, alice: Any, bob: Any, role: str
) -> None:
    team = Group.objects.create(name="Team")
    for holder in (team, bob):
        share_object(thing=workflow, holder=holder, actor=alice, role=role)
        assert held(workflow, holder) == set(permissions.ROLES[role])
        unshare_object(thing=workflow, holder=holder, actor=alice)
        assert held(workflow, holder) == set()


def test_the_same_rights_again_are_no_change_and_leave_no_entry(
    workflow: Workflow, alice: Any, bob: Any
) -> None:
    share_object(thing=workflow, holder=bob, actor=alice, rights=["view"])
    entries = AuditEntry.objects.count()
    share_object(thing=workflow, holder=bob, actor=alice, rights=["view"])
    assert AuditEntry.objects.count() == entries


def test_nobody_gives_or_takes_a_right_that_they_lack(
    workflow: Workflow, alice: Any, bob: Any, charlie: Any
) -> None:
    share_object(thing=workflow, holder=bob, actor=alice, rights=["publish", "run"])
    bob = anew(bob)
    share_object(thing=workflow, holder=charlie, actor=bob, rights=["run"])
    with pytest.raises(ForbiddenError, match="“edit”"):
        share_object(thing=workflow, holder=charlie, actor=bob, rights=["run", "edit"])
    with pytest.raises(ForbiddenError, match="“approve”"):
        unshare_object(thing=workflow, holder=alice, actor=bob)
    assert held(workflow, charlie) == {"view", "run"}
    assert held(workflow, alice) == set(permissions.WORKFLOW_RIGHTS)


@pytest.mark.parametrize("rights", [[], ["view"], ["view", "edit", "run", "approve", "rollback"]])
def test_only_the_owner_an_admin_or_a_publisher_shares(
    workflow: Workflow, alice: Any, bob: Any, charlie: Any, rights: list[str]
) -> None:
    if rights:
        share_object(thing=workflow, holder=bob, actor=alice, rights=rights)
    with pytest.raises(ForbiddenError, match="may not decide"):
        share_object(thing=workflow, holder=charlie, actor=anew(bob), rights=["view"])
    assert held(workflow, charlie) == set()


def test_an_admin_shares_what_is_somebody_elses(workflow: Workflow, bob: Any, charlie: Any) -> None:
    bob.groups.add(Group.objects.get(name="Admin"))
    share_object(thing=workflow, holder=charlie, actor=anew(bob), role="Publisher")
    assert held(workflow, charlie) == set(permissions.ROLES["Publisher"])


def test_the_last_with_every_right_stays(workflow: Workflow, alice: Any, bob: Any, root: Any) -> None:
    with pytest.raises(ConflictError) as refused:
        unshare_object(thing=workflow, holder=alice, actor=root)
    assert refused.value.code == "last-with-every-right"
    assert held(workflow, alice) == set(permissions.WORKFLOW_RIGHTS)
    with pytest.raises(ConflictError):
        share_object(thing=workflow, holder=alice, actor=alice, rights=["view"])
    team = Group.objects.create(name="Team")
    share_object(thing=workflow, holder=team, actor=alice, role="Admin")
    with pytest.raises(ConflictError):  # nobody is in it
        unshare_object(thing=workflow, holder=alice, actor=root)
    team.user_set.add(bob)
    unshare_object(thing=workflow, holder=alice, actor=root)
    assert held(workflow, alice) == set()


@pytest.mark.parametrize("noun", ["module", "policy"])
def test_modules_and_policies_are_shared_by_who_may_change_them(
    noun: str, tickets: Module, alice: Any, bob: Any, charlie: Any, root: Any
) -> None:
    rule = {"field": "amount", "op": "gt", "value": "1"}
    policy = create_policy(key="large", name="Large", module=tickets, rule=rule, actor=root)
    thing: Any = tickets if noun == "module" else policy
    with pytest.raises(ForbiddenError):
        share_object(thing=thing, holder=charlie, actor=bob, rights=["view"])
    share_object(thing=thing, holder=bob, actor=root, rights=["use", "change"])
    share_object(thing=thing, holder=charlie, actor=anew(bob), role="Operator")
    assert held(thing, charlie) == {"view", "use"}
    assert permissions.holds(anew(charlie), "use", thing)
    assert AuditEntry.objects.latest("pk").action == f"{noun}.shared"
    unshare_object(thing=thing, holder=charlie, actor=anew(bob))
    assert not permissions.holds(anew(charlie), "view", thing)


@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        ({"rights": ["view", "fly"]}, "unknown-right", "rights[1]"),
        ({"rights": ["edit_workflow"]}, "unknown-right", "rights[0]"),
        ({"rights": []}, "no-rights", "rights"),
        ({"role": "Boss"}, "unknown-role", "role"),
    ],
)
def test_what_is_no_right_is_refused(
    workflow: Workflow, alice: Any, bob: Any, given: dict[str, Any], code: str, path: str
) -> None:
    with pytest.raises(InvalidError) as refused:
        share_object(thing=workflow, holder=bob, actor=alice, **given)
    assert [(problem.code, problem.path) for problem in refused.value.problems] == [(code, path)]


def test_what_nobody_holds_is_not_found(workflow: Workflow, alice: Any, bob: Any) -> None:
    with pytest.raises(NotFoundError):
        unshare_object(thing=workflow, holder=bob, actor=alice)
    bob.is_active = False
    bob.save()
    for name in ({"user": "bob"}, {"user": "zoe"}, {"group": "Zoes"}):
        with pytest.raises(NotFoundError):
            find_holder(**name)


@pytest.mark.django_db(transaction=True)
def test_two_who_take_each_others_rights_at_once_leave_one(workflow: Workflow, alice: Any, bob: Any) -> None:
    share_object(thing=workflow, holder=bob, actor=alice, role="Admin")
    together = threading.Barrier(2)
    refused: list[str] = []

    def take(actor: Any, holder: Any) -> None:
        together.wait(timeout=60)
        try:
            unshare_object(thing=workflow, holder=holder, actor=anew(actor))
        except (ConflictError, ForbiddenError) as error:
            refused.append(error.code)
        connections.close_all()

    threads = [threading.Thread(target=take, args=pair) for pair in ((alice, bob), (bob, alice))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert len(grants.full_holders(workflow, grants.grants_on(workflow))) == 1
