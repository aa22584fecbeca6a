"""From a failed run to what is wrong, what changed before and the button that mends it, by keyboard."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.conftest import violations
from tests.e2e.test_dead_letters import picture
from tests.e2e.test_retry import Drawn, drawn  # noqa: F401 - a fixture


def test_a_failed_run_leads_to_its_diagnosis_and_on_to_the_redrive(drawn: Drawn, signed_in: Page) -> None:  # noqa: F811
    page = signed_in
    run = drawn.alone().fail("DIAGNOSED-1")
    page.goto(f"/runs/{run}/")
    note = page.locator(".problem").filter(has_text="failed")
    expect(note).to_contain_text("in 1 run · first seen with v1 · owner priya")
    note.get_by_role("link", name="Diagnosis").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f"Diagnosis of run {run}")).to_be_focused()

    page.goto(f"/diagnosis/{drawn.id}/")
    expect(page.get_by_role("heading", name="Diagnosis of Retried")).to_be_visible()
    expect(page.locator(".headline")).to_contain_text("fails: Tickets may not go from")
    expect(page.get_by_role("region", name="What changed before, most suspect first")).to_contain_text(
        "priya"
    )
    expect(page.get_by_role("img", name="Runs before it began and since")).to_be_visible()
    for theme in ("light", "dark"):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        assert violations(page) == []
    picture(page, "diagnosis")
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    picture(page, "diagnosis-narrow")
    page.get_by_role("link", name="Redrive 1 dead letter").click()
    dialog = page.get_by_role("dialog", name="Redrive 1 dead letter")
    expect(dialog.get_by_label("for real")).to_be_checked()
    dialog.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Redrive 1…")).to_be_visible()
