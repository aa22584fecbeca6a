"""Beginning: the gallery, the first steps, one's own settings; and pages that have nothing, or wait for it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from .conftest import sign_in, violations
from .editing import call, draft, saved

MENU = "Your menu"


def gallery(page: Page) -> None:
    page.goto("/workflows/new/")
    expect(page.get_by_role("radio", name="SLA alert")).to_be_visible()


def keep(page: Page, **wanted: object) -> None:
    call(page, "PATCH", "me/preferences/", wanted)


@pytest.fixture
def own_settings(signed_in: Page) -> Iterator[Page]:
    """Priya, whose settings are put back afterwards."""
    yield signed_in
    keep(signed_in, theme="system", density="comfortable", single_keys=True, first_steps=True)


def test_a_template_becomes_a_workflow_that_is_valid_at_once(signed_in: Page) -> None:
    page = signed_in
    page.get_by_role("link", name="New workflow").click()
    page.get_by_role("radio", name="SLA alert").check()
    expect(page.get_by_label("Name")).to_have_value("SLA alert 2")
    expect(page.get_by_label("Module")).to_have_value("tickets")
    expect(page.get_by_label("Module")).to_be_disabled()
    page.reload()
    expect(page.get_by_role("radio", name="SLA alert")).to_be_checked()
    page.get_by_label("Name").fill("Due soon")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="Due soon")).to_be_visible()
    expect(page.locator(".react-flow__node")).to_have_count(5)
    expect(page.get_by_role("button", name=re.compile("✓ valid"))).to_be_visible()


def test_a_copy_has_the_draft_and_the_module_of_the_other(signed_in: Page) -> None:
    page = signed_in
    gallery(page)
    page.get_by_role("radio", name="A copy").check()
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_label("Copy of")).to_be_focused()
    page.get_by_label("Copy of").select_option(label="Refund watch")
    expect(page.get_by_label("Name")).to_have_value("Copy of Refund watch")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="Copy of Refund watch")).to_be_visible()
    expect(page.locator(".react-flow__node")).to_have_count(3)


def test_the_gallery_is_chosen_from_by_keys(signed_in: Page) -> None:
    page = signed_in
    gallery(page)
    page.get_by_role("radio", name="Blank").focus()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("radio", name="Refund watch")).to_be_checked()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Name")).to_be_focused()
    described = page.get_by_role("radio", name="Refund watch").get_attribute("aria-describedby")
    expect(page.locator(f'[id="{described}"]')).to_contain_text("About Orders, with 2 scenarios.")


def test_a_name_that_is_taken_is_told_and_keeps_what_was_typed(browser: Browser, site: str) -> None:
    context = browser.new_context(base_url=site)
    page = context.new_page()
    sign_in(page, "priya")
    gallery(page)
    page.get_by_label("Name").fill("Refund watch")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose another")
    expect(page.get_by_label("Name")).to_have_value("Refund watch")
    context.close()


def test_an_empty_graph_offers_templates_of_its_module_and_undo_takes_one_back(signed_in: Page) -> None:
    page = signed_in
    made = call(page, "POST", "workflows/", {"name": "Begun", "module": "tickets"})
    page.goto(f"/workflows/{made['id']}/")
    offered = page.get_by_role("region", name="or begin with…").get_by_role("button")
    expect(offered).to_have_count(3)
    expect(page.get_by_role("button", name="Add a trigger")).to_be_focused()
    offered.filter(has_text="SLA alert").click()
    expect(page.locator(".react-flow__node")).to_have_count(5)
    saved(page)
    assert len(draft(page, made["id"])["nodes"]) == 5
    page.get_by_role("button", name="Undo: Begin with SLA alert").click()
    expect(page.get_by_role("button", name="Add a trigger")).to_be_visible()
    saved(page)
    assert draft(page, made["id"])["nodes"] == []


def test_who_may_not_make_workflows_is_told_which_right_is_missing(page: Page) -> None:
    sign_in(page, "sam")
    page.goto("/workflows/new/")
    expect(page.get_by_text("You lack the right “add workflow”. An admin can give it to you")).to_be_visible()


def test_the_first_steps_are_done_by_doing_them(own_settings: Page) -> None:
    page = own_settings
    steps = page.get_by_role("complementary", name="First steps")

    def left(*titles: str) -> None:
        page.goto("/")
        expect(steps).to_contain_text(f"{5 - len(titles)} of 5 done." if titles else "All five are done.")
        for title in titles:
            expect(steps.get_by_role("listitem").filter(has_text=title)).not_to_contain_text("(done)")

    watch, publish, change, test = (
        "Watch a run live",
        "Publish to simulate",
        "Change 2 h to 4 h",
        "Run a test",
    )
    left("Open “SLA alert”", test, change, publish, watch)
    steps.get_by_role("link", name="Open “SLA alert”").click()
    expect(page.get_by_role("heading", name="SLA alert")).to_be_visible()
    pk = int(page.url.rstrip("/").rsplit("/", 1)[1])
    page.wait_for_load_state("networkidle")
    left(test, change, publish, watch)

    call(page, "POST", f"workflows/{pk}/run-test/", {"version": "draft", "records": "live"})
    left(change, publish, watch)
    before = draft(page, pk)
    wider = draft(page, pk)
    wider["nodes"][0]["config"]["offset"] = "PT4H"
    call(page, "PUT", f"workflows/{pk}/graph/", wider)
    left(change, publish, watch)
    call(page, "POST", f"workflows/{pk}/run-test/", {"version": "draft", "records": "live"})
    left(publish, watch)
    call(page, "POST", f"workflows/{pk}/publish/", {"mode": "simulate", "note": "4 h"})
    left(watch)

    steps.get_by_role("button", name="Create a ticket").click()
    expect(page).to_have_url(re.compile(r"/runs/\d+/$"), timeout=40_000)
    expect(page.get_by_text("SLA alert").first).to_be_visible()
    expect(page.get_by_text(re.compile("WATCH-")).first).to_be_visible()
    page.wait_for_load_state("networkidle")
    left()

    call(page, "PUT", f"workflows/{pk}/graph/", {**before, "revision": draft(page, pk)["revision"]})
    call(page, "POST", f"workflows/{pk}/rollback/", {"version": 1, "reason": "As it was."})
    if call(page, "GET", f"workflows/{pk}/")["mode"] == "simulate":
        call(page, "POST", f"workflows/{pk}/promote/", {"reason": "As it was."})


def test_the_first_steps_are_put_away_and_come_back_from_the_menu(own_settings: Page) -> None:
    page = own_settings
    page.goto("/")
    steps = page.get_by_role("complementary", name="First steps")
    steps.get_by_role("button", name=re.compile("Not now|Close")).click()
    expect(steps).to_have_count(0)
    page.wait_for_load_state("networkidle")
    page.reload()
    expect(page.get_by_role("heading", name="Last 7 days")).to_be_visible()
    expect(steps).to_have_count(0)
    page.goto("/runs/")
    page.get_by_role("button", name=MENU).click()
    page.get_by_role("button", name="First steps").click()
    expect(page.get_by_role("heading", level=1, name="Home")).to_be_visible()
    expect(steps).to_be_visible()


def test_those_who_build_nothing_are_shown_no_first_steps(page: Page) -> None:
    sign_in(page, "sam")
    expect(page.get_by_role("heading", name="Last 7 days")).to_be_visible()
    expect(page.get_by_role("complementary", name="First steps")).to_have_count(0)
    page.get_by_role("button", name=MENU).click()
    expect(page.get_by_role("checkbox", name="Single-letter keys on the graph")).to_be_visible()
    expect(page.get_by_role("button", name="First steps")).to_have_count(0)
    expect(page.get_by_role("link", name="Admin")).to_have_count(0)


def test_settings_hold_at_once_and_on_the_next_page(own_settings: Page) -> None:
    page = own_settings
    row = page.get_by_role("row", name="Auto-routing")

    def look() -> tuple[float, str]:
        box = row.bounding_box()
        assert box is not None
        return round(box["height"]), page.evaluate("getComputedStyle(document.body).colorScheme")

    height, _ = look()
    page.get_by_role("button", name=MENU).click()
    page.get_by_role("radio", name="Compact").check()
    page.get_by_role("radio", name="Dark").check()
    page.keyboard.press("Escape")
    expect(page.get_by_role("radio", name="Compact")).to_have_count(0)
    assert look() == (height - 8, "dark")
    page.wait_for_load_state("networkidle")
    page.reload()
    expect(row).to_be_visible()
    assert look() == (height - 8, "dark")
    page.get_by_role("button", name=MENU).click()
    expect(page.get_by_role("radio", name="Compact")).to_be_checked()


def test_single_letter_keys_are_switched_off(own_settings: Page) -> None:
    page = own_settings
    page.get_by_role("link", name="SLA alert", exact=True).click()
    node = page.locator(".react-flow__node").first
    node.click()
    page.keyboard.press("o")
    expect(page.get_by_role("button", name="Outline")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Graph", exact=True).click()
    page.get_by_role("button", name=MENU).click()
    page.get_by_role("checkbox", name="Single-letter keys on the graph").uncheck()
    page.keyboard.press("Escape")
    node.click()
    for key in ("o", "?", "a"):
        page.keyboard.press(key)
    expect(page.get_by_role("button", name="Graph", exact=True)).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog", name="Commands")).to_be_visible()


def test_the_menu_shows_the_keys_on_any_page(signed_in: Page) -> None:
    page = signed_in
    page.get_by_role("button", name=MENU).click()
    page.get_by_role("button", name="Keys").click()
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("Ctrl+Enter")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_have_count(0)


def test_a_workflow_is_paused_with_a_reason_that_its_row_shows(signed_in: Page) -> None:
    page = signed_in
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name="Refund watch", exact=True))
    expect(row).to_contain_text("worth a look")  # its rule stands in another workflow as well
    row.get_by_role("button", name="Pause… Refund watch").click()
    dialog = page.get_by_role("dialog", name="Pause “Refund watch”")
    dialog.get_by_label("Reason").fill("Finance counts.")
    dialog.get_by_role("button", name="Pause").click()
    expect(row).to_contain_text("Finance counts.")
    page.reload()
    expect(row).to_contain_text("Finance counts.")
    row.get_by_role("button", name="Resume Refund watch").click()
    expect(row).not_to_contain_text("Finance counts.")


def test_the_list_without_a_workflow_is_the_gallery(signed_in: Page) -> None:
    page = signed_in

    def nothing(route: Route) -> None:
        route.fulfill(json={"next": None, "results": []})

    page.route("**/api/v1/workflows/?*", nothing)
    page.goto("/workflows/")
    page.get_by_role("link", name="Auto-routing").click()
    expect(page.get_by_role("radio", name="Auto-routing")).to_be_checked()
    expect(page.get_by_role("radio", name="A copy")).to_have_count(0)


RUNS = re.compile(r"/api/v1/runs/(\?|$)")


def test_a_slow_page_keeps_its_place_then_says_so_and_asks_again(signed_in: Page) -> None:
    page = signed_in
    page.goto("about:blank")  # Home asks for runs too, and would be taken for the page that is waited for
    asked: list[Route] = []
    page.route(RUNS, lambda route: asked.append(route))
    page.clock.install()
    with page.expect_request(RUNS):  # before it, the page's own code is what is waited for
        page.goto("/runs/")
    expect(page.locator("main > .skeleton")).to_be_visible()
    page.clock.run_for(8_100)
    again = page.get_by_role("button", name="Try again")
    expect(again).to_be_visible()
    said = page.get_by_role("main").get_by_text(re.compile("takes longer|has not answered"))
    expect(said).to_be_visible()
    page.unroute(RUNS)
    again.click()
    expect(page.get_by_role("table").get_by_role("rowheader").first).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_gallery_the_menu_and_the_empty_graph(signed_in: Page, scheme: str) -> None:
    page = signed_in
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    found: dict[str, list[str]] = {}
    gallery(page)
    found["gallery"] = violations(page)
    page.goto("/")
    expect(page.get_by_role("complementary", name="First steps")).to_contain_text("done")
    page.get_by_role("button", name=MENU).click()
    found["menu and first steps"] = violations(page)
    made = call(page, "POST", "workflows/", {"name": f"Nothing drawn, {scheme}", "module": "tickets"})
    page.goto(f"/workflows/{made['id']}/")
    expect(page.get_by_role("region", name="or begin with…")).to_be_visible()
    found["empty graph"] = violations(page)
    assert {where: wrong for where, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("width", [390, 720])
def test_nothing_scrolls_sideways_on_a_narrow_or_enlarged_page(signed_in: Page, width: int) -> None:
    page = signed_in
    page.set_viewport_size({"width": width, "height": 450})
    wide = []
    for address in ("/", "/workflows/", "/workflows/new/"):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        page.get_by_role("button", name=MENU).click()
        way_out = page.get_by_role("button", name="Sign out")
        way_out.scroll_into_view_if_needed()
        expect(way_out).to_be_in_viewport(ratio=1)
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wide.append(address)
    assert wide == []
