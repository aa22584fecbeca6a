"""A refund waits for Sam: the inbox says what will change, and his answer lets the run go on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from .conftest import sign_in, violations
from .editing import call

CONFLICT = "the server responded with a status of 409"


@pytest.fixture
def sam(browser: Browser, site: str, said: list[str]) -> Iterator[Page]:
    context = browser.new_context(base_url=site, viewport={"width": 1280, "height": 800})
    opened = context.new_page()
    opened.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    sign_in(opened, "sam")
    yield opened
    context.close()


def asked(page: Page, key: str) -> int:
    """A refund of 380.00 that Priya asks for; answers its run, which waits."""
    values = {"status": "draft", "amount": "380.00", "customer": "Ada Ltd"}
    call(page, "POST", "modules/orders/records/", {"key": key, "values": values})
    for status in ("paid", "shipped"):
        version = call(page, "GET", f"modules/orders/records/{key}/")["version"]
        changed = {"version": version, "values": {"status": status}}
        call(page, "PATCH", f"modules/orders/records/{key}/", changed)
    flows = call(page, "GET", "workflows/?search=Approval gate")["results"]
    event = call(page, "POST", f"workflows/{flows[0]['id']}/run/", {"record": key})["event"]
    for _ in range(100):
        run = call(page, "GET", f"events/{event}/")["decisions"]
        if run and run[0]["run"] and call(page, "GET", f"runs/{run[0]['run']}/")["status"] == "waiting":
            return int(run[0]["run"])
        page.wait_for_timeout(100)
    raise AssertionError("no run waits for an approval")


def status(page: Page, key: str) -> Any:
    return call(page, "GET", f"modules/orders/records/{key}/")["values"]["status"]


def test_the_inbox_says_what_will_change_and_an_answer_by_keys_lets_the_run_go_on(
    signed_in: Page, sam: Page
) -> None:
    run = asked(signed_in, "E2E-R1")
    sam.get_by_role("link", name="Approvals", exact=True).click()
    row = sam.get_by_role("listitem").filter(has_text="order E2E-R1")
    expect(row).to_contain_text("Refund 380.00")
    expect(row.locator("del")).to_have_text("shipped")
    expect(row.locator("ins")).to_have_text("refunded")
    expect(row).to_contain_text("1 record")
    expect(row).to_contain_text("due in")
    row.get_by_role("link").focus()
    sam.keyboard.press("Enter")
    expect(sam.get_by_role("heading", name="Refund 380.00 on order E2E-R1?")).to_be_visible()
    expect(sam.get_by_role("region", name="What would follow")).to_contain_text("refunded")
    assert violations(sam) == []
    sam.get_by_label("Reason (needed to reject)").focus()
    sam.keyboard.type("A regular.")
    sam.keyboard.press("Tab")
    sam.keyboard.press("Enter")
    expect(sam.locator(".heading .chip")).to_contain_text("Approved")
    expect(sam.get_by_text("sam agreed: “A regular.”")).to_be_visible()
    signed_in.goto(f"/runs/{run}/")
    expect(signed_in.get_by_text("succeeded").first).to_be_visible(timeout=15_000)
    assert status(signed_in, "E2E-R1") == "refunded"


def test_the_timeline_of_a_run_that_waits_for_an_answer_grows(signed_in: Page) -> None:
    page = signed_in
    page.goto(f"/runs/{asked(page, 'E2E-GROWS')}/?view=timeline")
    waiting = page.get_by_role("button", name=re.compile("^May it be refunded\\?, waiting"))
    expect(waiting).to_be_visible()
    before = waiting.get_attribute("aria-label")
    # Its time grows to now.
    expect(waiting).not_to_have_attribute("aria-label", before or "")
    bars = page.locator(".timeline-track > span")
    widths = bars.evaluate_all("all => all.map(one => one.getBoundingClientRect().width)")
    assert min(widths) >= 4
    assert page.get_by_text("Invalid").count() == 0


def test_who_asked_is_told_why_he_may_not_decide(signed_in: Page) -> None:
    run = asked(signed_in, "E2E-R2")
    mine = call(signed_in, "GET", f"approvals/?run={run}")["results"][0]
    signed_in.goto(f"/approvals/{mine['id']}/")
    expect(signed_in.get_by_role("heading", name="Refund 380.00 on order E2E-R2?")).to_be_visible()
    expect(
        signed_in.get_by_text("You lack the right “approve”").or_(signed_in.get_by_text("You started this"))
    ).to_be_visible()
    expect(signed_in.get_by_role("button", name="Approve")).to_have_count(0)


def test_a_changed_record_is_shown_and_refuses_the_old_answer(
    signed_in: Page, sam: Page, said: list[str]
) -> None:
    run = asked(signed_in, "E2E-R3")
    mine = call(signed_in, "GET", f"approvals/?run={run}")["results"][0]
    version = call(signed_in, "GET", "modules/orders/records/E2E-R3/")["version"]
    call(
        signed_in,
        "PATCH",
        "modules/orders/records/E2E-R3/",
        {"version": version, "values": {"amount": "420.00"}},
    )
    sam.goto(f"/approvals/{mine['id']}/")
    expect(sam.get_by_role("status").filter(has_text="Changed since it was asked")).to_contain_text(
        "amount 380.00 → 420.00"
    )
    sam.get_by_role("button", name="Approve").click()
    expect(
        sam.get_by_role("alert").or_(sam.get_by_text("The record was changed before")).first
    ).to_be_visible()
    assert status(signed_in, "E2E-R3") == "shipped"
    sam.goto("/approvals/")
    expect(sam.get_by_role("listitem").filter(has_text="order E2E-R3")).to_contain_text(
        "asked anew", timeout=15_000
    )
    assert [text for text in said if CONFLICT not in text] == []
    said.clear()


def test_a_rejection_asks_for_its_reason_first(signed_in: Page, sam: Page) -> None:
    run = asked(signed_in, "E2E-R4")
    mine = call(signed_in, "GET", f"approvals/?run={run}")["results"][0]
    sam.goto(f"/approvals/{mine['id']}/")
    sam.get_by_role("button", name="Reject").click()
    expect(sam.get_by_role("alert")).to_contain_text("A rejection needs a reason")
    expect(sam.get_by_label("Reason (needed to reject)")).to_be_focused()
    sam.keyboard.type("Too much.")
    sam.get_by_role("button", name="Reject").click()
    expect(sam.locator(".heading .chip")).to_contain_text("Rejected")
    signed_in.wait_for_timeout(1_500)
    assert status(signed_in, "E2E-R4") == "shipped"


def test_an_answer_that_comes_late_is_refused_in_words(signed_in: Page, sam: Page, said: list[str]) -> None:
    run = asked(signed_in, "E2E-R5")
    mine = call(signed_in, "GET", f"approvals/?run={run}")["results"][0]
    sam.goto(f"/approvals/{mine['id']}/")
    sam.get_by_label("Reason (needed to reject)").fill("Too much.")
    shown = call(sam, "GET", f"approvals/{mine['id']}/")["plan_hash"]
    call(sam, "POST", f"approvals/{mine['id']}/decide/", {"verdict": "approve", "plan_hash": shown})
    sam.get_by_role("button", name="Reject").click()
    expect(sam.get_by_role("alert")).to_contain_text("That stands. Your answer was not taken.")
    expect(sam.locator(".heading .chip")).to_contain_text("Approved")
    assert [text for text in said if CONFLICT not in text] == []
    said.clear()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_inbox(sam: Page, scheme: Any) -> None:
    sam.emulate_media(color_scheme=scheme)
    sam.goto("/approvals/")
    expect(sam.get_by_role("heading", name="Approvals")).to_be_visible()
    assert violations(sam) == []
    sam.goto("/approvals/?whose=all&state=any")
    expect(sam.get_by_role("list", name="Approvals")).to_be_visible()
    assert violations(sam) == []
