"""What is to be seen on the pictures: each opens a page, and does there what a person would."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.editing import call, make
from tests.e2e.test_backtests import changed
from tests.e2e.test_closed_bundles import bundle, publish
from tests.e2e.test_policies import document
from tests.e2e.test_retry import Drawn
from tests.e2e.test_sample import ticket

STEPS = ".react-flow__node, .outline-name"


def workflow(page: Page, name: str) -> None:
    page.goto("/workflows/")
    page.get_by_role("link", name=name, exact=True).first.click()
    expect(page.locator(STEPS).first).to_be_visible()


def editor(page: Page) -> None:
    workflow(page, "SLA alert")
    page.locator(STEPS).nth(1).click()


def tested(page: Page) -> None:
    editor(page)
    page.get_by_role("button", name="Run test").click()
    page.locator(".drawer-body tbody button").first.click()


def outline(page: Page) -> None:
    editor(page)
    if page.locator(".react-flow").count():  # a narrow page shows the outline anyway
        page.get_by_role("button", name="Outline").click()


def last_runs(page: Page) -> None:
    workflow(page, "SLA alert")
    page.get_by_role("button", name="Last runs").click()


def scenarios(page: Page) -> None:
    tested(page)
    page.get_by_role("button", name=re.compile("^Scenarios")).click()


def approval(page: Page) -> None:
    page.goto("/approvals/")
    page.locator("main li a").first.click()


def menu(page: Page) -> None:
    page.goto("/")
    page.get_by_role("button", name="Your menu").click()


def publishing(page: Page) -> None:
    workflow(page, "SLA alert")
    page.get_by_role("button", name="Publish…").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def released(page: Page, part: str) -> None:
    workflow(page, "Refund watch")
    page.goto(f"{page.url.split('?')[0]}{part}/")
    expect(page.locator(".gate").first).to_be_visible()


def backtests(page: Page) -> None:
    workflow(page, "SLA alert")
    page.get_by_role("link", name="Backtests").click()
    page.get_by_role("button", name="Start backtest").click()
    expect(page.locator(".backtest-counts")).to_be_visible()
    expect(page.locator("progress")).to_have_count(0, timeout=30_000)


def shadow(page: Page) -> None:
    changed(page, f"Shadowed {time.monotonic_ns()}")
    page.get_by_role("link", name="Backtests").click()
    page.get_by_role("button", name="Start shadow").click()
    expect(page.locator(".shadow-going")).to_be_visible()  # it judges what comes from now on
    for number, priority in enumerate(("urgent", "low", "normal")):
        ticket(page, f"SH-{time.monotonic_ns()}-{number}", priority)
    expect(page.locator(".shadow-agreement")).to_contain_text("66.7", timeout=30_000)
    page.get_by_role("button", name="See the differences").click()


def versions(page: Page) -> None:
    workflow(page, "SLA alert")
    page.get_by_role("link", name="Versions").click()


def pinned(page: Page) -> None:
    """What a version starts, beside what it would start when it is published anew."""
    page.goto("/")
    _, caller = bundle(page)
    page.goto(f"/workflows/{caller}/versions/?from=1&to=draft")
    expect(page.get_by_role("list", name="Beside the steps")).to_be_visible()


def started(page: Page) -> None:
    page.goto("/")
    errand, caller = bundle(page)
    publish(page, caller)
    page.goto(f"/workflows/{errand}/versions/")
    page.get_by_role("button", name="Roll back to 1…").click()
    expect(page.get_by_role("dialog")).to_contain_text("will go on to do so")


def workflow_runs(page: Page) -> None:
    workflow(page, "SLA alert")
    address = re.sub(r"\?.*", "", page.url)
    page.goto(f"{address}runs/?view=grid")


def run(page: Page, view: str = "") -> None:
    page.goto("/runs/?workflow=sla-alert")
    page.locator("tbody th a").first.click()
    expect(page.get_by_role("tab").first).to_be_visible()
    if view:
        page.get_by_role("tab", name=view).click()


def failed(page: Page) -> None:
    """It has commented before it failed: it can be retried, and what it did undone."""
    flow = Drawn(page)
    page.goto(f"/runs/{flow.fail(f'{flow.id}-1')}/")
    expect(page.get_by_role("button", name="Undo…")).to_be_visible()


def retrying(page: Page) -> None:
    failed(page)
    page.get_by_role("button", name="Retry ▾").click()
    expect(page.get_by_role("dialog").get_by_text("not repeated")).to_be_visible()


def sharing(page: Page) -> None:
    workflow(page, "SLA alert")
    page.get_by_role("button", name="Share…").click()
    expect(page.get_by_role("dialog").get_by_role("row").nth(1)).to_be_visible()


def viewing(page: Page) -> None:
    page.goto("/")
    page.get_by_role("button", name="Your menu").click()
    page.get_by_role("button", name="View as…").click()
    page.get_by_role("combobox", name="View as").fill("noor")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.goto("/workflows/")
    expect(page.get_by_role("region", name="View as")).to_be_visible()


def undoing(page: Page) -> None:
    page.goto("/runs/?status=succeeded&mode=execute")
    page.locator("tbody th a").first.click()
    page.get_by_role("button", name="Undo…").click()
    expect(page.get_by_role("dialog").get_by_role("button", name="Close")).to_be_visible()


def held(page: Page) -> None:
    page.goto("/approvals/")
    page.get_by_role("link", name=re.compile("^Start .* runs of")).first.click()
    expect(page.get_by_role("list", name="What they are about")).to_be_visible()


def settings(page: Page) -> None:
    workflow(page, "SLA alert")
    page.get_by_role("link", name="Settings").click()
    expect(page.get_by_role("region", name="What they may do", exact=True)).to_contain_text("may")


def denied(page: Page) -> None:
    settings(page)
    page.get_by_label("Runs act as").select_option("sam")
    expect(page.get_by_text("sam may not do all")).to_be_visible()
    page.get_by_role("heading", name="Whom it acts as").scroll_into_view_if_needed()


def bound(page: Page) -> None:
    if not call(page, "GET", "mode-policies/")["results"]:
        for module, rule, why in (
            ("orders", "simulate_only", "Year-end close"),
            (None, "four_eyes", "The auditors ask for it"),
        ):
            call(page, "POST", "mode-policies/", {"module": module, "rule": rule, "reason": why})


def mode_policies(page: Page) -> None:
    bound(page)
    page.goto("/mode-policies/")


def setting_one(page: Page) -> None:
    mode_policies(page)
    page.get_by_role("button", name="Set a mode policy…").click()


def under_policy(page: Page) -> None:
    bound(page)
    workflow(page, "Refund watch")


def starting(page: Page) -> None:
    page.goto("/records/orders/")
    expect(page.locator("td.select input").nth(11)).to_be_visible()
    for box in page.locator("td.select input").all()[:12]:
        box.check()
    page.get_by_role("button", name="Start a workflow…").click()
    expect(page.get_by_role("dialog").get_by_role("status")).to_be_visible()


def destination(page: Page) -> None:
    page.goto("/webhooks/destinations/")
    page.get_by_role("link", name="CRM", exact=True).click()
    page.get_by_text("Settings", exact=True).click()


def audit(page: Page) -> None:
    page.goto("/audit/")
    page.get_by_role("button", name="Verify the chain").click()


def opened(address: str) -> Callable[[Page], None]:
    def go(page: Page) -> None:
        page.goto(address)

    return go


def first_row(address: str) -> Callable[[Page], None]:
    def go(page: Page) -> None:
        page.goto(address)
        page.locator("tbody th a").first.click()

    return go


def conditions(page: Page) -> None:
    """With two policies, one of which two workflows use."""
    page.goto("/conditions/")
    if not any(policy["key"] == "pressing" for policy in call(page, "GET", "policies/")["results"]):
        pressing = {"all": [{"field": "priority", "op": "in", "value": ["high", "urgent"]}]}
        body = {"key": "pressing", "name": "Pressing", "module": "tickets", "rule": pressing}
        call(page, "POST", "policies/", body)
        for name in ("Tell the lead", "Warn the team"):
            make(page, name, document({"policy": "pressing"}))
        make(page, "Escalate", document({"field": "status", "op": "eq", "value": "open"}))
        make(page, "Remind", document({"all": [{"field": "status", "op": "eq", "value": "open"}]}))
        page.goto("/conditions/")
    expect(page.get_by_role("link", name="Pressing", exact=True)).to_be_visible()


def condition(page: Page) -> None:
    conditions(page)
    page.get_by_role("link", name="Pressing", exact=True).click()
    page.get_by_role("button", name="not: turn part 1 round").click()
    page.get_by_role("button", name="Look at the impact").click()
    expect(page.get_by_role("region", name="Impact on workflows")).to_be_visible()
