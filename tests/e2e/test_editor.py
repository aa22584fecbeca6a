"""The graph editor in a real Chromium: by mouse, by keys alone, in the outline alone, and when saving goes wrong."""

from __future__ import annotations

from playwright.sync_api import Page, Route, expect

from automations.gallery.documents import sla_alert

from .editing import LINE, broken, call, draft, make, node, pick, publish, saved


def test_an_empty_workflow_asks_for_a_trigger_and_nothing_else(editor: Page) -> None:
    make(editor, "Empty")
    first = editor.get_by_role("button", name="Add a trigger")
    expect(first).to_be_focused()
    expect(editor.get_by_text("valid", exact=False)).to_have_count(0)
    expect(editor.locator(".react-flow__node")).to_have_count(0)


def test_a_click_puts_a_step_into_an_edge_and_one_undo_takes_it_back(editor: Page) -> None:
    pk = make(editor, "Insert", LINE)
    before = draft(editor, pk)
    editor.get_by_test_id("edge-add-t1::a1").click()
    editor.keyboard.type("assign")
    editor.keyboard.press("Enter")
    expect(editor.locator(".react-flow__node")).to_have_count(3)
    saved(editor)
    between = draft(editor, pk)
    assert [(one["from"], one["to"]) for one in between["edges"]] == [("t1", "a2"), ("a2", "a1")]
    editor.keyboard.press("Escape")
    node(editor, "a1").focus()
    editor.keyboard.press("Control+z")
    expect(editor.locator(".react-flow__node")).to_have_count(2)
    saved(editor)
    after = draft(editor, pk)
    assert {**after, "revision": 0} == {**before, "revision": 0}


def test_a_drag_from_the_palette_onto_an_edge_does_the_same(editor: Page) -> None:
    pk = make(editor, "Drag", LINE)
    target = editor.get_by_test_id("edge-add-t1::a1")
    expect(target).to_be_visible()
    editor.get_by_label("Steps to add").get_by_role("button", name="Assign").drag_to(target)
    expect(editor.locator(".react-flow__node")).to_have_count(3)
    saved(editor)
    dragged = draft(editor, pk)
    other = make(editor, "Drag and click", LINE)
    editor.get_by_test_id("edge-add-t1::a1").click()
    editor.keyboard.type("assign")
    editor.keyboard.press("Enter")
    saved(editor)
    assert dragged["edges"] == [{"from": "t1", "to": "a2"}, {"from": "a2", "to": "a1"}]
    assert {**draft(editor, other), "revision": 0} == {**dragged, "revision": 0}, "as a click does it"


def test_a_connection_that_would_make_a_circle_is_refused_in_words(editor: Page) -> None:
    document = {
        **LINE,
        "nodes": [*LINE["nodes"], {"id": "a2", "type": "action.comment", "config": {"text": "x"}}],
        "edges": [{"from": "t1", "to": "a1"}, {"from": "a1", "to": "a2"}],
    }
    pk = make(editor, "Circle", document)
    node(editor, "a2").click()
    editor.keyboard.press("c")
    editor.keyboard.press("Enter")  # the way “then”
    editor.keyboard.type("Say hello")
    expect(editor.locator(".pick-list [role=option]")).to_contain_text("This would make a circle.")
    editor.keyboard.press("Enter")
    expect(editor.locator("[aria-live=assertive]")).to_have_text("This would make a circle.")
    assert len(draft(editor, pk)["edges"]) == 2


def test_undo_goes_gesture_by_gesture_and_redo_brings_all_back(editor: Page) -> None:
    pk = make(editor, "Undo", LINE)
    before = draft(editor, pk)
    node(editor, "a1").click()
    editor.locator("#field-a1-text").fill("Good morning.")
    node(editor, "t1").click()
    editor.get_by_label("Name", exact=True).fill("Created")
    box = node(editor, "a1").bounding_box()
    assert box is not None
    editor.mouse.move(box["x"] + 60, box["y"] + 20)
    editor.mouse.down()
    editor.mouse.move(box["x"] + 100, box["y"] + 140, steps=8)
    editor.mouse.up()
    node(editor, "t1").focus()
    editor.keyboard.press("m")
    for _ in range(5):
        editor.keyboard.press("ArrowDown")
    editor.keyboard.press("Enter")
    saved(editor)
    final = draft(editor, pk)
    assert final["layout"]["t1"]["y"] >= 100
    assert "a1" in final["layout"]
    undo, redo = (editor.get_by_role("button", name=name) for name in ("Undo", "Redo"))
    for _ in range(4):
        undo.click()
    expect(undo).to_be_disabled()
    saved(editor)
    assert {**draft(editor, pk), "revision": 0} == {**before, "revision": 0}
    for _ in range(4):
        redo.click()
    saved(editor)
    assert {**draft(editor, pk), "revision": 0} == {**final, "revision": 0}


