"""A person retries a run that failed: told before what is not repeated, and what is then kept is shown on the new run."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import violations
from tests.e2e.releasing import SOLVED, given, let_act
from tests.e2e.test_run_page import api

NODES: list[dict[str, Any]] = [
    {"id": "t1", "type": "trigger.manual", "title": "Deadline",
     "config": {"module": "tickets", "filter": {"field": "status", "op": "in", "value": ["open", "pending"]}}},
    {"id": "c1", "type": "condition.if", "title": "Is it urgent?",
     "config": {"rule": {"field": "status", "op": "eq", "value": "open"}}},
    {"id": "a1", "type": "action.comment", "title": "Say so", "config": {"text": "It is urgent."}},
    {"id": "a2", "type": "action.change_status", "title": "Close it", "config": {"to": "closed"}},
]  # fmt: skip
EDGES = [
    {"from": "t1", "to": "c1"},
    {"from": "c1", "branch": "true", "to": "a1"},
    {"from": "a1", "to": "a2"},
]
SENTENCE = "“Deadline”, “Is it urgent?” and “Say so” are not repeated. “Close it” keeps its key, so it can’t be done twice."


class Drawn:
    """A workflow that comments a ticket and then can't close it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        key = f"retry-{time.monotonic_ns()}"
        body = {"name": "Retried", "key": key, "module": "tickets"}
        self.id = api(page, "POST", "workflows/", body)["id"]
        self.publish(NODES)

    def publish(self, nodes: list[dict[str, Any]]) -> None:
        revision = api(self.page, "GET", f"workflows/{self.id}/graph/")["revision"]
        draft = {"schema": 1, "revision": revision, "nodes": nodes, "edges": EDGES, "layout": {}}
        api(self.page, "PUT", f"workflows/{self.id}/graph/", draft)
        if revision == 0:
            let_act(partial(api, self.page), self.id, given(SOLVED))
        else:  # proven by the scenarios that there are, and there is a version to go back to
            api(self.page, "POST", f"workflows/{self.id}/publish/", {})
            api(self.page, "POST", f"workflows/{self.id}/promote/", {})

    def mend(self) -> None:
        """Version 2 goes to a status that an open ticket may have next."""
        self.publish([*NODES[:-1], {**NODES[-1], "config": {"to": "pending"}}])

    def fail(self, key: str) -> int:
        values = {"title": f"Ticket {key}", "status": "open", "category": "network"}
        api(self.page, "POST", "modules/tickets/records/", {"key": key, "values": values})
        event = api(self.page, "POST", f"workflows/{self.id}/run/", {"record": key})["event"]

        def failed() -> int | None:
            decisions = api(self.page, "GET", f"events/{event}/")["decisions"]
            run = decisions[0]["run"] if decisions else None
            return run if run and api(self.page, "GET", f"runs/{run}/")["status"] == "failed" else None

        return within(20, failed)

    def alone(self) -> Drawn:
        """Nothing else that was left waits under the same cause, whichever tests ran before: it is discarded."""
        ask = partial(api, self.page)
        for cause in ask("GET", "dead-letters/?open=true")["results"]:
            for flow in (one["workflow"]["id"] for one in cause["workflows"] if one["may_triage"]):
                of_it = ask("GET", f"dead-letters/?open=true&workflow={flow}")["results"]
                if cause["fingerprint"] in [one["fingerprint"] for one in of_it]:
                    named = {"fingerprint": cause["fingerprint"], "workflow": flow}
                    ask("POST", "dead-letters/discard/", {**named, "reason": "Left by another test"})
        return self

    def comments(self, key: str) -> int:
        return len(api(self.page, "GET", f"modules/tickets/records/{key}/comments/")["results"])


def within(seconds: float, ask: Callable[[], int | None]) -> int:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if answer := ask():
            return answer
        time.sleep(0.1)
    raise AssertionError("it did not come")


@pytest.fixture
def drawn(signed_in: Page) -> Iterator[Drawn]:
    made = Drawn(signed_in)
    yield made
    api(signed_in, "DELETE", f"workflows/{made.id}/")  # other tests count the workflows


def open_dialog(page: Page, run: int) -> Any:
    page.goto(f"/runs/{run}/")
    page.get_by_role("button", name="Retry ▾").click()
    return page.get_by_role("dialog", name=f"Retry run {run}")


