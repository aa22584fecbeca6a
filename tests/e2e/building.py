"""Building a document in the editor, setting by setting, by the hands that are given: keys alone, or the outline."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from playwright.sync_api import Locator, Page, expect

MOST_STOPS = 120
"""Presses of Tab after which a field counts as out of reach."""


class KeyHands:
    """Fills in forms by keys alone: Tab to a field, then what a keyboard does there."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.keys = page.keyboard

    def reach(self, field: Locator) -> None:
        """Tab on, or back where the field stands before what has the focus, until the field has it."""
        expect(field).to_be_visible()
        before = field.evaluate(
            "field => Boolean(document.activeElement.compareDocumentPosition(field)"
            " & Node.DOCUMENT_POSITION_PRECEDING)"
        )
        for _ in range(MOST_STOPS):
            if field.evaluate("field => field === document.activeElement"):
                return
            self.keys.press("Shift+Tab" if before else "Tab")
        raise AssertionError(f"Tab does not lead to {field}")

    def press(self, button: Locator) -> None:
        self.reach(button)
        self.keys.press("Enter")

    def write(self, field: Locator, text: str) -> None:
        self.reach(field)
        self.keys.press("Control+a")
        self.keys.type(text)

    def choose(self, select: Locator, value: str) -> None:
        label = select.evaluate(
            "(select, value) => [...select.options].find((one) => one.value === value)?.label ?? ''", value
        )
        self.reach(select)
        if select.input_value() != value:
            self.keys.type(label)
        # Typing stops at the first that begins so; arrows go on from there.
        for _ in range(select.locator("option").count()):
            if select.input_value() == value:
                break
            self.keys.press("ArrowDown")
        expect(select).to_have_value(value)

    def tick(self, box: Locator) -> None:
        self.reach(box)
        if not box.is_checked():
            self.keys.press("Space")


class OutlineHands:
    """Fills in the same forms as one does who uses a pointer, or what reads the page aloud."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, button: Locator) -> None:
        button.click()

    def write(self, field: Locator, text: str) -> None:
        field.fill(text)

    def choose(self, select: Locator, value: str) -> None:
        select.select_option(value)

    def tick(self, box: Locator) -> None:
        box.check()


Hands = KeyHands | OutlineHands


class Form:
    """The settings of the chosen step, found by their labels."""

    def __init__(self, page: Page, hands: Hands, kinds: Mapping[str, Any]) -> None:
        self.hands = hands
        self.kinds = kinds
        self.panel = page.get_by_role("complementary", name="Settings of the chosen step")

    def fill(self, node: Mapping[str, Any]) -> None:
        self.hands.write(self.panel.get_by_label("Name", exact=True), node["title"])
        self.hands.write(self.panel.get_by_label("Owner team"), node["lane"])
        schema = self.kinds[node["type"]]["config_schema"]["properties"]
        for name in (name for name in schema if name in node["config"]):
            row = self.panel.locator(f".form-row:has(> label[for=field-{node['id']}-{name}])")
            self.setting(row, schema[name], node["config"][name], f"#field-{node['id']}-{name}")

    def setting(self, row: Locator, schema: Mapping[str, Any], value: Any, field: str) -> None:
        widget = schema.get("x-widget", "")
        if isinstance(value, dict) and "all" in value:
            self.rule(row, value)
        elif isinstance(value, dict):
            self.values(row, value)
        elif widget == "duration":
            self.duration(row, value)
        elif schema.get("items", {}).get("properties", {}).get("branch"):
            self.cases(row, value)
        elif isinstance(value, list) and widget in ("people", "groups"):
            for name in value:
                self.hands.write(row.get_by_role("combobox"), name)
                self.hands.press(row.get_by_role("button", name="Add", exact=True))
        elif isinstance(value, list):
            for one in value:
                self.hands.tick(row.get_by_label(one.replace("_", " "), exact=True))
        elif row.locator(f"select{field}").count():
            self.hands.choose(row.locator(field), value)
        else:
            self.hands.write(row.locator(field), value)

    def rule(self, row: Locator, rule: Mapping[str, Any]) -> None:
        """A group of leaves, as the templates have them."""
        for place, leaf in enumerate(rule["all"]):
            self.hands.press(row.get_by_role("button", name="Add condition"))
            part = row.locator(".rule-leaf").nth(place)
            self.hands.choose(part.get_by_label("Field"), leaf["field"])
            self.hands.choose(part.get_by_label("Operator"), leaf["op"])
            if isinstance(leaf["value"], list):
                for one in leaf["value"]:
                    self.hands.tick(part.get_by_label(one, exact=True))
            else:
                self.literal(part.get_by_label("Value"), leaf["value"])

    def literal(self, field: Locator, value: str) -> None:
        if field.evaluate("field => field.tagName") == "SELECT":
            self.hands.choose(field, value)
        else:
            self.hands.write(field, value)

    def cases(self, row: Locator, cases: list[Mapping[str, Any]]) -> None:
        for place, case in enumerate(cases):
            self.hands.press(row.get_by_role("button", name="Add case"))
            item = row.locator(".cases > ol > li").nth(place)
            self.hands.write(item.get_by_label(f"Name of branch {place + 1}"), case["branch"])
            self.rule(item, case["rule"])

    def duration(self, row: Locator, value: str) -> None:
        found = re.fullmatch(r"P(T?)(\d+)([A-Z])", value)
        assert found is not None, value
        self.hands.write(row.get_by_role("spinbutton"), found[2])
        self.hands.choose(row.get_by_label("Unit"), found[3])

    def values(self, row: Locator, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            self.hands.choose(row.get_by_label("Field to set"), name)
            self.hands.press(row.get_by_role("button", name="Set field"))
            if isinstance(value, str) and "{{" in value:
                self.hands.choose(row.get_by_label(f"How {name} is given"), "text")
                self.hands.write(row.get_by_label(name, exact=True), value)
            elif isinstance(value, bool):
                self.hands.choose(row.get_by_label(name, exact=True), "true" if value else "false")
            else:
                self.literal(row.get_by_label(name, exact=True), value)


def build(
    document: Mapping[str, Any],
    add: Callable[[Mapping[str, Any], Mapping[str, Any] | None], None],
    fill: Callable[[Mapping[str, Any]], None],
    connect: Callable[[Mapping[str, Any]], None],
) -> None:
    """Each node in its order: added at its first edge from what is there, filled in, its other edges drawn."""
    there: set[str] = set()
    drawn: list[Mapping[str, Any]] = []
    for node in document["nodes"]:
        there.add(node["id"])
        first = next(
            (edge for edge in document["edges"] if edge["to"] == node["id"] and edge["from"] in there), None
        )
        add(node, first)
        if first is not None:
            drawn.append(first)
        fill(node)
        for edge in document["edges"]:
            if edge not in drawn and {edge["from"], edge["to"]} <= there:
                connect(edge)
                drawn.append(edge)
