"""Who can reach what: by the Tab key, with a ring to see where one is, on a telephone, and at 200 % zoom."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from automations.gallery.documents import sla_alert

from .conftest import violations
from .editing import LINE, call, make, node, saved
from .test_approvals import asked, sam
from .test_editor_live import graph, watch

__all__ = ["sam"]

STOP = """() => {
  const at = document.activeElement;
  const look = getComputedStyle(at);
  const box = at.getBoundingClientRect();
  const outlined = look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 2;
  return {
    what: at.outerHTML.slice(0, 120),
    body: at === document.body,
    graph: at.closest(".react-flow__nodes, .react-flow__edges") !== null,
    ringed: outlined || look.boxShadow !== "none",
    seen: box.width > 0 && box.right > 0 && box.left < innerWidth,
  };
}"""


def stops(page: Page, most: int = 400) -> list[dict[str, Any]]:
    """Where the Tab key stops from the beginning of the page to its end."""
    page.locator(".skip-link").focus()
    page.keyboard.press("Tab")  # after a click a ring shows only where a key led
    page.keyboard.press("Shift+Tab")
    found = [page.evaluate(STOP)]
    for _ in range(most):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop["body"] or stop["what"] == found[0]["what"]:
            return found
        found.append(stop)
    raise AssertionError(f"The Tab key has not come round after {most} stops: {found[-3:]}")


def test_the_graph_is_one_stop_of_the_tab_key_and_each_stop_has_a_ring(editor: Page) -> None:
    make(editor, "Stops", sla_alert())
    expect(node(editor, "a3")).to_be_visible()
    found = stops(editor)
    assert len([stop for stop in found if stop["graph"]]) == 1
    assert [stop["what"] for stop in found if not stop["ringed"] or not stop["seen"]] == []
    node(editor, "c1").click()
    expect(editor.get_by_label("Name", exact=True)).to_be_visible()
    within = stops(editor)
    assert len(within) > len(found), "the fields of the step are stops too"
    assert [stop["what"] for stop in within if not stop["ringed"] or not stop["seen"]] == []


def outline(page: Page) -> None:
    make(page, f"Stops in the outline {page.viewport_size}", sla_alert())
    size = page.viewport_size
    if size is not None and size["width"] >= 760:  # below, nothing else is offered
        page.get_by_role("button", name="Outline").click()
    expect(page.get_by_role("button", name="Add a step", exact=True)).to_be_visible()


def run(page: Page) -> None:
    found = call(page, "GET", "runs/?status=succeeded&module=tickets&limit=1")["results"][0]["id"]
    page.goto(f"/runs/{found}/?view=timeline")
    expect(page.get_by_role("tab", name="Timeline", selected=True)).to_be_visible()


def opened(address: str) -> Callable[[Page], None]:
    def go(page: Page) -> None:
        page.goto(address)
        page.wait_for_load_state("networkidle")

    return go


PAGES: dict[str, Callable[[Page], None]] = {
    "home": opened("/"),
    "workflows": opened("/workflows/"),
    "outline": outline,
    "run": run,
    "records": opened("/records/tickets/"),
    "approvals": opened("/approvals/"),
}


@pytest.mark.parametrize("name", [name for name in PAGES if name != "records"])
def test_each_stop_of_the_tab_key_has_a_ring(signed_in: Page, name: str) -> None:
    PAGES[name](signed_in)
    assert [stop["what"] for stop in stops(signed_in) if not stop["ringed"] or not stop["seen"]] == []


CUT = """() => {
  const wide = document.documentElement.clientWidth;
  const scrolls = (one) => {
    for (let up = one.parentElement; up; up = up.parentElement) {
      if (/auto|scroll/.test(getComputedStyle(up).overflowX) && up.scrollWidth > up.clientWidth) return true;
    }
    return false;
  };
  return [...document.querySelectorAll("a, button, input, select, textarea, h1, h2, h3, label, th, td, p")]
    .filter((one) => one.checkVisibility({visibilityProperty: true}) && !one.closest(".visually-hidden, .skip-link, .react-flow"))
    .filter((one) => {
      const box = one.getBoundingClientRect();
      return box.width > 1 && (box.right > wide + 1 || box.left < -1) && !scrolls(one);
    })
    .map((one) => one.outerHTML.slice(0, 120));
}"""


@pytest.mark.parametrize(("width", "height"), [(640, 400), (390, 844)], ids=["200 % zoom", "telephone"])
@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_cut_off(signed_in: Page, name: str, width: int, height: int) -> None:
    page = signed_in
    page.set_viewport_size({"width": width, "height": height})
    PAGES[name](page)
    assert page.evaluate(CUT) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize(("width", "height"), [(640, 400), (390, 844)], ids=["200 % zoom", "telephone"])
def test_the_outline_publishes_on_a_small_page(editor: Page, width: int, height: int) -> None:
    editor.set_viewport_size({"width": width, "height": height})
    pk = make(editor, f"Small page {width}", LINE)
    editor.get_by_role("button", name="Say hello").first.click()
    editor.locator("#field-a1-text").fill("Hello from a small page.")
    saved(editor)
    editor.get_by_role("button", name="Publish…").click()
    dialog = editor.get_by_role("dialog")
    button = dialog.get_by_role("button", name="Publish to simulate")
    expect(button).to_be_enabled(timeout=20_000)
    assert editor.evaluate(CUT) == []
    assert violations(editor) == []
    button.click()
    expect(button).to_have_count(0, timeout=20_000)
    assert call(editor, "GET", f"workflows/{pk}/")["active_version"] is not None
    call(editor, "POST", f"workflows/{pk}/pause/", {"reason": "only a test"})


def test_a_run_goes_on_in_the_open_editor_when_it_was_approved(editor: Page, sam: Page) -> None:
    run = asked(editor, "E2E-GOES-ON")
    flows = call(editor, "GET", "workflows/?search=Approval gate")["results"]
    watch(editor, flows[0]["id"])
    waiting = graph(editor).get_by_role("button", name=re.compile("waiting"))
    expect(waiting).to_have_count(1)
    expect(waiting).to_be_in_viewport()
    editor.evaluate("window.neverReloaded = true")
    approval = call(sam, "GET", f"approvals/?run={run}")["results"][0]
    sam.goto(f"/approvals/{approval['id']}/")
    sam.get_by_role("button", name="Approve").click()
    expect(sam.locator(".heading .chip")).to_contain_text("Approved")
    expect(waiting).to_have_count(0, timeout=15_000)
    done = graph(editor).get_by_role("button", name=re.compile("succeeded"))
    expect(editor.get_by_role("main")).to_contain_text("succeeded")
    steps = call(editor, "GET", f"runs/{run}/steps/")["results"]
    expect(done).to_have_count(len([step for step in steps if step["status"] == "succeeded"]))
    assert editor.evaluate("window.neverReloaded") is True
