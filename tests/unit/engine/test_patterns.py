from __future__ import annotations

import pytest

from automations.engine.errors import PatternError
from automations.engine.patterns import MAX_SUBJECT, compile_pattern
from tests.unit.speed import quick


def test_a_pattern_is_found_anywhere_in_the_text() -> None:
    assert compile_pattern("v[0-9]+").found_in("Release v12")
    assert not compile_pattern("^v[0-9]+$").found_in("Release v12")


def test_case_counts_unless_it_is_ignored() -> None:
    assert not compile_pattern("größe").found_in("GRÖSSE GRÖßE")
    assert compile_pattern("größe", True).found_in("GRÖSSE GRÖßE")


def test_only_the_first_64_ki_characters_are_looked_at() -> None:
    assert compile_pattern("z").found_in("a" * (MAX_SUBJECT - 1) + "z")
    assert not compile_pattern("z").found_in("a" * MAX_SUBJECT + "z")


def test_half_a_character_is_found_nowhere() -> None:
    assert not compile_pattern("a").found_in("a\ud800")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("(", "missing"),
        ("a{1001}", "repetition"),
        (r"(a)\1", "escape"),
        ("(?=a)", "perl"),
        ("\\pL{1000}", "too large"),
        ("a" * 257, "256"),
        ("\ud800", "half a character"),
    ],
)
def test_a_pattern_that_does_not_work_is_refused_with_its_reason(source: str, reason: str) -> None:
    with pytest.raises(PatternError) as caught:
        compile_pattern(source)
    assert reason in caught.value.message
    assert (caught.value.code, bool(caught.value.hint)) == ("bad-pattern", True)


def test_a_pattern_that_would_blow_up_elsewhere_is_matched_at_once() -> None:
    pattern = compile_pattern("(a+)+$")
    assert not quick(lambda: pattern.found_in("a" * 5_000 + "b"), 0.05)


def test_a_pattern_that_is_too_large_is_refused_at_once() -> None:
    def refused() -> None:
        with pytest.raises(PatternError):
            compile_pattern("(\\pL|\\pN|x){999}")

    quick(refused, 0.05)
