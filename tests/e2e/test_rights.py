"""Sharing a workflow in the editor, and looking at the pages with somebody else's eyes."""

from __future__ import annotations

import time
from typing import Any

from playwright.sync_api import Page, expect

from .conftest import sign_in, violations
from .editing import call

REFUSED = "the server responded with a status of 403"
MISSING = "the server responded with a status of 404"


def flow(page: Page, name: str) -> Any:
    return call(page, "GET", f"workflows/?search={name}")["results"][0]


def test_a_workflow_is_shared_in_the_editor_and_taken_away_again_by_keys(signed_in: Page) -> None:
    page = signed_in
    made = call(page, "POST", "workflows/", {"name": "Shared in a test", "module": "tickets"})
    page.goto(f"/workflows/{made['id']}/")
    page.get_by_role("button", name="Share…").click()
    dialog = page.get_by_role("dialog", name="Who may do what with “Shared in a test”")
    own = dialog.get_by_role("row", name="Priya")
    expect(own).to_contain_text("as Admin")
    expect(own).to_contain_text("on this one")
    expect(dialog.get_by_role("row", name="Admin group")).to_contain_text("on all workflows")
    dialog.get_by_label("Share with").select_option("user:noor")
    dialog.get_by_label("Rights").select_option("Operator")
    dialog.get_by_label("Rights").press("Tab")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("status").last).to_have_text("Shared with noor.")
    expect(dialog.get_by_role("row", name="Noor")).to_contain_text("as Operator: view, run test, run")
    assert violations(page) == []
    dialog.get_by_role("button", name="Take away from Noor").focus()
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("row", name="Noor")).to_have_count(0)


def test_the_last_with_every_right_is_told_why_they_stay(signed_in: Page, said: list[str]) -> None:
    page = signed_in
    made = call(page, "POST", "workflows/", {"name": "Mine alone", "module": "tickets"})
    page.goto(f"/workflows/{made['id']}/")
    page.get_by_role("button", name="Share…").click()
    page.get_by_role("button", name="Take away from Priya").click()
    expect(page.get_by_role("alert")).to_contain_text("Nobody would be left with every right on “Mine alone”")
    expect(page.get_by_role("row", name="Priya")).to_be_visible()
    said[:] = [line for line in said if "status of 409" not in line]


def test_an_admin_looks_with_anothers_eyes_and_a_banner_says_so_until_it_is_stopped(
    page: Page, said: list[str]
) -> None:
    sign_in(page, "ada")
    page.get_by_role("button", name="Your menu").click()
    page.get_by_role("button", name="View as…").click()
    page.get_by_role("combobox", name="View as").fill("noor")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    banner = page.get_by_role("region", name="View as")
    expect(banner).to_contain_text("You see what noor sees. Nothing can be changed meanwhile.")
    page.get_by_role("link", name="Workflows", exact=True).first.click()
    expect(page.get_by_role("row", name="Auto-routing")).to_be_visible()
    expect(banner).to_be_visible()
    assert call(page, "GET", "me/")["username"] == "noor"
    answer = page.evaluate(
        "fetch('/api/v1/workflows/', {method: 'POST', headers: {'X-CSRFToken':"
        " document.querySelector('[name=csrfmiddlewaretoken]').value}}).then((r) => r.json())"
    )
    assert answer["code"] == "viewing-as-another"
    assert violations(page) == []
    banner.get_by_role("button", name="Stop viewing as noor").click()
    expect(banner).to_have_count(0)
    assert call(page, "GET", "me/")["username"] == "ada"
    said[:] = [line for line in said if REFUSED not in line]


def test_a_module_and_a_policy_are_shared_on_their_pages(page: Page) -> None:
    sign_in(page, "ada")
    key = f"shared-{time.monotonic_ns()}"
    rule = {"field": "status", "op": "eq", "value": "open"}
    body = {"key": key, "name": "Shared rule", "module": "tickets", "rule": rule}
    call(page, "POST", "policies/", body)
    for address, name, wide in (
        ("/records/orders/", "Orders", "on all modules"),
        (f"/conditions/{key}/", "Shared rule", "on all policies"),
    ):
        page.goto(address)
        page.get_by_role("button", name="Share…").click()
        dialog = page.get_by_role("dialog", name=f"Who may do what with “{name}”")
        expect(dialog.get_by_role("row", name="Admin group")).to_contain_text(wide)
        dialog.get_by_label("Share with").select_option("user:sam")
        dialog.get_by_label("Rights").select_option("Operator")
        dialog.get_by_role("button", name="Share", exact=True).click()
        expect(dialog.get_by_role("row", name="Sam")).to_contain_text("as Operator: view, use")
        assert violations(page) == []
        dialog.get_by_role("button", name="Take away from Sam").click()
        expect(dialog.get_by_role("row", name="Sam")).to_have_count(0)
        dialog.get_by_role("button", name="Close").click()


def test_who_may_not_share_a_module_is_not_offered_it(signed_in: Page) -> None:
    signed_in.goto("/records/tickets/")
    expect(signed_in.get_by_role("button", name="New record")).to_be_visible()
    expect(signed_in.get_by_role("button", name="Share…")).to_have_count(0)
