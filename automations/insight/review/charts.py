"""The review's charts: Vega-Lite specifications made into SVG, one and the same on the page, on paper and in mail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import vl_convert

from automations.insight.review.facts import UNITS

JSONDict = dict[str, Any]

THEMES: dict[str, dict[str, str]] = {
    "light": {
        "text": "#16191f",
        "muted": "#565d6b",
        "line": "#d5d9e0",
        "succeeded": "#17713b",
        "failed": "#b91c1c",
        "cancelled": "#868e9c",
        "bar": "#1d5fd0",
    },
    "dark": {
        "text": "#e8ebf0",
        "muted": "#a3abb9",
        "line": "#303744",
        "succeeded": "#5fd08a",
        "failed": "#ff8a85",
        "cancelled": "#6f7887",
        "bar": "#85b4ff",
    },
}
"""The colours of the pages' tokens."""
STATES = ("succeeded", "failed", "cancelled")


def as_svg(facts: Mapping[str, Any], chart: str, theme: str = "light") -> str:
    """One of CHARTS of a review's facts, in one of THEMES. Nothing is fetched for it."""
    colours = THEMES[theme]
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "background": None,
        "width": 520,
        # The drawer guesses how wide letters are; where the reader's own are wider, long names need the room.
        "padding": {"left": 40, "right": 5, "top": 5, "bottom": 5},
        "config": {
            "view": {"stroke": None},
            "font": "system-ui, sans-serif",
            "axis": {
                "labelColor": colours["muted"],
                "titleColor": colours["muted"],
                "gridColor": colours["line"],
                "domainColor": colours["line"],
                "tickColor": colours["line"],
                "labelLimit": 220,
            },
            "legend": {"labelColor": colours["text"], "titleColor": colours["muted"]},
        },
        **CHARTS[chart](facts, colours),
    }
    return str(vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]))


def _days(facts: Mapping[str, Any], colours: dict[str, str]) -> JSONDict:
    days = [(date.fromisoformat(row["day"]), row) for row in facts["days"]]
    values = [
        {"day": f"{day:%a} {day.day}", "state": state, "runs": row[state]}
        for day, row in days
        for state in STATES
    ]
    return {
        "height": 180,
        "data": {"values": values},
        "mark": {"type": "bar"},
        "encoding": {
            "x": {"field": "day", "type": "ordinal", "sort": None, "title": None, "axis": {"labelAngle": 0}},
            "y": {"field": "runs", "type": "quantitative", "title": "Runs", "axis": {"tickMinStep": 1}},
            "color": {
                "field": "state",
                "type": "nominal",
                "title": None,
                "scale": {"domain": list(STATES), "range": [colours[state] for state in STATES]},
                "legend": {"orient": "top"},
            },
            "order": {"field": "state", "sort": "descending"},
        },
    }


def _slowest(facts: Mapping[str, Any], colours: dict[str, str]) -> JSONDict:
    longest = max((row["p95"] or 0 for row in facts["slowest"]), default=0)
    unit, size = next((unit, size) for unit, size in UNITS if longest >= 2 * size or size == 1)
    values = [
        {"workflow": row["workflow"]["name"], "took": (row["p95"] or 0) / size} for row in facts["slowest"]
    ]
    return {
        "height": {"step": 26},
        "data": {"values": values},
        "mark": {"type": "bar", "color": colours["bar"], "height": 14},
        "encoding": {
            "y": {"field": "workflow", "type": "nominal", "sort": None, "title": None},
            "x": {"field": "took", "type": "quantitative", "title": f"95 % within ({unit})"},
        },
    }


CHARTS: dict[str, Callable[[Mapping[str, Any], dict[str, str]], JSONDict]] = {
    "days": _days,
    "slowest": _slowest,
}