def test_a_retry_with_the_active_version_keeps_what_was_done_and_says_so_before(
    signed_in: Page, drawn: Drawn
) -> None:
    page = signed_in
    failed = drawn.fail("RETRY-1")
    drawn.mend()
    assert drawn.comments("RETRY-1") == 1
    page.goto(f"/runs/{failed}/")
    page.get_by_role("button", name="Retry ▾").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name=f"Retry run {failed}")
    expect(dialog.get_by_role("radio", name="the failed step")).to_be_focused()
    expect(dialog.get_by_role("group", name="From").get_by_role("radio")).to_have_count(2)
    page.keyboard.press("Tab")
    expect(dialog.get_by_role("radio", name="v1 of this run")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(dialog.get_by_role("radio", name="v2, the active one")).to_be_checked()
    expect(dialog.get_by_text(SENTENCE)).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Tab")
    page.keyboard.type("Version 2 knows where to")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(rf"/runs/(?!{failed}/)\d+/"))
    expect(page.get_by_role("heading", level=1).locator("..")).to_contain_text("succeeded", timeout=20_000)
    expect(page.get_by_text(f"Retry of run {failed}", exact=True)).to_be_visible()
    graph = page.get_by_role("group", name="Graph of the workflow")
    for title in ("Deadline", r"Is it urgent\?", "Say so"):
        expect(graph.get_by_role("button", name=re.compile(f"{title}.*kept"))).to_be_visible()
    expect(graph.get_by_role("button", name=re.compile("Close it.*succeeded"))).to_be_visible()
    graph.get_by_role("button", name=re.compile("Say so")).click()
    details = page.get_by_role("complementary", name=re.compile("Say so"))
    expect(details.get_by_role("link", name=f"run {failed}")).to_be_visible()
    page.get_by_role("tab", name="Timeline").click()
    expect(page.get_by_role("button", name=f"Say so, kept from run {failed}", exact=True)).to_be_visible()
    page.get_by_role("tab", name="Log").click()
    lines = page.get_by_role("list", name="Log lines")
    page.get_by_label("Step").select_option("")
    expect(lines).to_contain_text(
        f"Retry of run {failed}, from the failed step, with version 2, by priya: Version 2 knows where to."
    )
    expect(lines).to_contain_text(f"“Say so” is kept from run {failed}: not repeated.")
    # What was kept was not done again; what had failed was done.
    assert drawn.comments("RETRY-1") == 1
    record = api(page, "GET", "modules/tickets/records/RETRY-1/")
    assert record["values"]["status"] == "pending"
    page.get_by_role("link", name=f"run {failed}").first.click()
    expect(page.get_by_text("Retried as", exact=False).first).to_be_visible()
    expect(page.get_by_role("button", name="Retry ▾")).to_have_count(0)


def test_from_the_start_says_what_is_done_a_second_time(signed_in: Page, drawn: Drawn) -> None:
    page = signed_in
    failed = drawn.fail("RETRY-2")
    dialog = open_dialog(page, failed)
    expect(dialog.get_by_text("v1 of this run, which is the active one")).to_be_visible()
    expect(dialog.get_by_role("group", name="Version").get_by_role("radio")).to_have_count(1)
    dialog.get_by_role("radio", name="the start").check()
    expect(dialog.get_by_text("“Say so” was done already and is done a second time")).to_be_visible()
    dialog.get_by_role("button", name="Retry from the start").click()
    page.wait_for_url(re.compile(rf"/runs/(?!{failed}/)\d+/"))
    expect(page.get_by_text("“Close it” failed:", exact=True)).to_be_visible(timeout=20_000)
    assert drawn.comments("RETRY-2") == 2


def test_a_version_that_lacks_a_done_step_is_refused_by_its_name(signed_in: Page, drawn: Drawn) -> None:
    page = signed_in
    failed = drawn.fail("RETRY-3")
    other = {**NODES[2], "type": "action.set_variable", "config": {"values": {"x": 1}}}
    drawn.publish([*NODES[:2], other, NODES[3]])
    dialog = open_dialog(page, failed)
    dialog.get_by_role("radio", name="v2, the active one").check()
    expect(dialog.get_by_text("“Say so” is another kind of step in it (set_variable).")).to_be_visible()
    expect(dialog.get_by_role("button", name="Retry from the failed step")).to_be_disabled()
    dialog.get_by_role("radio", name="the start").check()
    expect(dialog.get_by_role("button", name="Retry from the start")).to_be_enabled()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name="Retry ▾")).to_be_focused()


def test_a_second_person_is_led_to_the_retry_that_there_is(
    signed_in: Page, drawn: Drawn, said: list[str]
) -> None:
    page = signed_in
    failed = drawn.fail("RETRY-4")
    dialog = open_dialog(page, failed)
    expect(dialog.get_by_text(SENTENCE)).to_be_visible()
    made = api(page, "POST", f"runs/{failed}/retry/", {})["id"]
    dialog.get_by_role("button", name="Retry from the failed step").click()
    expect(dialog.get_by_role("alert")).to_contain_text(f"was retried as run {made} already")
    dialog.get_by_role("link", name=f"Open run {made}").click()
    page.wait_for_url(re.compile(f"/runs/{made}/"))
    said[:] = [line for line in said if "409" not in line]


def test_without_the_right_to_retry_there_is_no_button(signed_in: Page, drawn: Drawn) -> None:
    page = signed_in
    failed = drawn.fail("RETRY-5")

    def without_the_right(route: Route) -> None:
        answer = route.fetch()
        told = answer.json()
        route.fulfill(
            response=answer, json={**told, "rights": [one for one in told["rights"] if one != "retry"]}
        )

    page.route(f"**/api/v1/workflows/{drawn.id}/", without_the_right)
    page.goto(f"/runs/{failed}/")
    expect(page.get_by_text("“Close it” failed:", exact=True)).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("button", name="Retry ▾")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_dialog_fits_a_phone(signed_in: Page, drawn: Drawn, scheme: str) -> None:
    page = signed_in
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": 390, "height": 800})
    dialog = open_dialog(page, drawn.fail(f"RETRY-{scheme}"))
    expect(dialog.get_by_text(SENTENCE)).to_be_visible()
    assert violations(page) == []
    box = dialog.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