def test_a_deleted_step_comes_back_whole(editor: Page) -> None:
    pk = make(editor, "Delete", sla_alert())
    before = draft(editor, pk)
    node(editor, "c1").focus()
    editor.keyboard.press("Space")
    editor.keyboard.press("Delete")
    expect(node(editor, "c1")).to_have_count(0)
    editor.keyboard.press("Control+z")
    expect(node(editor, "c1")).to_have_count(1)
    saved(editor)
    assert {**draft(editor, pk), "revision": 0} == {**before, "revision": 0}


def test_keys_in_a_field_belong_to_the_field(editor: Page) -> None:
    pk = make(editor, "Fields", LINE)
    before = draft(editor, pk)
    node(editor, "a1").click()
    field = editor.locator("#field-a1-text")
    field.click()
    for key in ("Backspace", "Control+Backspace", "Delete", "a", "Control+z"):
        field.press(key)
    expect(editor.locator(".react-flow__node")).to_have_count(2)
    expect(field).to_be_focused()
    field.fill("Only this.")
    saved(editor)
    after = draft(editor, pk)
    assert after["nodes"] == [before["nodes"][0], {**before["nodes"][1], "config": {"text": "Only this."}}]
    assert (after["edges"], after["layout"]) == (before["edges"], before["layout"])


def test_copied_steps_go_to_another_workflow_with_the_edges_among_them(editor: Page) -> None:
    make(editor, "Copy from", sla_alert())
    node(editor, "a1").click()
    node(editor, "a2").click(modifiers=["Control"])
    node(editor, "a2").focus()
    editor.keyboard.press("Control+c")
    pk = make(editor, "Copy to", LINE)
    node(editor, "a1").focus()
    editor.keyboard.press("Control+v")
    expect(editor.locator(".react-flow__node")).to_have_count(4)
    saved(editor)
    pasted = draft(editor, pk)
    assert [one["id"] for one in pasted["nodes"]] == ["t1", "a1", "a2", "a3"]
    assert pasted["edges"][1:] == [{"from": "a2", "to": "a3"}]
    assert pasted["nodes"][2]["config"] == {"values": {"escalated": True}}


def test_what_is_typed_is_saved_by_itself_and_is_there_after_a_reload(editor: Page) -> None:
    asked: list[str] = []
    editor.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    make(editor, "Autosave", LINE)
    node(editor, "a1").click()
    editor.locator("#field-a1-text").fill("Typed.")
    expect(editor.locator(".saving")).to_contain_text("Saving…")
    saved(editor)
    editor.reload()
    node(editor, "a1").click()
    expect(editor.locator("#field-a1-text")).to_have_value("Typed.")
    assert asked == [], "leaving asks nothing when nothing is unsent"


def test_a_slow_save_loses_nothing_and_has_no_company(editor: Page) -> None:
    pk = make(editor, "Slow", LINE)
    flying: list[int] = []
    most: list[int] = []

    def delay(route: Route) -> None:
        if route.request.method == "PUT":
            flying.append(1)
            most.append(len(flying))
            editor.wait_for_timeout(3_000)
            flying.pop()
        route.continue_()

    editor.route("**/graph/", delay)
    node(editor, "a1").click()
    field = editor.locator("#field-a1-text")
    for text in ("one", "two", "three"):
        field.fill(text)
        editor.wait_for_timeout(900)
    expect(editor.locator(".saving")).to_contain_text("Saved", timeout=15_000)
    expect(field).to_have_value("three")
    editor.unroute("**/graph/")
    assert max(most) == 1
    assert draft(editor, pk)["nodes"][1]["config"] == {"text": "three"}


def test_a_conflict_with_another_window_of_ones_own_changes_nothing_by_itself(
    editor: Page, said: list[str]
) -> None:
    pk = make(editor, "Conflict", LINE)
    theirs = draft(editor, pk)
    theirs["nodes"][1]["config"] = {"text": "Theirs."}
    call(editor, "PUT", f"workflows/{pk}/graph/", theirs)
    node(editor, "a1").click()
    editor.locator("#field-a1-text").fill("Mine.")
    banner = editor.locator(".conflict")
    expect(banner).to_contain_text("You changed this draft in another window just now (changed Say hello)")
    expect(editor.locator("#field-a1-text")).to_have_value("Mine.")
    banner.get_by_role("button", name="Take theirs").click()
    expect(banner).to_have_count(0)
    node(editor, "a1").click()
    expect(editor.locator("#field-a1-text")).to_have_value("Theirs.")
    assert len(said) == 1
    assert "409" in said.pop()


