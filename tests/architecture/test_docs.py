"""The documentation says what the code does: links lead somewhere, commands and names exist, examples run."""

from __future__ import annotations

import ast
import itertools
import json
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.core.management import get_commands

from automations.actions import ACTIONS
from automations.engine.documents import parse_document
from automations.engine.kinds import Kind
from automations.engine.schemas import check_config
from automations.engine.statuses import StepStatus
from automations.engine.templating import FILTERS
from automations.models import Decision, Mode, OutgoingEmail, RecordComment, Run
from automations.runtime.handlers import PERMISSION_DENIED
from automations.runtime.performers import PERFORMERS
from automations.services.records import create_record, update_record
from automations.testing import chain, make_module, make_workflow, node, run_everything
from automations.triggers import TRIGGERS
from builder.live import consumers
from tests.architecture.reference_tables import BLOCK, REFERENCE, ROOT, TABLES, renewed

SKIPPED = {".venv", "node_modules", "var", ".pytest_cache"}
PAGES = sorted(page for page in ROOT.rglob("*.md") if SKIPPED.isdisjoint(page.relative_to(ROOT).parts))
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
INTERNAL = {"DJANGO_SETTINGS_MODULE", "PATH", "PGOPTIONS", "AUTOMATIONS_CLUSTER", "AUTOMATIONS_LIFELINE"}
"""Read from the environment, but set by the program itself or by the system."""

every_page = pytest.mark.parametrize("page", PAGES, ids=NAMES)


def text_of(page: Path | str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def code_blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text_of(page), re.DOTALL | re.MULTILINE)


def first_column(page: str, heading: str) -> set[str]:
    """The names in code that stand in the first column of the tables below a heading."""
    part = text_of(page).split(f"\n## {heading}\n")[1].split("\n## ")[0]
    cells = [line.split("|")[1] for line in part.splitlines() if line.startswith("| ")]
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text_of(page)), re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {heading.strip().replace(" ", "-") for heading in plain}


