"""A review on paper, with the charts of the page. What people wrote is data there, never markup."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typst

from automations.insight.review.letter import span_of, title_of
from automations.insight.review.tables import tables_of

LAYOUT = Path(__file__).with_name("review.typ")


def as_pdf(facts: Mapping[str, Any], charts: Mapping[str, str]) -> bytes:
    """Of the facts and, by name, the charts as SVG. Typst reads both as data."""
    sheet = {
        "title": title_of(facts),
        "span": span_of(facts),
        **{name: facts[name] for name in ("zone", "headline", "goes_on")},
        "tables": [asdict(table) for table in tables_of(facts)],
    }
    given = {
        "review": json.dumps(sheet, ensure_ascii=False),
        "charts": json.dumps(charts, ensure_ascii=False),
    }
    printed = typst.compile(LAYOUT, format="pdf", root=LAYOUT.parent, sys_inputs=given)
    assert isinstance(printed, bytes)
    return printed
