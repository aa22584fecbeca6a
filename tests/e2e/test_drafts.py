"""Drafts that two people work on, drafts as they were, and what differs: drawn, listed and walked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from automations.gallery.documents import sla_alert

from .conftest import sign_in, violations
from .editing import LINE, call, draft, make, node, publish, saved

LATE = "the server responded with a status of 409"


@pytest.fixture
def editor(signed_in: Page) -> Page:
    signed_in.set_viewport_size({"width": 1440, "height": 900})
    return signed_in


@pytest.fixture
def ada(browser: Browser, site: str) -> Iterator[Page]:
    """Ada, at another machine."""
    context = browser.new_context(base_url=site)
    opened = context.new_page()
    sign_in(opened, "ada")
    yield opened
    context.close()


def change(page: Page, pk: int, **changed: Any) -> None:
    """Somebody else's save."""
    call(page, "PUT", f"workflows/{pk}/graph/", {**draft(page, pk), **changed})


def retitled(document: dict[str, Any], identity: str, title: str) -> list[dict[str, Any]]:
    return [{**one, "title": title} if one["id"] == identity else one for one in document["nodes"]]


def write(page: Page, text: str) -> None:
    node(page, "a1").click()
    page.locator("#field-a1-text").fill(text)


def conflicted(page: Page, said: list[str]) -> Any:
    banner = page.locator(".conflict")
    expect(banner).to_contain_text("changed this draft", timeout=10_000)
    assert [text for text in said if LATE not in text] == []
    said.clear()
    return banner


def test_the_banner_says_who_did_what_and_changes_nothing(editor: Page, ada: Page, said: list[str]) -> None:
    pk = make(editor, "Both", LINE)
    theirs = draft(ada, pk)
    added = {"id": "a2", "type": "action.notify", "title": "Notify owner", "config": {}}
    change(ada, pk, nodes=[*retitled(theirs, "a1", "Greet"), added])
    write(editor, "Mine.")
    banner = conflicted(editor, said)
    expect(banner).to_contain_text("ada changed this draft just now (renamed Greet and added Notify owner)")
    for choice in ("See both", "Take theirs", "Keep mine as a copy"):
        expect(banner.get_by_role("button", name=choice)).to_be_enabled()
    expect(banner.get_by_role("button", name="Combine")).to_have_count(0)
    expect(editor.locator("#field-a1-text")).to_have_value("Mine.")
    expect(editor.locator(".react-flow__node")).to_have_count(2)

    banner.get_by_role("button", name="See both").click()
    dialog = editor.get_by_role("dialog")
    expect(dialog.locator(".still-node")).to_have_count(3)
    expect(dialog.locator(".change-removed")).to_contain_text("Notify owner")
    expect(dialog.locator(".change-renamed")).to_contain_text("Say hello (was Greet)")
    expect(dialog.locator(".change-changed")).to_contain_text("Text Hello. → Mine.")
    assert draft(editor, pk)["nodes"][1]["config"] == {"text": "Hello."}
    dialog.get_by_role("button", name="Take theirs").click()
    expect(banner).to_have_count(0)
    expect(editor.locator(".react-flow__node")).to_have_count(3)
    editor.get_by_role("button", name="Undo: Take theirs").click()
    node(editor, "a1").click()
    expect(editor.locator("#field-a1-text")).to_have_value("Mine.")


def test_what_two_people_did_to_different_steps_is_combined(editor: Page, ada: Page, said: list[str]) -> None:
    pk = make(editor, "Combine", LINE)
    theirs = draft(ada, pk)
    added = {"id": "a2", "type": "action.comment", "title": "Theirs", "config": {"text": "x"}}
    change(ada, pk, nodes=[*retitled(theirs, "t1", "Made"), added], edges=[*theirs["edges"], after_a1("a2")])
    write(editor, "Mine.")
    banner = conflicted(editor, said)
    banner.get_by_role("button", name="Combine").click()
    expect(banner).to_have_count(0)
    saved(editor)
    both = draft(editor, pk)
    assert [one["title"] for one in both["nodes"]] == ["Made", "Say hello", "Theirs"]
    assert both["nodes"][1]["config"] == {"text": "Mine."}
    assert after_a1("a2") in both["edges"]


