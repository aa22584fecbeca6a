"""Backfills worked on in the background: a lane of its own in the workers."""
