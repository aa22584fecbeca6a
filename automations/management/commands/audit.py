"""`manage.py audit verify`: whether the trail is as it was written."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from automations.insight.audit_chain import verify_chain
from automations.management.database import database_needed

WHOLE, BROKEN = 0, 1


class Command(BaseCommand):
    help = "Check the chain over the audit trail. Exit code: 0 whole, 1 broken, 2 no database."

    def add_arguments(self, parser: CommandParser) -> None:
        parts = parser.add_subparsers(dest="part", required=True)
        verify = parts.add_parser("verify", help="Work out every link anew.")
        verify.add_argument(
            "--head", default="", help="A head that was noted before: it must still be in the chain."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with database_needed(self):
            report = verify_chain(options["head"])
        for found in report.breaks:
            self.stderr.write(f"Link {found.seq}, entry {found.entry}: {found.why}.")
        if not report.whole:
            self.stderr.write(
                "The trail was tampered with, or restored from a damaged copy. Compare it with a backup."
            )
            sys.exit(BROKEN)
        self.stdout.write(f"{report.links} links, all hold. Head: {report.head or 'none yet'}")
