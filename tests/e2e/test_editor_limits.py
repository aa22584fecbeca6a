"""The editor at its limits: many steps, narrow pages, no motion, no right to edit, and what axe says of its parts."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from .conftest import sign_in, sign_out, violations
from .editing import LINE, broken, make, node, saved


def test_typing_draws_at_most_two_steps_a_key(editor: Page) -> None:
    nodes = [{"id": f"a{i}", "type": "action.comment", "config": {"text": "x"}} for i in range(1, 200)]
    edges = [{"from": f"a{i}" if i else "t1", "to": f"a{i + 1}"} for i in range(199)]
    make(editor, "Many", {**LINE, "nodes": [LINE["nodes"][0], *nodes], "edges": edges})
    node(editor, "t1").click()
    field = editor.get_by_label("Name", exact=True)
    field.click()
    saved(editor)
    before = editor.evaluate("window.automationsNodesDrawn")
    field.press_sequentially("a" * 40)
    drawn = editor.evaluate("window.automationsNodesDrawn") - before
    assert drawn <= 2 * 40 + 2, drawn  # a save in between draws once more


@pytest.mark.alone
def test_a_large_workflow_is_usable_within_two_seconds(editor: Page) -> None:
    nodes = [{"id": f"a{i}", "type": "action.comment", "config": {"text": "x"}} for i in range(1, 200)]
    edges = [{"from": f"a{i}" if i else "t1", "to": f"a{i + 1}"} for i in range(199)]
    pk = make(editor, "Large", {**LINE, "nodes": [LINE["nodes"][0], *nodes], "edges": edges})
    editor.goto("/workflows/")
    expect(editor.get_by_role("heading", name="Workflows")).to_be_visible()
    taken = editor.evaluate(
        """async (address) => {
          const link = document.createElement("a");
          const began = performance.now();
          history.pushState("in-app", "", address);
          dispatchEvent(new PopStateEvent("popstate"));
          while (!document.querySelector('.react-flow__node[data-id="t1"]')) {
            if (performance.now() - began > 20000) return Infinity;
            await new Promise((done) => setTimeout(done, 20));
          }
          return performance.now() - began;
        }""",
        f"/workflows/{pk}/",
    )
    assert taken <= 2_000, taken


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_graph_outline_inspector_and_drawer(editor: Page, scheme: Any) -> None:
    editor.emulate_media(color_scheme=scheme)
    make(editor, f"Axe {scheme}", broken())
    node(editor, "c1").click()
    editor.get_by_role("button", name="⚠ 1 problem", exact=True).click()
    assert violations(editor) == []
    node(editor, "a1").click()
    assert violations(editor) == []
    editor.get_by_role("button", name="Outline").click()
    assert violations(editor) == []
    editor.keyboard.press("Control+k")
    expect(editor.get_by_role("dialog")).to_be_visible()
    assert violations(editor) == []


def test_nothing_moves_for_those_who_asked_for_no_motion(editor: Page) -> None:
    editor.emulate_media(reduced_motion="reduce")
    make(editor, "Still", LINE)
    expect(node(editor, "t1")).to_be_visible()
    assert editor.evaluate("document.getAnimations().length") == 0


def test_a_narrow_page_offers_the_whole_outline_and_no_graph(editor: Page) -> None:
    make(editor, "Narrow", LINE)
    graph = editor.get_by_role("button", name="Graph", exact=True)
    expect(graph).to_have_attribute("aria-pressed", "true")
    editor.set_viewport_size({"width": 390, "height": 800})
    expect(editor.get_by_role("button", name="Add a step", exact=True)).to_be_visible()
    expect(graph).to_have_count(0)
    expect(editor.locator(".react-flow")).to_have_count(0)
    wide = editor.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, wide
    editor.set_viewport_size({"width": 760, "height": 800})
    expect(graph).to_have_attribute("aria-pressed", "true")
    expect(node(editor, "t1")).to_be_visible()


def test_who_may_not_edit_looks_and_changes_nothing(editor: Page, page: Page) -> None:
    sign_out(page)
    sign_in(page, "sam")
    expect(page.get_by_role("button", name="Your menu: sam")).to_be_visible()
    page.goto("/workflows/")
    page.get_by_role("link", name="SLA alert").first.click()
    expect(page.get_by_text("You can look, not edit")).to_be_visible()
    node(page, "a1").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Delete")
    expect(node(page, "a1")).to_have_count(1)
    expect(page.get_by_label("Name", exact=True)).to_have_attribute("readonly", "")
