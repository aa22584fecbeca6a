"""Support finds runs that gave up under their cause, sees by a dry run what a redrive would do, redrives and triages."""

from __future__ import annotations

import os
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.conftest import violations
from tests.e2e.test_retry import Drawn, drawn  # noqa: F401 - a fixture


def picture(page: Page, name: str) -> None:
    """Keeps a picture where PICTURES names a folder: to look at, not to compare."""
    if folder := os.environ.get("PICTURES"):
        for theme in ("light", "dark"):
            page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
            page.screenshot(path=str(Path(folder) / f"{name}-{theme}.png"), full_page=True)
        page.evaluate("() => { document.documentElement.dataset.theme = 'system' }")


def test_a_cause_is_foreseen_redriven_and_triaged(drawn: Drawn, signed_in: Page) -> None:  # noqa: F811
    page = signed_in
    drawn.alone()
    for key in ("D-1", "D-2"):
        drawn.fail(key)
    page.get_by_role("navigation", name="Site").get_by_role("link", name="Dead letters").click()
    causes = page.get_by_role("region", name="Causes of dead letters")
    cause = causes.get_by_role("row").filter(has_text="Retried").first
    expect(cause).to_contain_text("New")
    assert violations(page) == []
    picture(page, "dead-letters")
    expect(page).to_have_title(re.compile(r"^\(\d+\) Dead letters"))
    cause.get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="What changed just before it was first seen")).to_be_visible()
    expect(page.get_by_role("region", name="What changed before")).to_contain_text("let version 1 act")

    whole = page.get_by_role("region", name="The newest letter, whole")
    expect(whole.get_by_role("heading", name="What was tried")).to_be_visible()
    page.get_by_label("Select the letter of run").first.check()
    expect(page.get_by_text("1 dead letter ticked")).to_be_visible()
    assert violations(page) == []
    picture(page, "dead-letter-ticked")
    page.get_by_role("button", name="Redrive the ticked…").click()
    expect(page.get_by_text("it is foreseen what would come of 1 run,")).to_be_visible()
    page.get_by_role("button", name="Cancel", exact=True).click()

    page.get_by_role("button", name="Redrive 2…").click()
    expect(page.get_by_text("it is foreseen what would come of 2 runs")).to_be_visible()
    page.get_by_text("Start them with other values").click()
    page.get_by_role("button", name="Add a field").click()
    page.get_by_role("combobox", name="Field 1", exact=True).fill("team")
    expect(page.get_by_text("No form asks for “team”")).to_be_visible()
    assert violations(page) == []
    picture(page, "redrive-dialog")
    page.get_by_role("button", name="Remove field 1").click()
    expect(page.get_by_text("No form asks for “team”")).to_have_count(0)
    page.get_by_role("button", name="Show what would happen").click()
    expect(page.get_by_text("2 would fail again")).to_be_visible(timeout=20_000)

    drawn.mend()
    page.get_by_role("button", name="Redrive 2…").click()
    page.get_by_label("for real").check()
    page.get_by_label("Runs a minute").fill("600")
    page.get_by_label("Why? (optional)").fill("Version 2 asks for less")
    page.get_by_role("button", name="Redrive", exact=True).click()
    expect(page.get_by_text("2 succeeded")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("button", name="Redrive 2…")).to_have_count(0)
    assert (drawn.comments("D-1"), drawn.comments("D-2")) == (1, 1), "what was done is not done again"

    page.get_by_role("button", name="Triage…").click()
    page.get_by_label("It stands").select_option("fixed")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("region", name="Workflows with this cause")).to_contain_text("Fixed in version 2")
    assert violations(page) == []
    picture(page, "dead-letter-cause")
