"""What a workflow is called, how far it may reach and whom it acts as, on its page of settings."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from .conftest import sign_in, violations
from .editing import call
from .test_editor_live import DRAFT

NAME = (
    "A workflow whose name says at some length what becomes of each new ticket that nobody has looked at yet"
)


@pytest.fixture
def pk(signed_in: Page) -> Iterator[int]:
    """A workflow of Priya's that simulates."""
    body = {"name": "To be set", "key": f"settings-{time.monotonic_ns()}", "module": "tickets"}
    made = int(call(signed_in, "POST", "workflows/", body)["id"])
    call(signed_in, "PUT", f"workflows/{made}/graph/", DRAFT)
    call(signed_in, "POST", f"workflows/{made}/publish/", {})
    yield made
    if call(signed_in, "GET", f"workflows/{made}/")["archived_at"] is None:
        call(signed_in, "DELETE", f"workflows/{made}/")


@pytest.fixture
def noor(browser: Browser, site: str) -> Iterator[Page]:
    """An operator, in a browser of her own."""
    context = browser.new_context(base_url=site, viewport={"width": 1280, "height": 800})
    opened = context.new_page()
    sign_in(opened, "noor")
    yield opened
    context.close()


def opened(page: Page, pk: int) -> Locator:
    """The page of settings; answers what stands beside its button."""
    page.goto(f"/workflows/{pk}/settings/")
    expect(page.get_by_role("heading", level=1, name="Settings of To be set")).to_be_visible()
    return page.locator(".settings-foot").get_by_role("status")


def test_it_is_described_and_limited_by_keys_and_the_limits_hold(signed_in: Page, pk: int) -> None:
    page = signed_in
    told = opened(page, pk)
    expect(told).to_have_text("Nothing is changed.")
    expect(page.get_by_role("button", name="Save")).to_be_disabled()
    page.get_by_label("Team").fill("support")
    cap = page.get_by_label("Blast radius")
    expect(cap).to_have_accessible_description(
        "runs per firing Where one cause starts more runs at once, all of them wait until somebody approves."
        " 100 where nothing is said."
    )
    cap.fill("25")
    page.get_by_label("Share of the records").fill("20")
    expect(told).to_have_text("Not saved yet: Team, Limits.")
    page.get_by_label("Share of the records").press("Enter")
    expect(told).to_have_text("Saved. It holds from now on.")
    assert violations(page) == []
    page.reload()
    expect(page.get_by_label("Team")).to_have_value("support")
    expect(page.get_by_label("Share of the records")).to_have_value("20")
    assert call(page, "GET", f"workflows/{pk}/")["limits"] == {"blast_radius": 25, "share": 20}
    cap.fill("")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved. It holds from now on.")).to_be_visible()
    assert call(page, "GET", f"workflows/{pk}/")["limits"] == {"share": 20}


def test_whom_it_acts_as_is_tried_before_it_is_chosen(signed_in: Page, pk: int, said: list[str]) -> None:
    page = signed_in
    told = opened(page, pk)
    may = page.get_by_role("region", name="What they may do", exact=True)
    expect(may).to_contain_text("✓ priya may do all that version 1 does.")
    page.get_by_label("Runs act as").select_option("sam")
    expect(may).to_contain_text("⚠ sam may not do all that version 1 does.")
    expect(may.get_by_role("row", name="Escalate")).to_contain_text("✕ may not: share Tickets with them")
    expect(may.get_by_role("row", name="Created")).to_contain_text("✓ may")
    assert violations(page) == []
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Runs act as")).to_have_accessible_description(
        "What they may not do, no run does. Best an account of its own, which no person signs in with."
        " ⚠ sam, whom this workflow runs as, may not use Tickets, and “Escalate” does."
        " Share Tickets with sam (“use”), or let the workflow run as somebody who may."
    )
    said[:] = [line for line in said if "status of 422" not in line]
    assert call(page, "GET", f"workflows/{pk}/")["run_as"] is None
    page.get_by_label("Runs act as").select_option("noor")
    expect(may).to_contain_text("✓ noor may do all that version 1 does.")
    page.get_by_role("button", name="Save").click()
    expect(told).to_have_text("Saved. It holds from now on.")
    assert call(page, "GET", f"workflows/{pk}/")["run_as"] == "noor"


