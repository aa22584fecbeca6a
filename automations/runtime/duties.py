"""What other layers have the ticker do: each a function of the time, called every tick of the one that leads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from automations.registry import Registry

DUTIES: Registry[Callable[[datetime], object]] = Registry("duty of the ticker")
"""A duty that fails is logged, and stops no other. It looks by itself whether anything is due, at no more than a query."""
