"""The shipped templates are built from a blank workflow: by keys alone, and in the outline alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from automations.engine.documents import parse_document
from automations.gallery import TEMPLATES

from .building import Form, KeyHands, OutlineHands, build
from .editing import call, draft, make, node, saved

COUNT_POINTERS = """() => {
  window.pointers = 0;
  for (const type of ["pointerdown", "mousedown", "touchstart"]) addEventListener(type, () => { window.pointers += 1 }, true);
}"""


def digest(document: Mapping[str, Any]) -> str:
    definition, problems = parse_document(
        {key: value for key, value in document.items() if key != "revision"}
    )
    assert definition is not None, problems
    return definition.digest()


def kinds_of(page: Page) -> dict[str, Any]:
    catalog = call(page, "GET", "catalog/")
    return {kind["type"]: kind for part in ("triggers", "conditions", "actions") for kind in catalog[part]}


def publish(page: Page, pk: int) -> None:
    assert [
        one
        for one in call(page, "POST", f"workflows/{pk}/validate/", {})["problems"]
        if one["severity"] == "error"
    ] == []
    assert call(page, "POST", f"workflows/{pk}/publish/", {"mode": "simulate", "note": ""})["number"] == 1


@pytest.mark.parametrize("key", [key for key, _ in TEMPLATES.items()])
def test_keys_alone_build_what_is_shipped(signed_in: Page, key: str) -> None:
    page, template = signed_in, TEMPLATES.get(key)
    document, kinds = template.document(), kinds_of(signed_in)
    pk = make(page, f"Blank {len(key)}{key[0]} by keys", module=template.module)
    page.evaluate(COUNT_POINTERS)
    hands = KeyHands(page)
    form = Form(page, hands, kinds)

    def go_to(identity: str) -> None:
        """From wherever the focus is: the commands, and in them the step by its name."""
        title = next(one["title"] for one in document["nodes"] if one["id"] == identity)
        hands.keys.press("Control+k")
        hands.keys.type(title)
        hands.keys.press("Enter")
        expect(node(page, identity)).to_be_focused()

    def add(one: Mapping[str, Any], edge: Mapping[str, Any] | None) -> None:
        if edge is not None:
            go_to(edge["from"])
            hands.keys.press("a")
        else:
            expect(page.get_by_role("button", name="Add a trigger")).to_be_focused()
            hands.keys.press("Enter")
        hands.keys.type(kinds[one["type"]]["label"])
        hands.keys.press("Enter")
        expect(form.panel.get_by_label("Name", exact=True)).to_be_focused()

    def connect(edge: Mapping[str, Any]) -> None:
        go_to(edge["from"])
        hands.keys.press("c")
        dialog = page.get_by_role("dialog")
        if "Which way" in (dialog.text_content() or ""):
            hands.keys.type(edge.get("branch") or "then")
            hands.keys.press("Enter")
        expect(dialog).to_contain_text("lead to")
        hands.keys.type(next(one["title"] for one in document["nodes"] if one["id"] == edge["to"]))
        hands.keys.press("Enter")
        expect(dialog).to_have_count(0)

    build(document, add, form.fill, connect)
    saved(page)
    assert page.evaluate("window.pointers") == 0
    assert digest(draft(page, pk)) == digest(document)
    publish(page, pk)


@pytest.mark.parametrize("key", [key for key, _ in TEMPLATES.items()])
def test_the_outline_alone_builds_what_is_shipped(signed_in: Page, key: str) -> None:
    page, template = signed_in, TEMPLATES.get(key)
    document, kinds = template.document(), kinds_of(signed_in)
    pk = make(page, f"Blank {len(key)}{key[0]} in outline", module=template.module)
    page.get_by_role("button", name="Outline").click()
    form = Form(page, OutlineHands(page), kinds)
    outline = page.get_by_role("region", name="Outline of the workflow")
    titles = {one["id"]: one["title"] for one in document["nodes"]}

    def way(edge: Mapping[str, Any]) -> Any:
        return outline.get_by_label(
            f"{titles[edge['from']]}: {edge.get('branch') or 'then'} goes to", exact=True
        )

    def add(one: Mapping[str, Any], edge: Mapping[str, Any] | None) -> None:
        if edge is None:
            page.get_by_role("button", name="Add a trigger").click()
        else:
            way(edge).select_option("+")
        page.get_by_role("dialog").get_by_role("combobox").fill(kinds[one["type"]]["label"])
        page.keyboard.press("Enter")

    def fill(one: Mapping[str, Any]) -> None:
        item = outline.locator(f"li[data-node={one['id']}]")
        item.locator(".outline-name").click()
        form.fill(one)

    def connect(edge: Mapping[str, Any]) -> None:
        way(edge).select_option(edge["to"])

    build(document, add, fill, connect)
    saved(page)
    made = draft(page, pk)
    assert digest(made) == digest(document)
    page.get_by_role("button", name="Graph", exact=True).click()
    for one in document["nodes"]:
        expect(node(page, one["id"])).to_contain_text(one["title"])
    expect(page.locator(".react-flow__node")).to_have_count(len(document["nodes"]))
    expect(page.locator(".react-flow__edge")).to_have_count(len(document["edges"]))
    publish(page, pk)
