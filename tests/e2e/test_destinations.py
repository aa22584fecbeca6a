"""Destinations and deliveries in a real Chromium: made, sent to by a real worker, failed, sent anew."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .conftest import sign_in, violations
from .editing import call


def picture(page: Page, name: str) -> None:
    """Keeps a picture where PICTURES names a folder: to look at, not to compare."""
    if folder := os.environ.get("PICTURES"):
        for theme in ("light", "dark"):
            page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
            page.screenshot(path=str(Path(folder) / f"{name}-{theme}.png"), full_page=True)
        page.evaluate("() => { document.documentElement.dataset.theme = 'system' }")


@pytest.fixture
def admin(page: Page) -> Page:
    sign_in(page, "ada")
    return page


def test_a_destination_is_made_and_its_deliveries_are_looked_into(admin: Page, said: list[str]) -> None:
    page = admin
    page.goto("/webhooks/")
    page.get_by_role("link", name="Destinations", exact=True).click()
    expect(page.get_by_role("row", name="CRM")).to_contain_text("disabled")
    assert violations(page) == []
    picture(page, "destinations")
    page.get_by_role("link", name="New destination").click()
    page.get_by_label("Name", exact=True).fill("The CRM")
    expect(page.get_by_label("Key (what steps name it by; it stays)")).to_have_value("the-crm")
    page.get_by_label("Address", exact=True).fill("http://169.254.169.254/latest/")
    page.get_by_role("button", name="Make the destination").click()
    expect(page.get_by_role("alert")).to_contain_text("may not be called: metadata")
    said.clear()  # the browser tells of the refusal, which was asked for
    # A name that leads nowhere: the worker looks it up and fails, and nothing leaves this machine.
    page.get_by_label("Address", exact=True).fill("https://crm.invalid/hooks")
    assert violations(page) == []
    picture(page, "destination-new")
    page.get_by_role("button", name="Make the destination").click()
    expect(page.get_by_text("the only time that you see this secret")).to_be_visible()
    assert page.locator(".copyable code").inner_text().startswith("whsec_")
    page.get_by_role("link", name="Go on to the destination").click()
    expect(page.get_by_role("heading", level=1, name="The CRM")).to_be_visible()
    expect(page.get_by_text("Nothing has been sent here yet")).to_be_visible()

    made = call(page, "POST", "workflows/", {"name": "Tells the CRM"})
    document = {
        "schema": 1,
        "nodes": [
            {"id": "t1", "type": "trigger.manual", "config": {}},
            {
                "id": "s1",
                "type": "action.call_webhook",
                "config": {"destination": "the-crm", "type": "order.refunded", "data": {"n": "7"}},
            },
        ],
        "edges": [{"from": "t1", "to": "s1"}],
        "layout": {},
    }
    draft = call(page, "GET", f"workflows/{made['id']}/graph/")
    call(page, "PUT", f"workflows/{made['id']}/graph/", {**document, "revision": draft["revision"]})
    call(page, "POST", f"workflows/{made['id']}/publish/", {})
    call(
        page,
        "POST",
        f"workflows/{made['id']}/promote/",
        {"break_glass": True, "reason": "A test lets it act at once."},
    )
    call(page, "POST", f"workflows/{made['id']}/run/", {})

    deliveries = page.get_by_role("region", name="Deliveries").get_by_role("row")
    expect(deliveries).to_have_count(2, timeout=30_000)
    deliveries.last.get_by_role("link", name="order.refunded").click()
    expect(page.get_by_text("can't be found")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("heading", name="What is sent")).to_be_visible()
    expect(page.locator("pre.peer")).to_contain_text('"type":"order.refunded"')
    expect(page.get_by_role("button", name="Copy as curl")).to_be_visible()
    expect(page.get_by_role("button", name="Resend")).to_be_disabled()
    assert violations(page) == []
    picture(page, "delivery")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    picture(page, "delivery-narrow")
    page.set_viewport_size({"width": 1280, "height": 800})

    page.get_by_role("link", name="The CRM").click()
    page.get_by_text("Settings", exact=True).click()
    page.get_by_label("Calls a minute").fill("30")
    page.get_by_label("Seconds that a call may take").fill("5")
    page.get_by_role("button", name="Add a header").click()
    page.get_by_label("Name of header 1").fill("X-Team")
    page.get_by_label("Text of header 1").fill("operations")
    assert violations(page) == []
    picture(page, "destination-settings")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    picture(page, "destination-narrow")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_text("4 at a time, 30 a minute")).to_be_visible()
    expect(page.get_by_text("X-Team: operations")).to_be_visible()
    page.get_by_role("button", name="Share…").click()
    expect(page.get_by_role("dialog")).to_contain_text("Who may do what with “The CRM”")
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Send a test").click()
    page.get_by_role("link", name="see what c").click()
    expect(page.get_by_text("can't be found")).to_be_visible(timeout=30_000)
    page.get_by_role("link", name="The CRM").click()
    page.get_by_role("button", name="Disable…").click()
    page.get_by_label("Why").fill("The CRM is being moved")
    page.get_by_role("button", name="Disable it").click()
    expect(page.get_by_text("Disabled: nothing is sent here")).to_be_visible()
    expect(page.get_by_text("The CRM is being moved")).to_be_visible()
    assert violations(page) == []
    picture(page, "destination")
    page.get_by_role("button", name="Enable").click()
    expect(page.get_by_text("2 deliveries were given up")).to_be_visible()
    page.get_by_role("button", name="Send all anew that it missed").click()
    # The test is tried once; the other waits for its next attempt.
    expect(page.get_by_text("1 of 2 sent anew")).to_be_visible(timeout=30_000)
    picture(page, "destination-recovering")
    page.get_by_role("button", name="Make a new secret").click()
    expect(page.get_by_text("the only time that you see this secret")).to_be_visible()
    page.get_by_role("region", name="Deliveries").get_by_role("link", name="order.refunded").click()
    expect(page.get_by_text("Attempt 2")).to_be_visible(timeout=30_000)


def test_a_destination_that_moved_is_told_on_the_pages_of_who_calls_it(admin: Page) -> None:
    page = admin
    where = "webhooks/destinations/"
    call(page, "POST", where, {"key": "bill", "name": "Billing", "url": "https://bill.invalid/hooks"})
    pk = call(page, "POST", "workflows/", {"name": "Tells billing"})["id"]
    nodes = [
        {"id": "t1", "type": "trigger.manual", "config": {}},
        {"id": "s1", "type": "action.call_webhook", "config": {"destination": "bill"}},
    ]
    document = {"schema": 1, "nodes": nodes, "edges": [{"from": "t1", "to": "s1"}], "layout": {}}
    revision = call(page, "GET", f"workflows/{pk}/graph/")["revision"]
    call(page, "PUT", f"workflows/{pk}/graph/", {**document, "revision": revision})
    call(page, "POST", f"workflows/{pk}/publish/", {})
    page.goto(f"/workflows/{pk}/versions/")
    expect(page.get_by_text("calls the destination “bill”, unchanged since")).to_be_visible()

    call(page, "PATCH", f"{where}bill/", {"url": "https://elsewhere.invalid/hooks"})
    page.goto(f"/workflows/{pk}/versions/?from=1&to=draft")
    banner = page.get_by_role("complementary", name="What it calls has changed")
    expect(banner).to_contain_text("its address changed, last by ada on")
    beside = page.get_by_role("list", name="Beside the steps")
    expect(beside).to_contain_text("The destination “bill” is not what it was: its address changed.")
    assert violations(page) == []
    picture(page, "versions-changed-outside")
    page.goto(f"/workflows/{pk}/promote/")
    gate = page.get_by_role("list", name="The gate")
    expect(gate).to_contain_text("What it calls is as it was published")
    expect(banner).to_be_visible()
    picture(page, "gate-changed-outside")
    call(page, "POST", f"workflows/{pk}/publish/", {})
    page.reload()
    expect(gate).to_contain_text("“bill”: nothing changed since the version was published.")
    expect(banner).to_have_count(0)
