"""Backtests: the page that shows what a change would have done, and the impact that stands first before publishing."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from .conftest import violations
from .editing import call, make
from .test_sample import DOCUMENT, ticket

REFUSED = "the server responded with a status of 422"
KINDS = ("same", "newly_selected", "no_longer_selected", "other_effect", "other_branch")


@pytest.fixture
def editor(signed_in: Page) -> Page:
    signed_in.set_viewport_size({"width": 1440, "height": 900})
    return signed_in


def changed(page: Page, name: str) -> int:
    """A live workflow that says something of urgent tickets, and a draft that does so of low ones too. There are tickets."""
    pk = make(page, name, DOCUMENT)
    call(page, "POST", f"workflows/{pk}/publish/", {"mode": "simulate"})
    for number, priority in enumerate(("urgent", "urgent", "low", "low", "low", "normal")):
        ticket(page, f"{name.upper()}-{number}", priority)
    wider = deepcopy(DOCUMENT)
    wider["nodes"][0]["config"]["filter"] = {"field": "priority", "op": "in", "value": ["urgent", "low"]}
    revision = call(page, "GET", f"workflows/{pk}/graph/")["revision"]
    call(page, "PUT", f"workflows/{pk}/graph/", {**wider, "revision": revision})
    page.goto(f"/workflows/{pk}/")
    expect(page.locator(".editor-bar")).to_contain_text("draft differs")
    return pk


def plain(locator: Locator) -> str:
    """Its text, digits without the small spaces between them."""
    return locator.inner_text().replace("\u202f", "")


def assert_told(where: Locator, counts: dict[str, int]) -> None:
    told = plain(where.locator(".backtest-counts"))
    numbers = [int(number) for number in re.findall(r"\d+", told)]
    shown = KINDS if counts["other_branch"] else KINDS[:-1]
    assert numbers == [counts[kind] for kind in shown], told


def test_impact_stands_first_and_its_numbers_are_those_of_the_api(editor: Page) -> None:
    pk = changed(editor, "Impact")
    editor.get_by_role("button", name="Publish…").click()
    dialog = editor.get_by_role("dialog")
    impact = dialog.get_by_role("region", name="Impact on the last 7 days")
    expect(impact.locator(".backtest-counts")).to_be_visible(timeout=30_000)
    assert dialog.get_by_role("region").first.get_attribute("aria-label") == "Impact on the last 7 days"
    (newest,) = call(editor, "GET", f"workflows/{pk}/backtests/")["results"]
    assert (newest["status"], newest["version"], newest["against"]) == ("succeeded", None, 1)
    assert newest["counts"]["newly_selected"] >= 3
    assert newest["looked_at"] == sum(newest["counts"].values())
    assert_told(impact, newest["counts"])
    assert f"(backtest, {newest['looked_at']} events)" in plain(impact.get_by_role("heading"))
    expect(impact).to_contain_text("Runs in flight: none.")
    assert violations(editor) == []

    # Looked at again, it is not tried again; and publishing is as it was.
    dialog.get_by_role("button", name="Cancel").click()
    editor.get_by_role("button", name="Publish…").click()
    expect(impact.locator(".backtest-counts")).to_be_visible(timeout=30_000)
    assert len(call(editor, "GET", f"workflows/{pk}/backtests/")["results"]) == 1
    impact.get_by_role("link", name="See the").click()
    expect(editor.get_by_role("heading", name="Backtests of Impact")).to_be_visible()
    assert_told(editor.get_by_role("region", name="Backtest", exact=False).first, newest["counts"])


def test_backtest_is_started_followed_and_opened_down_to_the_record(editor: Page) -> None:
    pk = changed(editor, "Past")
    editor.get_by_role("link", name="Backtests").click()
    expect(editor.get_by_role("heading", name="Backtests of Past")).to_be_visible()
    expect(editor.get_by_text("There are none yet.")).to_be_visible()
    editor.get_by_label("Over").select_option("1")
    editor.get_by_role("button", name="Start backtest").click()
    differences = editor.get_by_role("region", name="Differences")
    expect(differences).to_be_visible(timeout=30_000)
    found = call(editor, "GET", f"workflows/{pk}/backtests/")["results"][0]
    assert_told(editor.locator("main"), found["counts"])
    editor.get_by_role("radio", name="now selected").check()
    assert "kind=newly_selected" in editor.url
    row = differences.get_by_role("row").filter(has_text="PAST-2")
    expect(row).to_contain_text("now selected")
    row.get_by_role("button", name="Details of PAST-2").press("Enter")
    expect(differences.get_by_role("region", name="Before")).to_contain_text("priority")
    after = differences.get_by_role("region", name="After")
    expect(after).to_contain_text("Open? (true) → Say it")
    expect(after).to_contain_text("Comment: ")
    assert violations(editor) == []

    editor.set_viewport_size({"width": 390, "height": 800})
    wide: Any = editor.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert wide
    editor.set_viewport_size({"width": 1440, "height": 900})
    row.get_by_role("link", name="PAST-2").click()
    expect(editor.get_by_role("heading", name="PAST-2")).to_be_visible()


def test_range_that_is_none_is_told_at_the_form(editor: Page, said: list[str]) -> None:
    changed(editor, "Range")
    editor.get_by_role("link", name="Backtests").click()
    editor.get_by_label("Over").select_option("range")
    editor.get_by_label("From").fill("2026-05-02")
    editor.get_by_label("To", exact=True).fill("2026-05-01")
    editor.get_by_role("button", name="Start backtest").click()
    expect(editor.get_by_role("alert")).to_contain_text("“since” is not before “until”.")
    said[:] = [text for text in said if REFUSED not in text]


def test_shadow_is_followed_down_to_the_record_stopped_and_shown_at_the_gate(editor: Page) -> None:
    pk = changed(editor, "Shade")
    editor.get_by_role("link", name="Backtests").click()
    part = editor.get_by_role("region", name="Shadow", exact=True)
    expect(part).to_contain_text("There was none yet.")
    part.get_by_label("For").select_option("7")
    part.get_by_role("button", name="Start shadow").press("Enter")
    going = part.locator(".shadow-going")
    expect(going).to_contain_text("The draft beside version 1")
    expect(going).to_contain_text("– agreement")
    assert call(editor, "GET", f"workflows/{pk}/backtests/")["results"] == []
    assert violations(editor) == []

    for number, priority in enumerate(("urgent", "low", "low", "normal")):
        ticket(editor, f"SHADE-LIVE-{number}", priority)
    # The comments of the live version, which simulates, are no events: of four, two are newly selected.
    expect(going).to_contain_text("now selected +2", timeout=30_000)
    expect(going).to_contain_text("Same result 2", timeout=30_000)
    expect(going).to_contain_text("50.0")
    (found,) = call(editor, "GET", f"workflows/{pk}/shadows/")["results"]
    assert found["agreement"] == 100 * found["counts"]["same"] / found["looked_at"] == 50.0
    result = editor.get_by_role("region", name=f"Shadow {found['id']}")
    differences = result.get_by_role("region", name="Differences")
    row = differences.get_by_role("row").filter(has_text="SHADE-LIVE-1")
    row.get_by_role("button", name="Details of SHADE-LIVE-1").press("Enter")
    expect(differences.get_by_role("region", name="After")).to_contain_text("Open? (true) → Say it")
    expect(row.get_by_role("link", name="SHADE-LIVE-1")).to_be_visible()
    assert violations(editor) == []

    editor.set_viewport_size({"width": 390, "height": 800})
    assert editor.evaluate("document.documentElement.scrollWidth <= innerWidth")
    editor.set_viewport_size({"width": 1440, "height": 900})
    going.get_by_role("button", name="Stop").click()
    expect(part.get_by_role("button", name="Start shadow")).to_be_visible()
    expect(part.get_by_role("region", name="Shadows")).to_contain_text("priya stopped it.")
    expect(result).to_contain_text("priya stopped it.", timeout=15_000)
    assert comments_of(editor, "SHADE-LIVE-1") == []

    call(editor, "POST", f"workflows/{pk}/publish/", {"mode": "simulate"})
    editor.goto(f"/workflows/{pk}/promote/")
    line = editor.get_by_role("list", name="The gate").get_by_role("listitem")
    line = line.filter(has_text="Simulated on live events")
    expect(line).to_contain_text("As a shadow beside version 1 (since ")
    expect(line).to_contain_text("agreed on 2 of 4 live events (50.0 %): 2 newly selected")
    line.get_by_role("link", name="Shadow").click()
    expect(editor.get_by_role("heading", name=f"Shadow {found['id']}")).to_be_visible()


def comments_of(page: Page, key: str) -> list[str]:
    rows = call(page, "GET", f"modules/tickets/records/{key}/comments/")
    return [row["text"] for row in (rows["results"] if isinstance(rows, dict) else rows)]
