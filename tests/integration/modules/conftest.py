from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from automations.models import Module, Record
from automations.services.modules import create_module

FIELDS: list[dict[str, Any]] = [
    {"key": "subject", "label": "Subject", "type": "text", "required": True},
    {"key": "status", "label": "Status", "type": "choice", "choices": ["open", "waiting", "closed"]},
    {"key": "amount", "label": "Amount", "type": "money"},
    {"key": "opened_at", "label": "Opened", "type": "datetime"},
    {"key": "due_on", "label": "Due", "type": "date"},
    {"key": "vip", "label": "VIP", "type": "boolean"},
    {"key": "tags", "label": "Tags", "type": "list"},
    {"key": "payload", "label": "Payload", "type": "json"},
    {"key": "owner", "label": "Owner", "type": "user"},
    {"key": "origin", "label": "Origin", "type": "text", "read_only": True},
]

MAPPING: dict[str, Any] = {
    "key": "Number",
    "empty": ["?"],
    "columns": {
        "Subject": "subject",
        "State": {"field": "status", "values": {"New": "open", "Done": "closed"}},
        "Amount": {"field": "amount", "decimal": ","},
        "Opened": {"field": "opened_at", "format": "%d.%m.%Y %H:%M", "zone": "Europe/Berlin"},
    },
    "defaults": {"status": "open"},
}
HEADER = "Number,Subject,State,Amount,Opened"


@pytest.fixture
def tickets(root: Any) -> Module:
    return create_module(
        key="tickets",
        name="Tickets",
        fields=FIELDS,
        title_field="subject",
        status_field="status",
        transitions={"open": ["waiting", "closed"], "waiting": ["closed"]},
        actor=root,
    )


@dataclass(frozen=True)
class Answer:
    """What a run of the command came to."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def counts(self) -> dict[str, int]:
        last = self.lines[-1]
        assert last["type"] == "result", self
        return {
            name: last[name]
            for name in ("created", "updated", "unchanged", "refused", "merged")
            if last[name]
        }

    @property
    def refused(self) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["type"] == "refused"]


Import = Callable[..., Answer]


@pytest.fixture
def run_import(tickets: Module, tmp_path: Path) -> Import:
    """Run the command on the text or bytes of a file: (content, *options, mapping, module) to its Answer."""

    def run(
        content: str | bytes,
        *options: str,
        mapping: Any = MAPPING,
        module: str = "tickets",
        plain: bool = False,
    ) -> Answer:
        file, map_file = tmp_path / "rows.csv", tmp_path / "mapping.json"
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        map_file.write_text(mapping if isinstance(mapping, str) else json.dumps(mapping))
        out, err, code = StringIO(), StringIO(), 0
        arguments = [module, str(file), "--mapping", str(map_file), *([] if plain else ["--json"]), *options]
        try:
            call_command("import_records", *arguments, stdout=out, stderr=err)
        except SystemExit as end:
            code = int(end.code or 0)
        return Answer(code, out.getvalue(), err.getvalue())

    return run


def csv_of(*rows: str, header: str = HEADER) -> str:
    return "\n".join([header, *rows]) + "\n"


def values_of(keys: Sequence[str] | str) -> Any:
    """The stored values of one record, or of several in their order."""
    if isinstance(keys, str):
        return Record.objects.get(key=keys).data
    return [Record.objects.get(key=key).data for key in keys]