def after_a1(to: str) -> dict[str, str]:
    return {"from": "a1", "to": to}


def test_replacing_theirs_keeps_it_among_the_checkpoints(editor: Page, ada: Page, said: list[str]) -> None:
    pk = make(editor, "Replace", LINE)
    change(ada, pk, nodes=retitled(draft(ada, pk), "a1", "Theirs"))
    write(editor, "Mine.")
    banner = conflicted(editor, said)
    banner.get_by_role("button", name="See both").click()
    editor.get_by_role("button", name="Replace theirs with mine").click()
    saved(editor)
    assert [one.get("title") for one in draft(editor, pk)["nodes"]][1:] == ["Say hello"]
    kept = call(editor, "GET", f"workflows/{pk}/checkpoints/")["results"]
    assert (kept[0]["name"], kept[0]["steps"]) == ("Before priya replaced it", 1)


def test_mine_goes_on_as_a_copy(editor: Page, ada: Page, said: list[str]) -> None:
    pk = make(editor, "Original", LINE)
    change(ada, pk, nodes=retitled(draft(ada, pk), "a1", "Theirs"))
    write(editor, "Mine.")
    conflicted(editor, said).get_by_role("button", name="Keep mine as a copy").click()
    expect(editor.get_by_role("heading", name="Original (copy)")).to_be_visible()
    node(editor, "a1").click()
    expect(editor.locator("#field-a1-text")).to_have_value("Mine.")
    editor.goto(f"/workflows/{pk}/")
    expect(editor.get_by_test_id("node-a1")).to_contain_text("Theirs")
    expect(editor.locator(".conflict")).to_have_count(0)


def test_three_offline_edits_are_offered_and_saved(editor: Page, said: list[str]) -> None:
    pk = make(editor, "Three offline", LINE)
    editor.route(
        "**/graph/", lambda route: route.abort() if route.request.method == "PUT" else route.continue_()
    )
    write(editor, "Offline.")
    editor.get_by_label("Name", exact=True).fill("Greet")
    node(editor, "t1").click()
    editor.get_by_label("Name", exact=True).fill("Made")
    expect(editor.locator(".saving")).to_contain_text("Offline")
    editor.unroute("**/graph/")
    editor.reload()
    said.clear()
    editor.get_by_role("button", name="Take them up").click()
    saved(editor)
    first, second = draft(editor, pk)["nodes"]
    assert (first["title"], second["title"], second["config"]) == ("Made", "Greet", {"text": "Offline."})


def test_offline_edits_of_an_older_draft_meet_the_newer_one(editor: Page, ada: Page, said: list[str]) -> None:
    """What somebody else saved meanwhile is not overwritten: both are shown, here combined."""
    pk = make(editor, "Late", LINE)
    editor.route(
        "**/graph/", lambda route: route.abort() if route.request.method == "PUT" else route.continue_()
    )
    write(editor, "Offline.")
    expect(editor.locator(".saving")).to_contain_text("Offline")
    change(ada, pk, nodes=retitled(draft(ada, pk), "t1", "Made"))
    editor.unroute("**/graph/")
    editor.reload()
    said.clear()
    editor.get_by_role("button", name="Take them up").click()
    conflicted(editor, said).get_by_role("button", name="Combine").click()
    saved(editor)
    first, second = draft(editor, pk)["nodes"]
    assert (first["title"], second["config"]) == ("Made", {"text": "Offline."})


