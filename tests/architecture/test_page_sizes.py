"""What a browser loads for each page stays within its budget: JavaScript as built, each file compressed alone."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

BUILT = Path(__file__).resolve().parents[2] / "builder" / "static" / "builder"
START = "src/main.tsx"
EDITOR = "src/editor/EditorPage.tsx"
KILOBYTE = 1_000


@cache
def manifest() -> dict[str, Any]:
    assert (BUILT / "manifest.json").exists(), "The pages are not built: `npm run build` in frontend/."
    return dict(json.loads((BUILT / "manifest.json").read_text(encoding="utf-8")))


def pages() -> list[str]:
    """The chunks that the start imports when an address asks for them."""
    return sorted(manifest()[START]["dynamicImports"])


def scripts_of(page: str) -> set[str]:
    """Every script that the page needs, now or later; the other pages are not among them."""
    found: set[str] = set()
    stack = [START, page]
    while stack:
        name = stack.pop()
        chunk = manifest()[name]
        if chunk["file"] in found:
            continue
        found.add(chunk["file"])
        later = [] if name == START else chunk.get("dynamicImports", [])
        stack += [*chunk.get("imports", []), *later]
    return found


def compressed(page: str) -> int:
    """Bytes of the page's scripts, gzip as a server sends them."""
    return sum(len(gzip.compress((BUILT / script).read_bytes(), 6)) for script in scripts_of(page))


def test_the_editor_is_a_chunk_of_its_own() -> None:
    assert EDITOR in pages()
    assert len(pages()) > 10


def test_the_editor_stays_within_its_budget() -> None:
    assert compressed(EDITOR) <= 260 * KILOBYTE


@pytest.mark.parametrize("page", [page for page in pages() if page != EDITOR] if BUILT.exists() else [])
def test_every_other_page_stays_within_its_budget(page: str) -> None:
    assert compressed(page) <= 160 * KILOBYTE
