"""`{% frontend "src/main.tsx" %}`: the tags that load a built entry, from Vite's manifest.

Addresses are STATIC_URL plus the manifest's path, not `static()`: a manifest storage would hash the entry a second
time, while its chunks import it by the first name, and the page would run two copies of every module.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from django import template
from django.conf import settings
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

register = template.Library()

MANIFEST = Path(__file__).resolve().parent.parent / "static" / "builder" / "manifest.json"

Manifest = dict[str, dict[str, Any]]


@register.simple_tag
def frontend(entry: str) -> SafeString:
    """Stylesheets, preloads and the script of one entry; nothing when the frontend isn't built, so that people can
    sign in to the admin without it. Raises KeyError for an entry that the build doesn't have."""
    manifest = read_manifest()
    if manifest is None:
        return SafeString("")
    base = f"{settings.STATIC_URL}builder/"
    chunks = _chunks(manifest, entry)
    files = [manifest[key]["file"] for key in chunks]
    styles = [style for key in chunks for style in manifest[key].get("css", ())]
    styles += [file for file in files if file.endswith(".css")]
    scripts = [file for file in files if not file.endswith(".css")]
    parts = [
        format_html_join(
            "\n", '<link rel="stylesheet" href="{}{}">', ((base, style) for style in dict.fromkeys(styles))
        ),
        format_html_join("\n", '<link rel="modulepreload" href="{}{}">', ((base, s) for s in scripts[1:])),
        format_html_join(
            "\n", '<script type="module" src="{}{}"></script>', ((base, s) for s in scripts[:1])
        ),
    ]
    return format_html_join("\n", "{}", ((part,) for part in parts))


def read_manifest() -> Manifest | None:
    """The build's manifest, read again when the file has changed; None without a build."""
    try:
        return _read(MANIFEST, MANIFEST.stat().st_mtime_ns)
    except FileNotFoundError:
        return None


@lru_cache(maxsize=2)
def _read(path: Path, _changed: int) -> Manifest:
    manifest: Manifest = json.loads(path.read_text(encoding="utf-8"))
    return manifest


def _chunks(manifest: Manifest, entry: str) -> list[str]:
    """The entry and all that it imports statically, each once, the entry first."""
    found: dict[str, None] = {}
    waiting = [entry]
    while waiting:
        key = waiting.pop(0)
        if key not in found:
            found[key] = None
            waiting.extend(manifest[key].get("imports", ()))
    return list(found)
