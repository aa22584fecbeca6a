"""Pictures of every page in light, in dark and on a telephone, of the running product with its demo: `make screenshots`.

All go to var/screenshots; those that the documentation shows are also written to docs/images.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.conftest import CHROMIUM, FLAGS, REMEMBERED, sign_in
from tests.e2e.editing import call
from tests.e2e.scenes import (
    approval,
    audit,
    backtests,
    condition,
    conditions,
    denied,
    destination,
    editor,
    failed,
    first_row,
    held,
    last_runs,
    menu,
    mode_policies,
    opened,
    outline,
    pinned,
    publishing,
    released,
    retrying,
    run,
    scenarios,
    setting_one,
    settings,
    shadow,
    sharing,
    started,
    starting,
    tested,
    under_policy,
    undoing,
    versions,
    viewing,
    workflow_runs,
)
from tests.e2e.test_approvals import asked
from tests.e2e.test_holds import held as hold
from tests.faults.launching import Launch
from tests.postgres_plugin import own_database

ROOT = Path(__file__).resolve().parents[2]
ALL = ROOT / "var" / "screenshots"
SHOWN = ROOT / "docs" / "images"
IN_DOCS = {"editor-tested-light", "editor-tested-dark", "run-light", "versions-light"}


class Look(NamedTuple):
    name: str
    scheme: Literal["light", "dark"]
    width: int
    height: int


LOOKS = (
    Look("light", "light", 1440, 900),
    Look("dark", "dark", 1440, 900),
    Look("narrow", "light", 390, 844),
)

PAGES: dict[str, Callable[[Page], None]] = {
    "home": opened("/"),
    "workflows": opened("/workflows/"),
    "new-workflow": opened("/workflows/new/"),
    "editor": editor,
    "editor-tested": tested,
    "outline": outline,
    "last-runs": last_runs,
    "scenarios": scenarios,
    "sharing": sharing,
    "publishing": publishing,
    "backfills": opened("/workflows/1/backfills/"),
    "backtests": backtests,
    "shadow": shadow,
    "versions": versions,
    "pinned": pinned,
    "started": started,
    "promote": lambda page: released(page, "promote"),
    "golive": lambda page: released(page, "golive"),
    "workflow-runs": workflow_runs,
    "runs": opened("/runs/"),
    "run": run,
    "run-timeline": lambda page: run(page, "Timeline"),
    "run-log": lambda page: run(page, "Log"),
    "run-data": lambda page: run(page, "Data"),
    "failed": failed,
    "retrying": retrying,
    "undoing": undoing,
    "settings": settings,
    "settings-denied": denied,
    "starting": starting,
    "audit": audit,
    "alerts": opened("/alerts/"),
    "diagnosis": opened("/diagnosis/7/"),
    "dead-letters": opened("/dead-letters/"),
    "cause": first_row("/dead-letters/"),
    "reviews": opened("/reviews/"),
    "review": first_row("/reviews/"),
    "decisions": opened("/decisions/"),
    "events": opened("/events/"),
    "event": first_row("/events/"),
    "modules": opened("/records/"),
    "records": opened("/records/tickets/"),
    "record": first_row("/records/tickets/"),
    "conditions": conditions,
    "condition": condition,
    "new-condition": opened("/conditions/new/"),
    "menu": menu,
}
OF_SAM: dict[str, Callable[[Page], None]] = {
    "approvals": opened("/approvals/"),
    "approval": approval,
    "held": held,
}
"""As he sees them who is asked to decide."""
OF_ADA: dict[str, Callable[[Page], None]] = {
    "endpoints": opened("/webhooks/"),
    "endpoint": first_row("/webhooks/"),
    "destinations": opened("/webhooks/destinations/"),
    "destination": destination,
    "secrets": opened("/webhooks/secrets/"),
    "secret": first_row("/webhooks/secrets/"),
    "mode-policies": mode_policies,
    "mode-policy-set": setting_one,
    "under-policy": under_policy,
}
"""As an admin sees them."""


VIEWED: dict[str, Callable[[Page], None]] = {"view-as": viewing}


def take_all(browser: Browser, address: str, look: Look, only: list[str]) -> None:
    REMEMBERED.clear()  # the look before has left Ada viewing as somebody else
    for person, pages in (("priya", PAGES), ("sam", OF_SAM), ("ada", OF_ADA), ("ada", VIEWED)):
        chosen = {name: go for name, go in pages.items() if not only or name in only}
        if chosen:
            take(browser, address, look, person, chosen)


def take(
    browser: Browser, address: str, look: Look, person: str, pages: dict[str, Callable[[Page], None]]
) -> None:
    context = browser.new_context(
        base_url=address,
        viewport={"width": look.width, "height": look.height},
        color_scheme=look.scheme,
        reduced_motion="reduce",
    )
    context.set_default_timeout(20_000)
    page = context.new_page()
    page.goto("/")
    page.screenshot(path=ALL / f"sign-in-{look.name}.png")
    sign_in(page, person)
    for name, go in pages.items():
        go(page)
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(300)
        file = ALL / f"{name}-{look.name}.png"
        page.screenshot(path=file)
        if file.stem in IN_DOCS:
            shutil.copy(file, SHOWN)
        sys.stdout.write(f"{file.relative_to(ROOT)}\n")
    if person == "priya":
        asked(page, f"R-{look.name.upper()}")  # which Sam sees next
        hold(page, [f"H-{look.name.upper()}-{number}" for number in range(12)])
    if person == "ada" and "view-as" not in pages:
        for policy in call(page, "GET", "mode-policies/")["results"]:
            call(page, "POST", f"mode-policies/{policy['id']}/lift/", {"reason": "The picture is taken"})
    context.close()


def main(only: list[str]) -> None:
    ALL.mkdir(parents=True, exist_ok=True)
    SHOWN.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        running = Launch(Path(folder), DATABASE_URL=own_database("screenshots"))
        try:
            running.wait_until_ready(180)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
                for look in LOOKS:
                    take_all(browser, f"http://127.0.0.1:{running.port}", look, only)
                browser.close()
        finally:
            running.stop()
            running.clean_up()


if __name__ == "__main__":
    main(sys.argv[1:])
