"""The review's charts: Vega-Lite specifications made into SVG, one and the same on the page, on paper and in mail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import vl_convert

from automations.insight.review.figures import Review

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
UNITS = (("days", 86_400), ("hours", 3_600), ("minutes", 60), ("seconds", 1))
STATES = ("succeeded", "failed", "cancelled")


def as_svg(review: Review, chart: str, theme: str = "light") -> str:
    """One of CHARTS in one of THEMES. Nothing is fetched for it."""
    colours = THEMES[theme]
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "background": None,
        "width": 520,
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
        **CHARTS[chart](review, colours),
    }
    return str(vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]))


def _days(review: Review, colours: dict[str, str]) -> JSONDict:
    values = [
        {"day": f"{day.day:%a} {day.day.day}", "state": state, "runs": getattr(day, state)}
        for day in review.days
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


def _slowest(review: Review, colours: dict[str, str]) -> JSONDict:
    longest = max((one.p95 or 0 for one in review.slowest), default=0)
    unit, size = next((unit, size) for unit, size in UNITS if longest >= 2 * size or size == 1)
    values = [{"workflow": one.workflow.name, "took": (one.p95 or 0) / size} for one in review.slowest]
    return {
        "height": {"step": 26},
        "data": {"values": values},
        "mark": {"type": "bar", "color": colours["bar"], "height": 14},
        "encoding": {
            "y": {"field": "workflow", "type": "nominal", "sort": None, "title": None},
            "x": {"field": "took", "type": "quantitative", "title": f"95 % within ({unit})"},
        },
    }


CHARTS: dict[str, Callable[[Review, dict[str, str]], JSONDict]] = {"days": _days, "slowest": _slowest}
