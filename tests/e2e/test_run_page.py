"""A person looks at one run: four views of the same steps, while it runs, waits, fails and after the line was cut."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.e2e.conftest import sign_in, violations
from tests.e2e.releasing import SOLVED, given, let_act

VIEWS = ("Graph", "Timeline", "Log", "Data")
LINES = 4
"""What a run of the workflow below writes: started, waits, waited, escalated; then the line of its failure."""
IN_WORK = {"field": "status", "op": "in", "value": ["open", "pending"]}
NODES: list[dict[str, Any]] = [
    {"id": "t1", "type": "trigger.manual", "title": "By hand", "config": {"module": "tickets", "filter": IN_WORK}},
    {"id": "w1", "type": "action.wait", "title": "A moment"},
    {"id": "a1", "type": "action.update_fields", "title": "Escalate", "config": {"values": {"escalated": True}}},
    {"id": "a2", "type": "action.change_status", "title": "Close it", "config": {"to": "closed"}},
]  # fmt: skip
EDGES = [{"from": "t1", "to": "w1"}, {"from": "w1", "to": "a1"}, {"from": "a1", "to": "a2"}]


def api(page: Page, method: str, path: str, data: Any = None) -> Any:
    """Ask the API with the session and the token of the page. A connection that the server had closed is made anew."""
    token = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "csrftoken")
    answer = page.request.fetch(
        f"/api/v1/{path}",
        method=method,
        max_retries=3 if method == "GET" else 0,
        headers={"X-CSRFToken": token, "Referer": page.url},
        **({} if data is None else {"data": data}),
    )
    assert answer.ok, answer.text()
    return None if answer.status == 204 else answer.json()


@pytest.fixture
def start(signed_in: Page, request: pytest.FixtureRequest) -> Iterator[Callable[[str], int]]:
    """Starts a run that waits three seconds (or the parameter), escalates the ticket and fails to close it; gives the
    run's id."""
    page = signed_in
    wait = {"config": {"for": f"PT{getattr(request, 'param', 3)}S"}}
    nodes = [node if "config" in node else node | wait for node in NODES]
    key = f"wait-and-fail-{time.monotonic_ns()}"
    workflow = api(page, "POST", "workflows/", {"name": "Wait and fail", "key": key, "module": "tickets"})[
        "id"
    ]
    draft = {"schema": 1, "revision": 0, "nodes": nodes, "edges": EDGES, "layout": {}}
    api(page, "PUT", f"workflows/{workflow}/graph/", draft)
    let_act(partial(api, page), workflow, given(SOLVED))

    def one(key: str) -> int:
        values = {"title": f"Ticket {key}", "status": "open", "category": "network"}
        api(page, "POST", "modules/tickets/records/", {"key": key, "values": values})
        event = api(page, "POST", f"workflows/{workflow}/run/", {"record": key})["event"]
        until = time.monotonic() + 20
        while time.monotonic() < until:
            decisions = api(page, "GET", f"events/{event}/")["decisions"]
            if decisions and decisions[0]["run"]:
                return int(decisions[0]["run"])
            time.sleep(0.1)
        raise AssertionError("no worker judged the event")

    yield one
    # Other tests count the workflows.
    api(page, "DELETE", f"workflows/{workflow}/")


@pytest.fixture
def ended(signed_in: Page) -> int:
    """A run of the demo that has ended."""
    return int(api(signed_in, "GET", "runs/?status=succeeded&limit=1&workflow=1")["results"][0]["id"])


@pytest.fixture
def long_run(signed_in: Page) -> Iterator[int]:
    """A run that has ended and wrote more than forty lines: it simulated as many comments."""
    page = signed_in
    key = f"forty-{time.monotonic_ns()}"
    pk = api(page, "POST", "workflows/", {"name": "Forty lines", "key": key, "module": "tickets"})["id"]
    ids = ["t1", *(f"a{number}" for number in range(1, 42))]
    said = [
        {"id": one, "type": "action.comment", "title": f"Say {one}", "config": {"text": one}}
        for one in ids[1:]
    ]
    edges = [{"from": one, "to": other} for one, other in pairwise(ids)]
    api(page, "PUT", f"workflows/{pk}/graph/", {
        "schema": 1, "revision": 0, "nodes": [NODES[0], *said], "edges": edges, "layout": {},
    })  # fmt: skip
    api(page, "POST", f"workflows/{pk}/publish/", {})
    values = {"title": "Long", "status": "open", "category": "network"}
    api(page, "POST", "modules/tickets/records/", {"key": key, "values": values})
    api(page, "POST", f"workflows/{pk}/run/", {"record": key})
    until = time.monotonic() + 20
    while not (found := api(page, "GET", f"runs/?workflow={pk}&status=succeeded")["results"]):
        assert time.monotonic() < until, "the run has not ended"
        time.sleep(0.1)
    yield int(found[0]["id"])
    api(page, "DELETE", f"workflows/{pk}/")


