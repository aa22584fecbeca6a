"""Which failures have one cause: a message without what differs from case to case, and a short name for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256

MOST_READ = 2_000
"""Characters of a message that count; what comes behind is mostly a copy of what failed."""
LENGTH = 16

# In the order in which they are tried at each place. None of them can look at a character more than a few times.
PARTS = re.compile(
    r"""
      (?P<quoted> “[^“”]*” | „[^„“”]*[“”] | «[^«»]*» | "[^"\n]*" | `[^`\n]*` | (?<!\w)'[^'\n]*'(?!\w) )
    | (?P<id> \b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b | \b0x[0-9a-fA-F]+\b )
    | (?P<time> \b\d{4}-\d\d-\d\d (?:[T\ ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:\ ?(?:Z|UTC|[+-]\d\d:?\d\d))?)?(?!\w)
              | \b\d\d?:\d\d(?::\d\d(?:[.,]\d+)?)?\b )
    | (?P<mail> \b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+ )
    | (?P<url> \b(?P<origin>[a-z][a-z0-9+]{1,9}://[^\s/:?\#@<>"']+)[^\s<>"']* )
    | (?P<ip> \b\d{1,3}(?:\.\d{1,3}){3}\b(?::\d{1,5}\b)?
            | \[[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}\](?::\d{1,5}\b)?
            | (?<![\w:])(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}(?![\w:])
            | (?<![\w:])(?:[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{1,4}){0,6})?::(?:[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{1,4}){0,6})?(?![\w:]) )
    | (?P<port> (?P<host>\b(?:[a-z0-9-]{1,63}\.){1,9}[a-z]{2,24}|\blocalhost):\d{1,5}\b )
    | (?P<said> \b(?P<word>HTTP|[Ss]tatus|[Aa]nswer\ was|[Aa]nswered)(?P<between>[\ :/-]{1,3})(?P<status>[1-5]\d\d)\b )
    | (?P<token> [^\W_]*\d[^\W_]* )
    """,
    re.VERBOSE,
)
KNOWN = {"quoted": "“…”", "id": "<id>", "time": "<time>", "mail": "<mail>", "ip": "<address>"}
NUMBER = re.compile(r"\d+")
HEX = re.compile(r"[0-9a-fA-F]{8,}")
COUNTED = re.compile(r"(<n> [a-z]{3,30})s\b")
"""One attempt or ten: the same cause."""
MARKS = re.compile(r"<(?:n|id|time|mail|address)>")
NUMBERS = re.compile(r"<n>(?:[.,\u00a0\u202f]<n>)+")


@dataclass(frozen=True, slots=True)
class Cause:
    """What failures of one cause have in common; `fingerprint` names it, and stays the same from release to release.
    `message` is for people: it leaves out, with “…”, what differs from case to case."""

    fingerprint: str
    message: str


def cause_of(*, code: str, kind: str, message: str) -> Cause:
    """The cause of a failure with this code, at a step of this kind (“” for none), that was said so."""
    common = normalised(message)
    named = "\0".join(("1", code, kind, COUNTED.sub(r"\1", common).casefold()))
    return Cause(sha256(named.encode("utf-8", "replace")).hexdigest()[:LENGTH], MARKS.sub("…", common))


def normalised(message: str) -> str:
    """The message with ids, numbers, times, addresses, ports and quoted values made alike. What an address's host is,
    and which status an answer had, stays: those tell causes apart."""
    flat = " ".join(message[:MOST_READ].split())
    return NUMBERS.sub("<n>", PARTS.sub(_alike, flat))


def _alike(found: re.Match[str]) -> str:
    name = found.lastgroup or ""
    if name in KNOWN:
        return KNOWN[name]
    if found["url"]:
        return f"{found['origin']}/…"
    if found["port"]:
        return f"{found['host']}:<n>"
    if found["said"]:
        return found[0]
    token = found[0]
    return "<id>" if HEX.fullmatch(token) and not token.isdigit() else NUMBER.sub("<n>", token)
