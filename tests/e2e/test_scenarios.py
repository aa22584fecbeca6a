"""Scenarios in the editor: saved from what a test shows, seen to fail when the draft changes, told before publishing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from .conftest import violations
from .editing import call, make, node, pick, saved
from .test_sample import DOCUMENT, ticket

REFUSED = "the server responded with a status of 422"


@pytest.fixture
def editor(signed_in: Page) -> Page:
    signed_in.set_viewport_size({"width": 1440, "height": 900})
    return signed_in


def drawer(page: Page) -> Locator:
    return page.get_by_role("region", name="Results")


def picture(page: Page, name: str) -> None:
    """Keeps a picture where PICTURES names a folder: to look at, not to compare."""
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def row(page: Page, name: str) -> Locator:
    return drawer(page).get_by_role("list", name="Scenarios").get_by_role("listitem").filter(has_text=name)


def look_at(page: Page, key: str) -> None:
    page.get_by_label("Sample:").select_option("record")
    pick(page, key)
    page.get_by_role("button", name="Run test").click()


def save(page: Page, key: str, name: str) -> None:
    """Keep what the test shows, as it is proposed."""
    drawer(page).get_by_role("button", name=f"Save as scenario: {key}").click()
    dialog = page.get_by_role("dialog", name="Save as scenario")
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_role("button", name="Save scenario").click()
    expect(dialog).to_have_count(0)
    expect(row(page, name)).to_contain_text("passes")


def test_a_case_is_kept_fails_when_the_draft_changes_and_is_told_before_publishing(editor: Page) -> None:
    ticket(editor, "SCEN-1", "urgent")
    ticket(editor, "SCEN-2", "low")
    pk = make(editor, "Scenarios", DOCUMENT)
    look_at(editor, "SCEN-1")
    drawer(editor).get_by_role("button", name="Save as scenario: SCEN-1").click()
    dialog = editor.get_by_role("dialog", name="Save as scenario")
    expect(dialog.get_by_role("radio", name="It should:")).to_be_checked()
    expect(dialog.get_by_role("group", name="What is expected")).to_contain_text("Open? → true")
    expect(dialog.get_by_role("group", name="What is expected")).to_contain_text("Say it (SCEN-1)")
    dialog.get_by_label("Name").fill("Urgent ones are said")
    dialog.get_by_role("button", name="Save scenario").click()
    expect(row(editor, "Urgent ones are said")).to_contain_text("passes")
    look_at(editor, "SCEN-2")
    save(editor, "SCEN-2", "Low ones are left alone")
    expect(row(editor, "Low ones are left alone")).to_contain_text("should not fire")
    expect(drawer(editor)).to_contain_text("2 of 2 pass")

    graph = call(editor, "GET", f"workflows/{pk}/graph/")
    graph["nodes"][1]["config"]["rule"]["value"] = "closed"
    call(editor, "PUT", f"workflows/{pk}/graph/", graph)
    editor.reload()
    tab = drawer(editor).get_by_role("button", name="Scenarios")
    expect(tab).to_have_text("Scenarios 1/2")
    tab.click()
    failed = row(editor, "Urgent ones are said")
    expect(failed).to_contain_text("It should fire, but did not.")
    editor.get_by_role("button", name="Publish…").click()
    told = editor.get_by_role("dialog").get_by_role("region", name="Scenarios")
    expect(told).to_contain_text("1 of 2 scenarios pass on this draft. These fail:")
    expect(told).to_contain_text("Urgent ones are said")


def test_a_scenario_is_edited_and_says_what_it_comes_to_then(editor: Page) -> None:
    ticket(editor, "SCEN-9", "urgent")
    make(editor, "Edits a scenario", DOCUMENT)
    look_at(editor, "SCEN-9")
    save(editor, "SCEN-9", "Urgent ones are said")
    row(editor, "Urgent ones are said").get_by_role("button", name="Edit “Urgent ones are said”").click()
    dialog = editor.get_by_role("dialog", name="Edit scenario")
    expect(dialog.get_by_label("Name")).to_have_value("Urgent ones are said")
    given = dialog.get_by_label("What is given, as JSON")
    given.fill(given.input_value() + "}")
    dialog.get_by_role("button", name="Save changes").click()
    expect(dialog.get_by_role("alert")).to_contain_text("This is no JSON")
    given.fill(given.input_value()[:-1].replace('"urgent"', '"low"'))
    dialog.get_by_label("Name").fill("Low ones are left alone")
    assert violations(editor) == []
    editor.emulate_media(color_scheme="dark")
    assert violations(editor) == []
    picture(editor, "scenario-edit")
    editor.emulate_media(color_scheme="light")
    dialog.get_by_role("button", name="Save changes").click()
    expect(dialog).to_have_count(0)
    expect(row(editor, "Low ones are left alone")).to_contain_text("It should fire, but did not.")

    row(editor, "Low ones are left alone").get_by_role("button", name="Edit “Low").click()
    dialog.get_by_role("button", name="Expect what the draft does now").click()
    expect(dialog.get_by_role("radio", name="It should not:")).to_be_checked()
    dialog.get_by_role("button", name="Save changes").click()
    expect(row(editor, "Low ones are left alone")).to_contain_text("passes")


def test_a_change_in_the_editor_runs_them_and_a_move_does_not(editor: Page) -> None:
    ticket(editor, "SCEN-3", "urgent")
    pk = make(editor, "Scenarios by digest", DOCUMENT)
    look_at(editor, "SCEN-3")
    save(editor, "SCEN-3", "Said")

    def result() -> Any:
        return call(editor, "GET", f"workflows/{pk}/scenarios/")["results"][0]["draft"]

    before = result()
    node(editor, "a1").focus()
    editor.keyboard.press("m")
    editor.keyboard.press("ArrowDown")
    editor.keyboard.press("Enter")
    saved(editor)
    assert result() == before
    node(editor, "a1").click()
    editor.locator("#field-a1-text").fill("Another text")
    saved(editor)
    expect(drawer(editor).get_by_role("button", name="Scenarios")).to_have_text("Scenarios 1/1")
    assert result()["run_at"] > before["run_at"]


def test_the_opposite_can_be_asked_for_and_shows_why_it_fails(editor: Page) -> None:
    ticket(editor, "SCEN-4", "urgent")
    make(editor, "Scenario of a wish", DOCUMENT)
    look_at(editor, "SCEN-4")
    drawer(editor).get_by_role("button", name="Save as scenario: SCEN-4").click()
    dialog = editor.get_by_role("dialog", name="Save as scenario")
    dialog.get_by_role("radio", name="It should not:").check()
    expect(dialog).to_contain_text("this scenario fails until the draft is changed")
    dialog.get_by_label("Acts as").select_option(label="Operator")
    expect(dialog.get_by_role("radio", name="It should:")).to_be_checked()
    dialog.get_by_role("radio", name="It should not:").check()
    dialog.get_by_role("button", name="Save scenario").click()
    wish = row(editor, "SCEN-4")
    expect(wish).to_contain_text("It should not fire, but did.")
    expect(wish).to_contain_text("As the role Operator.")


def test_a_scenario_is_opened_as_the_sample_whatever_became_of_its_record(editor: Page) -> None:
    ticket(editor, "SCEN-5", "urgent")
    pk = make(editor, "Scenario as sample", DOCUMENT)
    look_at(editor, "SCEN-5")
    save(editor, "SCEN-5", "Kept")
    version = call(editor, "GET", "modules/tickets/records/SCEN-5/")["version"]
    body = {"version": version, "values": {"priority": "low"}}
    call(editor, "PATCH", "modules/tickets/records/SCEN-5/", body)
    row(editor, "Kept").get_by_role("button", name="Open as sample “Kept”").click()
    expect(editor.get_by_label("Sample:")).to_contain_text("scenario “Kept”")
    expect(drawer(editor)).to_contain_text("1 candidate")
    expect(drawer(editor).get_by_role("button", name="SCEN-5")).to_be_visible()
    drawer(editor).get_by_role("button", name="Scenarios").click()
    drawer(editor).get_by_role("button", name="Run all").click()
    expect(editor.locator("[aria-live=assertive]")).to_have_text("1 of 1 scenarios pass.")
    row(editor, "Kept").get_by_role("button", name="Delete Kept").click()
    row(editor, "Kept").get_by_role("button", name="Delete it for good").click()
    expect(drawer(editor)).to_contain_text("No scenarios yet.")
    assert call(editor, "GET", f"workflows/{pk}/scenarios/")["results"] == []


def test_one_is_written_by_hand_and_what_is_wrong_is_told(editor: Page, said: list[str]) -> None:
    make(editor, "Scenario by hand", DOCUMENT)
    drawer(editor).get_by_role("button", name="Scenarios").click()
    drawer(editor).get_by_role("button", name="Write one as JSON…").click()
    dialog = editor.get_by_role("dialog", name="Save as scenario")
    given = dialog.get_by_label("What is given")
    given.fill("{oops")
    dialog.get_by_role("button", name="Try it").click()
    expect(dialog.get_by_role("alert")).to_contain_text("This is no JSON")
    given.fill('{"record": {"module": "tickets", "key": "X", "values": {"priority": "huge"}}}')
    dialog.get_by_role("button", name="Try it").click()
    expect(dialog.get_by_role("alert")).to_contain_text("is not among the choices")
    given.fill(
        '{"record": {"module": "tickets", "key": "X",'
        ' "values": {"title": "By hand", "priority": "urgent", "status": "open"}}}'
    )
    dialog.get_by_role("button", name="Try it").click()
    dialog.get_by_label("Name").fill("By hand")
    dialog.get_by_role("button", name="Save scenario").click()
    expect(row(editor, "By hand")).to_contain_text("passes")
    assert [text for text in said if REFUSED not in text] == []
    said.clear()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_dialog_and_the_list(editor: Page, scheme: Any) -> None:
    editor.emulate_media(color_scheme=scheme)
    key = f"SCEN-{scheme}"
    ticket(editor, key, "urgent")
    make(editor, f"Scenarios {scheme}", DOCUMENT)
    look_at(editor, key)
    drawer(editor).get_by_role("button", name=f"Save as scenario: {key}").click()
    dialog = editor.get_by_role("dialog", name="Save as scenario")
    expect(dialog.get_by_role("button", name="Save scenario")).to_be_visible()
    assert violations(editor) == []
    dialog.get_by_role("radio", name="It should not:").check()
    dialog.get_by_role("button", name="Save scenario").click()
    expect(row(editor, key)).to_contain_text("fails")
    assert violations(editor) == []
    editor.set_viewport_size({"width": 390, "height": 844})
    expect(row(editor, key)).to_be_visible()
    assert editor.evaluate("document.documentElement.scrollWidth <= innerWidth")
