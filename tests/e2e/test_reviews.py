"""The weekly review in a real Chromium: reached from the menu, its figures those of the API, its charts drawn."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from .conftest import violations
from .editing import call


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
