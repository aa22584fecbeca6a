"""Whatever a service is handed, it answers with the place and the fault, or does its work; never with half of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from automations.errors import InvalidError, NotFoundError
from automations.models import Workflow
from automations.services import records, releases, run_tests, runs, versions
from automations.services.run_tests import RunTestRequest
from automations.testing import make_workflow

from .calls import BY_NAME, CALLS, Call, Reads
from .hostile import GIVEN, HUGE, SOUGHT, STORED, STRUCTURED, TEXTS
from .world import World, contents, document

pytestmark = pytest.mark.django_db

CHANGING = [call for call in CALLS if not isinstance(call.leaves, Reads)]


def hostile(call: Call, name: str) -> list[tuple[Any, str]]:
    """The values that this argument must be refused for, each with the path of its problem."""
    for key in (f"{call.name} {name}", name):
        if key in STRUCTURED:
            return list(STRUCTURED[key])
    return [(value, name) for value in TEXTS]


def tried(call: Call, arguments: Mapping[str, Any]) -> list[str]:
    return [name for name in arguments if name not in GIVEN and (call.name, name) not in SOUGHT]


@pytest.mark.parametrize("call", CHANGING, ids=lambda call: call.name)
def test_hostile_arguments_are_refused_by_their_path_and_change_nothing(call: Call, world: World) -> None:
    arguments = dict(call.arguments(world))
    if call.name == "runs.start_run":
        arguments["user_input"] = {"a": 1}
    if call.name == "shares.share_object":
        arguments["role"] = ""
    names = tried(call, arguments)
    assert set(names) <= {*STORED, *STRUCTURED}
    before = contents()
    for name in names:
        for value, path in hostile(call, name):
            with pytest.raises(InvalidError) as refused:
                call.service(**{**arguments, name: value})
            problems = refused.value.problems
            assert path in [problem.path for problem in problems], (name, repr(value)[:60], problems)
            assert all(problem.message and problem.hint for problem in problems)
            assert max(len(problem.message) for problem in problems) < 500
        assert contents() == before, name
    call.service(**arguments)  # so that it was the hostile value, and nothing else, that was refused


def test_what_can_not_be_named_is_not_found(world: World) -> None:
    for service, name in sorted(SOUGHT):
        arguments = dict(BY_NAME[service].arguments(world))
        before = contents()
        for value in ("a\0b", "a\ud800b", HUGE, 7, "M1"):
            with pytest.raises((NotFoundError, InvalidError)):
                BY_NAME[service].service(**{**arguments, name: value})
        assert contents() == before


FOREIGN: Mapping[str, Callable[[World, Workflow], Any]] = {
    "a version of another workflow, to roll back to": lambda w, other: releases.rollback_workflow(
        workflow=other, number=2, reason="", actor=w.alice
    ),
    "a version of another workflow, to read": lambda w, other: versions.load_definition(other, 2),
    "a record of another module, to change": lambda w, _: records.update_record(
        module=w.tickets, key="M1", values={"title": "x"}, actor=w.bob
    ),
    "a record of another module, to comment": lambda w, _: records.comment_record(
        module=w.tickets, key="M1", text="x", actor=w.bob
    ),
    "a record of another module, to start on": lambda w, _: runs.start_run(
        workflow=w.workflow, actor=w.bob, record_key="M1"
    ),
    "a record of another module, to rehearse": lambda w, _: run_tests.run_test(
        workflow=w.workflow, request=RunTestRequest(record="M1")
    ),
    "a trigger that the workflow lacks": lambda w, _: run_tests.run_test(
        workflow=w.workflow, request=RunTestRequest(record="T1", trigger="t9")
    ),
    "a version by no number": lambda w, _: versions.load_definition(w.workflow, "1; DROP TABLE"),
}


def test_what_belongs_elsewhere_is_not_found(world: World) -> None:
    other = make_workflow("other", document("Other"), owner=world.bob)
    for what, ask in FOREIGN.items():
        before = contents()
        with pytest.raises(NotFoundError):
            ask(world, other)
        assert contents() == before, what
