"""The demo: a native module, sample people and workflows, and the replay of an incident log."""

from __future__ import annotations
