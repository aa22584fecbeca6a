"""The HTTP API under /api/v1/: each view parses, asks for the right, calls one service and serialises."""

from __future__ import annotations