def test_what_was_done_offline_is_offered_after_a_reload(editor: Page, said: list[str]) -> None:
    pk = make(editor, "Offline", LINE)
    node(editor, "a1").click()
    editor.route(
        "**/graph/", lambda route: route.abort() if route.request.method == "PUT" else route.continue_()
    )
    editor.locator("#field-a1-text").fill("Offline.")
    expect(editor.locator(".saving")).to_contain_text("Offline")
    editor.unroute("**/graph/")
    said.clear()  # the browser's own words about requests that failed
    editor.reload()
    editor.get_by_role("button", name="Take them up").click()
    saved(editor)
    assert draft(editor, pk)["nodes"][1]["config"] == {"text": "Offline."}


def test_moving_and_tidying_are_no_new_draft(editor: Page) -> None:
    pk = make(editor, "Layout", LINE)
    before = draft(editor, pk)
    box = node(editor, "a1").bounding_box()
    assert box is not None
    editor.mouse.move(box["x"] + 60, box["y"] + 20)
    editor.mouse.down()
    editor.mouse.move(box["x"] + 100, box["y"] + 140, steps=8)
    editor.mouse.up()
    saved(editor)
    moved = draft(editor, pk)
    assert moved["layout"]["a1"] != before["layout"].get("a1")
    assert (moved["revision"], moved["nodes"]) == (before["revision"], before["nodes"])
    node(editor, "a1").focus()
    editor.keyboard.press("Shift+L")
    saved(editor)
    assert draft(editor, pk)["layout"] == {}


def test_a_problem_stands_in_three_places_and_its_fix_removes_all(editor: Page) -> None:
    pk = make(editor, "Problem", broken())
    expect(editor.get_by_test_id("node-c1")).to_contain_text("⚠ 1")
    editor.get_by_role("button", name="⚠ 1 problem", exact=True).click()
    row = editor.locator(".findings li")
    (found,) = call(editor, "POST", f"workflows/{pk}/validate/", {})["problems"]
    expect(row).to_contain_text(found["message"])
    expect(editor.get_by_test_id("node-c1").locator(f"[title*='{found['message']}']")).to_have_count(1)
    row.get_by_role("button", name="Is it urgent?").click()
    expect(editor.locator("#field-c1-rule")).to_be_focused()
    expect(editor.locator("#field-c1-rule-problems")).to_contain_text(found["message"])
    row.get_by_role("button", name="Use priority").click()
    expect(row).to_have_count(0)
    expect(editor.locator("#field-c1-rule-problems")).to_have_count(0)
    expect(editor.get_by_test_id("node-c1")).not_to_contain_text("⚠")
    saved(editor)
    assert draft(editor, pk)["nodes"][1]["config"]["rule"]["all"][0]["field"] == "priority"


def test_publishing_with_a_problem_opens_the_list_and_sends_nothing(editor: Page) -> None:
    make(editor, "Blocked", broken())
    sent: list[str] = []
    editor.on("request", lambda request: sent.append(request.url) if "publish" in request.url else None)
    editor.get_by_role("button", name="Publish…").click()
    expect(editor.locator(".findings li")).to_be_visible()
    expect(editor.locator("#field-c1-rule")).to_be_focused()
    assert sent == []


def test_a_test_counts_as_the_api_does_lights_the_path_and_writes_nothing(editor: Page) -> None:
    pk = make(editor, "Test", sla_alert())
    before = call(editor, "GET", "modules/tickets/records/?limit=200")
    editor.keyboard.press("Control+Enter")
    rows = editor.locator(".drawer-body tbody tr")
    expect(rows.first).to_be_visible(timeout=20_000)
    told = call(
        editor, "POST", f"workflows/{pk}/run-test/", {"version": "draft", "records": "live", "limit": 200}
    )
    expect(editor.locator(".drawer-body strong")).to_have_text(f"{told['candidates']['total']} candidates")
    for branch in told["candidates"]["branches"]:
        expect(
            editor.locator(".branch-total", has_text=f"{branch['total']} {branch['branch']}")
        ).to_have_count(1)
    first = told["candidates"]["items"][0]
    rows.first.locator(".as-link").click()
    met = [step["node"] for step in first["path"]]
    lit = editor.locator(".react-flow__edge.taken")
    expect(lit).to_have_count(len(met) - 1)
    assert call(editor, "GET", "modules/tickets/records/?limit=200") == before


