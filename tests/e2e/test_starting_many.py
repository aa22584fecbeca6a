"""Records are selected on their page, and a workflow is started by hand on all of them."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from .conftest import violations
from .editing import call


@pytest.fixture
def orders(signed_in: Page) -> Iterator[str]:
    """Four new paid orders, on the page that shows only them; the approval gate can be started on orders. Answers what
    their keys begin with."""
    page = signed_in
    name = f"E2E-{time.monotonic_ns()}"
    for number in range(4):
        values = {"status": "draft", "amount": "10.00", "customer": name}
        key = f"{name}-{number}"
        made = call(page, "POST", "modules/orders/records/", {"key": key, "values": values})
        paid = {"version": made["version"], "values": {"status": "paid"}}
        call(page, "PATCH", f"modules/orders/records/{key}/", paid)
    flow = call(page, "GET", "workflows/?search=Approval gate")["results"][0]["id"]
    page.goto(f"/records/orders/?customer={name}")
    expect(page.get_by_role("row", name=f"{name}-0")).to_be_visible()
    yield name
    call(page, "PATCH", f"workflows/{flow}/", {"limits": {}})


def test_rows_are_selected_by_keys_and_the_runs_are_found(signed_in: Page, orders: str) -> None:
    page = signed_in
    bar = page.get_by_role("status").filter(has_text="selected")
    start = page.get_by_role("button", name="Start a workflow…")
    expect(bar).to_have_text("None selected")
    expect(start).to_be_disabled()
    page.get_by_role("checkbox", name=f"Select {orders}-3").focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(bar).to_have_text("2 selected")
    expect(page.get_by_role("checkbox", name=f"Select {orders}-2")).to_be_checked()
    assert violations(page) == []
    start.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Start a workflow on 2 records")
    dialog.get_by_label("Workflow").select_option(label="Approval gate: refunds")
    expect(dialog.get_by_role("status")).to_contain_text("It begins on 2 records at once. Up to 100")
    assert violations(page) == []
    dialog.get_by_role("button", name="Start", exact=True).click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_text("2 records are handed to “Approval gate: refunds”.")).to_be_visible()
    expect(bar).to_have_text("None selected")
    page.get_by_role("link", name="See their runs").click()
    expect(page.get_by_role("heading", level=1, name="Runs of Approval gate: refunds")).to_be_visible()
    rows = page.get_by_role("region", name="Runs").get_by_role("row")
    expect(rows.filter(has_text=orders)).to_have_count(2, timeout=30_000)
    assert "events=" in page.url


def test_all_between_two_clicks_are_selected_and_all_that_are_shown(signed_in: Page, orders: str) -> None:
    page = signed_in
    bar = page.get_by_role("status").filter(has_text="selected")
    page.get_by_role("checkbox", name=f"Select {orders}-3").click()
    page.get_by_role("checkbox", name=f"Select {orders}-1").click(modifiers=["Shift"])
    expect(bar).to_have_text("3 selected")
    page.get_by_role("checkbox", name="Select all that are shown").click()
    expect(bar).to_have_text("4 selected")
    page.get_by_role("checkbox", name="Select all that are shown").click()
    expect(bar).to_have_text("None selected")


def test_above_the_cap_it_says_so_before_and_the_question_is_linked(signed_in: Page, orders: str) -> None:
    page = signed_in
    flow = call(page, "GET", "workflows/?search=Approval gate")["results"][0]["id"]
    call(page, "PATCH", f"workflows/{flow}/", {"limits": {"blast_radius": 3}})
    page.get_by_role("checkbox", name="Select all that are shown").click()
    page.get_by_role("button", name="Start a workflow…").click()
    dialog = page.get_by_role("dialog", name="Start a workflow on 4 records")
    dialog.get_by_label("Workflow").select_option(label="Approval gate: refunds")
    expect(dialog.get_by_role("status")).to_contain_text(
        "4 runs at once; 3 are allowed. If the trigger takes all"
    )
    assert violations(page) == []
    dialog.get_by_role("button", name="Ask to start").click()
    expect(page.get_by_text("What is above the limit waits for approval:")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="Approvals").click()
    question = page.get_by_role("listitem").filter(has_text="Start 4 runs of “Approval gate: refunds”?")
    expect(question.first).to_be_visible(timeout=30_000)
    (run,) = call(page, "GET", f"runs/?workflow={flow}&record={orders}-0")["results"]
    assert (run["status"], run["hold"] is not None) == ("waiting", True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_telephone_and_axe_finds_nothing(signed_in: Page, orders: str, scheme: str) -> None:
    page = signed_in
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("checkbox", name=f"Select {orders}-1").click()
    assert violations(page) == []
    page.get_by_role("button", name="Start a workflow…").click()
    expect(page.get_by_role("dialog").get_by_role("status")).to_contain_text("1 record")
    assert violations(page) == []
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
