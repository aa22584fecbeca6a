"""Work above the blast radius waits in the inbox with its records; the page of the trail shows who let it go."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from .conftest import violations
from .editing import call
from .test_approvals import asked, sam  # noqa: F401 (sam is a fixture)


def held(page: Page, keys: list[str]) -> int:
    """A firing of the approval gate on these orders, which are paid, one more than its cap; answers the workflow."""
    for key in keys:
        values = {"status": "draft", "amount": "10.00", "customer": "Ada Ltd"}
        made = call(page, "POST", "modules/orders/records/", {"key": key, "values": values})
        paid = {"version": made["version"], "values": {"status": "paid"}}
        call(page, "PATCH", f"modules/orders/records/{key}/", paid)
    flow = call(page, "GET", "workflows/?search=Approval gate")["results"][0]["id"]
    call(page, "PATCH", f"workflows/{flow}/", {"limits": {"blast_radius": len(keys) - 1}})
    call(page, "POST", f"workflows/{flow}/run-many/", {"records": keys})
    return int(flow)


def test_a_held_firing_is_shown_with_its_records_and_ended_with_a_reason(
    signed_in: Page,
    sam: Page,  # noqa: F811
) -> None:
    keys = [f"E2E-H{number}" for number in range(5)]  # no other test asks for so many
    flow = held(signed_in, keys)
    sam.goto("/approvals/")
    row = sam.get_by_role("listitem").filter(has_text="Start 5 runs of “Approval gate: refunds”?")
    expect(row).to_contain_text("5 runs at once; 4 are allowed", timeout=15_000)
    row.get_by_role("link").first.click()
    expect(sam.get_by_role("list", name="What they are about")).to_contain_text("E2E-H0")
    expect(sam.get_by_text("5 held, above 4")).to_be_visible()
    assert violations(sam) == []
    sam.get_by_label("Ask or answer something; those concerned are told").fill("All of them?")
    sam.get_by_role("button", name="Ask a question").click()
    expect(sam.get_by_text("All of them?").first).to_be_visible()
    sam.get_by_label("Reason (needed to reject)").fill("Too many at once.")
    sam.get_by_role("button", name="Reject", exact=True).click()
    expect(sam.locator(".heading .chip")).to_contain_text("Rejected")
    runs = call(signed_in, "GET", f"runs/?workflow={flow}&record=E2E-H0")["results"]
    assert (runs[0]["status"], runs[0]["failure_code"]) == ("cancelled", "blast-radius-rejected")
    call(signed_in, "PATCH", f"workflows/{flow}/", {"limits": {}})


def test_rows_are_selected_and_decided_by_keys(signed_in: Page, sam: Page) -> None:  # noqa: F811
    for key in ("E2E-K1", "E2E-K2"):
        asked(signed_in, key)
    sam.goto("/approvals/")
    first = sam.get_by_role("listitem").filter(has_text="order E2E-K2")
    expect(first).to_be_visible(timeout=15_000)
    first.get_by_role("link").focus()
    sam.keyboard.press("x")
    sam.keyboard.press("j")
    sam.keyboard.press("x")
    expect(sam.get_by_text("2 selected")).to_be_visible()
    sam.keyboard.press("a")
    dialog = sam.get_by_role("dialog", name="Approve 2 questions")
    expect(dialog.locator("ins")).to_have_count(2)
    assert violations(sam) == []
    dialog.get_by_role("button", name="Approve", exact=True).click()
    expect(dialog).to_be_hidden()
    for key in ("E2E-K1", "E2E-K2"):
        expect(sam.get_by_role("listitem").filter(has_text=key)).to_have_count(0)


@pytest.mark.parametrize("width", [1280, 390])
def test_the_trail_shows_what_differs_is_filtered_and_verified(
    signed_in: Page, said: list[str], width: int
) -> None:
    signed_in.set_viewport_size({"width": width, "height": 844})
    signed_in.goto("/audit/?action=workflow.updated")
    flow: Any = call(signed_in, "GET", "workflows/?search=Approval gate")["results"][0]["id"]
    call(signed_in, "PATCH", f"workflows/{flow}/", {"runbook_url": f"https://example.org/{width}"})
    signed_in.reload()
    row = signed_in.get_by_role("row").filter(has_text=f"https://example.org/{width}").first
    expect(row).to_contain_text("workflow.updated")
    expect(row.locator("ins")).to_contain_text(f"https://example.org/{width}")
    expect(signed_in.get_by_role("link", name="Export CSV")).to_have_attribute(
        "href", re.compile(r"audit/export/\?action=workflow\.updated$")
    )
    signed_in.get_by_role("button", name="Verify the chain").click()
    expect(signed_in.get_by_role("status").filter(has_text=re.compile("whole|may not see"))).to_be_visible()
    assert violations(signed_in) == []
    assert signed_in.evaluate("document.documentElement.scrollWidth <= innerWidth")
    said[:] = [line for line in said if "status of 403" not in line]  # who may not see the whole is told so
