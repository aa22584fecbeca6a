"""The policy library in a real Chromium: made, looked at, revised after its impact was seen; extracted in the editor."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from .conftest import violations
from .editing import call, draft, make, node, saved

RULE: dict[str, Any] = {
    "all": [{"field": "priority", "op": "in", "value": ["normal", "high"]}]
}  # nobody else's, whatever other tests have left
URGENT: dict[str, Any] = {"all": [{"field": "priority", "op": "in", "value": ["urgent"]}]}


def document(rule: Any) -> dict[str, Any]:
    return {
        "schema": 1,
        "nodes": [
            {"id": "t1", "type": "trigger.record", "config": {"module": "tickets", "on": ["created"]}},
            {"id": "c1", "type": "condition.if", "title": "Pressing?", "config": {"rule": rule}},
            {"id": "a1", "type": "action.comment", "title": "Say it", "config": {"text": "Now."}},
        ],
        "edges": [{"from": "t1", "to": "c1"}, {"from": "c1", "to": "a1", "branch": "true"}],
        "layout": {},
    }


@pytest.fixture
def library(signed_in: Page) -> Page:
    signed_in.set_viewport_size({"width": 1440, "height": 900})
    return signed_in


def test_a_policy_is_made_used_and_revised_after_its_impact_was_seen(library: Page) -> None:
    page = library
    page.goto("/conditions/")
    page.get_by_role("link", name="New policy").click()
    page.get_by_label("Name", exact=True).fill("Pressing ticket")
    expect(page.get_by_label("Key (workflows")).to_have_value("pressing-ticket")
    page.get_by_label("Module").select_option("tickets")
    page.get_by_role("button", name="Add condition").click()
    page.get_by_label("Field").select_option("priority")
    page.get_by_label("Value").first.select_option("urgent")
    page.get_by_role("button", name="Explain").click()
    expect(page.get_by_text("records match")).to_be_visible()
    page.get_by_role("button", name="Make the policy").click()
    expect(page.get_by_role("heading", level=1, name="Pressing ticket")).to_be_visible()
    expect(page.get_by_role("heading", name="Used by 0")).to_be_visible()
    pk = make(page, "Pressing", document({"policy": "pressing-ticket"}))
    call(page, "POST", f"workflows/{pk}/publish/", {"mode": "simulate", "note": ""})

    page.goto("/conditions/")
    row = page.get_by_role("row", name="Pressing ticket")
    expect(row).to_contain_text("priya")
    row.get_by_role("link").click()
    expect(page.get_by_role("heading", name="Used by 1")).to_be_visible()
    expect(page.get_by_role("region", name="Used by", exact=True)).to_contain_text("version 1, revision 1")
    page.get_by_label("Operator").select_option("ne")
    expect(page.get_by_role("button", name="Publish revision 2")).to_have_count(0)
    page.get_by_role("button", name="Look at the impact").click()
    table = page.get_by_role("region", name="Impact on workflows")
    expect(table.get_by_role("row", name="Pressing?: true")).to_be_visible()
    page.get_by_label("Operator").select_option("is_not_empty")
    expect(page.get_by_text("The rule was changed since")).to_be_visible()
    expect(page.get_by_role("button", name="Publish revision 2")).to_have_count(0)
    page.get_by_role("button", name="Look at the impact").click()
    rule = {"all": [{"field": "priority", "op": "is_not_empty"}]}
    impact = call(page, "POST", "policies/pressing-ticket/impact/", {"rule": rule})
    told = impact["workflows"][0]["branches"][0]
    shown = table.get_by_role("row", name="Pressing?: true")
    expect(shown.get_by_role("cell").nth(1)).to_have_text(str(told["before"]))
    expect(shown.get_by_role("cell").nth(2)).to_have_text(str(told["after"]))
    expect(shown).to_contain_text(f"+{told['gained']}")
    assert violations(page) == []
    page.get_by_role("button", name="Publish revision 2").click()
    expect(page.get_by_role("heading", name="Revision 2, not published")).to_have_count(0)
    expect(page.get_by_role("region", name="Revisions")).to_contain_text("Revision 2")
    expect(page.get_by_role("region", name="Used by", exact=True)).to_contain_text("2 is available")
    page.get_by_role("link", name="version 1").click()
    expect(page.get_by_text("newer revision 2 is available")).to_be_visible()


def test_a_rule_is_extracted_in_one_step_and_undo_puts_it_back(library: Page) -> None:
    page = library
    first = make(page, "Twice one", document(RULE))
    pk = make(page, "Twice two", document(RULE))
    before = draft(page, pk)
    page.get_by_role("button", name="Problems").first.click()
    told = page.get_by_role("region", name="Worth a look")
    expect(told).to_contain_text("This rule stands in")
    expect(told).to_contain_text("“Twice one”")
    told.get_by_role("listitem").filter(has_text="Twice one").get_by_role(
        "button", name="Extract policy…"
    ).click()
    dialog = page.get_by_role("dialog", name="Extract policy")
    dialog.get_by_label("Name").fill("Normal or high")
    expect(dialog).to_contain_text("normal-or-high")
    dialog.get_by_role("button", name="Extract policy").click()
    expect(dialog).to_have_count(0)
    saved(page)
    assert draft(page, pk)["nodes"][1]["config"] == {"rule": {"policy": "normal-or-high"}}
    made = call(page, "GET", "policies/normal-or-high/")
    assert (made["revision"]["rule"], made["owner"]) == (RULE, "priya")

    node(page, "c1").click()
    panel = page.get_by_role("complementary", name="Settings of the chosen step")
    expect(panel.get_by_label("Policy")).to_have_value("normal-or-high")
    expect(panel.get_by_role("link", name="Open")).to_have_attribute("href", "/conditions/normal-or-high/")
    expect(panel.get_by_text("There is no policy")).to_have_count(0)

    node(page, "c1").focus()
    page.keyboard.press("Control+z")
    saved(page)
    assert draft(page, pk)["nodes"] == before["nodes"]
    page.keyboard.press("Control+Shift+z")
    saved(page)
    assert draft(page, pk)["nodes"][1]["config"] == {"rule": {"policy": "normal-or-high"}}

    page.goto(f"/workflows/{first}/")
    page.get_by_role("button", name="Problems").first.click()
    page.get_by_role("button", name="Use policy normal-or-high").click()
    saved(page)
    assert draft(page, first)["nodes"][1]["config"] == {"rule": {"policy": "normal-or-high"}}


def test_the_library_offers_rules_that_stand_twice(library: Page) -> None:
    page = library
    make(page, "Same one", document(URGENT))
    make(page, "Same two", document({"not": {"not": URGENT["all"][0]}}))
    page.goto("/conditions/")
    section = page.get_by_role("region", name="Rules that stand twice")
    entry = section.get_by_role("listitem").filter(has_text="Same one").filter(has_text="Same two").first
    expect(entry).to_contain_text("carry this same rule")
    entry.get_by_role("link", name="Extract policy").click()
    page.get_by_label("Name", exact=True).fill("Most urgent")
    page.get_by_role("button", name="Make the policy").click()
    expect(page.get_by_role("heading", level=1, name="Most urgent")).to_be_visible()
    page.goto("/conditions/")
    expect(section).to_contain_text("The policy most-urgent says the same")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_library_and_nothing_scrolls_sideways(library: Page, scheme: str) -> None:
    page = library
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    key = f"axe-{scheme}"
    call(page, "POST", "policies/", {"key": key, "name": "Axe", "module": "tickets", "rule": URGENT})
    for address, heading in (
        ("/conditions/", "Conditions"),
        ("/conditions/new/", "New policy"),
        (f"/conditions/{key}/", "Axe"),
    ):
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(address)
        expect(page.get_by_role("heading", level=1, name=heading)).to_be_visible()
        page.wait_for_load_state("networkidle")
        assert violations(page) == [], address
        page.set_viewport_size({"width": 390, "height": 800})
        wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not page.evaluate(wide), f"{address} scrolls sideways"
