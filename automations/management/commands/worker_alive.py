from __future__ import annotations

import socket
import sys
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from automations.insight.readiness import ALIVE_WITHIN, ROLES, is_alive
from automations.management.database import database_needed


class Command(BaseCommand):
    help = "Say whether the worker, or the ticker, of this host is alive: exit code 0, else 1; 2 when the database is away."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--role", choices=tuple(ROLES), default="worker")
        parser.add_argument("--any-host", action="store_true", help="one on another host will do")
        parser.add_argument(
            "--seconds",
            type=int,
            default=int(ALIVE_WITHIN.total_seconds()),
            help="how old its last sign of life may be",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        role, within = options["role"], timedelta(seconds=options["seconds"])
        host = "" if options["any_host"] else socket.gethostname()
        with database_needed(self):
            alive = is_alive(role, now=timezone.now(), host=host, within=within)
        where = "" if options["any_host"] else f" on {host}"
        if not alive:
            self.stderr.write(f"No {role}{where} has given a sign of life for {options['seconds']} s.")
            sys.exit(1)
        self.stdout.write(f"A {role}{where} is alive.")
