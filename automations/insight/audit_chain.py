"""Whether the trail is whole: every link of its chain, worked out anew from the entries as they are now."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection

BATCH = 5_000
MAX_BREAKS = 20


@dataclass(frozen=True, slots=True)
class Break:
    """One place where the chain does not hold; `seq` 0 is an entry without a link."""

    seq: int
    entry: int
    why: str


@dataclass(frozen=True, slots=True)
class ChainReport:
    """`head` is the hash of the newest link: noted elsewhere, it proves later that nothing before it was touched."""

    links: int
    head: str
    breaks: tuple[Break, ...]

    @property
    def whole(self) -> bool:
        return not self.breaks


_LINKS = """
    SELECT s.seq, s.entry_id, s.previous, s.hash, e.id IS NOT NULL, automations_audit_text(e)
    FROM automations_auditseal s LEFT JOIN automations_auditentry e ON e.id = s.entry_id
    WHERE s.seq > %s ORDER BY s.seq LIMIT %s
"""
_UNLINKED = """
    SELECT e.id FROM automations_auditentry e LEFT JOIN automations_auditseal s ON s.entry_id = e.id
    WHERE s.seq IS NULL ORDER BY e.id LIMIT %s
"""


def verify_chain(noted: str = "") -> ChainReport:
    """Read the whole chain, oldest first; at most MAX_BREAKS breaks are told.

    `noted` is a head that somebody wrote down before: it must still be one of the links, else entries at the end
    were cut off or all links were made anew.
    """
    breaks: list[Break] = []
    links, head, met = 0, "", noted == ""
    for seq, entry, previous, found, exists, text in _links():
        links += 1
        if seq != links:
            breaks.append(Break(seq, entry, f"link {links} is missing"))
            links = seq
        if previous != head:
            breaks.append(Break(seq, entry, "it does not follow the link before"))
        if not exists:
            breaks.append(Break(seq, entry, "its entry is gone"))
        elif hashlib.sha256((previous + text).encode()).hexdigest() != found:
            breaks.append(Break(seq, entry, "the entry is not what was noted"))
        head = found
        met = met or found == noted
        if len(breaks) >= MAX_BREAKS:
            return ChainReport(links, head, tuple(breaks[:MAX_BREAKS]))
    with connection.cursor() as cursor:
        cursor.execute(_UNLINKED, [MAX_BREAKS - len(breaks)])
        breaks += [Break(0, entry, "the entry has no link") for (entry,) in cursor.fetchall()]
    if not met:
        breaks.append(Break(links, 0, "the noted head is no link of this chain"))
    return ChainReport(links, head, tuple(breaks))


def _links() -> Iterator[tuple[int, int, str, str, bool, str]]:
    after = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_LINKS, [after, BATCH])
            rows = cursor.fetchall()
        yield from rows
        if len(rows) < BATCH:
            return
        after = rows[-1][0]