@every_page
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(FENCE.sub("", text_of(page))):
        if link.startswith(("http://", "https://")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


def test_every_page_of_the_documentation_is_reached_from_its_index() -> None:
    seen: set[Path] = set()
    waiting = [ROOT / "docs" / "index.md"]
    while waiting:
        page = waiting.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        waiting += [
            (page.parent / link.partition("#")[0]).resolve()
            for link in LINK.findall(text_of(page))
            if "://" not in link and not link.startswith("#")
        ]
    assert {page for page in PAGES if page.is_relative_to(ROOT / "docs")} <= seen


@every_page
def test_every_command_that_is_named_exists(page: Path) -> None:
    # In code only: sentences may say “make” of anything.
    code = "\n".join([*FENCE.findall(text_of(page)), *re.findall(r"`[^`\n]+`", FENCE.sub("", text_of(page)))])
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    named = re.findall(r"(?:`|^|\$ )make ((?:[a-z]+ ?)+)", code, re.MULTILINE)
    assert {word for words in named for word in words.split()} <= targets
    assert set(re.findall(r"manage\.py ([a-z][a-z_]+)", code)) <= set(get_commands())
    for module in re.findall(r"python -m ([a-z_.]+)", code):
        if module.startswith(("config", "tests")):
            assert (ROOT / f"{module.replace('.', '/')}.py").exists(), module


def test_the_readme_names_the_two_commands_and_what_they_need() -> None:
    first_screen = text_of("README.md")[:1_500]
    assert "`make run`" in first_screen
    assert "`make test`" in first_screen
    assert "Python ≥ 3.11" in first_screen
    assert 'requires-python = ">=3.11"' in text_of("pyproject.toml")


def test_every_command_of_ours_stands_in_the_reference() -> None:
    ours = {name for name, app in get_commands().items() if app in ("automations", "config.demo", "webhooks")}
    page = text_of("docs/reference/commands.md")
    assert ours == set(re.findall(r"`manage\.py ([a-z_]+)", page))
    targets = set(re.findall(r"^([a-z]+):.*## ", text_of("Makefile"), re.MULTILINE))
    assert targets == set(re.findall(r"^\| `make ([a-z]+)`", page, re.MULTILINE)) | {"help"}


def test_tables_that_are_made_from_the_code_are_those_of_the_code() -> None:
    used = []
    for page in REFERENCE.glob("*.md"):
        text = page.read_text(encoding="utf-8")
        assert renewed(text) == text, "Run `python -m tests.architecture.reference_tables`."
        used += [found["name"] for found in BLOCK.finditer(text)]
    assert sorted(used) == sorted(TABLES)


def _read_names(tree: ast.AST) -> Iterator[tuple[str, bool]]:
    """(variable, whether it may come from a file) of everything that a module reads from the environment."""
    for part in ast.walk(tree):
        if isinstance(part, ast.Call) and part.args and isinstance(part.args[0], ast.Constant):
            called = ast.unparse(part.func)
            if called.startswith("env_") or called in ("os.environ.get", "os.environ.setdefault"):
                yield part.args[0].value, called == "env_secret"


def test_environment_variables_in_the_reference_are_those_that_are_read() -> None:
    sources = [
        path
        for folder in ("automations", "builder", "config", "webhooks")
        for path in (ROOT / folder).rglob("*.py")
    ]
    read: dict[str, bool] = {}
    for path in sources:
        for name, from_file in _read_names(ast.parse(path.read_text(encoding="utf-8"))):
            read[name] = read.get(name, False) or from_file
    rows = re.findall(
        r"^\| `([A-Z_]+)` \|[^|]*\| (yes)? ?\|", text_of("docs/reference/settings.md"), re.MULTILINE
    )
    assert {name: bool(yes) for name, yes in rows} == {
        name: from_file for name, from_file in read.items() if name not in INTERNAL
    }


def _failure_codes() -> set[str]:
    """Every code with which a step or a run can fail, as the source says it."""
    codes = {PERMISSION_DENIED}
    for folder in ("actions", "runtime"):
        for path in (ROOT / "automations" / folder).rglob("*.py"):
            for part in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(part, ast.Call):
                    continue
                called = ast.unparse(part.func).rpartition(".")[2]
                values = [*part.args[:1], *(word.value for word in part.keywords if word.arg == "code")]
                if called in ("Failed", "give_up", "cancel"):
                    codes |= {value.value for value in values if isinstance(value, ast.Constant)}
    return codes | {"stopped", "cancelled", "chain-depth-exceeded"}


def test_statuses_outcomes_and_failure_codes_are_those_of_the_code() -> None:
    page = "docs/reference/statuses.md"
    assert first_column(page, "Decisions") == {outcome.value for outcome in Decision.Outcome}
    assert first_column(page, "Failure codes") == _failure_codes()
    steps = text_of(page).split("\n## Steps\n")[1].split("\n## ")[0]
    assert {status.value for status in StepStatus} <= set(re.findall(r"`([a-z]+)`", steps))
    mail = text_of(page).split("\n## Mail\n")[1]
    assert set(re.findall(r"`([a-z]+)`", mail)) == {state.value for state in OutgoingEmail.State}


def test_the_filters_of_the_reference_are_those_of_the_engine() -> None:
    names = {name.partition(":")[0] for name in first_column("docs/reference/rules.md", "Templates")}
    assert names == set(FILTERS)


def test_close_codes_of_the_reference_are_those_of_the_sockets() -> None:
    codes = (
        consumers.UNREADABLE,
        consumers.SIGNED_OUT,
        consumers.FORBIDDEN,
        consumers.TOO_LARGE,
        consumers.TOO_MANY,
        consumers.BROKEN,
    )
    page = text_of("docs/reference/websockets.md").split("## Close codes")[1]
    assert set(re.findall(r"^\| (\d{4}) ", page, re.MULTILINE)) == {str(code) for code in codes}


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("docs/how-to")])
def test_every_node_that_a_how_to_shows_has_a_valid_config(name: str) -> None:
    for block in code_blocks(name, "json"):
        shown = json.loads(block)
        if "type" not in shown:
            continue
        family, _, key = shown["type"].partition(".")
        kind: Kind = {"trigger": TRIGGERS, "action": ACTIONS}[family].get(key)  # type: ignore[attr-defined]
        assert check_config(shown["config"], kind.config_schema, "config") == []


