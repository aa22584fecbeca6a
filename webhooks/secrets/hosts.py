"""Which hosts a secret may be sent to. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

MAX_HOSTS = 20
_HOST = re.compile(
    r"(\*\.(?=[^.]+\.))?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\Z"
)
_IPV6 = re.compile(r"[0-9a-f:]{2,39}\Z")


def is_host(text: str) -> bool:
    """Whether a text names a host, or with *. in front all hosts below one of at least two parts."""
    return len(text) <= 253 and bool(_HOST.match(text) or (":" in text and _IPV6.match(text)))


def may_go_to(hosts: Iterable[str], host: str) -> bool:
    """Whether a host is among those named; compared whole, part by part, never as the end of a text."""
    return any(
        host.endswith(named[1:]) and len(host) > len(named) - 1 if named.startswith("*.") else host == named
        for named in hosts
    )