def show(page: Page, view: str) -> None:
    page.get_by_role("tab", name=view).click()
    expect(page.get_by_role("tabpanel", name=view)).to_be_visible()


def wait_until_failed(page: Page) -> None:
    expect(page.get_by_text("“Close it” failed:", exact=True)).to_be_visible(timeout=20_000)


def test_a_step_that_is_chosen_in_one_view_is_chosen_in_all(signed_in: Page, ended: int) -> None:
    page = signed_in
    page.goto(f"/runs/{ended}/?view=timeline")
    page.get_by_role("button", name=re.compile("^Which team")).click()
    details = page.get_by_role("complementary", name=re.compile("Which team"))
    expect(details.get_by_role("tree", name="Output of Which team?")).to_contain_text("category")
    show(page, "Graph")
    graph = page.get_by_role("group", name="Graph of the workflow")
    expect(graph.get_by_role("button", name=re.compile("Which team"), pressed=True)).to_be_visible()
    show(page, "Log")
    expect(page.get_by_label("Step")).to_have_value("c1")
    lines = page.get_by_role("list", name="Log lines").get_by_role("listitem")
    expect(lines).to_have_count(1)
    expect(lines).to_contain_text("took")
    show(page, "Data")
    expect(page.get_by_role("button", name="Which team?", pressed=True)).to_be_visible()
    show(page, "Graph")
    graph.get_by_role("button", name=re.compile("Tell the assignee")).focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("step=a4"))
    expect(page.get_by_role("complementary", name=re.compile("Tell the assignee"))).to_be_visible()


def test_a_reload_shows_the_same_view_and_step(signed_in: Page, ended: int) -> None:
    page = signed_in
    page.goto(f"/runs/{ended}/")
    page.get_by_role("tab", name="Graph").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Timeline")).to_be_focused()
    page.get_by_role("button", name=re.compile("^Tell the assignee")).click()
    page.reload()
    expect(page.get_by_role("tab", name="Timeline", selected=True)).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Tell the assignee"))).to_have_attribute(
        "aria-current", "true"
    )
    expect(page.get_by_role("complementary", name=re.compile("Tell the assignee"))).to_be_visible()


@pytest.mark.parametrize("start", [8], indirect=True, ids=["a wait that outlasts a slow start of the page"])
def test_the_timeline_grows_while_the_run_waits_and_the_page_hears_of_its_end(
    signed_in: Page, start: Callable[[str], int]
) -> None:
    page = signed_in
    page.goto(f"/runs/{start('RUN-1')}/?view=timeline")
    page.evaluate("window.neverReloaded = true")
    waiting = page.get_by_role("button", name=re.compile(r"^A moment, waiting, .*until .*, 1 attempt$"))
    expect(waiting).to_be_visible()
    bar = page.locator("li", has=waiting).locator(".bar-waited")
    before, first = waiting.get_attribute("aria-label"), bar.bounding_box()
    assert first is not None
    assert first["width"] >= 4
    expect(page.get_by_role("button", name=re.compile("^Escalate, not reached$"))).to_be_visible()
    # Its time grows to now.
    expect(waiting).not_to_have_attribute("aria-label", before or "")
    wait_until_failed(page)
    expect(page.get_by_role("button", name=re.compile(r"^A moment, succeeded, \d"))).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Close it, failed, ")).first).to_be_visible()
    expect(page.get_by_role("heading", level=1).locator("..")).to_contain_text("failed")
    widths = page.locator(".timeline-track > span").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect().width)"
    )
    assert len(widths) >= len(NODES)
    assert min(widths) >= 4
    assert page.get_by_text("Invalid").count() == 0
    assert page.evaluate("window.neverReloaded") is True


