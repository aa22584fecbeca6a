"""A refund is taken back on the run's page: what is shown goes back, what somebody changed since stays."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from .conftest import violations
from .editing import call
from .test_approvals import asked, sam, status  # noqa: F401 (sam is a fixture)


def refunded(signed_in: Page, sam: Page, key: str) -> int:  # noqa: F811
    """A run that has refunded an order, because Sam has agreed."""
    run = asked(signed_in, key)
    approval = call(sam, "GET", f"approvals/?run={run}")["results"][0]
    plan = call(sam, "GET", f"approvals/{approval['id']}/")["plan_hash"]
    call(sam, "POST", f"approvals/{approval['id']}/decide/", {"verdict": "approve", "plan_hash": plan})
    for _ in range(150):
        if call(signed_in, "GET", f"runs/{run}/")["status"] == "succeeded":
            return run
        signed_in.wait_for_timeout(100)
    raise AssertionError("the run did not end")


def test_a_run_is_undone_as_it_was_shown_and_the_undo_is_taken_back(
    signed_in: Page,
    sam: Page,  # noqa: F811
) -> None:
    run = refunded(signed_in, sam, "E2E-U1")
    signed_in.goto(f"/runs/{run}/")
    signed_in.get_by_role("button", name="Undo…").click()
    dialog = signed_in.get_by_role("dialog", name=f"Undo run {run}")
    back = dialog.get_by_role("region", name="What goes back")
    expect(back.get_by_role("row", name=re.compile("E2E-U1 status"))).to_contain_text("shipped")
    expect(back.locator("del").first).to_have_text("refunded")
    expect(back).to_contain_text("against the module’s transitions")
    assert violations(signed_in) == []
    dialog.get_by_label("Why? It is kept in the audit.").fill("The wrong order.")
    signed_in.keyboard.press("Enter")
    expect(dialog.get_by_text("Undone by priya")).to_be_visible()
    expect(dialog.get_by_text("It is so already.").first).to_be_visible()
    assert status(signed_in, "E2E-U1") == "shipped"
    dialog.get_by_role("button", name="Take back…").click()
    again = signed_in.get_by_role("dialog", name="Take the undo back")
    again.get_by_role("button", name=re.compile("Take back 1 change")).click()
    expect(signed_in.get_by_text("Undo taken back by priya")).to_be_visible()
    assert status(signed_in, "E2E-U1") == "refunded"


def test_the_dialog_fits_a_narrow_window(signed_in: Page, sam: Page) -> None:  # noqa: F811
    run = refunded(signed_in, sam, "E2E-U2")
    signed_in.set_viewport_size({"width": 390, "height": 844})
    signed_in.goto(f"/runs/{run}/")
    signed_in.get_by_role("button", name="Undo…").click()
    dialog = signed_in.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Undo 1 change")).to_be_visible()
    assert signed_in.evaluate("document.documentElement.scrollWidth <= innerWidth")
    signed_in.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert status(signed_in, "E2E-U2") == "refunded"
