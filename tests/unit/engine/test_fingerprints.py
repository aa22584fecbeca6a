from __future__ import annotations

import pytest

from automations.engine.fingerprints import changed_parts

OLD, NEW = "0" * 32, "1" * 32


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ({"address": OLD, "secret": OLD}, {"address": OLD, "secret": OLD}, []),
        ({"address": OLD, "secret": OLD}, {"secret": NEW, "address": NEW}, ["address", "secret"]),
        ({"address": OLD}, {"address": OLD, "headers": NEW}, ["headers"]),
        ({"address": OLD, "headers": OLD}, {"address": OLD}, ["headers"]),
        ({}, {}, []),
    ],
)
def test_parts_that_came_went_or_are_others_have_changed(
    before: dict[str, str], after: dict[str, str], changed: list[str]
) -> None:
    assert changed_parts(before, after) == changed
