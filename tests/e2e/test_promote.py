"""The gate as a page: its open lines are closed one by one, by two people where it takes two, or loudly passed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from .conftest import sign_in, violations
from .editing import call
from .releasing import OPEN, RENAMED, given, prove
from .test_editor_live import DRAFT


@pytest.fixture
def ada(browser: Browser, site: str, said: list[str]) -> Iterator[Page]:
    """An admin, in a browser of her own."""
    context = browser.new_context(base_url=site, viewport={"width": 1280, "height": 800})
    opened = context.new_page()
    opened.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    sign_in(opened, "ada")
    yield opened
    context.close()


@pytest.fixture
def published(signed_in: Page) -> Iterator[int]:
    """A workflow of Priya's that simulates and has proved nothing yet."""
    body = {"name": "To be promoted", "key": f"promoted-{time.monotonic_ns()}", "module": "tickets"}
    pk = int(call(signed_in, "POST", "workflows/", body)["id"])
    call(signed_in, "PUT", f"workflows/{pk}/graph/", DRAFT)
    call(signed_in, "POST", f"workflows/{pk}/publish/", {})
    yield pk
    call(signed_in, "DELETE", f"workflows/{pk}/")


def line(page: Page, title: str) -> Locator:
    return page.get_by_role("list", name="The gate").get_by_role("listitem").filter(has_text=title)


def opened(page: Page, pk: int) -> None:
    page.goto(f"/workflows/{pk}/promote/")
    expect(page.get_by_role("list", name="The gate")).to_be_visible()


def test_open_lines_are_closed_one_by_one_until_it_acts(signed_in: Page, published: int) -> None:
    page = signed_in
    opened(page, published)
    promote = page.get_by_role("button", name="Promote to execute…")
    expect(page.get_by_role("status").filter(has_text="lines are open")).to_contain_text("4 of 14")
    expect(promote).to_be_disabled()
    expect(line(page, "A second person agrees")).to_contain_text("Not needed")
    positive = line(page, "A positive scenario passes")
    expect(positive).to_contain_text("Open")
    assert violations(page) == []

    positive.get_by_role("link", name="Write one").click()
    expect(page.get_by_role("region", name="Results")).to_contain_text("scenario")
    prove(partial(call, page), published, given(OPEN, RENAMED))
    opened(page, published)
    expect(positive).to_contain_text("Open")  # saved, but never run on this version
    page.get_by_role("button", name="Run the scenarios and check again").click()
    expect(positive).to_contain_text("Met")
    expect(line(page, "One of them runs as somebody with limits")).to_contain_text("Met")
    expect(promote).to_be_disabled()
    page.get_by_role("button", name="Confirm the first release").click()
    expect(line(page, "A way back")).to_contain_text("priya has confirmed")
    expect(page.get_by_text("The gate is green.")).to_be_visible()
    assert violations(page) == []

    promote.focus()
    page.keyboard.press("Enter")
    page.get_by_label("Reason (optional)").fill("Simulated, no surprises")
    page.keyboard.press("Enter")
    expect(page.locator("main .mode-execute")).to_have_text("Execute")
    expect(page.get_by_role("button", name="Back to simulate…")).to_be_visible()


def test_two_people_agree_where_it_takes_two(signed_in: Page, ada: Page, published: int) -> None:
    page = signed_in
    prove(partial(call, page), published, given(OPEN, RENAMED))
    call(page, "POST", f"workflows/{published}/first-release/", {})
    policy = call(
        ada, "POST", "mode-policies/", {"module": "tickets", "rule": "four_eyes", "reason": "Audit"}
    )
    try:
        opened(page, published)
        page.get_by_role("button", name="Run the scenarios and check again").click()
        eyes = line(page, "A second person agrees")
        expect(eyes).to_contain_text("Nobody has been asked yet")
        page.get_by_label("What should they look at? (optional)").fill("The two cases")
        page.get_by_role("button", name="Ask for consent").click()
        expect(eyes).to_contain_text("You have asked for it yourself")
        expect(page.get_by_role("button", name="Promote to execute…")).to_be_disabled()

        told = "priya asks you to agree to version 1 of “To be promoted”"
        ada.goto("/")
        ada.get_by_role("button", name="Notifications").click()
        note = ada.get_by_role("dialog", name="Notifications").get_by_role("listitem").filter(has_text=told)
        note.get_by_role("link", name="Look at it").click()
        expect(line(ada, "A second person agrees")).to_contain_text("“The two cases”")
        ada.get_by_label("Your word on it (optional)").fill("Looked at both")
        ada.get_by_role("button", name="Agree to version 1").click()
        expect(line(ada, "A second person agrees")).to_contain_text("ada agrees to version 1")
        assert violations(ada) == []

        opened(page, published)
        expect(line(page, "A second person agrees")).to_contain_text("“Looked at both”")
        page.get_by_role("button", name="Promote to execute…").click()
        page.get_by_role("button", name="Promote", exact=True).click()
        expect(page.locator("main .mode-execute")).to_have_text("Execute")
    finally:
        call(ada, "POST", f"mode-policies/{policy['id']}/lift/", {"reason": "Only a test"})