def test_a_failed_run_opens_where_it_failed_and_says_what_to_do(
    signed_in: Page, start: Callable[[str], int]
) -> None:
    page = signed_in
    page.goto(f"/runs/{start('RUN-2')}/")
    wait_until_failed(page)
    expect(page.get_by_text("Move the record to a status from which this is allowed")).to_be_visible()
    expect(page.get_by_role("complementary", name=re.compile("Close it"))).to_be_visible()
    expect(page.get_by_role("button", name="Cancel run…")).to_have_count(0)
    show(page, "Timeline")
    page.get_by_role("button", name=re.compile("^Escalate, succeeded")).click()
    expect(page.get_by_role("complementary", name=re.compile("Escalate"))).to_contain_text("escalated")
    page.get_by_role("button", name="Show the step").click()
    expect(page.get_by_role("complementary", name=re.compile("Close it"))).to_be_visible()


def test_a_waiting_run_is_cancelled_with_a_reason(signed_in: Page, start: Callable[[str], int]) -> None:
    page = signed_in
    page.goto(f"/runs/{start('RUN-3')}/?view=log")
    page.get_by_role("button", name="Cancel run…").click()
    dialog = page.get_by_role("dialog", name="Cancel this run?")
    dialog.get_by_label("Why?").fill("Wrong ticket")
    assert violations(page) == []
    dialog.get_by_role("button", name="Cancel run").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_text("Cancelled: Wrong ticket")).to_be_visible()
    expect(page.get_by_role("list", name="Log lines")).to_contain_text("Cancelled by priya: Wrong ticket.")
    expect(page.get_by_role("button", name="Cancel run…")).to_have_count(0)


def test_who_may_look_but_not_run_is_offered_no_cancelling(page: Page) -> None:
    sign_in(page, "sam")
    expect(page.get_by_role("heading", name="Home")).to_be_visible()
    workflows = api(page, "GET", "workflows/?limit=200")["results"]
    close_solved = next(one["id"] for one in workflows if one["key"] == "close-solved")
    run = api(page, "GET", f"runs/?workflow={close_solved}&status=waiting&limit=1")["results"][0]["id"]
    page.goto(f"/runs/{run}/?view=timeline")
    expect(page.get_by_role("button", name=re.compile("^3 days, waiting"))).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("button", name="Copy link")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel run…")).to_have_count(0)


SAYINGS = """
window.said = [];
new MutationObserver(() => {
  const chip = document.querySelector("[role=status].chip");
  if (chip && window.said.at(-1) !== chip.textContent) window.said.push(chip.textContent);
}).observe(document, {childList: true, subtree: true, characterData: true});
"""


def numbers(page: Page) -> list[str]:
    return list(
        page.get_by_role("list", name="Log lines")
        .get_by_role("listitem")
        .evaluate_all("all => all.map(one => one.id)")
    )


def test_a_cut_line_loses_and_doubles_nothing(signed_in: Page, long_run: int) -> None:
    page = signed_in
    opened: list[str] = []

    def serve(socket: WebSocketRoute) -> None:
        opened.append(socket.url)
        if len(opened) == 2:
            socket.close(code=1011)
            return
        server = socket.connect_to_server()
        if len(opened) == 1:

            def cut(message: str | bytes) -> None:
                frame = json.loads(message)
                if frame["type"] == "replay":
                    entries = frame["entries"][:10]
                    socket.send(json.dumps({**frame, "entries": entries, "seq": entries[-1]["seq"]}))
                    socket.close(code=1011)

            server.on_message(cut)

    page.route_web_socket(re.compile("/ws/runs/"), serve)
    page.add_init_script(SAYINGS)
    page.goto(f"/runs/{long_run}/?view=log")
    whole = api(page, "GET", f"runs/{long_run}/logs/?limit=200")["results"]
    lines = page.get_by_role("list", name="Log lines").get_by_role("listitem")
    expect(lines).to_have_count(len(whole))
    assert len(whole) >= 40
    assert numbers(page) == [f"L{line['seq']}" for line in whole]
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    assert len(opened) == 3
    said = page.evaluate("window.said")
    assert any(word.startswith("Reconnecting") for word in said), said
    assert said[-1] == "Live"


def test_without_a_socket_a_long_log_is_shown_whole_and_in_order(signed_in: Page, long_run: int) -> None:
    page = signed_in
    page.route_web_socket(re.compile("/ws/runs/"), lambda socket: socket.close(code=1011))
    page.goto(f"/runs/{long_run}/?view=log")
    whole = [f"L{line['seq']}" for line in api(page, "GET", f"runs/{long_run}/logs/?limit=200")["results"]]
    assert len(whole) >= 40
    expect(page.get_by_role("list", name="Log lines").get_by_role("listitem")).to_have_count(len(whole))
    assert numbers(page) == whole


