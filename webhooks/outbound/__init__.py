"""Calls to others: whom they may reach, what they carry, and how they are tried again."""
