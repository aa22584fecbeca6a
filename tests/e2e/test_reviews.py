"""The weekly review in a real Chromium: reached from the menu, its figures those of the API, its charts drawn."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from .conftest import sign_in, violations
from .editing import call
from .test_alerts import document
from .test_destinations import picture


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_week_is_read_and_its_figures_are_those_of_the_api(signed_in: Page, scheme: str) -> None:
    page = signed_in
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.get_by_role("button", name="Your menu").click()
    page.get_by_role("link", name="Weekly reviews").click()
    week = page.get_by_role("region", name="Weeks").get_by_role("link").first
    name = week.inner_text()
    week.click()
    expect(page.get_by_role("heading", name=f"Week {name}")).to_be_visible()
    expect(page.get_by_role("heading", name="Runs by day")).to_be_visible()
    zone = page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone")
    facts = call(page, "GET", f"reviews/{name}/?zone={zone}")
    expect(page.get_by_text(facts["headline"])).to_be_visible()
    days = page.get_by_role("region", name="Runs by day").get_by_role("row")
    expect(days).to_have_count(8)
    shown = [int(row.get_by_role("cell").first.inner_text()) for row in days.all()[1:]]
    assert sum(shown) == facts["now"]["succeeded"] > 0
    for chart in page.get_by_role("img", name="as in the table beside it").all():
        expect(chart).to_have_js_property("complete", True)
        assert chart.evaluate("image => image.naturalWidth") > 0
    assert violations(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def violations_of_both(page: Page) -> list[str]:
    """What axe finds in light and in dark."""
    found: list[str] = []
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        found += violations(page)
    return found


def test_the_week_of_a_team_is_kept_answered_and_signed(page: Page) -> None:
    sign_in(page, "ada")
    made = call(
        page,
        "POST",
        "workflows/",
        {"name": "Sorts by hand", "team": "Sorters", "document": document({"x": "1"})},
    )
    call(page, "POST", f"workflows/{made['id']}/publish/", {})
    glass = {"break_glass": True, "reason": "Only a test of reviews"}
    call(page, "POST", f"workflows/{made['id']}/promote/", glass)
    page.goto("/reviews/")
    page.get_by_role("button", name="Review weeks by itself…").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Review weeks by itself")
    dialog.get_by_role("combobox", name="Of", exact=True).select_option("shared")
    dialog.get_by_role("textbox", name="Team").fill("Sorters")
    dialog.get_by_role("textbox", name="Readers").fill("ada, noor")
    assert violations_of_both(page) == []
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("region", name="Schedules")).to_contain_text("team Sorters")
    made = next(one for one in call(page, "GET", "reviews/schedules/")["results"] if one["team"] == "Sorters")
    zone = made["zone"]
    weeks = call(page, "GET", f"reviews/?zone={zone}")["results"]
    over = next(
        one["week"]
        for one in weeks
        if not call(page, "GET", f"reviews/{one['week']}/?zone={zone}")["goes_on"]
    )
    page.goto(f"/reviews/{over}/")
    page.get_by_role("button", name="Keep it, of team Sorters").focus()
    page.keyboard.press("Enter")
    link = page.get_by_role("link", name="Review of team Sorters")
    expect(link).to_be_visible()
    assert violations_of_both(page) == []
    (kept,) = (one for one in call(page, "GET", "reviews/kept/")["results"] if one["schedule"] == made["id"])
    page.goto("/reviews/")
    listed = page.get_by_role("region", name="Kept reviews").get_by_role("row", name="team Sorters")
    expect(listed).to_contain_text(over)
    page.goto(f"/reviews/{over}/")
    link.click()
    expect(page.get_by_role("heading", name=f"Week {over}, team Sorters")).to_be_visible()
    question = page.get_by_role("listitem").filter(has_text="has no alert rule of its own")
    question.get_by_label("Note").fill("Ada writes one.")
    question.get_by_role("button", name="Change it").focus()
    page.keyboard.press("Enter")
    expect(question.get_by_role("status")).to_have_text("ada decided: change, “Ada writes one.”")
    for chart in page.get_by_role("img", name="as in the table beside it").all():
        chart.scroll_into_view_if_needed()
        expect(chart).to_have_js_property("complete", True)
    assert violations_of_both(page) == []
    picture(page, "kept-review")
    page.get_by_role("button", name="Sign…").click()
    page.get_by_role("dialog").get_by_label("Note").fill("Read with the team.")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Sign-off")).to_contain_text("Signed by ada")
    expect(question.get_by_role("button", name="Change it")).to_have_count(0)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations_of_both(page) == []
    picture(page, "kept-review-narrow")
    assert call(page, "GET", f"reviews/kept/{kept['id']}/")["signature"]["by"] == "ada"
