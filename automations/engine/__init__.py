"""The pure engine: it decides, and does nothing. Standard library and RE2 only: no Django, no I/O, no clock."""

from __future__ import annotations
