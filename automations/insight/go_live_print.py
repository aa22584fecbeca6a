"""A go-live checklist on paper: HTML and PDF from the same facts. What people wrote is data there, never markup."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typst
from django.template.loader import render_to_string

LAYOUT = Path(__file__).with_name("go_live.typ")
WORDS = {"proven": "Proven", "open": "Open", "not_used": "Not used"}


def printed(checklist: Mapping[str, Any], kind: str) -> bytes:
    """The checklist as “html”, “pdf” or “json”."""
    if kind == "pdf":
        return as_pdf(checklist)
    if kind == "html":
        return as_html(checklist).encode()
    return json.dumps(checklist, ensure_ascii=False, indent=2, default=str).encode()


def as_html(checklist: Mapping[str, Any]) -> str:
    """One page that needs nothing else."""
    return render_to_string("automations/go_live.html", {"checklist": checklist})


def as_pdf(checklist: Mapping[str, Any]) -> bytes:
    """The same as a PDF. Typst reads the facts as JSON: a text is shown as it was written, whatever it holds."""
    facts = json.dumps({**checklist, "words": WORDS}, ensure_ascii=False, default=str)
    printed = typst.compile(LAYOUT, format="pdf", root=LAYOUT.parent, sys_inputs={"checklist": facts})
    assert isinstance(printed, bytes)
    return printed
