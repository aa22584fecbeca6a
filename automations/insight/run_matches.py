"""Where in a run the words of a search stand, so that who finds it sees why."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from automations import masking, permissions
from automations.engine.words import distinct_words, words_of
from automations.models import Run
from automations.runtime.run_reading import Reading, Said, read

MOST = 3
"""Places that are told of one run."""
SHOWN = 160
"""Characters of a text that are told."""
BEFORE = 40
"""Of those, how many stand before the word."""


@dataclass(frozen=True, slots=True)
class Match:
    """A text of a run in which words of the search stand: of which step, what that is called, and in which log line."""

    where: str
    text: str
    node: str
    step: str
    line: int | None


def matches(runs: Sequence[Run], text: str, actor: Any) -> Mapping[int, Sequence[Match]]:
    """Of each run the first texts in which the words of `text` stand, each word once; values, log lines and outputs only
    where the actor may see payloads. In as many queries for one run as for many."""
    words = list(dict.fromkeys(words_of(text)))
    payloads = set(permissions.workflows_with(actor, "view_payloads").values_list("pk", flat=True))
    masking.refresh()
    found = read([run.pk for run in runs], with_any_of=words)
    return {
        one.run.pk: [
            _match(said, word, one.titles)
            for said, word in _first(one, words, one.run.workflow_id in payloads)
        ]
        for one in found
    }


def _first(reading: Reading, words: Collection[str], payloads: bool) -> list[tuple[Said, str]]:
    """The texts that are told, without secrets, each with the word that it was found by."""
    left, found = list(words), []
    for raw in _texts(reading, payloads):
        said = raw._replace(text=masking.masked_text(raw.text))
        has = distinct_words([said.text], most=len(said.text))
        hits = [word for word in left if any(one.startswith(word) for one in has)]
        if hits:
            found.append((said, hits[0]))
            left = [word for word in left if word not in hits]
        if not left or len(found) == MOST:
            break
    return found


def _texts(reading: Reading, payloads: bool) -> Iterator[Said]:
    """What may be told, first what tells most."""
    yield from reading.told()
    if payloads:
        yield from reading.lines()
        yield from reading.values()
        yield from reading.outputs()


def _match(said: Said, word: str, titles: Mapping[str, str]) -> Match:
    """The part of the text around the word."""
    text = said.text
    start = max(0, text.casefold().find(word) - BEFORE)
    if start:
        # From the beginning of a word.
        start = text.find(" ", start, start + BEFORE) + 1 or start
    end = start + SHOWN
    shown = ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")
    return Match(said.where, shown, said.node, titles.get(said.node, said.node), said.line or None)
