"""`manage.py retention`: drop what is past its time now, or say what would go."""

from __future__ import annotations

import sys
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from rich.console import Console
from rich.progress import MofNCompleteColumn

from automations.management.database import database_needed
from automations.management.progress import progress_bar
from automations.runtime.retention import Term, drop_batch, past_their_time, terms


class Command(BaseCommand):
    help = "Drop runs that are past their time, with all that is only theirs. The ticker does the same, little by little."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only say how many would go.")
        parser.add_argument("--workflow", default="", metavar="KEY", help="Of this workflow only.")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        with database_needed(self):
            found = terms(now=now, workflow=options["workflow"])
            if options["workflow"] and not found:
                raise CommandError(f"There is no workflow “{options['workflow']}”.")
            counts = [(term, past_their_time(term, now=now).count()) for term in found]
            for term, count in counts:
                self.stdout.write(f"{term.workflow.key}: {_said(term, count)}")
            total = sum(count for _, count in counts)
            if options["dry_run"]:
                self.stdout.write(f"{total} runs would go. Nothing was dropped.")
                return
            began, dropped = time.monotonic(), 0
            with progress_bar(Console(file=sys.stderr), MofNCompleteColumn()) as bar:
                task = bar.add_task("Dropping", total=total)
                for term, count in counts:
                    while count and (gone := drop_batch(term, now=now)):
                        dropped += gone
                        bar.update(task, completed=dropped)
        self.stdout.write(f"{dropped} runs dropped in {time.monotonic() - began:.1f} s.")


def _said(term: Term, count: int) -> str:
    if term.held:
        return "legal hold, nothing goes"
    return f"kept {term.days} days, {count} runs past them" if term.days else "kept for ever"
