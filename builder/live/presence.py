"""Who has a draft open. Nothing is stored: each browser says so again and again, each process remembers it a while.

The word goes through NOTIFY, so that people meet whichever web process serves them, with any channel layer.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import asdict, dataclass, fields
from typing import Any

from django.db import connection

from automations.runtime.announce import CHANNEL

LAPSE_SECONDS = 20.0
"""Without a word for so long a browser counts as gone; pages say theirs every ten seconds."""
MOST_PEOPLE = 50
LONGEST_NAME = 200
TAB = re.compile(r"[a-z0-9]{1,32}")


@dataclass(frozen=True, slots=True)
class Word:
    """One browser tab says that it has the draft of a workflow open, or no longer."""

    workflow: int
    username: str
    name: str
    tab: str
    here: bool


def announce_presence(word: Word) -> None:
    """Tell every web process."""
    payload = json.dumps({"presence": asdict(word)}, separators=(",", ":"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, payload])


def parse_word(payload: str) -> Word | None:
    """The word in a NOTIFY; None for a payload of another form."""
    try:
        body = json.loads(payload)["presence"]
        word = Word(**{field.name: body[field.name] for field in fields(Word)})
    except (ValueError, KeyError, TypeError):
        return None
    texts = (word.username, word.name, word.tab)
    sound = type(word.workflow) is int and type(word.here) is bool and all(type(one) is str for one in texts)
    return word if sound else None


class Roster:
    """What one process knows of the open drafts; `now` is monotonic seconds."""

    def __init__(self) -> None:
        self._tabs: defaultdict[int, dict[tuple[str, str], tuple[str, float]]] = defaultdict(dict)

    def hear(self, word: Word, now: float) -> bool:
        """Whether this changed who is there."""
        tabs = self._tabs[word.workflow]
        before = set(tabs)
        if word.here:
            tabs[word.username, word.tab] = (word.name, now)
        else:
            tabs.pop((word.username, word.tab), None)
        self._forget(word.workflow, now)
        return set(self._tabs.get(word.workflow, ())) != before

    def others(self, workflow: int, username: str, tab: str, now: float) -> list[dict[str, Any]]:
        """Everybody but this tab, by name; `you` marks further tabs of the same person."""
        self._forget(workflow, now)
        names = {
            other: name
            for (other, key), (name, _) in self._tabs.get(workflow, {}).items()
            if (other, key) != (username, tab)
        }
        people = [
            {"username": other, "name": name, "you": other == username}
            for other, name in sorted(names.items(), key=lambda one: (one[1].casefold(), one[0]))
        ]
        return people[:MOST_PEOPLE]

    def _forget(self, workflow: int, now: float) -> None:
        tabs = self._tabs.get(workflow, {})
        for key in [key for key, (_, seen) in tabs.items() if now - seen > LAPSE_SECONDS]:
            del tabs[key]
        if not tabs:
            self._tabs.pop(workflow, None)