def test_the_document_of_the_reference_parses() -> None:
    definition, problems = parse_document(json.loads(code_blocks("docs/reference/document.md", "json")[0]))
    assert problems == []
    assert definition is not None


def test_the_registration_that_the_how_to_shows_is_the_demos() -> None:
    def call(source: str) -> str:
        return next(
            ast.unparse(part)
            for part in ast.walk(ast.parse(source))
            if isinstance(part, ast.Call) and ast.unparse(part.func) == "register_module"
        )

    shown = code_blocks("docs/how-to/register-a-model.md", "python")[0]
    assert call(shown) == call(text_of("config/demo/apps.py"))


@pytest.fixture
def own_kinds(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """What a test registers is gone after it."""
    for registry in (ACTIONS, TRIGGERS, PERFORMERS):
        monkeypatch.setattr(registry, "_entries", dict(registry.items()))
    return monkeypatch


def run_example(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run all Python that a page shows as one module."""
    example = ModuleType("example")
    monkeypatch.setitem(sys.modules, "example", example)
    exec("\n".join(code_blocks(page, "python")), example.__dict__)  # noqa: S102 - our own page


def test_the_action_that_the_how_to_writes_acts(own_kinds: pytest.MonkeyPatch, alice: Any) -> None:
    run_example("docs/how-to/write-an-action.md", own_kinds)
    module = make_module("tickets", {"title": "text"})
    document = chain(
        node("t1", "trigger.record", module="tickets", on=["created"]),
        node("a1", "action.remind", what="{{ record.title }}"),
    )
    make_workflow("reminders", document, owner=alice)
    create_record(module=module, key="T-1", values={"title": "Call back"}, actor=alice)
    run_everything()
    assert RecordComment.objects.get().text == "Reminder: Call back"
    assert "count_visit" in PERFORMERS


def test_the_trigger_that_the_how_to_writes_judges(own_kinds: pytest.MonkeyPatch, alice: Any) -> None:
    run_example("docs/how-to/write-a-trigger.md", own_kinds)
    module = make_module("tickets", {"title": "text"})
    document = chain(
        node("t1", "trigger.weekend", module="tickets"), node("a1", "action.comment", text="On a weekend?")
    )
    make_workflow("weekends", document, owner=alice, mode=Mode.SIMULATE)
    create_record(module=module, key="T-1", values={"title": "a"}, actor=alice)
    for title, day in (("b", 20), ("c", 21)):  # a Friday, a Saturday
        at = datetime(2026, 3, day, 12, tzinfo=UTC)
        update_record(module=module, key="T-1", values={"title": title}, actor=alice, at=at, clock="example")
    run_everything()
    decisions = Decision.objects.order_by("at")
    assert [decision.outcome for decision in decisions] == ["filtered", "matched"]
    assert Run.objects.get().pk == decisions[1].run_id


def test_each_promise_of_the_pages_names_a_test_that_exists() -> None:
    rows = [line for line in text_of("docs/reference/pages.md").splitlines() if re.match(r"\| \d+ \|", line)]
    assert [int(row.split("|")[1]) for row in rows] == list(range(1, len(rows) + 1))
    assert len(rows) >= 30
    named = [re.findall(r"`(test_\w+\.py)::(test_\w+)`", row) for row in rows]
    assert [row for row, tests in zip(rows, named, strict=True) if not tests and "roadmap" not in row] == []
    for file, test in itertools.chain.from_iterable(named):
        assert f"\ndef {test}(" in text_of(f"tests/e2e/{file}"), f"{file} has no {test}"


def test_each_check_of_the_engine_names_a_test_that_exists() -> None:
    lines = text_of("docs/reference/checks.md").splitlines()
    rows = [line for line in lines if re.match(r"\| \d+ \|", line)]
    numbers = [int(row.split("|")[1]) for row in rows]
    assert numbers == sorted(set(numbers))
    assert set(numbers) >= {*range(30, 43), 44, 47, 48, *range(53, 57), 60, 61}
    for row in rows:
        named = re.findall(r"`([\w/]+\.py)::(test_\w+)`", row)
        assert named, row
        for file, test in named:
            assert f"\ndef {test}(" in text_of(f"tests/{file}"), f"{file} has no {test}"