def test_a_checkpoint_is_kept_and_gone_back_to_from_another_machine(editor: Page, ada: Page) -> None:
    pk = make(editor, "Checkpoints", LINE)
    write(editor, "Good.")
    editor.keyboard.press("Control+s")
    editor.get_by_label("Name (optional)").fill("Good text")
    editor.keyboard.press("Enter")
    expect(editor.get_by_role("dialog")).to_have_count(0)
    write(editor, "Worse.")
    saved(editor)

    ada.goto(f"/workflows/{pk}/")
    ada.get_by_role("button", name="Checkpoints").click()
    row = ada.locator(".checkpoints li", has_text="Good text")
    expect(row).to_contain_text("by priya")
    expect(row).to_contain_text("1 step changed since.")
    row.get_by_role("button", name="Compare").click()
    expect(row.locator(".change-changed")).to_contain_text("Text Good. → Worse.")
    row.get_by_role("button", name="Go back to").click()
    expect(ada.get_by_role("dialog")).to_have_count(0)
    saved(ada)
    assert draft(ada, pk)["nodes"][1]["config"] == {"text": "Good."}
    ada.get_by_role("button", name="Undo: Go back to a checkpoint").click()
    saved(ada)
    assert draft(ada, pk)["nodes"][1]["config"] == {"text": "Worse."}


def test_everything_since_the_opening_is_discarded_with_its_count(editor: Page) -> None:
    pk = make(editor, "Discard", LINE)
    before = draft(editor, pk)
    write(editor, "One.")
    editor.get_by_label("Name", exact=True).fill("Two")
    node(editor, "a1").focus()
    editor.keyboard.press("Delete")
    editor.get_by_role("button", name="Checkpoints").click()
    editor.get_by_role("button", name="Discard everything since I opened this (3 changes)").click()
    expect(node(editor, "a1")).to_have_count(1)
    saved(editor)
    assert {**draft(editor, pk), "revision": 0} == {**before, "revision": 0}
    editor.get_by_role("button", name="Checkpoints").click()
    rows = editor.locator(".checkpoints li")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("changed since.")
    expect(rows.nth(1)).to_contain_text("When the editor was opened")
    expect(rows.nth(1)).to_contain_text("Same as the draft now.")
    expect(editor.get_by_role("button", name="Discard everything")).to_be_disabled()


def test_leaving_with_changes_keeps_a_checkpoint_and_looking_keeps_none(editor: Page) -> None:
    pk = make(editor, "Leave", LINE)

    def occasions() -> list[str]:
        return [one["occasion"] for one in call(editor, "GET", f"workflows/{pk}/checkpoints/")["results"]]

    editor.get_by_role("link", name="Versions").click()
    expect(editor.get_by_role("heading", name="Versions")).to_be_visible()
    assert occasions() == ["open"]
    editor.goto(f"/workflows/{pk}/")
    write(editor, "Changed.")
    editor.get_by_role("link", name="Versions").click()
    expect(editor.get_by_role("heading", name="Versions")).to_be_visible()
    editor.wait_for_timeout(1_000)
    assert occasions() == ["leave", "open"]


