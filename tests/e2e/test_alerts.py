"""A real worker fails, a real ticker notices, and the page says so, until it is taken note of, mended, and over."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Page, expect

from .conftest import sign_in, violations
from .editing import call
from .test_destinations import picture

LARGE = {f"v{number}": "x" * 7_000 for number in range(40)}
"""More than the variables of a run may hold, so that the step that keeps them fails."""


def document(values: dict[str, str]) -> dict[str, object]:
    return {
        "schema": 1,
        "nodes": [
            {"id": "t1", "type": "trigger.manual", "config": {}},
            {"id": "v1", "type": "action.set_variable", "title": "Keep", "config": {"values": values}},
        ],
        "edges": [{"from": "t1", "to": "v1"}],
        "layout": {},
    }


@pytest.fixture
def failing(page: Page) -> int:
    """A workflow of an admin's that acts, and whose every run fails."""
    sign_in(page, "ada")
    made = call(page, "POST", "workflows/", {"name": "Keeps too much", "document": document(LARGE)})
    pk = int(made["id"])
    call(page, "POST", f"workflows/{pk}/publish/", {})
    call(page, "POST", f"workflows/{pk}/promote/", {"break_glass": True, "reason": "Only a test of alerts"})
    return pk


def test_a_failure_is_told_within_a_minute_and_the_breaker_stops_what_goes_wrong(
    page: Page, failing: int
) -> None:
    page.goto("/alerts/")
    page.get_by_role("button", name="Watch something…").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Watch something")
    dialog.get_by_label("Of which workflow").select_option(label="Keeps too much")
    dialog.get_by_role("textbox", name="Name").fill("Two in a row")
    dialog.get_by_label("Raised at (failed runs)").fill("2")
    dialog.get_by_label("Take the workflow back to simulate").check()
    expect(dialog.get_by_role("status")).to_have_text(
        "The owner is told once when there are 2 failed runs in 15 minutes, and again when there are 0 or less."
        " The workflow is taken back to simulate."
    )
    dialog.get_by_label("People, in the app and by mail (user names)").fill("noor")
    dialog.get_by_role("button", name="Add").click()
    expect(dialog.get_by_role("status")).to_contain_text("The owner and noor are told once")
    dialog.get_by_role("button", name="Remove noor").click()
    dialog.get_by_role("checkbox", name="CRM").check()
    expect(dialog.get_by_text("other destinations that subscribe to alerts")).to_be_visible()
    assert violations(page) == []
    picture(page, "alert-rule")
    dialog.get_by_label("Raised at (failed runs)").focus()
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("row", name="Two in a row")).to_contain_text("taken back to simulate")
    expect(page.get_by_role("row", name="Two in a row")).to_contain_text("the owner and CRM")

    for _ in range(2):
        call(page, "POST", f"workflows/{failing}/run/", {})
    expect(page.get_by_role("button", name=re.compile("^Notifications"))).to_be_visible()
    until = time.monotonic() + 60
    while not call(page, "GET", f"alerts/?open=true&workflow={failing}")["results"]:
        assert time.monotonic() < until, "no alert within a minute"
        page.wait_for_timeout(500)
    page.goto(f"/alerts/?workflow={failing}")
    row = page.get_by_role("list", name="Alerts that go on").get_by_role("listitem")
    expect(row).to_contain_text("Keeps too much: 2 runs failed in 15 minutes")
    row.get_by_role("button", name="Take note…").click()
    noting = page.get_by_role("dialog", name="Take note")
    noting.get_by_label("Reason (optional)").fill("Mending it")
    noting.get_by_role("button", name="Take note").click()
    expect(row).to_contain_text("ada has taken note just now: “Mending it”.")
    row.get_by_label("Set aside for").select_option("4")
    expect(row).to_contain_text("Set aside until")
    assert violations(page) == []
    page.evaluate("() => { document.documentElement.dataset.theme = 'dark' }")
    assert violations(page) == []
    picture(page, "alerts")

    page.goto(f"/workflows/{failing}/runs/")
    banner = page.get_by_role("complementary", name="Breaker")
    expect(banner).to_contain_text("Taken back to simulate. 2 runs failed in 15 minutes.")
    assert violations(page) == []
    picture(page, "breaker")
    banner.get_by_role("button", name="Let it act again…").click()
    asking = page.get_by_role("dialog", name="Let it act again")
    asking.get_by_label("Reason").fill("It is mended")
    asking.get_by_role("button", name="Let it act").click()
    expect(banner.get_by_role("status")).to_have_text("It acts again.")
    assert call(page, "GET", f"workflows/{failing}/")["mode"] == "execute"
    call(page, "DELETE", f"workflows/{failing}/")


