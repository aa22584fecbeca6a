"""The only writer of a run's progress: intake, matching, claims, execution, recovery."""

from __future__ import annotations
