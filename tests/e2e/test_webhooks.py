"""Endpoints in a real Chromium: opened, tried in the console, posted to by a real sender, its secret changed."""

from __future__ import annotations

import os
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.integration.webhooks.conftest import Answered, post
from webhooks.inbound.presets import SCHEMES

from .conftest import sign_in, violations
from .editing import call

BODY = b'{"type": "order.paid", "order": {"number": 17}}'


def send(address: str, secret: str, name: str) -> Answered:
    scheme = SCHEMES.get("standard")
    key = scheme.secret_bytes(secret)
    headers = scheme.sign(secret=key, body=BODY, id=name, at=int(time.time()))
    parts = urlsplit(address)
    assert parts.port is not None
    return post(parts.port, parts.path, BODY, {"Content-Type": "application/json", **headers})


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


def test_an_endpoint_is_opened_tried_posted_to_and_its_secret_changed(admin: Page, said: list[str]) -> None:
    page = admin
    page.get_by_role("link", name="Webhooks").click()
    expect(page.get_by_role("row", name="Web shop")).to_be_visible()
    assert violations(page) == []
    picture(page, "endpoints")
    page.get_by_role("link", name="New endpoint").click()
    page.get_by_label("Name", exact=True).fill("The shop")
    expect(page.get_by_label("Key (it stays")).to_have_value("the-shop")
    page.get_by_label("How its sender signs").select_option("stripe")
    expect(page.get_by_label("Secret (the sender shows it to you)")).to_be_visible()
    page.get_by_label("How its sender signs").select_option("standard")
    assert violations(page) == []
    picture(page, "endpoint-new")
    page.get_by_role("button", name="Open the endpoint").click()
    expect(page.get_by_text("the only time that you see this secret")).to_be_visible()
    address, secret = page.locator(".copyable code").all_inner_texts()
    assert secret.startswith("whsec_")
    picture(page, "endpoint-made")
    page.get_by_role("link", name="Go on to the endpoint").click()
    expect(page.get_by_role("heading", level=1, name="The shop")).to_be_visible()
    expect(page.get_by_text(secret)).to_have_count(0)

    page.get_by_label("Signed so many seconds ago").fill("400")
    page.get_by_role("button", name="Sign and check").click()
    expect(page.locator(".checks li").last).to_contain_text("400 s old")
    expect(page.locator(".checks li").last).to_contain_text("does not hold")
    page.get_by_label("Signed so many seconds ago").fill("0")
    page.get_by_role("button", name="Sign and check").click()
    expect(page.get_by_text("webhook.the-shop.order.paid", exact=True)).to_be_visible()
    expect(page.get_by_text("Nothing has come in yet")).to_be_visible()

    assert send(address, secret, "msg_1").status == 202
    assert send(address, secret, "msg_1").status == 200
    assert send(address, "whsec_" + "A" * 32, "msg_2").status == 401
    receipts = page.get_by_role("region", name="Receipts").get_by_role("row")
    expect(receipts).to_have_count(4, timeout=15_000)
    expect(receipts.filter(has_text="bad signature")).to_contain_text("401")
    expect(receipts.filter(has_text="accepted")).to_contain_text("msg_1")
    assert violations(page) == []
    picture(page, "endpoint")
    page.get_by_role("region", name="Receipts").get_by_role("link").click()
    expect(page.get_by_text("webhook.the-shop.order.paid").first).to_be_visible()
    expect(page.get_by_text("You lack the right")).to_have_count(0)
    page.go_back()

    page.get_by_label("The secrets above still count for").select_option("0")
    page.get_by_role("button", name="Make a new secret").click()
    changed = page.locator(".shown-once code").inner_text()
    assert send(address, secret, "msg_3").status == 401
    assert send(address, changed, "msg_3").status == 202

    page.get_by_text("Settings", exact=True).click()
    page.get_by_label("Addresses and networks that may send").fill("10.0.0.1/8")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("no address and no network")
    assert "422" in said.pop()
    page.get_by_label("Addresses and networks that may send").fill("10.0.0.0/8")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    picture(page, "endpoint-settings")
    assert send(address, changed, "msg_4").status == 404

    page.get_by_role("button", name="Switch off").click()
    expect(page.get_by_text("answers as if it did not exist")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    picture(page, "endpoint-narrow")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.get_by_role("button", name="Share…").click()
    expect(page.get_by_role("dialog")).to_contain_text("Who may do what with “The shop”")
    page.get_by_role("dialog").get_by_role("button", name="Close").click()

    call(page, "POST", "webhooks/endpoints/", {"key": "gone", "name": "Gone soon"})
    page.goto("/webhooks/endpoints/gone/")
    page.get_by_role("button", name="Delete…").click()
    expect(page.get_by_role("dialog")).to_contain_text("What has come in stays")
    assert violations(page) == []
    page.get_by_role("button", name="Delete the endpoint").click()
    expect(page.get_by_role("row", name="The shop")).to_be_visible()
    expect(page.get_by_role("row", name="Gone soon")).to_have_count(0)


def test_who_may_not_change_sees_no_address(page: Page) -> None:
    sign_in(page, "priya")
    page.goto("/webhooks/")
    expect(page.get_by_role("heading", level=1, name="Webhooks")).to_be_visible()
    expect(page.get_by_role("link", name="New endpoint")).to_have_count(0)
    row = page.get_by_role("row", name="The shop")
    expect(row).to_be_visible()
    row.get_by_role("link").click()
    expect(page.get_by_role("heading", name="Receipts")).to_be_visible()
    expect(page.get_by_role("heading", name="Address")).to_have_count(0)
    expect(page.get_by_role("heading", name="Test console")).to_have_count(0)
