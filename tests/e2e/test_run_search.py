"""A run is found by a word of its log, says where that stands, and shows a large value when it is asked for."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import violations
from tests.e2e.test_run_page import NODES, api

LETTER = "Pomegranate and so on, to the end of a long letter. " * 800
SCHEMES: tuple[Any, ...] = ("light", "dark")


@pytest.fixture
def letter(signed_in: Page) -> Iterator[int]:
    """A run that told a courier, in a word of this test alone, and kept a letter of some 40 kB."""
    ask = partial(api, signed_in)
    key = f"letters-{time.monotonic_ns()}"
    flow = ask("POST", "workflows/", {"name": "Long letters", "key": key, "module": "tickets"})["id"]
    nodes: list[dict[str, Any]] = [
        NODES[0],
        {
            "id": "a1",
            "type": "action.comment",
            "title": "Tell them",
            "config": {"text": "To the courier Zwetschge"},
        },
        {
            "id": "a2",
            "type": "action.set_variable",
            "title": "Keep it",
            "config": {"values": {"letter": LETTER, "pages": 12}},
        },
    ]
    edges = [{"from": one["id"], "to": other["id"]} for one, other in pairwise(nodes)]
    ask(
        "PUT",
        f"workflows/{flow}/graph/",
        {"schema": 1, "revision": 0, "nodes": nodes, "edges": edges, "layout": {}},
    )
    ask("POST", f"workflows/{flow}/publish/", {})
    values = {"title": "Long", "status": "open", "category": "network"}
    ask("POST", "modules/tickets/records/", {"key": key, "values": values})
    ask("POST", f"workflows/{flow}/run/", {"record": key})
    until = time.monotonic() + 60
    while not (found := ask("GET", f"runs/?workflow={flow}&status=succeeded&search=zwetschge")["results"]):
        assert time.monotonic() < until, "the run is not found"
        time.sleep(0.2)
    yield int(found[0]["id"])
    ask("DELETE", f"workflows/{flow}/")


def test_a_word_of_a_log_line_finds_the_run_and_its_large_value_is_loaded(
    signed_in: Page, letter: int
) -> None:
    page = signed_in
    page.goto("/runs/")
    page.get_by_label("Search", exact=True).fill("courier zwet")
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=str(letter), exact=True))
    place = row.get_by_role("link", name="Log line 2")
    expect(place).to_be_visible()
    expect(row.locator("mark")).to_have_text(["courier", "Zwet"])
    sound(page)
    place.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"/runs/{letter}/\?view=log#L2$"))
    line = page.locator("#L2")
    expect(line).to_contain_text("Comment: To the courier Zwetschge")
    expect(line).to_have_attribute("aria-current", "true")

    page.get_by_role("tab", name="Data").click()
    data = page.get_by_role("tabpanel", name="Data")
    expect(data.get_by_text("41.6 kB; it begins with:")).to_be_visible()
    sound(page)
    data.get_by_role("button", name="Load all 41.6 kB").focus()
    page.keyboard.press("Enter")
    tree = data.get_by_role("tree", name="Output of Keep it")
    expect(tree).to_contain_text("pages: 12")
    expect(page.get_by_role("region", name="Large value: Output of Keep it")).to_be_focused()
    sound(page)


def sound(page: Page) -> None:
    """Axe finds nothing, neither in light nor in dark."""
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        assert violations(page) == []