def test_who_was_slower_chooses_for_each_setting_and_loses_nothing(
    signed_in: Page, pk: int, said: list[str]
) -> None:
    page = signed_in
    told = opened(page, pk)
    page.get_by_label("Description").fill("Mine")
    page.get_by_label("Team").fill("finance")
    page.get_by_label("Runbook").fill("https://example.org/mine")
    call(page, "PATCH", f"workflows/{pk}/", {"description": "Theirs", "team": "support"})
    page.get_by_role("button", name="Save").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("priya changed this")
    expect(alert).to_contain_text("Description: theirs is “Theirs”, yours “Mine”.")
    expect(page.get_by_label("Description")).to_have_value("Mine")
    said[:] = [line for line in said if "status of 409" not in line]
    assert violations(page) == []
    alert.get_by_role("button", name="Take theirs for Description").click()
    alert.get_by_role("button", name="Keep mine for Team").click()
    expect(alert).to_be_hidden()
    page.get_by_role("button", name="Save").click()
    expect(told).to_have_text("Saved. It holds from now on.")
    found = call(page, "GET", f"workflows/{pk}/")
    assert (found["description"], found["team"], found["runbook_url"]) == (
        "Theirs",
        "finance",
        "https://example.org/mine",
    )


def test_who_may_not_change_it_reads_it_and_who_may(signed_in: Page, pk: int, noor: Page) -> None:
    call(signed_in, "PATCH", f"workflows/{pk}/", {"limits": {"runs_per_hour": 7}})
    call(signed_in, "PUT", f"workflows/{pk}/shares/", {"user": "noor", "role": "Operator"})
    noor.goto(f"/workflows/{pk}/settings/")
    main = noor.get_by_role("main")
    expect(main).to_contain_text("The limits take the right “publish”")
    expect(main).to_contain_text("priya can share it with you.")
    expect(main.locator(".setting").filter(has_text="Runs per hour")).to_contain_text("7")
    expect(main.get_by_role("textbox")).to_have_count(0)
    expect(main.get_by_role("combobox")).to_have_count(0)
    expect(main.get_by_role("button", name="Save")).to_have_count(0)
    expect(main.get_by_role("button", name="Archive…")).to_have_count(0)
    expect(noor.get_by_role("region", name="What they may do", exact=True)).to_contain_text(
        "priya may do all"
    )
    assert violations(noor) == []
    main.get_by_role("button", name="Pause…").click()
    noor.get_by_role("dialog").get_by_label("Reason").fill("Not today")
    noor.get_by_role("dialog").get_by_role("button", name="Pause").click()
    expect(main).to_contain_text("“Not today”")
    main.get_by_role("button", name="Resume").click()
    expect(main).to_contain_text("On: version 1 starts runs in simulate.")


def test_it_is_put_away_with_a_reason_and_is_found_among_the_archived(signed_in: Page, pk: int) -> None:
    page = signed_in
    opened(page, pk)
    page.get_by_label("Team").fill("kept while it is put away")
    page.get_by_role("button", name="Archive…").click()
    dialog = page.get_by_role("dialog", name="Archive “To be set”")
    dialog.get_by_label("Reason").fill("Replaced")
    assert violations(page) == []
    dialog.get_by_role("button", name="Archive").click()
    expect(page.get_by_text("Archived just now")).to_be_visible()
    expect(page.get_by_label("Team")).to_have_value("kept while it is put away")
    entry = call(page, "GET", f"audit/?action=workflow.archived&object_id={pk}")["results"][0]
    assert entry["reason"] == "Replaced"
    page.goto("/workflows/")
    expect(page.get_by_role("row", name="Auto-routing")).to_be_visible()
    link = page.locator(f'a[href="/workflows/{pk}/"]').first
    expect(link).to_have_count(0)
    page.get_by_label("Shown").select_option("true")
    expect(link).to_be_visible()
    opened(page, pk)
    page.get_by_role("button", name="Take back…").click()
    dialog = page.get_by_role("dialog", name="Take “To be set” back")
    dialog.get_by_label("Reason").fill("Needed again")
    assert violations(page) == []
    dialog.get_by_role("button", name="Take back").click()
    expect(page.get_by_text("Paused just now: “Taken back from the archive.”")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_telephone_and_axe_finds_nothing(signed_in: Page, pk: int, scheme: str) -> None:
    page = signed_in
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        opened(page, pk)
        expect(page.get_by_role("region", name="What they may do", exact=True)).to_contain_text("may do all")
        assert violations(page) == []
        assert not page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        ), width


def test_a_long_name_wraps_in_the_list(signed_in: Page, pk: int) -> None:
    page = signed_in
    call(page, "PATCH", f"workflows/{pk}/", {"name": NAME})
    page.goto("/workflows/")
    expect(page.get_by_role("link", name=NAME)).to_be_visible()
    scroller = page.get_by_role("region", name="Workflows")
    assert scroller.evaluate("element => element.scrollWidth - element.clientWidth") <= 0
