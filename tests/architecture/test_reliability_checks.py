"""Every check of the webhooks' contract has a test that names it."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
PROMISED = {*range(1, 30), 52}
NAMED = re.compile(r"\bChecks? (\d+(?:(?:, | and )\d+)*)")


def test_every_check_is_named_by_a_test() -> None:
    named = {
        int(number)
        for path in TESTS.rglob("test_*.py")
        for found in NAMED.finditer(path.read_text(encoding="utf-8"))
        for number in re.findall(r"\d+", found[1])
    }
    assert PROMISED - named == set()
