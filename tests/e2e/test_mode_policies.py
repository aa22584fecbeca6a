"""Admins say on a page where nothing may act; whom it binds is told there and on each of their pages."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from .conftest import PATIENCE_MS, sign_in, violations
from .editing import call


def picture(page: Page, name: str) -> None:
    """Keeps a picture where PICTURES names a folder: to look at, not to compare."""
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


@pytest.fixture
def ada(browser: Browser, site: str, said: list[str]) -> Iterator[Page]:
    """An admin, in a browser of her own, where no policy holds before and after."""
    context = browser.new_context(base_url=site, viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE_MS)
    opened = context.new_page()
    opened.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    sign_in(opened, "ada")
    yield opened
    for policy in call(opened, "GET", "mode-policies/")["results"]:
        call(opened, "POST", f"mode-policies/{policy['id']}/lift/", {"reason": "Only a test"})
    context.close()


def test_one_is_set_by_keys_tells_whom_it_binds_and_is_ended_with_a_reason(
    ada: Page, signed_in: Page, said: list[str]
) -> None:
    ada.get_by_role("button", name="Your menu").click()
    ada.get_by_role("link", name="Mode policies").click()
    expect(ada.get_by_role("heading", level=1, name="Mode policies")).to_be_focused()
    expect(ada.get_by_text("No mode policy holds.")).to_be_visible()
    ada.get_by_role("button", name="Set a mode policy…").focus()
    ada.keyboard.press("Enter")
    dialog = ada.get_by_role("dialog", name="Set a mode policy")
    expect(dialog.get_by_role("status")).to_contain_text("Nothing acts: whatever mode a workflow is in")
    dialog.get_by_label("Of which workflows").select_option("orders")
    expect(dialog.get_by_role("status")).to_contain_text("Nothing acts on Orders")
    expect(dialog.get_by_role("status")).to_contain_text("would stop at once")
    assert violations(ada) == []
    dialog.get_by_label("Ends by itself (optional)").fill("2099-01-04T07:00")
    dialog.get_by_label("Reason").fill("Year-end close")
    ada.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    row = ada.get_by_role("list", name="Mode policies").get_by_role("listitem").first
    expect(row).to_contain_text("Simulate only: Orders")
    expect(row).to_contain_text("ada set it just now: “Year-end close”. It ends by itself on")
    expect(row).to_contain_text("Afterwards: Each workflow follows its own mode again.")
    expect(row).to_contain_text("in execute and held to simulate")
    expect(row.get_by_role("link", name="Approval gate: refunds")).to_be_visible()
    assert violations(ada) == []

    # A second one of the same kind is refused in words, and what was typed stays.
    ada.get_by_role("button", name="Set a mode policy…").click()
    dialog.get_by_label("Of which workflows").select_option("orders")
    dialog.get_by_label("Reason").fill("Again")
    dialog.get_by_role("button", name="Set", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("This is demanded already.")
    expect(dialog.get_by_label("Reason")).to_have_value("Again")
    said[:] = [line for line in said if "status of 409" not in line]
    dialog.get_by_role("button", name="Cancel").click()

    page = signed_in
    flow = call(page, "GET", "workflows/?search=Approval gate")["results"][0]["id"]
    for below in ("", "runs/", "versions/", "settings/"):
        page.goto(f"/workflows/{flow}/{below}")
        banner = page.get_by_role("complementary", name="What binds this workflow")
        expect(banner).to_contain_text("Simulate only. Nothing acts on Orders")
        expect(banner).to_contain_text("“Year-end close”")
    assert violations(page) == []
    banner.get_by_role("link", name="Mode policies").click()
    expect(page.get_by_role("list", name="Mode policies")).to_contain_text("Year-end close")
    expect(page.get_by_text("Only an admin sets and ends mode policies.")).to_be_visible()
    expect(page.get_by_role("button", name="End…")).to_have_count(0)

    ada.get_by_role("button", name="End… Simulate only: Orders").click()
    ending = ada.get_by_role("dialog", name="End “Simulate only”")
    ending.get_by_label("Reason").fill("The books are closed")
    ending.get_by_role("button", name="End it").click()
    expect(ada.get_by_text("No mode policy holds.")).to_be_visible()
    entry = call(ada, "GET", "audit/?action=modepolicy.lifted")["results"][0]
    assert entry["reason"] == "The books are closed"
    page.goto(f"/workflows/{flow}/settings/")
    expect(page.get_by_role("heading", name="Pause and archive")).to_be_visible()
    expect(page.get_by_role("complementary", name="What binds this workflow")).to_have_count(0)


def test_a_workflow_of_another_module_has_no_banner(ada: Page, signed_in: Page) -> None:
    call(ada, "POST", "mode-policies/", {"module": "orders", "rule": "four_eyes", "reason": "Audit"})
    for name, count in (("Approval gate", 1), ("SLA alert", 0)):
        flow = call(signed_in, "GET", f"workflows/?search={name}")["results"][0]["id"]
        signed_in.goto(f"/workflows/{flow}/versions/")
        expect(signed_in.get_by_role("heading", level=1)).to_contain_text(name)
        banner = signed_in.get_by_role("complementary", name="What binds this workflow")
        expect(banner).to_have_count(count)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_they_fit_a_telephone_and_axe_finds_nothing(ada: Page, scheme: str) -> None:
    for rule, module in (("simulate_only", None), ("four_eyes", "tickets"), ("shadow", "tickets")):
        body = {"module": module, "rule": rule, "reason": "x" * 200}
        call(ada, "POST", "mode-policies/", body)
    ada.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    for width in (1280, 390):
        ada.set_viewport_size({"width": width, "height": 844})
        for address in ("/mode-policies/", "/workflows/1/settings/"):
            ada.goto(address)
            expect(ada.get_by_text("x" * 200).first).to_be_visible()
            if address == "/mode-policies/":
                expect(ada.get_by_text("at least 100 live events over 24 hours")).to_be_visible()
                ada.get_by_role("button", name="Set a mode policy…").click()
                ada.get_by_label("A shadow that agrees").check()
                expect(ada.get_by_label("Live events, at least")).to_have_value("100")
                assert violations(ada) == []
                picture(ada, f"shadow-policy-{width}-{scheme}")
                ada.keyboard.press("Escape")
            assert violations(ada) == []
            assert not ada.evaluate(
                "document.documentElement.scrollWidth > document.documentElement.clientWidth"
            ), (address, width)
