"""What a test is about: records, past events, pasted data; and why a record is no candidate."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from .editing import call, make, node, pick, saved

NO_SUCH_PAGE = "the server responded with a status of 404"
DOCUMENT: dict[str, Any] = {
    "schema": 1,
    "nodes": [
        {
            "id": "t1",
            "type": "trigger.record",
            "config": {
                "module": "tickets",
                "on": ["created"],
                "filter": {"field": "priority", "op": "eq", "value": "urgent"},
            },
        },
        {
            "id": "c1",
            "type": "condition.if",
            "title": "Open?",
            "config": {"rule": {"field": "status", "op": "eq", "value": "open"}},
        },
        {"id": "a1", "type": "action.comment", "title": "Say it", "config": {"text": "{{ record.title }}"}},
    ],
    "edges": [{"from": "t1", "to": "c1"}, {"from": "c1", "to": "a1", "branch": "true"}],
    "layout": {},
}


@pytest.fixture
def editor(signed_in: Page) -> Page:
    signed_in.set_viewport_size({"width": 1440, "height": 900})
    return signed_in


def ticket(page: Page, key: str, priority: str) -> None:
    values = {"title": f"Ticket {key}", "status": "open", "priority": priority, "category": "network"}
    call(page, "POST", "modules/tickets/records/", {"key": key, "values": values})


def test_a_record_that_is_no_candidate_says_which_part_failed_and_what_it_saw(editor: Page) -> None:
    ticket(editor, "WHY-1", "low")
    ticket(editor, "WHY-2", "urgent")
    pk = make(editor, "Why not", DOCUMENT)
    editor.get_by_role("button", name="Run test").click()
    answer = call(editor, "POST", f"workflows/{pk}/run-test/", {"version": "draft", "records": "live"})
    found = answer["candidates"]
    drawer = editor.get_by_role("region", name="Results")
    expect(drawer).to_contain_text(f"{found['total']} candidates")
    expect(drawer).to_contain_text(f"not selected: {found['records'] - found['total']}")
    drawer.get_by_label("Why not this record?").fill("WHY-1")
    editor.keyboard.press("Enter")
    expect(drawer.get_by_role("status").last).to_contain_text(
        'WHY-1 is no candidate. The filter does not hold: “priority is "urgent"” is false, the value is "low".'
    )
    drawer.get_by_label("Why not this record?").fill("WHY-2")
    drawer.get_by_role("button", name="Why not?").click()
    expect(drawer.get_by_role("status").last).to_contain_text(
        "is a candidate: Record event → Open? (true) → Say it."
    )


def test_a_record_that_is_not_there_says_so(editor: Page, said: list[str]) -> None:
    make(editor, "Why not nobody", DOCUMENT)
    editor.get_by_role("button", name="Run test").click()
    editor.get_by_label("Why not this record?").fill("NOBODY")
    editor.get_by_role("button", name="Why not?").click()
    expect(editor.get_by_role("status").last).to_contain_text("have no record “NOBODY”")
    assert [text for text in said if NO_SUCH_PAGE not in text] == []
    said.clear()


def test_the_tested_path_is_walked_by_keys_and_says_what_each_step_would_do(editor: Page) -> None:
    ticket(editor, "STEP-1", "urgent")
    make(editor, "Step through", DOCUMENT)
    editor.get_by_label("Sample:").select_option("record")
    pick(editor, "STEP-1")
    editor.get_by_role("button", name="Run test").click()
    editor.get_by_role("button", name="STEP-1", exact=True, pressed=False).click()
    node(editor, "t1").focus()
    editor.keyboard.press("Space")
    editor.keyboard.press("]")
    tested = editor.get_by_role("region", name="In the test")
    expect(tested).to_contain_text("It saw: status is open")
    editor.keyboard.press("]")
    expect(tested).to_contain_text("Comment: Ticket STEP-1")
    editor.keyboard.press("[")
    expect(tested).to_contain_text("It saw: status is open")


def test_a_past_event_and_pasted_data_are_tested_as_they_are(editor: Page, said: list[str]) -> None:
    ticket(editor, "EVENT-1", "urgent")
    make(editor, "Events", DOCUMENT)
    editor.get_by_label("Sample:").select_option("event")
    pick(editor, "record.created EVENT-1")
    expect(editor.get_by_label("Sample:")).to_contain_text("of EVENT-1")
    editor.get_by_role("button", name="Run test").click()
    expect(
        editor.get_by_role("region", name="Results").get_by_role("button", name="EVENT-1", exact=True)
    ).to_be_visible()
    editor.get_by_label("Sample:").select_option("paste")
    dialog = editor.get_by_role("dialog", name="Paste the data of an event")
    dialog.get_by_label("JSON").fill("{oops")
    dialog.get_by_role("button", name="Take it").click()
    expect(dialog.get_by_role("alert")).to_contain_text("This is no JSON")
    dialog.get_by_label("JSON").fill('{"amount": 12}')
    dialog.get_by_role("button", name="Take it").click()
    expect(editor.get_by_label("Sample:")).to_contain_text("pasted data")
    editor.get_by_role("button", name="Run test").click()
    expect(editor.get_by_role("region", name="Results")).to_contain_text(re.compile("scope|record"))
    assert said == []


def test_a_sample_never_shows_on_the_page_of_a_run(editor: Page) -> None:
    ticket(editor, "MARKER-77", "urgent")
    make(editor, "Leak", DOCUMENT)
    editor.get_by_label("Sample:").select_option("record")
    pick(editor, "MARKER-77")
    node(editor, "a1").click()
    saved(editor)
    run = call(editor, "GET", "runs/?limit=50")["results"]
    other = next(one for one in run if one["record"] != "MARKER-77")
    editor.goto(f"/runs/{other['id']}/?view=data")
    expect(editor.get_by_role("tree", name="Event")).to_be_visible()
    assert "MARKER-77" not in editor.content()


def test_a_text_is_read_with_the_sample_while_data_is_picked_by_keys_and_by_mouse(editor: Page) -> None:
    ticket(editor, "PICK-1", "urgent")
    make(editor, "Data", DOCUMENT)
    editor.get_by_label("Sample:").select_option("event")
    pick(editor, "record.created PICK-1")
    node(editor, "a1").click()
    text = editor.locator("#field-a1-text")
    reads = editor.locator(".reads")
    expect(reads).to_contain_text("Reads: Ticket PICK-1", use_inner_text=True)
    text.fill("Of ")
    text.press("End")
    text.press_sequentially("{{ pri")
    options = editor.get_by_role("listbox", name="Data").get_by_role("option")
    expect(options.first).to_contain_text("record.priority")
    expect(options.first).to_contain_text("urgent")
    text.press("Enter")
    expect(text).to_have_value("Of {{ record.priority }}")
    expect(reads).to_contain_text("Of urgent")
    editor.get_by_role("button", name="Insert data into Text").click()
    text.press_sequentially("due")
    expect(options.first).to_contain_text("no value here")
    text.press("Escape")
    text.press("Control+a")
    editor.get_by_role("button", name="Insert data into Text").click()
    text.press_sequentially("event.ty")
    expect(options.first).to_contain_text("record.created")
    options.first.click()
    expect(text).to_have_value("{{ event.type }}")
    expect(reads).to_contain_text("record.created")
    text.fill("{{ variables.tier }} {{ record.due_at }}")
    expect(reads.locator("code.without")).to_have_text(["variables.tier", "record.due_at"])


def test_no_candidate_says_which_records_fail_at_one_part_alone(editor: Page) -> None:
    rule = {
        "all": [
            {"field": "status", "op": "eq", "value": "open"},
            {"field": "category", "op": "eq", "value": "of the moon"},
        ]
    }
    trigger = {**DOCUMENT["nodes"][0], "config": {**DOCUMENT["nodes"][0]["config"], "filter": rule}}
    pk = make(editor, "Nearest", {**DOCUMENT, "nodes": [trigger, *DOCUMENT["nodes"][1:]]})
    editor.keyboard.press("Control+Enter")
    drawer = editor.get_by_role("region", name="Results")
    expect(drawer).to_contain_text("tickets match.")
    body = {"version": "draft", "records": "live"}
    (near,) = call(editor, "POST", f"workflows/{pk}/run-test/", body)["candidates"]["nearest"]
    told = drawer.get_by_role("list", name="Nearest")
    expect(told).to_contain_text(f"Nearest: {near['total']} fail only at Category")
    expect(told).to_contain_text("of the moon")
    expect(told.get_by_role("link")).to_have_text([one["record"] for one in near["records"]])
    drawer.get_by_role("button", name="Change the rule").click()
    expect(editor.locator("#field-t1-filter")).to_be_focused()