def test_a_draft_is_published_after_its_impact_and_its_changes_were_shown(editor: Page) -> None:
    pk = make(editor, "Publish", sla_alert())
    publish(editor)
    expect(editor.locator(".editor-bar")).to_contain_text("v1 live")
    node(editor, "a3").click()
    editor.get_by_label("Name", exact=True).fill("Say it")
    editor.locator("#field-a3-text").fill("Soon due.")
    saved(editor)
    expect(editor.locator(".editor-bar")).to_contain_text("draft differs")
    editor.get_by_role("button", name="Publish…").click()
    dialog = editor.get_by_role("dialog")
    expect(dialog).to_contain_text("Same result", timeout=20_000)
    expect(dialog.locator(".change-renamed")).to_have_count(1)
    expect(dialog.locator(".change-changed")).to_have_count(1)
    expect(dialog.locator(".change-added, .change-removed")).to_have_count(0)
    dialog.get_by_role("button", name="Publish to simulate").click()
    expect(editor.locator(".editor-bar")).to_contain_text("v2 live")

    editor.goto(f"/workflows/{pk}/versions/")
    editor.get_by_role("button", name="What changed").click()
    expect(editor.locator(".change-renamed")).to_have_count(1)
    editor.get_by_role("button", name="Roll back to 1…").click()
    editor.get_by_label("Reason").fill("Wrong text")
    editor.get_by_role("button", name="Roll back", exact=True).click()
    expect(editor.locator(".versions li", has_text="Version 1")).to_contain_text("live")
    editor.get_by_role("link", name="Promote to execute…").click()
    expect(editor.get_by_role("heading", name="Promote")).to_be_visible()
    expect(editor.get_by_role("button", name="Promote to execute…")).to_be_disabled()


def test_the_outline_alone_builds_a_workflow(editor: Page) -> None:
    """Made with selects and buttons; the graph shows the same steps and edges."""
    pk = make(editor, "Outline")
    editor.get_by_role("button", name="Outline").click()
    editor.get_by_role("button", name="Add a trigger").click()
    pick(editor, "Record event")
    editor.locator("#field-t1-module").select_option("tickets")
    editor.get_by_label("created", exact=True).check()
    editor.get_by_label("Record event: then goes to").first.select_option("+")
    pick(editor, "If / else")
    editor.get_by_role("button", name="Add condition").click()
    editor.get_by_label("Field", exact=True).select_option("priority")
    editor.get_by_label("Value", exact=True).select_option("urgent")
    editor.get_by_label("If / else: true goes to").first.select_option("+")
    pick(editor, "Comment")
    editor.locator("#field-a1-text").fill("Urgent: {{ record.title }}")
    editor.get_by_label("If / else: false goes to").first.select_option("+")
    pick(editor, "Stop")
    editor.locator("#field-a2-outcome").select_option("succeeded")
    saved(editor)
    expect(editor.locator(".editor-bar")).to_contain_text("✓ valid")
    made = draft(editor, pk)
    assert [one["type"] for one in made["nodes"]] == [
        "trigger.record",
        "condition.if",
        "action.comment",
        "action.stop",
    ]
    assert made["edges"] == [
        {"from": "t1", "to": "c1"},
        {"from": "c1", "to": "a1", "branch": "true"},
        {"from": "c1", "to": "a2", "branch": "false"},
    ]
    editor.get_by_role("button", name="Graph", exact=True).click()
    expect(editor.locator(".react-flow__node")).to_have_count(4)
    expect(editor.locator(".react-flow__edge")).to_have_count(3)
    publish(editor)


def test_keys_alone_build_and_test_a_workflow(editor: Page) -> None:
    """No pointer is used: add, choose, configure, connect, test."""
    pk = make(editor, "Keys")
    keys = editor.keyboard
    keys.press("Enter")  # “Add a trigger” has the focus
    keys.type("Record event")
    keys.press("Enter")
    editor.locator("#field-t1-module").focus()
    keys.type("Tick")
    editor.get_by_label("created", exact=True).focus()
    keys.press("Space")
    node(editor, "t1").focus()
    keys.press("a")
    keys.type("Comment")
    keys.press("Enter")
    editor.locator("#field-a1-text").focus()
    keys.type("Seen.")
    node(editor, "t1").focus()
    keys.press("Space")
    keys.press("ArrowRight")
    expect(node(editor, "a1")).to_be_focused()
    keys.press("F2")
    expect(editor.get_by_label("Name", exact=True)).to_be_focused()
    keys.type("Remark")
    saved(editor)
    made = draft(editor, pk)
    assert made["edges"] == [{"from": "t1", "to": "a1"}]
    assert made["nodes"][1]["title"] == "Remark"
    assert made["nodes"][1]["config"] == {"text": "Seen."}
    keys.press("Control+Enter")
    expect(editor.locator(".drawer-body tbody tr").first).to_be_visible(timeout=20_000)
