"""What helps against a failure is told by its code, by the family of its code, or by whose fault it is."""

from __future__ import annotations

import pytest

from automations.engine.remedies import REMEDIES, Place, Remedy, remedy_for

CALLS = {"status-": Remedy("receiver", "Ask them.", Place.DESTINATIONS)}


@pytest.mark.parametrize(
    ("code", "fault", "expected"),
    [
        ("record-missing", "user", REMEDIES["record-missing"]),
        ("status-missing", "user", REMEDIES["status-missing"]),
        ("status-503", "user", CALLS["status-"]),
        ("of-a-kind-of-mine", "user", REMEDIES["user"]),
        ("of-a-kind-of-mine", "engine", REMEDIES["engine"]),
    ],
)
def test_the_entry_of_a_code(code: str, fault: str, expected: Remedy) -> None:
    assert remedy_for(code, fault, {**REMEDIES, **CALLS}) is expected


def test_what_is_nobodys_code_says_whose_fault_it_is() -> None:
    assert remedy_for("x", "user").fault == "user"
    assert remedy_for("x", "engine").fault == "engine"
