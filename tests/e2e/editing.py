"""The hands of the editor's tests: the API asked from the page, a workflow of one's own, its steps, its saving."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from automations.gallery.documents import sla_alert

CALL = """async ([method, path, body]) => {
  const token = document.querySelector("input[name=csrfmiddlewaretoken]").value;
  const answer = await fetch(`/api/v1/${path}`, {
    method, headers: {"X-CSRFToken": token, "Content-Type": "application/json"},
    ...(method === "GET" ? {} : {body: JSON.stringify(body)}),
  });
  return [answer.status, answer.status === 204 ? null : await answer.json()];
}"""

LINE: dict[str, Any] = {
    "schema": 1,
    "nodes": [
        {"id": "t1", "type": "trigger.record", "config": {"module": "tickets", "on": ["created"]}},
        {"id": "a1", "type": "action.comment", "title": "Say hello", "config": {"text": "Hello."}},
    ],
    "edges": [{"from": "t1", "to": "a1"}],
    "layout": {},
}


def call(page: Page, method: str, path: str, body: Any = None) -> Any:
    status, answer = page.evaluate(CALL, [method, path, body])
    assert status < 400, str(answer)
    return answer


def draft(page: Page, pk: int) -> dict[str, Any]:
    return dict(call(page, "GET", f"workflows/{pk}/graph/"))


def make(page: Page, name: str, document: dict[str, Any] | None = None, *, module: str = "tickets") -> int:
    """A workflow of one's own, opened in the editor."""
    made = call(page, "POST", "workflows/", {"name": name, "module": module})
    pk = int(made["id"])
    if document is not None:
        call(page, "PUT", f"workflows/{pk}/graph/", {**document, "revision": made["draft_revision"]})
    page.goto(f"/workflows/{pk}/")
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    return pk


def saved(page: Page) -> None:
    expect(page.locator(".saving")).to_contain_text("Saved", timeout=10_000)
    page.wait_for_timeout(100)
    expect(page.locator(".saving")).to_contain_text("Saved", timeout=10_000)


def node(page: Page, identity: str) -> Any:
    return page.locator(f'.react-flow__node[data-id="{identity}"]')


def publish(page: Page) -> None:
    page.get_by_role("button", name="Publish…").click()
    button = page.get_by_role("button", name="Publish to simulate")
    button.click()
    expect(button).to_have_count(0, timeout=20_000)


def pick(page: Page, what: str) -> None:
    page.get_by_role("dialog").get_by_role("combobox").fill(what)
    page.keyboard.press("Enter")


def broken() -> dict[str, Any]:
    document = sla_alert()
    document["nodes"][1]["config"]["rule"]["all"][0]["field"] = "priorty"
    return document
