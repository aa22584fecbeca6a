from __future__ import annotations

import subprocess
import sys

import pytest

from automations.actions import ACTIONS
from automations.engine.kinds import ActionKind, Risk
from automations.engine.schemas import check_config

KEYS = [
    "approval",
    "assign",
    "call_webhook",
    "change_status",
    "chat_message",
    "comment",
    "create_record",
    "notify",
    "set_variable",
    "start_workflow",
    "stop",
    "update_fields",
    "wait",
]
KINDS = [kind for _, kind in ACTIONS.items()]


def test_these_actions_are_on_offer_and_no_others() -> None:
    assert sorted(ACTIONS) == KEYS


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.key)
def test_every_action_says_what_it_is(kind: ActionKind) -> None:
    assert kind.label
    assert kind.description.endswith(".")
    assert isinstance(kind.risk, Risk)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.key)
def test_every_setting_has_what_a_form_needs(kind: ActionKind) -> None:
    assert kind.config_schema["additionalProperties"] is False
    for name, setting in kind.config_schema["properties"].items():
        assert {"title", "x-widget", "x-help"} <= set(setting), name


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.key)
def test_every_schema_is_understood_by_the_checker(kind: ActionKind) -> None:
    config = dict.fromkeys(kind.config_schema["properties"])
    assert check_config(config, kind.config_schema, "config")


def test_only_set_variable_sets_variables() -> None:
    assert [kind.key for kind in KINDS if kind.sets_variables] == ["set_variable"]


def test_what_changes_records_can_be_undone_and_needs_a_right_on_the_module() -> None:
    assert {kind.key: kind.undo for kind in KINDS} == {
        "approval": "nothing",
        "assign": "before_image",
        "call_webhook": "none",
        "chat_message": "none",
        "change_status": "before_image",
        "comment": "none",
        "create_record": "delete",
        "notify": "none",
        "set_variable": "nothing",
        "start_workflow": "none",
        "stop": "nothing",
        "update_fields": "before_image",
        "wait": "nothing",
    }
    assert all(kind.permission for kind in KINDS if kind.undo in ("before_image", "delete"))


def test_actions_and_triggers_import_without_django() -> None:
    check = "import sys, automations.actions, automations.triggers; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
