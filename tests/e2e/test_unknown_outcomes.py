"""A call that may have arrived, in a real Chromium: asked about on the run's page, answered by keyboard, sent once more."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.receiver import hang_up, receiver, status

from .conftest import sign_in, violations
from .editing import call
from .test_destinations import picture


def test_somebody_says_that_a_call_did_not_happen(page: Page) -> None:
    sign_in(page, "ada")
    with receiver(hang_up, status(200)) as peer:
        made = {"key": "bank", "name": "The bank", "url": peer.url, "retry_safe": False}
        call(page, "POST", "webhooks/destinations/", made)
        workflow = call(page, "POST", "workflows/", {"name": "Pays"})["id"]
        document = {
            "schema": 1,
            "nodes": [
                {"id": "t1", "type": "trigger.manual", "config": {}},
                {"id": "s1", "type": "action.call_webhook", "config": {"destination": "bank"}},
            ],
            "edges": [{"from": "t1", "to": "s1"}],
            "layout": {},
        }
        draft = call(page, "GET", f"workflows/{workflow}/graph/")
        call(page, "PUT", f"workflows/{workflow}/graph/", {**document, "revision": draft["revision"]})
        call(page, "POST", f"workflows/{workflow}/publish/", {})
        glass = {"break_glass": True, "reason": "A test lets it act at once."}
        call(page, "POST", f"workflows/{workflow}/promote/", glass)
        call(page, "POST", f"workflows/{workflow}/run/", {})

        page.goto("/runs/?review=needs")
        row = page.get_by_role("row", name="Pays")
        expect(row).to_contain_text("Needs review: did a call happen?", timeout=30_000)
        row.get_by_role("link").first.click()
        question = page.get_by_role("region", name="Needs review")
        expect(question).to_contain_text("did the call to The bank happen?")
        assert violations(page) == []
        picture(page, "needs-review")
        question.get_by_role("button", name="It did not happen…").press("Enter")
        dialog = page.get_by_role("dialog", name="It did not happen")
        expect(dialog.get_by_label("Send it again: the same message")).to_be_checked()
        assert violations(page) == []
        picture(page, "needs-review-dialog")
        page.keyboard.press("Escape")
        page.goto("/")
        expect(page.get_by_role("link", name="1 run needs review")).to_be_visible()
        page.go_back()
        question.get_by_role("button", name="It did not happen…").press("Enter")
        dialog.get_by_label("How do you know?").fill("The bank has nothing.")
        page.keyboard.press("Enter")
        expect(dialog).to_be_hidden()
        expect(question).to_be_hidden()
        expect(page.get_by_role("heading", level=1).locator("..")).to_contain_text(
            "succeeded", timeout=30_000
        )
        assert len(peer.requests) == 2
        page.get_by_role("tab", name="Log").click()
        expect(page.get_by_text("ada said that it did not happen: The bank has nothing.")).to_be_visible()
        delivery = call(page, "GET", "webhooks/deliveries/?destination=bank")["results"][0]["id"]
        page.goto(f"/webhooks/deliveries/{delivery}/")
        expect(page.get_by_text("Attempt 1 was in doubt: ada said it did not happen")).to_be_visible()
        picture(page, "needs-review-answered")
