"""A version that starts another workflow keeps the version of it: told where versions are looked at, compared, published
and promoted."""

from __future__ import annotations

import itertools
import time
from typing import Any

from playwright.sync_api import Locator, Page, expect

from .conftest import violations
from .editing import call, draft
from .test_promote import line


def drawn(*steps: dict[str, Any], trigger: dict[str, Any]) -> dict[str, Any]:
    nodes = [trigger, *steps]
    edges = [{"from": a["id"], "to": b["id"]} for a, b in itertools.pairwise(nodes)]
    return {"schema": 1, "nodes": nodes, "edges": edges, "layout": {}}


def publish(page: Page, pk: int, document: dict[str, Any] | None = None) -> None:
    if document is not None:
        revision = draft(page, pk)["revision"]
        call(page, "PUT", f"workflows/{pk}/graph/", {**document, "revision": revision})
    call(page, "POST", f"workflows/{pk}/publish/", {})


def bundle(page: Page) -> tuple[int, int]:
    """Two workflows: one that starts the other at version 1, and the other, of which version 2 is live by now."""
    mark = time.monotonic_ns()
    names = {"errand": "Close a ticket", "caller": "Close the day"}
    errand, caller = (
        int(
            call(page, "POST", "workflows/", {"name": name, "key": f"{key}-{mark}", "module": "tickets"})[
                "id"
            ]
        )
        for key, name in names.items()
    )
    manual = {"id": "t1", "type": "trigger.manual", "title": "By hand", "config": {"module": "tickets"}}
    created = {
        "id": "t1",
        "type": "trigger.record",
        "title": "Created",
        "config": {"module": "tickets", "on": ["created"]},
    }
    said = {"id": "a1", "type": "action.comment", "title": "Say so", "config": {"text": "Done."}}
    start = {
        "id": "s1",
        "type": "action.start_workflow",
        "title": "Start it",
        "config": {"workflow": f"errand-{mark}"},
    }
    publish(page, errand, drawn(said, trigger=manual))
    publish(page, caller, drawn(start, trigger=created))
    publish(page, errand, drawn({**said, "config": {"text": "Done, again."}}, trigger=manual))
    return errand, caller


def version(page: Page, number: int) -> Locator:
    named = page.get_by_text(f"Version {number}", exact=True)
    return page.locator(".versions").get_by_role("listitem").filter(has=named)


def test_a_pin_is_told_wherever_one_looks_at_versions(signed_in: Page) -> None:
    page = signed_in
    _errand, caller = bundle(page)

    page.goto(f"/workflows/{caller}/versions/")
    first = version(page, 1)
    expect(first).to_contain_text("at version 1; newer version 2 is available, publishing anew takes it up")
    page.goto(f"/workflows/{caller}/versions/?from=1&to=draft")
    beside = page.get_by_role("list", name="Beside the steps")
    expect(beside).to_contain_text("at version 2; it was version 1.")
    page.goto(f"/workflows/{caller}/versions/?from=draft&to=1")
    expect(beside).to_contain_text("at version 1; it was version 2.")
    assert violations(page) == []

    page.goto(f"/workflows/{caller}/promote/")
    pinned = line(page, "What it starts is pinned")
    expect(pinned).to_contain_text("Met")
    expect(pinned).to_contain_text("(version 2 is live by now; publishing anew takes it up)")
    expect(line(page, "How far it reaches at once")).to_contain_text("blast radius 100")

    page.goto(f"/workflows/{caller}/")
    page.get_by_role("button", name="Publish…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("list", name="Beside the steps")).to_contain_text(
        "at version 2; it was version 1."
    )
    assert violations(page) == []
    dialog.get_by_role("button", name="Publish to simulate").click()
    expect(dialog).to_have_count(0)
    page.goto(f"/workflows/{caller}/versions/")
    expect(version(page, 2)).to_contain_text("at version 2")


def test_who_is_started_sees_by_whom_and_is_told_before_rolling_back(signed_in: Page) -> None:
    page = signed_in
    errand, caller = bundle(page)
    publish(page, caller)  # takes version 2 up
    page.goto(f"/workflows/{errand}/versions/")
    second = version(page, 2)
    expect(second).to_contain_text("started by version 2 of Close the day")
    page.get_by_role("button", name="Roll back to 1…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("“Close the day” starts version 2 and will go on to do so")
    expect(dialog).to_contain_text("stays in simulate: version 1 only simulates, too, until it is promoted")
    assert violations(page) == []
    page.keyboard.press("Escape")
    second.get_by_role("link", name="Close the day").click()
    expect(page.get_by_role("heading", name="Close the day")).to_be_visible()
