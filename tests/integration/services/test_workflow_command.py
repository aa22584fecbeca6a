"""`manage.py workflow …`, as git and CI use it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from automations.models import AuditEntry, Mode, Module, Scenario, Workflow
from automations.services.drafts import save_draft
from automations.services.records import create_record
from automations.services.releases import demote_workflow
from automations.services.scenarios import save_scenario
from automations.services.workflows import create_workflow
from automations.testing import chain, let_act, make_module, make_workflow, node, run_everything

pytestmark = pytest.mark.django_db


@pytest.fixture
def workflow(alice: Any) -> Workflow:
    make_module("tickets", {"title": "text", "amount": "money"})
    document = chain(
        node("t1", "trigger.record", module="tickets", on=["created"]),
        node("a1", "action.comment", text="Hello."),
    )
    return make_workflow("greet", document, owner=alice, mode=Mode.SIMULATE)


def run(capsys: pytest.CaptureFixture[str], *words: Any) -> tuple[int, str, str]:
    try:
        call_command("workflow", *map(str, words))
        code = 0
    except SystemExit as ended:
        code = int(str(ended.code))
    said = capsys.readouterr()
    return code, said.out, said.err


def test_out_and_in_again_changes_nothing(
    workflow: Workflow, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "greet.yaml"
    assert run(capsys, "export", "greet", "--file", file)[0] == 0
    before = file.read_text()
    code, out, _ = run(capsys, "import", file, "--actor", "alice")
    assert (code, out) == (0, "“greet” replaced: revision 1.\n")
    assert run(capsys, "export", "greet")[1] == before


def test_a_changed_file_is_judged_imported_and_published(
    workflow: Workflow, alice: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "greet.yaml"
    run(capsys, "export", "greet", "--file", file)
    file.write_text(file.read_text().replace("Hello.", "'{{ nothing.there }}'"))
    code, out, _ = run(capsys, "validate", "greet", "--file", file)
    assert code == 1
    assert "nothing.there" in out
    file.write_text(file.read_text().replace("'{{ nothing.there }}'", "Good day."))
    assert run(capsys, "validate", "greet", "--file", file)[0] == 0
    assert "another here" in run(capsys, "import", file)[1]  # the digest in the file is still the old one
    code, out, _ = run(capsys, "publish", "greet", "--actor", "alice", "--note", "politer")
    assert code == 0
    assert out.startswith("Version 2 is live in simulate.")
    found = json.loads(run(capsys, "diff", "greet", "1", "2")[1])
    assert found["nodes"][0]["values"] == [{"path": "config.text", "before": "Hello.", "after": "Good day."}]
    assert run(capsys, "diff", "greet", "1", "live", "--exit-code")[0] == 1
    assert run(capsys, "diff", "greet", "live", "draft", "--exit-code")[0] == 0
    code, out, _ = run(capsys, "gate", "greet", "--actor", "alice")
    assert (code, "open: A way back." in out) == (1, True)
    code, _, refused = run(capsys, "promote", "greet")
    assert (code, "gate.positive-scenario: " in refused) == (1, True)
    let_act(workflow, alice)
    back = ("rollback", "greet", "--to", "1", "--reason", "too polite", "--actor", "alice")
    assert "never acted" in run(capsys, *back)[2]
    demote_workflow(workflow=workflow, actor=alice)
    assert run(capsys, *back)[0] == 0
    workflow.refresh_from_db()
    assert workflow.active_version is not None
    assert workflow.active_version.number == 1
    assert AuditEntry.objects.filter(action="workflow.rolled_back", actor_name="alice").exists()


def test_it_says_what_it_does_and_what_it_would_do(
    workflow: Workflow, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "describe", "greet")[1].startswith("1. “t1”: ")
    assert json.loads(run(capsys, "run-test", "greet")[1])["candidates"]["total"] == 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("export", "nothing"), 2, "There is no workflow “nothing”; there are greet."),
        (("export", "greet", "--version", "9"), 2, "“greet” has no version 9."),
        (("import", "/nowhere/x.yaml"), 2, "/nowhere/x.yaml: No such file or directory."),
        (("publish", "greet", "--actor", "nobody"), 2, "There is no user “nobody”."),
        (("publish", "greet"), 1, "Version 1 is this very draft and is live. Change the draft first."),
        (("rollback", "greet", "--to", "1", "--reason", "x"), 1, "Version 1 is the live one."),
    ],
)
def test_what_cant_be_done_is_a_sentence_and_a_code(
    workflow: Workflow, capsys: pytest.CaptureFixture[str], words: Any, code: int, said: str
) -> None:
    found, _, err = run(capsys, *words)
    assert (found, err.strip()) == (code, said)


def test_a_file_that_is_none_names_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text("automations: 1\nkey: a\nkey: b\n")
    assert run(capsys, "import", file)[::2] == (
        1,
        "line 3: The file can't be read: “key” stands there twice. Mend that line.\n",
    )


def test_a_new_workflow_is_made_for_its_actor(
    alice: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    create_workflow(name="Other", actor=alice)
    file = tmp_path / "new.yaml"
    file.write_text("automations: 1\nkey: new\nname: New\nnodes: []\n")
    assert run(capsys, "import", file, "--actor", "alice")[::2] == (
        1,
        "nodes: Nothing starts this workflow. Add a trigger and connect it to the first step.\n",
    )
    assert run(capsys, "import", file, "--actor", "alice", "--unfinished")[0] == 0
    assert Workflow.objects.get(key="new").owner == alice


def scenario(workflow: Workflow, name: str, kind: str = "positive") -> None:
    given = {"record": {"module": "tickets", "key": "T1", "values": {"title": "One"}}}
    save_scenario(workflow=workflow, actor=None, name=name, kind=kind, given=given)


def test_scenarios_are_run_and_one_that_fails_is_told_by_the_exit_code(
    workflow: Workflow, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario(workflow, "Says hello")
    code, out, _ = run(capsys, "scenarios", "greet")
    assert (code, out) == (0, "passed: Says hello\n1 of 1 scenarios pass.\n")
    scenario(workflow, "Wrong", "negative")
    code, out, _ = run(capsys, "scenarios", "greet", "--actor", "alice")
    assert (code, out.splitlines()[1:]) == (
        1,
        ["failed: Wrong", "  It should not fire, but did.", "1 of 2 scenarios pass."],
    )
    code, out, _ = run(capsys, "scenarios", "greet", "--json")
    assert (code, [(row["scenario"], row["status"]) for row in json.loads(out)]) == (
        1,
        [("Says hello", "passed"), ("Wrong", "failed")],
    )
    assert run(capsys, "scenarios", "nothing")[0] == 2


def test_scenarios_travel_where_they_are_asked_for(
    workflow: Workflow, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario(workflow, "Says hello")
    scenario(workflow, "Wrong", "negative")
    file = tmp_path / "greet.yaml"
    assert "scenarios" not in run(capsys, "export", "greet")[1]
    run(capsys, "export", "greet", "--scenarios", "--file", file)
    text = file.read_text()
    digest = workflow.active_version.digest if workflow.active_version else ""
    assert f"digest: {digest}" in text
    Scenario.objects.filter(name="Wrong").delete()
    scenario(workflow, "Not in the file")
    kept = Scenario.objects.get(name="Says hello")
    assert run(capsys, "import", file, "--actor", "alice")[0] == 0
    assert sorted(Scenario.objects.values_list("name", "origin")) == [
        ("Says hello", "hand"),
        ("Wrong", "file"),
    ]
    assert Scenario.objects.get(name="Says hello").updated_at == kept.updated_at
    run(capsys, "export", "greet", "--scenarios", "--file", file)
    assert file.read_text() == text
    without = text.partition("scenarios:")[0]
    file.write_text(without)
    assert run(capsys, "import", file)[0] == 0
    assert Scenario.objects.count() == 2


@pytest.mark.parametrize(
    ("scenarios", "path"),
    [
        ("7", "scenarios"),
        ("[7]", "scenarios[0]"),
        ("[{name: x}]", "scenarios[0].kind"),
        ("[{name: x, kind: positive, at: today, given: {}}]", "scenarios[0].at"),
        ("[{name: x, kind: positive, at: '2026-13-01T00:00:00Z', given: {}}]", "scenarios[0].at"),
        ("[{name: [x], kind: positive, at: '2026-03-01T00:00:00Z', given: {}}]", "scenarios[0].name"),
        ("[{name: x, kind: odd, at: '2026-03-01T00:00:00Z', given: {}}]", "scenarios[0].kind"),
        ("[{name: x, kind: positive, at: '2026-03-01T00:00:00Z', given: 7}]", "scenarios[0].given"),
        ("[{name: x, pk: 1}]", "scenarios[0].pk"),
    ],
)
def test_scenarios_that_cannot_stand_are_refused_by_their_path(
    workflow: Workflow, tmp_path: Path, capsys: pytest.CaptureFixture[str], scenarios: str, path: str
) -> None:
    file = tmp_path / "greet.yaml"
    run(capsys, "export", "greet", "--file", file)
    file.write_text(file.read_text() + f"scenarios: {scenarios}\n")
    code, _, err = run(capsys, "import", file)
    assert (code, err.partition(": ")[0]) == (1, path)
    assert not Scenario.objects.exists()


def test_backtest_counts_what_another_limit_would_have_done(
    workflow: Workflow, alice: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    module = Module.objects.get(key="tickets")
    for number in range(3):
        create_record(module=module, key=f"T{number}", values={"amount": str(number * 100)}, actor=alice)
    large = {"field": "amount", "op": "gte", "value": "100"}
    document = chain(
        node("t1", "trigger.record", module="tickets", on=["created"], filter=large),
        node("a1", "action.comment", text="Hello."),
    )
    save_draft(workflow=workflow, document=document, revision=None, actor=alice)
    code, out, _ = run(capsys, "backtest", "greet", "--days", 1, "--json", "--actor", "alice")
    told = json.loads(out)
    assert code == 0
    assert (told["looked_at"], told["against"], told["version"]) == (3, 1, None)
    assert told["counts"]["no_longer_selected"] == 1
    assert told["differences"][0]["record"] == "T0"
    assert AuditEntry.objects.filter(action="workflow.backtest_started", actor=alice).count() == 1
    code, out, _ = run(capsys, "backtest", "greet")
    assert code == 0
    assert "no longer selected" in out
    assert "T0" in out
    assert run(capsys, "backtest", "greet", "--against", 5)[0] == 2
    assert run(capsys, "backtest", "greet", "--days", 0)[0] == 1


def test_shadow_is_started_read_and_stopped(
    workflow: Workflow, alice: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "shadow", "greet")[0] == 2  # there was none
    assert run(capsys, "shadow", "greet", "--start")[0] == 1  # the draft is what is live
    trigger = node("t1", "trigger.record", module="tickets", on=["created"])
    document = chain(trigger, node("a1", "action.comment", text="Good day."))
    save_draft(workflow=workflow, document=document, revision=None, actor=alice)
    code, out, _ = run(capsys, "shadow", "greet", "--start", "--days", 2, "--actor", "alice")
    assert (code, "The draft beside version 1" in out, "It goes on." in out) == (0, True, True)
    create_record(module=Module.objects.get(key="tickets"), key="T1", values={}, actor=alice)
    run_everything()
    code, out, _ = run(capsys, "shadow", "greet", "--json")
    told = json.loads(out)
    assert (code, told["looked_at"], told["agreement"]) == (0, 1, 0.0)
    assert told["differences"][0]["record"] == "T1"
    code, out, _ = run(capsys, "shadow", "greet", "--stop", "--actor", "alice", "--reason", "Seen enough")
    assert (code, "alice stopped it." in out) == (0, True)
    assert AuditEntry.objects.filter(action="backtest.shadow_stopped", reason="Seen enough").count() == 1
    assert run(capsys, "shadow", "greet", "--stop")[0] == 1
