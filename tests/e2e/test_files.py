"""A workflow leaves as a file and comes back: into its draft, or as a workflow of its own."""

from __future__ import annotations

import re
import time
from pathlib import Path

from playwright.sync_api import Page, expect

from .conftest import violations
from .editing import call
from .test_editor_live import DRAFT


def test_a_workflow_goes_out_as_yaml_and_comes_back(signed_in: Page, tmp_path: Path, said: list[str]) -> None:
    page, key = signed_in, f"file-{time.monotonic_ns()}"
    made = call(page, "POST", "workflows/", {"name": "On paper", "key": key, "module": "tickets"})["id"]
    call(page, "PUT", f"workflows/{made}/graph/", DRAFT)
    call(page, "POST", f"workflows/{made}/publish/", {})
    page.goto(f"/workflows/{made}/versions/")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export the draft").click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert f"key: {key}" in text
    changed, other = tmp_path / "changed.yaml", tmp_path / "other.yaml"
    changed.write_text(text.replace("name: On paper", "name: Off paper"), encoding="utf-8")
    other.write_text(text.replace(key, f"{key}-2").replace("On paper", "Another"), encoding="utf-8")
    page.get_by_role("button", name="Import…").click()
    dialog = page.get_by_role("dialog", name="Import into the draft")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert violations(page) == []
    dialog.get_by_label("File (YAML)").set_input_files(changed)
    dialog.get_by_role("button", name="Import").click()
    expect(page.get_by_role("heading", level=1, name="Versions of Off paper")).to_be_visible()
    page.goto("/workflows/new/")
    page.get_by_role("button", name="From a file…").click()
    dialog = page.get_by_role("dialog", name="New workflow from a file")
    dialog.get_by_label("File (YAML)").set_input_files(changed)
    dialog.get_by_role("button", name="Import").click()
    expect(dialog.get_by_role("alert")).to_contain_text("There is already a workflow with the key")
    said.clear()  # the browser tells of the refusal, too
    dialog.get_by_label("File (YAML)").set_input_files(other)
    dialog.get_by_role("button", name="Import").click()
    page.wait_for_url(re.compile(r"/workflows/\d+/$"))
    for row in call(page, "GET", "workflows/?limit=200")["results"]:
        if row["key"].startswith(key):
            call(page, "DELETE", f"workflows/{row['id']}/")
