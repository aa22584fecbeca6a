from __future__ import annotations

from .scene import people, scene, tickets

__all__ = ["people", "scene", "tickets"]