def test_a_standstill_is_planned_and_called_off_and_a_workflow_says_what_holds_it(page: Page) -> None:
    sign_in(page, "ada")
    made = call(page, "POST", "workflows/", {"name": "Stands still", "document": document({"v": "1"})})
    call(page, "POST", f"workflows/{made['id']}/publish/", {})
    page.goto("/alerts/")
    page.get_by_role("button", name="Let something stand still…").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Let something stand still")
    dialog.get_by_role("combobox", name="What").select_option("workflow")
    dialog.get_by_role("combobox", name="Which workflow").select_option(label="Stands still")
    dialog.get_by_role("textbox", name="Why").fill("The shop moves")
    dialog.get_by_label("From (empty: now)").fill("2099-03-29T22:00")
    dialog.get_by_label("To (empty").fill("2099-04-30T02:00")
    dialog.get_by_label("Only in windows that come again").check()
    dialog.get_by_label("Sunday").uncheck()
    dialog.get_by_label("By the clock of (time zone)").fill("Europe/Berlin")
    assert violations(page) == []
    picture(page, "standstill-windows")
    dialog.get_by_role("button", name="Stand still").click()
    planned = page.get_by_role("listitem").filter(has_text="Planned: The shop moves")
    expect(planned).to_contain_text(
        "“Stands still”, Mon, Tue, Wed, Thu, Fri, Sat 22:00–06:00, Europe/Berlin; next from"
    )
    assert violations(page) == []
    page.evaluate("() => { document.documentElement.dataset.theme = 'dark' }")
    assert violations(page) == []
    picture(page, "standstills")
    planned.get_by_role("button", name="Call off… The shop moves").click()
    dialog = page.get_by_role("dialog", name="Call off “The shop moves”")
    expect(dialog).to_contain_text("nothing waits for it")
    dialog.get_by_role("button", name="Call off").click()
    expect(planned).to_be_hidden()

    page.goto(f"/workflows/{made['id']}/settings/")
    page.get_by_role("button", name="Let it stand still…").click()
    dialog = page.get_by_role("dialog", name="Let “Stands still” stand still")
    dialog.get_by_role("textbox", name="Why").fill("The mail is down")
    dialog.get_by_role("button", name="Stand still").click()
    held = page.get_by_role("listitem").filter(has_text="“Stands still” stands still: The mail is down")
    expect(held).to_contain_text("until somebody lets it go on")
    assert violations(page) == []
    picture(page, "standstill-settings")
    call(page, "POST", f"workflows/{made['id']}/run/", {})
    page.goto(f"/workflows/{made['id']}/")
    expect(page.get_by_role("link", name="Stands still", exact=True)).to_be_visible()
    page.goto(f"/diagnosis/{made['id']}/")
    expect(page.get_by_text("“Stands still” stands still: The mail is down").first).to_be_visible()
    page.get_by_role("link", name="Let “Stands still” go on", exact=True).click()
    held.get_by_role("button", name="Go on… The mail is down").click()
    page.get_by_role("dialog", name="Let “Stands still” go on").get_by_role("button", name="Go on").click()
    expect(held).to_be_hidden()
    call(page, "DELETE", f"workflows/{made['id']}/")
