"""Backtests: past events read in a stream, judged by two definitions, and what came of it kept slice by slice."""
