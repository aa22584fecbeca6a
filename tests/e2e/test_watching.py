"""A person watches workflows and their runs in a real browser, while a real worker works."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from automations.gallery import TEMPLATES
from config.demo.seed import DEMO
from tests.e2e.conftest import fill_in, sign_in, sign_out, violations


def create_ticket(page: Page, key: str) -> None:
    """Through the API, with the session and the token of the page."""
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    answer = page.request.post(
        "/api/v1/modules/tickets/records/",
        data={"key": key, "values": {"title": f"Ticket {key}", "status": "open", "category": "network"}},
        headers={"X-CSRFToken": cookies["csrftoken"], "Referer": page.url},
    )
    assert answer.status == 201, answer.text()


def test_a_wrong_password_is_told_and_a_right_one_leads_home(page: Page) -> None:
    page.goto("/")
    fill_in(page, "priya", "wrong")
    expect(page.get_by_role("alert")).to_contain_text("correct username and password")
    fill_in(page, "priya", "demo")
    expect(page.get_by_role("heading", name="Home")).to_be_visible()
    page.get_by_role("link", name="Workflows", exact=True).click()
    for key in DEMO:
        expect(page.get_by_role("link", name=TEMPLATES.get(key).name, exact=True)).to_be_visible()
    expect(page.get_by_role("row", name="Auto-routing")).to_contain_text("Execute")


def test_a_workflow_is_reached_by_keyboard_alone(signed_in: Page) -> None:
    page = signed_in
    expect(page.get_by_role("link", name="Auto-routing")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Auto-routing":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Auto-routing")).to_be_visible()
    expect(page).to_have_title("Auto-routing · Automations")


def test_a_run_appears_and_ends_without_a_reload(signed_in: Page) -> None:
    page = signed_in
    page.get_by_role("link", name="Auto-routing").click()
    page.get_by_role("button", name="Last runs").click()
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    page.evaluate("window.neverReloaded = true")
    create_ticket(page, "E2E-1")
    shown = page.get_by_role("region", name=re.compile(r"^Run \d+$")).filter(has_text="E2E-1")
    expect(shown).to_contain_text("succeeded", timeout=10_000)
    shown.get_by_role("link", name="Log and data").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Run ")
    page.get_by_role("tab", name="Log").click()
    log = page.get_by_role("list", name="Log lines")
    expect(log).to_contain_text("took “network”")
    assert page.evaluate("window.neverReloaded") is True


def test_the_graph_of_a_run_is_lit_where_the_run_went(signed_in: Page) -> None:
    page = signed_in
    page.get_by_role("link", name="Auto-routing").click()
    graph = page.get_by_role("application", name="Graph of the workflow")
    expect(graph.get_by_role("group", name="condition: Which team?")).to_be_visible()
    page.get_by_role("button", name="Last runs").click()
    create_ticket(page, "E2E-2")
    shown = page.get_by_role("region", name=re.compile(r"^Run \d+$")).filter(has_text="E2E-2")
    expect(shown).to_contain_text("succeeded", timeout=10_000)
    shown.get_by_role("link", name="Log and data").click()
    still = page.get_by_role("group", name="Graph of the workflow")
    expect(
        still.get_by_role("button", name=re.compile(r"trigger:\s*Ticket created\s*,\s*record\s*,.*succeeded"))
    ).to_be_visible()
    expect(
        still.get_by_role("button", name=re.compile(r"action:\s*Assign Network\s*,\s*assign\s*,.*succeeded"))
    ).to_be_visible()
    expect(
        still.get_by_role("button", name=re.compile(r"action:\s*Assign Hardware\s*,\s*assign\s*,.*skipped"))
    ).to_be_visible()
    names = still.locator("[data-node]").all_inner_texts()
    assert "trigger:" in names[0], "the Tab key goes from the beginning to the end"
    assert "Tell the assignee" in names[-1]


def test_the_log_is_filtered_and_says_when_nothing_matches(signed_in: Page) -> None:
    page = signed_in
    page.get_by_role("link", name="Auto-routing").click()
    page.get_by_role("button", name="Last runs").click()
    page.get_by_role("link", name="Log and data").click()
    page.get_by_role("tab", name="Log").click()
    lines = page.get_by_role("list", name="Log lines").get_by_role("listitem")
    expect(lines.first).to_be_visible()
    everything = lines.count()
    page.get_by_label("Text").fill("took")
    expect(lines).to_have_count(1)
    assert everything > 1
    page.get_by_label("Text").fill("nowhere at all")
    expect(page.get_by_text("No line matches")).to_be_visible()


def test_a_workflow_that_is_not_there_says_so(signed_in: Page) -> None:
    page = signed_in
    page.goto("/runs/999999/")
    expect(page.get_by_role("alert")).to_contain_text("There is no such run")


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_scrolls_sideways(signed_in: Page, width: int, scheme: str) -> None:
    page = signed_in
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 800})
    for step in ("Auto-routing", "run"):
        wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not wide, page.url
        if step == "run":
            page.get_by_role("button", name="Last runs").click()
            page.get_by_role("link", name="Log and data").click()
            expect(page.get_by_role("tablist", name="Views of the run")).to_be_visible()
        else:
            page.get_by_role("link", name=step).click()
            expect(page.get_by_role("heading", name=step)).to_be_visible()
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    brightness = sum(int(part) for part in re.findall(r"\d+", background)[:3])
    assert (brightness > 600) == (scheme == "light"), background


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto("/")
    assert violations(page) == []
    fill_in(page, "priya", "wrong")
    expect(page.get_by_role("alert")).to_be_visible()
    assert violations(page) == []
    sign_in(page, "priya")
    expect(page.get_by_role("heading", name="Home")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("link", name="Workflows", exact=True).click()
    link = page.get_by_role("link", name="Auto-routing")
    expect(link).to_be_visible()
    assert violations(page) == []
    link.click()
    page.get_by_role("button", name="Last runs").click()
    first = page.get_by_role("link", name="Log and data")
    expect(first).to_be_visible()
    expect(page.get_by_role("group").first).to_be_visible()
    assert violations(page) == []
    first.click()
    expect(page.get_by_role("tablist", name="Views of the run")).to_be_visible()
    expect(page.get_by_role("group").first).to_be_visible()
    assert violations(page) == []
    page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    assert any(found.startswith("button-name") for found in violations(page)), "axe would have found it"


def test_signing_out_ends_the_session(signed_in: Page) -> None:
    page = signed_in
    sign_out(page)
    page.goto("/")
    expect(page.get_by_label("Password")).to_be_visible()
