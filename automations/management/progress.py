"""How commands show that they get on: one bar for all, and none where nobody watches."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn


def progress_bar(console: Console, counter: ProgressColumn) -> Progress:
    """A bar with a name, a `counter` and the time left, on a terminal only: a log file is spared the redrawing."""
    return Progress(
        TextColumn("{task.description:9}"),
        BarColumn(),
        counter,
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    )
