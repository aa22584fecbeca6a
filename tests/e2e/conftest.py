"""The running product, started as `make run` does, and a real Chromium before it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.faults.launching import Launch
from tests.postgres_plugin import own_database

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
BUILT = Path(__file__).resolve().parents[2] / "builder" / "static" / "builder" / "manifest.json"
AXE = Path(__file__).resolve().parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
# By user name: the cookies of who has signed in.
REMEMBERED: dict[str, list[Any]] = {}
PATIENCE_MS = 20_000
"""For how long a page may take until a test gives up: what is quick here takes several times as long on a machine at work."""
expect.set_options(timeout=PATIENCE_MS)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a product with the demo workspace, its worker and its ticker. Each process of a run that is spread
    over several has its own, with a database and a folder of its own."""
    if CHROMIUM is None:
        pytest.skip("Debian's chromium is not installed: apt-get install chromium")
    assert BUILT.exists(), "The pages are not built: `make test` does it, or `npm run build` in frontend/."
    folder = tmp_path_factory.mktemp("site")
    running = Launch(
        folder,
        VAR_DIR=str(folder / "var"),
        DATABASE_URL=own_database("pages"),
        AUTOMATIONS_WATCH_SECONDS="2",
        WEBHOOKS_ALLOWED_ADDRESSES="127.0.0.1/32",  # where tests have receivers of their own
    )
    try:
        running.wait_until_ready(240)
        yield f"http://127.0.0.1:{running.port}"
        assert running.stop() == 0, running.output()
    finally:
        running.clean_up()


@pytest.fixture(scope="package")
def browser(site: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def said() -> list[str]:
    """What the page's console said that was wrong; a test that provokes an error takes it away."""
    return []


@pytest.fixture
def page(browser: Browser, site: str, said: list[str]) -> Iterator[Page]:
    """A page of a fresh profile; a test fails when the console had an error or a request went elsewhere."""
    context = browser.new_context(base_url=site, viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE_MS)
    opened = context.new_page()
    opened.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on(
        "request",
        lambda request: None if request.url.startswith((site, "data:")) else said.append(request.url),
    )
    yield opened
    context.close()
    assert said == []


@pytest.fixture
def signed_in(page: Page) -> Page:
    """Priya, who publishes, on the list of workflows."""
    sign_in(page, "priya", "/workflows/")
    expect(page.get_by_role("row", name="Auto-routing")).to_be_visible()
    return page


@pytest.fixture
def editor(signed_in: Page) -> Page:
    """Priya, about to draw."""
    return signed_in


def violations(page: Page) -> list[str]:
    """What axe finds wrong with the page as it is: rule, impact, and the first element that it is about."""
    # A list that is being asked for anew is dimmed until the answer is there.
    expect(page.locator('.scroll[aria-busy="true"]')).to_have_count(0)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [f"{one['id']} ({one['impact']}): {one['nodes'][0]['html'][:200]}" for one in found]


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Your menu").click()
    page.get_by_role("button", name="Sign out").click()


def sign_in(page: Page, username: str, path: str = "/") -> None:
    """Through the form the first time; from then on with the session that it gave, as a browser remembers it. A
    session that is over (somebody signed out) brings the form again."""
    page.context.add_cookies(REMEMBERED.get(username, []))
    page.goto(path)
    if page.get_by_label("Password").count():
        fill_in(page, username, "demo")
        REMEMBERED[username] = page.context.cookies()


def fill_in(page: Page, username: str, password: str) -> None:
    """The form of the page that asks who one is."""
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password").fill(password)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.wait_for_load_state()
