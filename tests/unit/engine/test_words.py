from __future__ import annotations

from typing import Any

import pytest

from automations.engine.words import LONGEST, distinct_words, texts_in, texts_in_beginning, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("“T-1042”,", ["t-1042"]),
        ("<anna@example.org>", ["anna@example.org"]),
        ("Straße STRASSE ﬁne", ["strasse", "strasse", "fine"]),
        ("a_b 'x':* | !& \\ \0 o'b", ["a_b", "x", "o'b"]),
        ("Öl, 東京", ["öl", "東京"]),
        ("x" * 500, ["x" * LONGEST]),
        ("…", []),
    ],
)
def test_a_text_is_taken_apart(text: str, words: list[str]) -> None:
    assert list(words_of(text)) == words


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        ({"name": "Anna", "list": [1, 2.5, True, None, {"deep": "x"}]}, {"Anna", "1", "2.5", "x"}),
        (("a", ("b",)), {"a", "b"}),
        (None, set()),
    ],
)
def test_the_texts_of_a_value_are_found_however_deep(value: Any, texts: set[str]) -> None:
    assert set(texts_in(value)) == texts


def test_a_value_deeper_than_the_stack_is_walked() -> None:
    deep: Any = "end"
    for _ in range(20_000):
        deep = [deep]
    assert list(texts_in(deep)) == ["end"]


def test_words_are_kept_once_and_no_more_than_so_many() -> None:
    assert distinct_words(["a b a", "c d"], most=3) == ["a", "b", "c"]
    assert distinct_words(["a", "A"], most=3) == ["a"]


def test_a_word_is_kept_with_its_parts() -> None:
    assert distinct_words(["T-1042 x"], most=9) == ["t-1042", "t", "1042", "x"]


@pytest.mark.parametrize(
    ("cut", "texts"),
    [
        ('{"a": "x\\"y: \\u00e4", "b" : [1, -2.5e3, null, true]}', ['x"y: ä', "1", "-2.5e3"]),
        ('{"name": "Anna", "rest": "12 of a long te', ["Anna", "12 of a long te"]),
        ('["one \\\\", "two \\', ["one \\", "two "]),
        ('["one \\u00', ["one "]),
        ('["two\\nlines\\u0007", 1', ["two\nlines\x07", "1"]),
        ("", []),
    ],
)
def test_the_texts_of_a_value_that_was_cut_off(cut: str, texts: list[str]) -> None:
    assert list(texts_in_beginning(cut)) == texts
