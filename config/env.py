"""Settings from the environment: four loaders, each failing with a sentence that names the variable."""

from __future__ import annotations

import os
from pathlib import Path


class SettingsError(Exception):
    """A setting in the environment can't be used; the message says which and how to mend it."""


def env_bool(name: str, default: bool) -> bool:
    """True for 1/true/yes/on, false for 0/false/no/off, in any case."""
    raw = os.environ.get(name, "").strip().lower()
    if raw == "":
        return default
    if raw in ("1", "true", "yes", "on"):
        return True
    if raw in ("0", "false", "no", "off"):
        return False
    raise SettingsError(f"{name} is “{raw}”; set it to true or false.")


def env_int(name: str, default: int) -> int:
    raw = os.environ.get(name, "").strip()
    try:
        return int(raw) if raw else default
    except ValueError as error:
        raise SettingsError(f"{name} is “{raw}”; set it to a whole number.") from error


def env_list(name: str, default: list[str]) -> list[str]:
    """Comma-separated; blanks around entries are dropped."""
    raw = os.environ.get(name, "")
    return [part.strip() for part in raw.split(",") if part.strip()] if raw.strip() else default


def env_secret(name: str) -> str | None:
    """The value of NAME, or the content of the file that NAME_FILE points to; None when neither is set."""
    path = os.environ.get(f"{name}_FILE")
    if path:
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingsError(f"{name}_FILE is “{path}”, which can't be read: {error.strerror}.") from error
    return os.environ.get(name) or None