def test_without_a_socket_the_page_asks_again_and_again(signed_in: Page, start: Callable[[str], int]) -> None:
    page = signed_in
    page.route_web_socket(re.compile("/ws/runs/"), lambda socket: socket.close(code=1011))
    run = start("RUN-4")
    page.goto(f"/runs/{run}/?view=log")
    expect(page.get_by_text("Polling", exact=True)).to_be_visible()
    wait_until_failed(page)
    # The chosen step is where it failed; all lines are there all the same.
    whole = [f"L{line['seq']}" for line in api(page, "GET", f"runs/{run}/logs/")["results"]]
    assert len(whole) > LINES
    expect(page.get_by_role("list", name="Log lines").get_by_role("listitem")).to_have_count(len(whole))
    assert numbers(page) == whole


def pretend_running(page: Page, node: str) -> None:
    """Let the socket's frames say that a run which has ended is still in one of its steps."""

    def serve(socket: WebSocketRoute) -> None:
        def change(message: str | bytes) -> None:
            frame = json.loads(message)
            if frame["type"] == "end":
                return
            if "run" in frame:
                frame["run"] |= {"status": "running", "finished_at": None}
            for step in frame.get("steps", []):
                if step["node"] == node:
                    step |= {"status": "running", "finished_at": None}
            socket.send(json.dumps(frame))

        socket.connect_to_server().on_message(change)

    page.route_web_socket(re.compile("/ws/runs/"), serve)


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_a_running_step_moves_only_where_motion_is_welcome(signed_in: Page, ended: int, motion: str) -> None:
    page = signed_in
    page.emulate_media(reduced_motion=motion)  # type: ignore[arg-type]
    pretend_running(page, "a4")
    page.goto(f"/runs/{ended}/")
    expect(page.get_by_role("button", name=re.compile("Tell the assignee.*running"))).to_be_visible()
    page.wait_for_timeout(500)
    moving = page.evaluate("document.getAnimations().length")
    assert (moving > 0) == (motion == "no-preference")
    show(page, "Timeline")
    expect(page.get_by_role("button", name=re.compile("^Tell the assignee, running, "))).to_be_visible()
    assert page.evaluate("document.getAnimations().length") == 0


def test_a_link_to_a_line_shows_that_line(signed_in: Page, ended: int) -> None:
    page = signed_in
    page.goto(f"/runs/{ended}/#L2")
    expect(page.get_by_role("tab", name="Log", selected=True)).to_be_visible()
    expect(page.locator("#L2")).to_have_attribute("aria-current", "true")
    page.get_by_role("link", name="Link to line 3").click()
    expect(page.locator("#L3")).to_have_attribute("aria-current", "true")
    expect(page.locator("#L2")).not_to_have_attribute("aria-current", "true")


def test_the_data_is_walked_through_by_keyboard(signed_in: Page, ended: int) -> None:
    page = signed_in
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"/runs/{ended}/?view=data")
    tree = page.get_by_role("tree", name="Event")
    tree.get_by_role("treeitem").first.focus()
    rows = tree.get_by_role("treeitem").count()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowLeft")
    assert tree.get_by_role("treeitem").count() < rows, "its part is closed"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert tree.get_by_role("treeitem").count() == rows
    path = tree.locator("..").locator("code").inner_text()
    assert re.fullmatch(r"event\.\w+\.\w+", path), path
    tree.locator("..").get_by_role("button", name="Copy path").click()
    expect(tree.locator("..").get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_view(signed_in: Page, ended: int, scheme: str) -> None:
    page = signed_in
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    pretend_running(page, "a4")
    page.goto(f"/runs/{ended}/?step=c1")
    expect(page.get_by_role("group").first).to_be_visible()
    for view in VIEWS:
        show(page, view)
        if view == "Data":
            expect(page.get_by_role("tree", name="Event")).to_be_visible()
        assert violations(page) == [], view


def test_no_view_is_wider_than_a_phone(signed_in: Page, ended: int) -> None:
    page = signed_in
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"/runs/{ended}/?step=c1")
    for view in VIEWS:
        show(page, view)
        if view == "Data":
            expect(page.get_by_role("tree", name="Event")).to_be_visible()
        wide = page.evaluate(
            "[...document.querySelectorAll('main, main *')]"
            ".filter(one => one.getBoundingClientRect().right > innerWidth)"
            ".filter(one => !one.closest('.graph, .run-log, .json, .visually-hidden'))"
            ".map(one => one.outerHTML.slice(0, 80))"
        )
        assert wide == [], view
