"""The pages around the editor, with the demo's data, in a real browser."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import PATIENCE_MS, sign_in, violations

PAGES = {
    # address: (heading, what it shows of the demo)
    "/": ("Home", "succeeded"),
    "/workflows/": ("Workflows", "Auto-routing"),
    "/runs/": ("Runs", "Auto-routing"),
    "/workflows/1/runs/": (re.compile("Runs of "), "succeeded"),
    "/workflows/1/runs/?view=grid": (re.compile("Runs of "), "skipped"),
    "/decisions/": ("Decisions", "The trigger’s rules hold."),
    "/events/": ("Events", "record.created"),
    "/events/1/": ("Event 1", "What rules saw"),
    "/workflows/1/settings/": (re.compile("Settings of "), "runs per firing"),
    "/mode-policies/": ("Mode policies", "No mode policy holds."),
    "/audit/?action=workflow.published": ("Audit trail", "workflow.published"),
    "/records/": ("Records", "Tickets"),
    "/records/tickets/": ("Tickets", "T-0001"),
    "/records/orders/": ("Orders", "O-0001"),
    "/records/tickets/T-0001/": (re.compile("T-0001"), "Requester"),
}


def shown(page: Page, address: str) -> None:
    """Open a page and wait until it has its data."""
    heading, content = PAGES[address]
    page.goto(address)
    expect(page.get_by_role("heading", level=1, name=heading)).to_be_visible()
    found = page.get_by_role("main").get_by_text(content)
    while address == "/records/tickets/" and found.count() == 0:
        page.get_by_role("button", name="Older records").click()
        page.wait_for_timeout(100)
    expect(found.first).to_be_attached()
    expect(page.get_by_text("Loading…")).to_have_count(0)


@pytest.fixture
def loose_page(browser: Browser, site: str) -> Iterator[Page]:
    """A page that may be refused something; the browser tells its console about each refusal."""
    context = browser.new_context(base_url=site, viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("address", PAGES)
def test_a_page_shows_what_is_there(signed_in: Page, address: str) -> None:
    shown(signed_in, address)
    assert signed_in.title().endswith("· Automations")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(signed_in: Page, scheme: str) -> None:
    page = signed_in
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    found: dict[str, object] = {}
    for address in PAGES:
        page.set_viewport_size({"width": 1280, "height": 800})
        shown(page, address)
        found[address] = violations(page)
        page.set_viewport_size({"width": 390, "height": 800})
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            found[f"{address} at 390"] = "scrolls sideways"
    assert {address: wrong for address, wrong in found.items() if wrong} == {}


def test_the_header_marks_the_page_and_leads_on_without_a_reload(signed_in: Page) -> None:
    page = signed_in
    page.evaluate("window.neverReloaded = true")
    site = page.get_by_role("navigation", name="Site")
    for name in ("Runs", "Decisions", "Events", "Records", "Home"):
        site.get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", level=1, name=name)).to_be_focused()
        expect(site.locator("[aria-current=page]")).to_have_text(name)
    assert page.evaluate("window.neverReloaded") is True


def test_the_counts_of_the_home_page_lead_to_the_runs(signed_in: Page) -> None:
    page = signed_in
    page.goto("/")
    week = page.get_by_role("region", name="Last 7 days")
    expect(week).to_contain_text(re.compile(r"\d % of what ended succeeded\."))
    week.get_by_role("link", name=re.compile(r"[1-9]\d* succeeded")).click()
    expect(page).to_have_url(re.compile(r"/runs/\?status=succeeded$"))
    expect(page.get_by_role("row").nth(1)).to_contain_text("succeeded")


def test_workflows_are_found_and_the_filters_stay(signed_in: Page) -> None:
    page = signed_in
    expect(page.get_by_role("link", name="New workflow")).to_have_attribute("href", "/workflows/new/")
    row = page.get_by_role("row", name="Refund watch")
    expect(row).to_contain_text("Finance")
    expect(row).to_contain_text("Simulate")
    expect(row.get_by_role("img")).to_have_attribute("aria-label", re.compile(r"\d succeeded"))
    page.get_by_label("Team").select_option("Finance")
    page.get_by_label("Name").fill("watch")
    expect(page).to_have_url(re.compile(r"team=Finance&search=watch"))
    expect(page.get_by_role("row")).to_have_count(2)
    page.reload()
    expect(page.get_by_label("Team")).to_have_value("Finance")
    expect(page.get_by_label("Name")).to_have_value("watch")
    expect(page.get_by_role("row")).to_have_count(2)
    page.get_by_label("Mode").select_option("execute")
    expect(page.get_by_text("No workflows match all of these filters.")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="Mode: execute")).to_contain_text(
        "Without it there are"
    )
    page.get_by_role("button", name="Drop “Mode: execute”").click()
    expect(page.get_by_role("row")).to_have_count(2)


def test_runs_are_filtered_and_paged(signed_in: Page) -> None:
    page = signed_in
    page.goto("/runs/")
    expect(page.get_by_role("row")).to_have_count(51)
    first = page.get_by_role("row").nth(1).get_by_role("rowheader").inner_text()
    page.get_by_role("button", name="Older runs").click()
    expect(page.get_by_role("row")).to_have_count(101)
    assert page.get_by_role("row").nth(1).get_by_role("rowheader").inner_text() == first
    page.wait_for_timeout(5_500)  # the newest page is asked for again, and the older one stays
    expect(page.get_by_role("row")).to_have_count(101)
    page.get_by_label("Status").select_option("waiting")
    page.get_by_label("Module").select_option("tickets")
    expect(page).to_have_url(re.compile(r"status=waiting&module=tickets"))
    page.reload()
    expect(page.get_by_label("Status")).to_have_value("waiting")
    expect(page.get_by_role("row").nth(1)).to_contain_text("waiting")
    page.get_by_label("From").fill("2001-01-01")
    page.get_by_label("To").fill("2001-01-02")
    expect(page.get_by_text("No runs match all of these filters.")).to_be_visible()
    page.get_by_role("button", name="Drop “To: 2001-01-02”").click()
    expect(page.get_by_role("row").nth(1)).to_contain_text("waiting")


def test_a_new_run_arrives_by_itself(signed_in: Page) -> None:
    page = signed_in
    page.goto("/runs/?module=tickets&record=PAGES-1")
    expect(page.get_by_text("No runs match")).to_be_visible()
    make_ticket(page, "PAGES-1")
    expect(page.get_by_role("row", name="PAGES-1").first).to_be_visible(timeout=15_000)


def test_the_grid_is_walked_with_the_arrow_keys_and_opens_a_run(signed_in: Page) -> None:
    page = signed_in
    page.goto("/workflows/")
    page.get_by_role("row", name="Auto-routing").get_by_role("link", name=re.compile("ago|just now")).click()
    expect(page.get_by_role("heading", name="Runs of Auto-routing")).to_be_visible()
    page.get_by_label("Grid").check()
    expect(page).to_have_url(re.compile(r"\?view=grid$"))
    grid = page.get_by_role("grid", name="Steps of the last runs")
    expect(grid.get_by_role("columnheader")).to_have_count(51)
    headers = grid.get_by_role("rowheader")
    assert headers.all_inner_texts()[:2] == ["Ticket created", "Which team?"]
    assert grid.locator("a[tabindex='0']").count() == 1, "one stop of the Tab key"
    page.get_by_role("navigation", name="Pages of the workflow").get_by_role("link").last.focus()
    page.keyboard.press("Tab")
    for key in ("ArrowDown", "ArrowDown", "ArrowLeft", "Home", "End"):
        page.keyboard.press(key)
    focused = grid.locator("a:focus")
    expect(focused).to_have_accessible_name(re.compile(r"^Which team\?, run [0-9A-F]+: succeeded"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/runs/\d+/\?step=c1$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Run ")


def test_decisions_say_why_nothing_happened(signed_in: Page) -> None:
    page = signed_in
    page.goto("/decisions/")
    page.get_by_label("Answer").select_option("filtered")
    page.get_by_label("Workflow").select_option(label="SLA alert")
    row = page.get_by_role("row", name="SLA alert").first
    expect(row).to_contain_text("The filter does not hold: “status is one of")
    record = row.get_by_role("link", name=re.compile("^T-")).inner_text()
    page.get_by_label("Record").fill(record)
    expect(page.get_by_text(f"Choose the module of “{record}” too")).to_be_visible()
    page.get_by_label("Module").select_option("tickets")
    expect(page.get_by_text("Choose the module")).to_have_count(0)
    expect(page).to_have_url(re.compile(f"record={record}&module=tickets"))
    page.reload()
    rows = page.get_by_role("row").filter(has=page.get_by_role("rowheader"))
    expect(rows.first).to_contain_text(record)
    for text in rows.all_inner_texts():
        assert record in text
    page.goto("/decisions/?outcome=matched")
    page.get_by_role("link", name=re.compile("^Run ")).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Run ")


def test_an_event_leads_to_its_record_decisions_and_run(signed_in: Page) -> None:
    page = signed_in
    page.goto("/events/?type=record.created&module=tickets")
    page.get_by_role("link", name="record.created").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Event ")
    expect(page.get_by_role("table")).to_contain_text("Auto-routing")
    data = page.locator("details").first
    expect(data).to_contain_text("category")
    data.locator("summary").first.click()
    expect(data).not_to_have_attribute("open", "")
    page.get_by_role("link", name=re.compile("^T-|^E2E|^PAGES")).first.click()
    expect(page.get_by_role("button", name="Edit")).to_be_visible()


def test_records_are_found_by_typed_filters(signed_in: Page) -> None:
    page = signed_in
    page.goto("/records/")
    page.get_by_role("link", name="Orders").click()
    page.get_by_label("Field").select_option("amount")
    page.get_by_label("Comparison").select_option("gte")
    page.get_by_label("Value").fill("500")
    page.get_by_role("button", name="Add filter").click()
    expect(page).to_have_url(re.compile(r"\?amount__gte=500$"))
    expect(page.get_by_text("Amount is at least 500")).to_be_visible()
    page.get_by_label("Field").select_option("placed_at")
    page.get_by_label("Comparison").select_option("newer_than")
    page.get_by_label("How many").fill("30")
    page.get_by_label("Unit").select_option("D")
    page.get_by_role("button", name="Add filter").click()
    expect(page).to_have_url(re.compile(r"placed_at__newer_than=P30D"))
    page.reload()
    held = page.get_by_role("list", name="Filters that hold").get_by_role("listitem")
    expect(held).to_have_count(2)
    amounts = page.locator("tbody tr td:nth-child(5)")
    expect(amounts.first).to_be_visible()
    assert all(float(text) >= 500 for text in amounts.all_inner_texts())
    page.goto("/records/orders/?amount__gte=500&customer__contains=nobody%20at%20all")
    expect(page.get_by_text("No records match all of these filters.")).to_be_visible()
    guilty = page.get_by_role("listitem").filter(has_text="Drop “Customer contains")
    expect(guilty).to_contain_text("Without it there are records.")
    guilty.get_by_role("button").click()
    expect(amounts.first).to_be_visible()
    page.get_by_role("button", name="Drop Amount is at least 500").click()
    expect(page).to_have_url(re.compile(r"/records/orders/$"))


def test_a_record_is_made_changed_and_remarked_on(loose_page: Page) -> None:
    page = loose_page
    sign_in(page, "noor")
    page.goto("/records/tickets/")
    page.get_by_role("button", name="New record").click()
    dialog = page.get_by_role("dialog", name="New record of Tickets")
    dialog.get_by_label("Key").fill("PAGES-2")
    dialog.get_by_label("Status").select_option("open")
    dialog.get_by_label("Tags").fill("vip, onsite")
    dialog.get_by_role("button", name="Create record").click()
    expect(dialog.get_by_label("Title")).to_have_accessible_description(re.compile("Title must have a value"))
    assert violations(page) == []
    dialog.get_by_label("Title").fill("Screen is dark")
    dialog.get_by_role("button", name="Create record").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("PAGES-2: Screen is dark")
    expect(page.get_by_text("vip, onsite").first).to_be_visible()

    # The workflow that assigns it changes it, too: who edits before would be told that somebody was faster.
    until = time.monotonic() + 30
    while not page.request.get("/api/v1/runs/?record=PAGES-2&status=succeeded").json()["results"]:
        assert time.monotonic() < until, "no worker has assigned the ticket"
        page.wait_for_timeout(200)
    page.reload()
    page.get_by_role("button", name="Edit").click()
    assert page.get_by_label("Status").locator("option").all_inner_texts() == [
        "–",
        "open",
        "pending",
        "solved",
    ]
    page.get_by_label("Status").select_option("pending")
    page.get_by_label("Due").fill("2030-05-01T10:30")
    assert violations(page) == []
    page.get_by_role("button", name="Save").click()
    history = page.get_by_role("region", name="Changes")
    expect(history.get_by_role("row", name=re.compile("Status open pending noor"))).to_be_visible()

    page.get_by_role("button", name="Add comment").click()
    expect(page.get_by_label("Your comment")).to_have_accessible_description("Write something first.")
    page.get_by_label("Your comment").fill("Called back.")
    page.get_by_role("button", name="Add comment").click()
    expect(page.get_by_role("region", name="Comments").get_by_role("listitem").first).to_contain_text(
        "Called back."
    )
    expect(page.get_by_label("Your comment")).to_have_value("")
    expect(page.get_by_role("row", name="Auto-routing").first).to_be_visible()


def test_who_was_faster_is_told_and_what_was_typed_is_kept(loose_page: Page) -> None:
    page = loose_page
    sign_in(page, "priya")
    page.goto("/")
    make_ticket(page, "PAGES-3")
    page.goto("/records/tickets/PAGES-3/")
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("Title").fill("Mine")
    page.wait_for_timeout(2_000)  # the workflow that assigns it has changed it, too
    send(page, "PATCH", "modules/tickets/records/PAGES-3/", {"values": {"category": "cables"}})
    page.get_by_role("button", name="Save").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Somebody was faster.")
    expect(alert).to_contain_text("priya changed Category from network to cables")
    expect(alert).to_be_focused()
    expect(page.get_by_label("Title")).to_have_value("Mine")
    expect(page.get_by_label("Category")).to_have_value("cables")
    assert violations(page) == []
    page.get_by_role("button", name="Save over it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("PAGES-3: Mine")


def test_notifications_are_read_from_the_bell(page: Page) -> None:
    sign_in(page, "mia")
    bell = page.get_by_role("button", name=re.compile(r"^Notifications, \d+ unread"))
    expect(bell).to_be_visible()
    before = int(bell.locator(".count").inner_text())
    bell.click()
    items = page.get_by_role("dialog", name="Notifications").get_by_role("listitem")
    expect(items).to_have_count(before)
    assert violations(page) == []
    items.first.get_by_role("button", name=re.compile("^Mark as read")).click()
    expect(items).to_have_count(before - 1)
    page.reload()
    expect(bell.locator(".count")).to_have_text(str(before - 1))
    bell.click()
    expect(items.first.get_by_role("link")).to_have_attribute("href", re.compile(r"^/runs/\d+/$"))
    page.keyboard.press("Escape")
    expect(items.first).not_to_be_visible()


def make_ticket(page: Page, key: str) -> None:
    values = {"title": f"Ticket {key}", "status": "open", "category": "network"}
    send(page, "POST", "modules/tickets/records/", {"key": key, "values": values})


def send(page: Page, method: str, path: str, body: dict[str, object]) -> None:
    """Through the API, with the session and the token of the page."""
    token = page.locator("input[name=csrfmiddlewaretoken]").first.input_value()
    answer = page.request.fetch(
        f"/api/v1/{path}", method=method, data=body, headers={"X-CSRFToken": token, "Referer": page.url}
    )
    assert answer.ok, answer.text()
