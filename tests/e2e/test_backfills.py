"""A process owner makes up for what a workflow missed: counted first, foreseen, then done; above the blast radius it waits
for a yes, and says whose."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import violations
from tests.e2e.editing import call
from tests.e2e.releasing import RENAMED, given, let_act
from tests.e2e.test_dead_letters import picture


class Missed:
    """A workflow that comments tickets of its own name, and that went live after they came in."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.mark = f"BF{time.monotonic_ns()}"
        made = call(
            page, "POST", "workflows/", {"name": "Late", "key": self.mark.lower(), "module": "tickets"}
        )
        self.id = int(made["id"])
        own = {"any": [{"field": "title", "op": "starts_with", "value": self.mark}, REHEARSED]}
        config = {"module": "tickets", "on": ["created"], "filter": own}
        nodes = [
            {"id": "t1", "type": "trigger.record", "title": "It came in", "config": config},
            {"id": "a1", "type": "action.comment", "title": "Say hello", "config": {"text": "Hello."}},
        ]
        document = {"schema": 1, "nodes": nodes, "edges": [{"from": "t1", "to": "a1"}], "layout": {}}
        call(page, "PUT", f"workflows/{self.id}/graph/", {**document, "revision": made["draft_revision"]})
        for number in range(3):
            values = {"title": f"{self.mark} {number}", "status": "open", "category": "network"}
            body = {"key": f"{self.mark}-{number}", "values": values}
            call(page, "POST", "modules/tickets/records/", body)

    def comments(self) -> int:
        addresses = [f"modules/tickets/records/{self.mark}-{number}/comments/" for number in range(3)]
        return sum(len(call(self.page, "GET", address)["results"]) for address in addresses)


REHEARSED = {"field": "title", "op": "eq", "value": "VPN drops"}


@pytest.fixture
def missed(signed_in: Page) -> Iterator[Missed]:
    made = Missed(signed_in)
    yield made
    call(signed_in, "DELETE", f"workflows/{made.id}/")  # other tests count the workflows


def counted(missed: Missed) -> Any:
    """The form's answer about the last minutes: other tests' tickets are among them, and start nothing."""
    page = missed.page
    page.goto(f"/workflows/{missed.id}/backfills/")
    page.get_by_label("At most, a minute").fill("600")
    page.get_by_label("slots of its schedules").uncheck()
    page.get_by_role("button", name="Count").click()
    found = page.get_by_role("region", name="Counted")
    expect(found).to_contain_text("would be judged by version 1", timeout=20_000)
    return found


def test_what_was_missed_is_counted_foreseen_and_made_up_for(signed_in: Page, missed: Missed) -> None:
    page = signed_in
    call(page, "POST", f"workflows/{missed.id}/publish/", {})
    page.goto(f"/workflows/{missed.id}/")
    page.get_by_role("navigation", name="Pages of the workflow").get_by_role("link", name="Backfills").click()
    expect(page.get_by_text("Nothing was made up for yet.")).to_be_visible()
    picture(page, "backfills-empty")
    found = counted(missed)
    expect(found.get_by_role("region", name="By trigger").get_by_role("row").nth(1)).to_contain_text(
        "It came in"
    )
    found.get_by_text("The oldest").click()
    expect(found.get_by_role("region", name="The oldest").get_by_role("row").nth(1)).to_be_visible()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert violations(page) == []
    picture(page, "backfill-counted")
    found.get_by_role("button", name=re.compile(r"^Foresee \d+ events$")).focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name=re.compile("^Dry run of a backfill"))).to_be_visible()
    told = page.locator(".backfill-progress [role=status]")
    expect(told).to_contain_text("done: 3 would succeed", timeout=30_000)
    picture(page, "backfill-dry-run")
    page.get_by_role("link", name="Make up for it…").click()
    page.get_by_label("At most, a minute").fill("600")
    page.get_by_role("button", name="Count").click()
    page.get_by_label("for real").check()
    page.get_by_label("Why? (optional)").fill("It was not live yet")
    page.get_by_role("button", name=re.compile(r"^Make up for \d+ events$")).click()
    expect(page.get_by_role("heading", name=re.compile("^Backfill "))).to_be_visible()
    expect(told).to_contain_text("done: 3 started a run", timeout=60_000)
    page.set_viewport_size({"width": 390, "height": 844})
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert violations(page) == []
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    picture(page, "backfill-narrow")
    item = page.get_by_role("row").filter(has_text=f"{missed.mark}-0")
    expect(item).to_contain_text("for “It came in”")
    item.get_by_role("link", name="Run ").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Run ")


def test_above_the_blast_radius_it_waits_for_a_yes_and_is_cancelled(signed_in: Page, missed: Missed) -> None:
    page = signed_in
    let_act(partial(call, page), missed.id, given({**RENAMED["after"], "title": "Another"}))
    call(page, "PATCH", f"workflows/{missed.id}/", {"limits": {"blast_radius": 1}})
    found = counted(missed)
    expect(found).to_contain_text(re.compile(r"runs at once; 1 are allowed\..* until .*\bada\b.* agrees"))
    picture(page, "backfill-held")
    found.get_by_label("for real").check()
    found.get_by_role("button", name="Ask to make up for").click()
    expect(page.get_by_text("wait for approval. It is for")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("link", name="See the question")).to_have_attribute(
        "href", re.compile("/approvals/")
    )
    picture(page, "backfill-waits")
    page.get_by_role("button", name="Cancel…").click()
    page.get_by_label("Reason (optional)").fill("Wrong window")
    page.get_by_role("button", name="Have no more judged").click()
    expect(page.locator(".backfill-progress")).to_contain_text("by priya: Wrong window")
    assert missed.comments() == 0
    page.goto("/backfills/")
    expect(page.get_by_role("row").filter(has_text="Late").first).to_contain_text("cancelled")
    assert violations(page) == []
    picture(page, "backfills")
