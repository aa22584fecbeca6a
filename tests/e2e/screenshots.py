"""Pictures of every page in light, in dark and on a telephone, of the running product with its demo: `make screenshots`.

All go to var/screenshots; those that the documentation shows are also written to docs/images.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.e2e.conftest import CHROMIUM, FLAGS, sign_in
from tests.e2e.editing import call, make
from tests.e2e.test_approvals import asked
from tests.e2e.test_backtests import changed
from tests.e2e.test_closed_bundles import bundle, publish
from tests.e2e.test_holds import held as hold
from tests.e2e.test_policies import document
from tests.e2e.test_retry import Drawn
from tests.e2e.test_sample import ticket
from tests.faults.launching import Launch
from tests.postgres_plugin import own_database

ROOT = Path(__file__).resolve().parents[2]
ALL = ROOT / "var" / "screenshots"
SHOWN = ROOT / "docs" / "images"
IN_DOCS = {"editor-tested-light", "editor-tested-dark", "run-light", "versions-light"}


class Look(NamedTuple):
    name: str
    scheme: Literal["light", "dark"]
    width: int
    height: int


LOOKS = (
    Look("light", "light", 1440, 900),
    Look("dark", "dark", 1440, 900),
    Look("narrow", "light", 390, 844),
)

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
    page.locator("tbody th a").first.click()
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


PAGES: dict[str, Callable[[Page], None]] = {
    "home": opened("/"),
    "workflows": opened("/workflows/"),
    "new-workflow": opened("/workflows/new/"),
    "editor": editor,
    "editor-tested": tested,
    "outline": outline,
    "last-runs": last_runs,
    "scenarios": scenarios,
    "sharing": sharing,
    "publishing": publishing,
    "backfills": opened("/workflows/1/backfills/"),
    "backtests": backtests,
    "shadow": shadow,
    "versions": versions,
    "pinned": pinned,
    "started": started,
    "promote": lambda page: released(page, "promote"),
    "golive": lambda page: released(page, "golive"),
    "workflow-runs": workflow_runs,
    "runs": opened("/runs/"),
    "run": run,
    "run-timeline": lambda page: run(page, "Timeline"),
    "run-log": lambda page: run(page, "Log"),
    "run-data": lambda page: run(page, "Data"),
    "failed": failed,
    "retrying": retrying,
    "undoing": undoing,
    "settings": settings,
    "settings-denied": denied,
    "starting": starting,
    "audit": audit,
    "alerts": opened("/alerts/"),
    "diagnosis": opened("/diagnosis/1/"),
    "reviews": opened("/reviews/"),
    "review": first_row("/reviews/"),
    "decisions": opened("/decisions/"),
    "events": opened("/events/"),
    "event": first_row("/events/"),
    "modules": opened("/records/"),
    "records": opened("/records/tickets/"),
    "record": first_row("/records/tickets/"),
    "conditions": conditions,
    "condition": condition,
    "new-condition": opened("/conditions/new/"),
    "menu": menu,
}
OF_SAM: dict[str, Callable[[Page], None]] = {
    "approvals": opened("/approvals/"),
    "approval": approval,
    "held": held,
}
"""As he sees them who is asked to decide."""
OF_ADA: dict[str, Callable[[Page], None]] = {
    "endpoints": opened("/webhooks/"),
    "endpoint": first_row("/webhooks/"),
    "destinations": opened("/webhooks/destinations/"),
    "destination": destination,
    "secrets": opened("/webhooks/secrets/"),
    "secret": first_row("/webhooks/secrets/"),
    "mode-policies": mode_policies,
    "mode-policy-set": setting_one,
    "under-policy": under_policy,
}
"""As an admin sees them."""


VIEWED: dict[str, Callable[[Page], None]] = {"view-as": viewing}


def take_all(browser: Browser, address: str, look: Look, only: list[str]) -> None:
    for person, pages in (("priya", PAGES), ("sam", OF_SAM), ("ada", OF_ADA), ("ada", VIEWED)):
        chosen = {name: go for name, go in pages.items() if not only or name in only}
        if chosen:
            take(browser, address, look, person, chosen)


def take(
    browser: Browser, address: str, look: Look, person: str, pages: dict[str, Callable[[Page], None]]
) -> None:
    context = browser.new_context(
        base_url=address,
        viewport={"width": look.width, "height": look.height},
        color_scheme=look.scheme,
        reduced_motion="reduce",
    )
    context.set_default_timeout(20_000)
    page = context.new_page()
    page.goto("/")
    page.screenshot(path=ALL / f"sign-in-{look.name}.png")
    sign_in(page, person)
    for name, go in pages.items():
        go(page)
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(300)
        file = ALL / f"{name}-{look.name}.png"
        page.screenshot(path=file)
        if file.stem in IN_DOCS:
            shutil.copy(file, SHOWN)
        sys.stdout.write(f"{file.relative_to(ROOT)}\n")
    if person == "priya":
        asked(page, f"R-{look.name.upper()}")  # which Sam sees next
        hold(page, [f"H-{look.name.upper()}-{number}" for number in range(12)])
    if person == "ada" and "view-as" not in pages:
        for policy in call(page, "GET", "mode-policies/")["results"]:
            call(page, "POST", f"mode-policies/{policy['id']}/lift/", {"reason": "The picture is taken"})
    context.close()


def main(only: list[str]) -> None:
    ALL.mkdir(parents=True, exist_ok=True)
    SHOWN.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        running = Launch(Path(folder), DATABASE_URL=own_database("screenshots"))
        try:
            running.wait_until_ready(180)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
                for look in LOOKS:
                    take_all(browser, f"http://127.0.0.1:{running.port}", look, only)
                browser.close()
        finally:
            running.stop()
            running.clean_up()


if __name__ == "__main__":
    main(sys.argv[1:])