def test_a_difference_counts_each_change_once_and_moves_not_at_all(editor: Page) -> None:
    """Check 26: renamed, changed, added and removed, one each, in the dialog and on the page of versions."""
    pk = make(editor, "Difference", sla_alert())
    publish(editor)
    document = draft(editor, pk)
    nodes = retitled(document, "t1", "Two hours before")
    urgent = next(one for one in nodes if one["id"] == "c1")
    urgent["config"] = {"rule": {"field": "priority", "op": "eq", "value": "high"}}
    gone = nodes[-1]["id"]
    edges = [edge for edge in document["edges"] if gone not in (edge["from"], edge["to"])]
    source = next(edge["from"] for edge in document["edges"] if edge["to"] == gone)
    branch = next((edge.get("branch") for edge in document["edges"] if edge["to"] == gone), None)
    added = {
        "id": "a9",
        "type": "action.comment",
        "title": "Say it",
        "config": {"text": "Soon due: {{ record.title }}"},
    }
    edge = {"from": source, "to": "a9", **({"branch": branch} if branch else {})}
    moved = {one["id"]: {"x": 40 * at, "y": 300} for at, one in enumerate(nodes[:-1])}
    change(editor, pk, nodes=[*nodes[:-1], added], edges=[*edges, edge], layout=moved)
    editor.goto(f"/workflows/{pk}/")
    editor.get_by_role("button", name="Publish…").click()
    dialog = editor.get_by_role("dialog")
    expect(dialog).to_contain_text("Same result", timeout=20_000)
    told(editor, dialog)
    numbers_are_the_apis(editor, dialog, pk)
    dialog.get_by_label("What changed?").fill("High is urgent now")
    dialog.get_by_role("button", name="Publish to simulate").click()
    expect(editor.locator(".editor-bar")).to_contain_text("v2 live", timeout=20_000)

    editor.get_by_role("link", name="Versions").click()
    expect(editor.locator(".versions li", has_text="Version 2")).to_contain_text("“High is urgent now”")
    editor.get_by_role("button", name="What changed").click()
    assert "from=1&to=2" in editor.url
    told(editor, editor.locator(".difference"))
    walks(editor)
    editor.get_by_label("To", exact=True).select_option("draft")
    assert "from=1&to=draft" in editor.url
    told(editor, editor.locator(".difference"))
    editor.get_by_label("From", exact=True).select_option("2")
    expect(editor.get_by_text("Nothing differs.")).to_be_visible()
    editor.reload()
    expect(editor.get_by_label("From", exact=True)).to_have_value("2")
    assert violations(editor) == []


def told(page: Page, place: Any) -> None:
    for kind in ("renamed", "changed", "added", "removed"):
        expect(place.locator(f".change-{kind}")).to_have_count(1)
        expect(place.locator(f".still-node.is-{kind}")).to_have_count(1)
    expect(place.locator(".still-node.is-renamed")).to_contain_text("Two hours before")
    expect(place.locator(".still-node.is-changed .step-setting")).to_contain_text("Rule ")
    expect(place.locator(".change-changed")).to_contain_text("is one of high, urgent →")
    expect(place.locator(".still-line.is-added")).to_have_count(1)
    expect(place.locator(".still-line.is-removed")).to_have_count(1)
    assert place.locator(".still-node.is-same").first.evaluate("n => getComputedStyle(n).opacity") == "0.4"


def numbers_are_the_apis(page: Page, dialog: Any, pk: int) -> None:
    """The impact, worked out here from the two run tests as the API answers them."""
    effects = []
    for version in (1, "draft"):
        body = {"version": version, "records": "live", "limit": 200}
        items = call(page, "POST", f"workflows/{pk}/run-test/", body)["candidates"]["items"]
        effects.append(
            {
                item["record"]: [(one["kind"], one["changes"], one["preview"]) for one in item["actions"]]
                for item in items
            }
        )
    was, now = effects
    same = sum(was[key] == now[key] for key in was.keys() & now.keys())
    expect(dialog.get_by_label("Records of today")).to_contain_text(
        f"Same result {same} · now selected +{len(now.keys() - was.keys())}"
        f" · no longer selected −{len(was.keys() - now.keys())}"
        f" · other effect {len(was.keys() & now.keys()) - same}."
    )


def walks(page: Page) -> None:
    status = page.locator(".difference").get_by_role("status")
    expect(status).to_have_text("6 changes")
    page.get_by_role("heading", name="Compare").click()
    page.keyboard.press("n")
    expect(status).to_have_text("1 of 6")
    expect(page.locator(".still-node[aria-pressed=true]")).to_have_count(1)
    page.keyboard.press("p")
    expect(status).to_have_text("6 of 6")
    expect(page.locator(".changes [aria-current=true]")).to_contain_text("disconnected")
    expect(page.locator(".still-line.is-looked-at")).to_have_count(1)
    page.locator(".changes").get_by_role("button", name="added Say it").click()
    expect(page.locator(".still-node[aria-pressed=true]")).to_contain_text("Say it")
    page.get_by_role("button", name="Next change").click()
    expect(status).to_have_text("4 of 6")
