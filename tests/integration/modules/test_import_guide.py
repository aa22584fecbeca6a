"""The guide's own example, word for word."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from automations.models import Record
from automations.services.modules import create_module
from config.demo.seed import TICKET_FIELDS, TRANSITIONS
from tests.integration.modules.conftest import Import

pytestmark = pytest.mark.django_db

GUIDE = Path("docs/how-to/import-records.md")


def block(language: str, index: int = 0) -> str:
    """A fenced block of the guide, without the indentation of the list that it stands in."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", GUIDE.read_text(), re.DOTALL | re.MULTILINE)
    indent, text = found[index]
    return re.sub(rf"^{indent}", "", text, flags=re.MULTILINE)


def said_in(console: str) -> list[str]:
    return [line for line in console.splitlines() if not line.startswith("$")]


@pytest.fixture
def tickets(root: Any) -> Any:
    return create_module(
        key="tickets",
        name="Tickets",
        fields=TICKET_FIELDS,
        title_field="title",
        status_field="status",
        transitions=TRANSITIONS,
        actor=root,
    )


def test_the_guides_example_does_what_the_guide_says(run_import: Import) -> None:
    mapping = json.loads(block("json"))
    trial = run_import(block("csv"), "--dry-run", mapping=mapping, plain=True)
    assert [*trial.err.splitlines(), *trial.out.splitlines()] == said_in(block("console"))
    assert (trial.code, Record.objects.count()) == (1, 0)
    mapping["columns"]["State"]["values"]["Shut"] = "closed"
    answer = run_import(block("csv"), mapping=mapping, plain=True)
    assert answer.out.splitlines() == said_in(block("console", 1))
    assert Record.objects.get(key="INC-1").data == {
        "title": "Printer on fire",
        "status": "open",
        "priority": "urgent",
        "category": "unsorted",
        "assignee": "mia",
        "due_at": "2026-03-29T12:30:00.000000Z",
        "tags": ["hardware", "floor 2"],
    }
