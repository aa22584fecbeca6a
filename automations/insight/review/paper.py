"""A review on paper, with the charts of the page. What people wrote is data there, never markup."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typst

LAYOUT = Path(__file__).with_name("review.typ")


def as_pdf(facts: Mapping[str, Any], charts: Mapping[str, str]) -> bytes:
    """Of the facts and, by name, the charts as SVG. Typst reads both as data."""
    given = {
        "review": json.dumps(facts, ensure_ascii=False),
        "charts": json.dumps(charts, ensure_ascii=False),
    }
    printed = typst.compile(LAYOUT, format="pdf", root=LAYOUT.parent, sys_inputs=given)
    assert isinstance(printed, bytes)
    return printed
