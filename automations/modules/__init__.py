"""What a module is: stored records or any Django model, behind one adapter; rules as SQL over both."""

from __future__ import annotations
