"""Workflows as files: the round trip, stable text, and files that are refused."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from django.contrib.auth import get_user_model
from hypothesis import example, given, settings
from hypothesis import strategies as st

from automations.engine.documents import Definition, Node
from automations.errors import ConflictError, InvalidError, NotFoundError
from automations.gallery import TEMPLATES
from automations.models import Module, Policy, Workflow
from automations.services.drafts import load_draft, save_draft
from automations.services.policies import create_policy
from automations.services.versions import load_definition, publish_version
from automations.services.workflow_files import export_workflow, import_workflow, read_file
from automations.services.workflows import create_workflow
from automations.testing import chain, make_module, node
from tests.integration.revising import revise

pytestmark = pytest.mark.django_db

MINIMAL = "automations: 1\nkey: k\nname: K\nnodes: []\n"


def drawn(key: str, document: dict[str, Any], module: Module) -> Workflow:
    workflow = create_workflow(key=key, name=key, module=module, actor=None)
    save_draft(workflow=workflow, document=document, revision=None, actor=None)
    return workflow


@pytest.fixture
def workflow() -> Workflow:
    module = make_module("tickets", {"title": "text", "amount": "money"})
    create_policy(
        key="large",
        name="Large",
        module=module,
        rule={"field": "amount", "op": "gt", "value": "9"},
        actor=None,
    )
    return drawn(
        "close-large",
        chain(
            node("t1", "trigger.record", module="tickets", on=["created"], filter={"policy": "large"}),
            node("a1", "action.comment", text="Line one\nLine two: {{ record.title }}"),
        ),
        module,
    )


def exported(workflow: Workflow, version: str | int = "draft") -> str:
    return export_workflow(workflow, load_definition(workflow, version), workflow.layout)


def refusal(text: str) -> tuple[str, str]:
    with pytest.raises(InvalidError) as error:
        read_file(text)
    return error.value.problems[0].code, error.value.problems[0].path


def test_a_file_comes_back_to_the_same_digest(workflow: Workflow) -> None:
    text = exported(workflow)
    digest = load_draft(workflow).definition.digest()
    assert f"digest: {digest}" in text
    assert "    text: |-\n      Line one\n      Line two" in text
    Workflow.objects.filter(pk=workflow.pk).update(key="renamed")
    done = import_workflow(file=read_file(text), workflow=None, actor=None)
    assert done.created
    assert done.same
    assert done.draft.definition.digest() == digest
    assert exported(done.workflow) == text


@pytest.mark.parametrize("name", list(TEMPLATES))
def test_every_template_comes_back_to_the_same_digest(name: str) -> None:
    template = TEMPLATES.get(name)
    key, document = template.module, template.document
    module = Module.objects.filter(key=key).first() or make_module(key, {"title": "text"})
    made = drawn(name, document(), module)
    text = exported(made)
    digest = load_draft(made).definition.digest()
    Workflow.objects.filter(pk=made.pk).update(key="renamed")
    # The module here is not the template's own: what is not there is no hindrance for a draft.
    done = import_workflow(file=read_file(text), workflow=None, actor=None, unfinished=True)
    assert done.draft.definition.digest() == digest


def test_equal_definitions_give_equal_text_however_they_are_ordered(workflow: Workflow) -> None:
    definition = load_draft(workflow).definition
    turned = Definition(
        definition.nodes[::-1], definition.edges[::-1], definition.policies, definition.settings
    )
    assert export_workflow(workflow, turned, {}) == export_workflow(workflow, definition, {})


def test_a_file_replaces_the_draft_and_the_own_fields_of_a_workflow_that_is_there(workflow: Workflow) -> None:
    content = yaml.safe_load(exported(workflow))
    limits = {"blast_radius": 7, "at_once": 2, "at_once_per": "event.record", "when_full": "skip"}
    content |= {"name": "Other name", "zone": "Europe/Berlin", "limits": limits}
    done = import_workflow(file=read_file(yaml.safe_dump(content)), workflow=workflow, actor=None)
    assert not done.created
    assert (done.workflow.name, done.workflow.zone, done.workflow.limits) == (
        "Other name",
        "Europe/Berlin",
        limits,
    )
    assert yaml.safe_load(exported(done.workflow))["limits"] == limits
    assert not done.same, "the zone is part of what runs"


def test_a_policy_that_moved_on_is_told(workflow: Workflow) -> None:
    root = get_user_model().objects.create_superuser("root")
    version = publish_version(workflow=workflow, actor=root)
    text = exported(workflow, version.number)
    policy_text = yaml.safe_load(text)["policies"]
    assert policy_text == {"large": {"revision": 1, "rule": {"field": "amount", "op": "gt", "value": "9"}}}
    revise(Policy.objects.get(), {"field": "amount", "op": "gt", "value": "10"}, root)
    assert not import_workflow(file=read_file(text), workflow=workflow, actor=None).same


def test_nothing_is_made_where_a_key_is_taken_or_a_module_is_not_here(workflow: Workflow) -> None:
    before = Workflow.objects.count()
    with pytest.raises(ConflictError):
        import_workflow(file=read_file(exported(workflow)), workflow=None, actor=None)
    with pytest.raises(NotFoundError):
        import_workflow(file=read_file(MINIMAL + "module: nowhere\n"), workflow=None, actor=None)
    assert Workflow.objects.count() == before


def test_a_definition_that_could_not_be_published_leaves_all_as_it_was(workflow: Workflow) -> None:
    good = exported(workflow)
    bad = good.replace("action.comment", "action.nothing")
    assert bad != good
    for target, text in ((None, bad.replace("key: close-large", "key: another")), (workflow, bad)):
        with pytest.raises(InvalidError) as refused:
            import_workflow(file=read_file(text), workflow=target, actor=None)
        assert [problem.path for problem in refused.value.problems] == ["nodes[1].type"]
    assert [row.key for row in Workflow.objects.all()] == ["close-large"]
    workflow.refresh_from_db()
    assert exported(workflow) == good
    assert (
        import_workflow(file=read_file(bad), workflow=workflow, actor=None, unfinished=True).draft.revision
        == 2
    )


@pytest.mark.parametrize(
    ("text", "code", "path"),
    [
        ("", "bad-file", ""),
        ("- 1", "bad-file", ""),
        ("a: [", "bad-file", "line 2"),
        ("a: 1\na: 2\n", "bad-file", "line 2"),
        ("1: x", "bad-file", "line 1"),
        ("a: &x [1]\nb: *x\n", "bad-file", "line 1"),
        ("a: !!python/object/apply:os.system ['true']", "bad-file", "line 1"),
        ("[" * 200 + "]" * 200, "bad-file", "line 1"),
        ("\0", "bad-file", ""),
        ("a: " + "x" * 1_000_001, "bad-file", ""),
        ("key: k\nname: K\nnodes: []\n", "unknown-format", "automations"),
        (MINIMAL + "owner: me\n", "unknown-field", "owner"),
        (MINIMAL.replace("key: k", "key: 7"), "wrong-value-type", "key"),
        ("automations: 1\nname: K\nnodes: []\n", "missing-value", "key"),
        (MINIMAL.replace("[]", "7"), "malformed-document", "nodes"),
    ],
)
def test_a_file_that_is_none_is_refused_with_its_place(text: str, code: str, path: str) -> None:
    assert refusal(text) == (code, path)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("yes", "yes"),
        ("12:30", "12:30"),
        ("2026-01-01", "2026-01-01"),
        ("0o17", "0o17"),
        ("true", True),
        ("1.50", 1.5),
        ("'1.50'", "1.50"),
        ("~", None),
    ],
)
def test_values_are_what_they_look_like(written: str, read: Any) -> None:
    text = MINIMAL.replace("[]", f"[{{id: a1, type: action.x, config: {{v: {written}}}}}]")
    assert read_file(text).document["nodes"][0]["config"] == {"v": read}


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)


@settings(max_examples=200)
@example(value={"0E0": "1e5", "-0": "12e-3", "null": "~", "true": "", "1_0": "0x1F"})
@given(
    value=st.recursive(
        TEXT | st.booleans() | st.integers(-(10**9), 10**9) | st.none(),
        lambda v: st.lists(v, max_size=3) | st.dictionaries(TEXT, v, max_size=3),
        max_leaves=8,
    )
)
def test_every_text_survives_the_way_through_a_file(value: Any) -> None:
    workflow = Workflow(key="k", name="K", zone="UTC")
    definition = Definition(
        nodes=(Node("a1", "action.x", config={"value": value}),), edges=(), settings={"zone": "UTC"}
    )
    document = read_file(export_workflow(workflow, definition, {})).document
    assert document["nodes"][0]["config"] == {"value": value}
