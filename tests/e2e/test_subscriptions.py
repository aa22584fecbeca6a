"""A destination is subscribed to events of the product by its page, told of one by a real worker, and its failures are sent anew."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from .conftest import sign_in, violations
from .editing import call
from .test_destinations import picture


def test_a_destination_is_subscribed_and_what_failed_is_sent_anew(page: Page) -> None:
    sign_in(page, "ada")
    # A name that leads nowhere: what is sent there fails at once, and nothing leaves this machine.
    made = {
        "key": "watch",
        "name": "The watch",
        "url": "https://watch.invalid/hooks",
        "max_attempts": 1,
    }
    call(page, "POST", "webhooks/destinations/", made)
    workflow = call(page, "POST", "workflows/", {"name": "Watched"})
    page.goto("/webhooks/destinations/watch/")
    expect(page.get_by_text("Nothing is told here by itself")).to_be_visible()
    page.get_by_role("button", name="Subscribe…").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Subscribe the destination")
    dialog.get_by_label("A workflow was paused").press("Space")
    dialog.get_by_role("combobox", name="Of", exact=True).select_option("one workflow")
    dialog.get_by_role("combobox", name="Workflow", exact=True).select_option("Watched")
    assert violations(page) == []
    picture(page, "subscription-dialog")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Subscribe…").click()
    dialog.get_by_role("button", name="Subscribe", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("Choose at least one event")
    dialog.get_by_label("A workflow was paused").check()
    dialog.get_by_role("combobox", name="Of", exact=True).select_option("one workflow")
    dialog.get_by_role("combobox", name="Workflow", exact=True).select_option("Watched")
    dialog.get_by_role("button", name="Subscribe", exact=True).click()
    row = page.get_by_role("region", name="Subscriptions").get_by_role("row").last
    expect(row).to_contain_text("A workflow was paused")
    expect(row).to_contain_text("Watched")

    call(page, "POST", f"workflows/{workflow['id']}/pause/", {"reason": "Too loud"})
    deliveries = page.get_by_role("region", name="Deliveries")
    expect(deliveries.get_by_role("row").last).to_contain_text("given up", timeout=30_000)
    deliveries.get_by_role("button", name="Send many anew…").click()
    many = page.get_by_role("dialog", name="Send many anew")
    expect(many.get_by_role("status")).to_have_text("1 delivery would be sent anew.")
    assert violations(page) == []
    picture(page, "send-many-anew")
    many.get_by_role("button", name="Send anew").click()
    expect(deliveries.get_by_role("list", name="Sent anew")).to_contain_text(
        "0 taken, 1 not, 0 to go", timeout=30_000
    )
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    picture(page, "destination-narrow")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert violations(page) == []
    picture(page, "destination-subscribed")
    row.get_by_role("button", name="End").click()
    expect(page.get_by_text("Nothing is told here by itself")).to_be_visible()
