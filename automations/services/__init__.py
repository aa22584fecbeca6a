"""What people change, one file a noun: `verb_noun(*, …, actor)`, one transaction each: rows, audit, wake on commit.

Permission is the caller's question (`automations.permissions`); a service refuses wrong input and wrong states.
"""

from __future__ import annotations
