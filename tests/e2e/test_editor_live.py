"""The last runs in the editor while a real worker works, and who else has the draft open."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.conftest import sign_in, violations
from tests.e2e.releasing import OPEN, RENAMED, given, let_act
from tests.e2e.test_run_page import api, pretend_running

DRAFT: dict[str, Any] = {
    "schema": 1,
    "revision": 0,
    "layout": {},
    "nodes": [
        {"id": "t1", "type": "trigger.record", "title": "Created", "config": {"module": "tickets", "on": ["created"]}},
        {"id": "c1", "type": "condition.if", "title": "Is it open?",
         "config": {"rule": {"field": "status", "op": "eq", "value": "open"}}},
        {"id": "a1", "type": "action.update_fields", "title": "Escalate", "config": {"values": {"escalated": True}}},
        {"id": "a2", "type": "action.comment", "title": "Say so", "config": {"text": "Not open."}},
    ],
    "edges": [
        {"from": "t1", "to": "c1"},
        {"from": "c1", "branch": "true", "to": "a1"},
        {"from": "c1", "branch": "false", "to": "a2"},
    ],
}  # fmt: skip
WAITS: dict[str, Any] = {
    **DRAFT,
    "nodes": [
        DRAFT["nodes"][0],
        {"id": "w1", "type": "action.wait", "title": "A moment", "config": {"for": "PT3S"}},
        {"id": "a1", "type": "action.change_status", "title": "Close it", "config": {"to": "closed"}},
    ],
    "edges": [{"from": "t1", "to": "w1"}, {"from": "w1", "to": "a1"}],
}
"""Waits three seconds, then fails: an open ticket is not closed in one step."""


PAUSES: dict[str, Any] = {
    **DRAFT,
    "nodes": [
        DRAFT["nodes"][0],
        {"id": "w1", "type": "action.wait", "title": "A moment", "config": {"for": "PT2S"}},
        {"id": "a1", "type": "action.update_fields", "title": "Escalate", "config": {"values": {"escalated": True}}},
    ],
    "edges": [{"from": "t1", "to": "w1"}, {"from": "w1", "to": "a1"}],
}  # fmt: skip
SEEN = """() => {
  window.seen = [];
  const look = () => {
    for (const node of document.querySelectorAll(".still-node[data-node]")) {
      const state = [...node.classList].find((name) => name.startsWith("is-")).slice(3);
      const word = `${node.dataset.node} ${state}`;
      if (!window.seen.includes(word)) window.seen.push(word);
    }
  };
  new MutationObserver(look).observe(document, {subtree: true, childList: true, attributes: true});
}"""
"""Writes down each state of each node when it is first drawn."""


@pytest.fixture
def publish(signed_in: Page) -> Iterator[Callable[[dict[str, Any]], int]]:
    """Makes and publishes a workflow that works on each new ticket; gives its id."""
    made: list[int] = []

    def one(document: dict[str, Any]) -> int:
        key = f"live-{time.monotonic_ns()}"
        pk = int(
            api(signed_in, "POST", "workflows/", {"name": "Watched", "key": key, "module": "tickets"})["id"]
        )
        made.append(pk)
        api(signed_in, "PUT", f"workflows/{pk}/graph/", document)
        let_act(partial(api, signed_in), pk, given(OPEN, RENAMED))
        return pk

    yield one
    for pk in made:  # other tests count the workflows
        api(signed_in, "DELETE", f"workflows/{pk}/")


def create_ticket(page: Page, key: str) -> None:
    values = {"title": f"Ticket {key}", "status": "open", "category": "other"}
    api(page, "POST", "modules/tickets/records/", {"key": key, "values": values})


def watch(page: Page, workflow: int) -> None:
    page.goto(f"/workflows/{workflow}/")
    page.get_by_role("button", name="Last runs").click()
    expect(page.get_by_text("Live", exact=True)).to_be_visible()


def runs(page: Page) -> Locator:
    return page.get_by_role("navigation", name="Last runs").get_by_role("listitem")


def graph(page: Page) -> Locator:
    return page.get_by_role("group", name="Graph of the workflow")


def drawn_in(element: Locator, token: str) -> list[str]:
    """What is drawn in the colour of a token, in `element`."""
    found: list[str] = element.evaluate(
        """(root, token) => {
          const probe = document.createElement("i");
          probe.style.color = `var(${token})`;
          root.append(probe);
          const wanted = getComputedStyle(probe).color;
          probe.remove();
          const painted = (one) => {
            const style = getComputedStyle(one);
            const parts = [style.color, style.backgroundColor, style.boxShadow];
            if (style.borderTopWidth !== "0px") parts.push(style.borderTopColor);
            return parts.some((part) => part.includes(wanted));
          };
          return [root, ...root.querySelectorAll("*")].filter(painted).map((one) => one.className);
        }""",
        token,
    )
    return found


def test_a_new_ticket_makes_its_run_appear_and_end_as_the_server_says(
    signed_in: Page, publish: Callable[[dict[str, Any]], int]
) -> None:
    page = signed_in
    workflow = publish(DRAFT)
    watch(page, workflow)
    expect(page.get_by_text("Nothing has started this workflow yet.")).to_be_visible()
    page.evaluate("window.neverReloaded = true")
    create_ticket(page, "EL-1")
    expect(runs(page).filter(has_text="EL-1")).to_be_visible(timeout=2_000)
    expect(runs(page).first).to_contain_text("succeeded")
    drawn = graph(page)
    expect(drawn.get_by_role("button", name=re.compile("Escalate.*succeeded"))).to_be_visible()
    expect(drawn.get_by_role("button", name=re.compile("Say so.*skipped"))).to_be_visible()
    expect(drawn.locator(".still-line.taken")).to_have_count(2)
    told = api(page, "GET", f"runs/?workflow={workflow}")["results"]
    assert [(run["status"], run["record"]) for run in told] == [("succeeded", "EL-1")]
    steps = api(page, "GET", f"runs/{told[0]['id']}/steps/")
    states = {step["node"]: step["status"] for step in steps.get("results", steps)}
    for node, state in states.items():
        expect(drawn.locator(f"[data-node={node}]")).to_contain_text(state)
    assert page.evaluate("window.neverReloaded") is True


def test_the_states_and_the_counts_of_a_live_run_rise_step_by_step(
    signed_in: Page, publish: Callable[[dict[str, Any]], int]
) -> None:
    page = signed_in
    workflow = publish(PAUSES)
    watch(page, workflow)
    page.evaluate(SEEN)
    page.evaluate("window.neverReloaded = true")
    counts = graph(page).locator(".still-line text")
    ways = graph(page).get_by_role("list", name=re.compile("^Ways of the last")).get_by_role("listitem")
    for number in (1, 2):
        create_ticket(page, f"EL-UP-{number}")
        expect(runs(page).filter(has_text=f"EL-UP-{number}")).to_be_visible(timeout=2_000)
        expect(runs(page).first).to_contain_text("waiting")
        expect(counts).to_have_text([str(number), str(number - 1)])
        expect(runs(page).first).to_contain_text("succeeded", timeout=15_000)
        expect(counts).to_have_text([str(number), str(number)])
    expect(ways).to_have_text(["Created, then: 2", "A moment, then: 2"])
    seen = page.evaluate("window.seen")
    states = {
        node: [word.split()[1] for word in seen if word.split()[0] == node] for node in ("t1", "w1", "a1")
    }
    # Before its turn a step is untouched; what needs no waiting is begun and done in one commit.
    assert [state for state in states["w1"] if state not in ("untouched", "running")] == [
        "waiting",
        "succeeded",
    ]
    assert [state for state in states["a1"] if state != "running"] == ["untouched", "succeeded"]
    told = api(page, "GET", f"runs/?workflow={workflow}")["results"]
    steps = api(page, "GET", f"runs/{told[0]['id']}/steps/")
    for step in steps.get("results", steps):
        expect(graph(page).locator(f"[data-node={step['node']}]")).to_contain_text(step["status"])
    traffic = api(page, "GET", f"workflows/{workflow}/versions/1/traffic/")
    assert {way["node"]: way["runs"] for way in traffic["ways"]} == {"t1": 2, "w1": 2, "a1": 2}
    assert page.evaluate("window.neverReloaded") is True


def test_the_newest_run_is_followed_until_an_older_one_is_chosen(
    signed_in: Page, publish: Callable[[dict[str, Any]], int]
) -> None:
    page = signed_in
    workflow = publish(DRAFT)
    create_ticket(page, "EL-2")
    watch(page, workflow)
    follow = page.get_by_role("checkbox", name="Follow newest")
    expect(follow).to_be_checked()
    expect(runs(page)).to_have_count(1)
    create_ticket(page, "EL-3")
    expect(runs(page)).to_have_count(2)
    shown = page.get_by_role("region", name=re.compile(r"^Run \d+$"))
    expect(shown).to_contain_text("EL-3")
    runs(page).filter(has_text="EL-2").get_by_role("button").click()
    expect(follow).not_to_be_checked()
    create_ticket(page, "EL-4")
    expect(runs(page)).to_have_count(3)
    expect(shown).to_contain_text("EL-2")
    page.reload()
    expect(shown).to_contain_text("EL-2")
    follow.check()
    expect(shown).to_contain_text("EL-4")


def test_a_run_is_drawn_on_its_own_version_and_nothing_of_it_can_be_edited(
    signed_in: Page, publish: Callable[[dict[str, Any]], int]
) -> None:
    page = signed_in
    workflow = publish(DRAFT)
    create_ticket(page, "EL-5")
    page.goto(f"/workflows/{workflow}/")
    page.locator('.react-flow__node[data-id="a2"]').click()
    page.get_by_label("Name", exact=True).fill("Only in the draft")
    page.get_by_role("button", name="Last runs").click()
    expect(graph(page).get_by_role("button", name=re.compile("Say so"))).to_be_visible()
    expect(page.get_by_text("Only in the draft")).to_have_count(0)
    for name in ("Undo", "Publish…", "Run test", "Commands", "Checkpoints"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    graph(page).get_by_role("button", name=re.compile("Escalate")).focus()
    page.keyboard.press("Delete")
    page.keyboard.press("Control+z")
    page.get_by_role("button", name="Draft").click()
    expect(page.locator(".react-flow__node")).to_have_count(4)
    expect(page.locator('.react-flow__node[data-id="a2"]')).to_contain_text("Only in the draft")


def test_a_run_waits_and_fails_in_words_and_colour_and_leads_back_to_the_draft(
    signed_in: Page, publish: Callable[[dict[str, Any]], int]
) -> None:
    page = signed_in
    page.emulate_media(reduced_motion="reduce")
    workflow = publish(WAITS)
    page.goto(f"/workflows/{workflow}/")
    expect(page.locator(".react-flow__node")).to_have_count(3)
    assert drawn_in(page.locator(".react-flow__nodes"), "--failed") == []
    page.get_by_role("button", name="Last runs").click()
    create_ticket(page, "EL-6")
    node = graph(page).get_by_role("button", name=re.compile("A moment.*waiting"))
    expect(node).to_be_visible()
    assert page.evaluate("document.getAnimations().length") == 0
    page.get_by_role("button", name="Outline").click()
    expect(page.get_by_role("button", name=re.compile("^A moment, waiting, .*until "))).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Close it, failed"))).to_be_visible(timeout=15_000)
    page.get_by_role("button", name="Graph").click()
    failed = graph(page).locator("[data-node=a1]")
    expect(failed).to_contain_text("failed")
    assert drawn_in(failed, "--failed") != []
    expect(page.get_by_role("complementary", name=re.compile("^Close it"))).to_be_visible()
    page.get_by_role("button", name="Fix this step").click()
    expect(page.locator('.react-flow__node[data-id="a1"].selected')).to_be_visible()
    expect(page.locator("#inspector :focus")).to_have_count(1)
    expect(page.locator(".sample-bar")).to_contain_text("EL-6")
    assert "show=" not in page.url


def test_an_unfinished_step_is_amber_and_nothing_in_the_design_is_red(signed_in: Page) -> None:
    page = signed_in
    key = f"amber-{time.monotonic_ns()}"
    workflow = api(page, "POST", "workflows/", {"name": "Unfinished", "key": key, "module": "tickets"})["id"]
    nodes = [*DRAFT["nodes"], {"id": "a3", "type": "action.assign", "title": "Not filled in"}]
    draft = {**DRAFT, "nodes": nodes, "edges": [*DRAFT["edges"], {"from": "a1", "to": "a3"}]}
    api(page, "PUT", f"workflows/{workflow}/graph/", draft)
    page.goto(f"/workflows/{workflow}/")
    unfinished = page.locator('.react-flow__node[data-id="a3"]')
    expect(unfinished).to_contain_text("⚠")
    assert drawn_in(unfinished, "--waiting") != []
    assert drawn_in(page.locator("main"), "--failed") == []
    api(page, "DELETE", f"workflows/{workflow}/")


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_a_running_step_moves_only_where_motion_is_welcome(signed_in: Page, motion: str) -> None:
    page = signed_in
    page.emulate_media(reduced_motion=motion)  # type: ignore[arg-type]
    run = api(page, "GET", "runs/?status=succeeded&limit=1&workflow=1")["results"][0]["id"]
    pretend_running(page, "a4")
    page.goto(f"/workflows/1/?show=runs&run={run}")
    expect(graph(page).get_by_role("button", name=re.compile("Tell the assignee.*running"))).to_be_visible()
    page.wait_for_timeout(500)
    assert (page.evaluate("document.getAnimations().length") > 0) == (motion == "no-preference")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_beside_the_last_runs(signed_in: Page, scheme: str) -> None:
    page = signed_in
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto("/workflows/1/?show=runs&step=c1")
    expect(page.get_by_role("complementary", name=re.compile("Which team"))).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Outline").click()
    expect(page.get_by_role("button", name=re.compile("^Which team"))).to_be_visible()
    assert violations(page) == []
    page.set_viewport_size({"width": 390, "height": 800})
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def test_those_who_have_the_draft_open_see_each_other(signed_in: Page, browser: Browser, site: str) -> None:
    page = signed_in
    present = page.get_by_role("list", name="Also open").get_by_role("listitem")
    page.goto("/workflows/1/")
    expect(page.locator(".react-flow__node").first).to_be_visible()
    expect(present).to_have_count(0)
    context = browser.new_context(base_url=site)
    other = context.new_page()
    sign_in(other, "ada")
    other.goto("/workflows/1/")
    expect(present).to_have_text(re.compile("Ada"))
    expect(other.get_by_role("list", name="Also open").get_by_role("listitem")).to_have_text(
        re.compile("Priya")
    )
    context.close()
    expect(present).to_have_count(0)
    second = page.context.new_page()
    second.goto("/workflows/1/")
    expect(present).to_have_text(re.compile("You, in another tab"))
    assert violations(page) == []
    second.close()
    expect(present).to_have_count(0)