def test_an_admin_breaks_the_glass_and_everybody_sees_it(
    signed_in: Page, ada: Page, published: int, said: list[str]
) -> None:
    page = signed_in
    opened(page, published)
    expect(page.get_by_role("button", name="Promote past the gate…")).to_have_count(0)
    opened(ada, published)
    ada.get_by_role("button", name="Promote past the gate…").click()
    ada.get_by_label("Reason").fill("Hurry!")
    ada.get_by_role("button", name="Break the glass").click()
    expect(ada.get_by_role("alert")).to_contain_text("at least 10 characters")
    ada.get_by_label("Reason").fill("The till stands still")
    ada.get_by_role("button", name="Break the glass").click()
    banner = ada.get_by_role("status").filter(has_text="acts past the gate")
    expect(banner).to_contain_text("ada broke the glass")
    expect(banner).to_contain_text("“The till stands still”")
    assert violations(ada) == []

    page.goto("/workflows/")
    row = page.get_by_role("row", name="To be promoted")
    expect(row.get_by_role("link", name="past the gate")).to_be_visible()
    row.get_by_role("link", name="To be promoted", exact=True).click()
    page.get_by_role("toolbar", name="Workflow").get_by_role("link", name="acts past the gate").click()
    expect(page.get_by_role("status").filter(has_text="acts past the gate")).to_be_visible()

    prove(partial(call, page), published, given(OPEN, RENAMED))
    page.get_by_role("button", name="Confirm the first release").click()
    page.get_by_role("button", name="Run the scenarios and check again").click()
    expect(page.get_by_text("The gate is green.")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="acts past the gate")).to_have_count(0)
    assert [text for text in said if "status of 422" not in text] == []
    said.clear()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_gate_of_a_narrow_page(signed_in: Page, published: int, scheme: Any) -> None:
    page = signed_in
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 390, "height": 800})
    opened(page, published)
    assert violations(page) == []
    wider = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert not wider


def test_the_go_live_checklist_is_filled_signed_and_printed(signed_in: Page, published: int) -> None:
    page = signed_in
    prove(partial(call, page), published, given(OPEN, RENAMED))
    call(page, "POST", f"workflows/{published}/gate/", {})
    page.goto(f"/workflows/{published}/golive/")
    builder = page.get_by_role("region", name="Workflow builder")
    tested = builder.get_by_role("listitem").filter(has_text="Validated by run-test")
    expect(tested).to_contain_text("Nobody has run-tested this very version.")
    expect(page.get_by_role("region", name="Webhooks")).to_contain_text("Not used by this workflow.")
    call(page, "POST", f"workflows/{published}/run-test/", {"version": "draft", "records": "live"})
    page.reload()
    expect(tested).to_contain_text("priya tested it on")
    assert violations(page) == []
    page.get_by_role("button", name="Sign version 1…").click()
    page.get_by_label("Reason").fill("Seen with the desk; the rest follows")
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="Signed by priya")).to_contain_text(
        "Seen with the desk"
    )
    with page.expect_download() as started:
        page.get_by_role("link", name="PDF").click()
    saved = started.value
    assert saved.suggested_filename.endswith("-v1-go-live.pdf")
    assert saved.path().read_bytes().startswith(b"%PDF-")
    page.set_viewport_size({"width": 390, "height": 800})
    assert violations(page) == []
