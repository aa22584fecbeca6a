"""Secrets in a real Chromium: kept, sent by a destination, set anew, taken back, deleted, and never shown."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from .conftest import sign_in, violations
from .editing import call
from .test_webhooks import picture

FIRST, SECOND = "first-value-0123456789", "second-value-0123456789"


def test_a_secret_is_kept_used_set_anew_and_never_shown(page: Page, said: list[str]) -> None:
    sign_in(page, "priya")
    page.goto("/webhooks/")
    page.get_by_role("link", name="Secrets", exact=True).click()
    page.get_by_role("link", name="New secret").click()
    page.get_by_label("Name (what").fill("erp-token")
    page.get_by_label("Value (never").fill(FIRST)
    page.get_by_label("Hosts that").fill("https://erp.example.com/")
    assert violations(page) == []
    picture(page, "secret-new")
    page.get_by_role("button", name="Keep the secret").click()
    expect(page.get_by_role("alert")).to_contain_text("names no host")
    said.clear()  # the browser tells of the refusal, which was asked for
    page.get_by_label("Hosts that").fill("erp.example.com")
    page.get_by_label("Hosts that").press("Tab")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Keep the secret").press("Enter")
    expect(page.get_by_role("heading", level=1, name="erp-token")).to_be_visible()
    body = {
        "key": "erp",
        "name": "The ERP",
        "url": "https://erp.example.com/in",
        "headers": [{"name": "Authorization", "text": "Bearer ", "secret": "erp-token"}],
    }
    call(page, "POST", "webhooks/destinations/", body)
    page.reload()
    expect(page.get_by_role("link", name="The ERP")).to_be_visible()
    expect(page.get_by_role("button", name="Delete…")).to_be_disabled()

    page.get_by_label("New value").fill(SECOND)
    page.get_by_label("The new one expires on").fill("2020-01-01")
    page.get_by_role("button", name="Set the new value").click()
    expect(page.get_by_text("Set. Calls from now on send it.")).to_be_visible()
    expect(page.get_by_label("New value")).to_have_value("")
    expect(page.get_by_text("The value before this one is kept")).to_be_visible()
    expect(page.get_by_text("expired:")).to_be_visible()
    assert violations(page) == []
    picture(page, "secret")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    picture(page, "secret-narrow")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.get_by_role("button", name="Take the value before back").click()
    expect(page.get_by_text("The value before this one is kept")).to_have_count(0)
    page.get_by_label("Hosts that").fill("*.example.com")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert FIRST not in page.content()
    assert SECOND not in page.content()

    page.get_by_role("link", name="Secrets", exact=True).click()
    expect(page.get_by_role("row", name="erp-token")).to_contain_text("*.example.com")
    assert violations(page) == []
    picture(page, "secrets")
    call(page, "PATCH", "webhooks/destinations/erp/", {"headers": []})
    page.get_by_role("link", name="erp-token").click()
    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("button", name="Delete the secret").click()
    expect(page.get_by_role("row", name="crm-token")).to_be_visible()
    expect(page.get_by_role("row", name="erp-token")).to_have_count(0)
