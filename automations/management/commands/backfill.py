"""`manage.py backfill WORKFLOW`: say what nobody judged in a window, and with --yes have it made up for."""

from __future__ import annotations

import sys
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from automations import permissions
from automations.errors import InvalidError, ServiceError
from automations.management.database import database_needed
from automations.models import Workflow
from automations.services.backfilling.words import lines_of
from automations.services.backfills import plan_backfill, read_window, start_backfill
from automations.services.pacing import FASTEST, RATE

GOOD, REFUSED, UNKNOWN = 0, 1, 2


class Command(BaseCommand):
    help = (
        "Say which slots and past events of a window a workflow's triggers never judged; with --yes, have them judged"
        " at a rate by the live version, in the mode of the workflow or, with --simulate, without doing anything."
        " Exit code: 0 done, 1 refused, 2 no such workflow or user, or no database."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("workflow", help="Key of the workflow.")
        parser.add_argument("--from", dest="since", required=True, help="2026-03-01, or with a time.")
        parser.add_argument("--to", dest="until", required=True, help="The window ends before it, and now.")
        parser.add_argument("--zone", default="", help="Of both, such as Europe/Berlin; else the workflow's.")
        kinds = parser.add_mutually_exclusive_group()
        kinds.add_argument("--slots", action="store_true", help="Only slots of its schedules.")
        kinds.add_argument("--events", action="store_true", help="Only past events.")
        parser.add_argument("--simulate", action="store_true", help="A dry run: only tell what would come.")
        parser.add_argument("--rate", type=int, default=RATE, help=f"A minute, at most {FASTEST}.")
        parser.add_argument("--reason", default="", help="For the trail.")
        parser.add_argument("--actor", default="", help="User name of who asks; needed with --yes.")
        parser.add_argument("--yes", action="store_true", help="Start it; else it is only counted.")

    def handle(
        self,
        workflow: str,
        since: str,
        until: str,
        zone: str,
        slots: bool,
        events: bool,
        simulate: bool,
        rate: int,
        reason: str,
        actor: str,
        yes: bool,
        **_: object,
    ) -> None:
        with database_needed(self):
            named = Workflow.objects.filter(key=workflow).first()
            who = get_user_model().objects.filter(username=actor, is_active=True).first()
            if named is None or (who is None and (yes or actor)):
                thing = f"workflow “{workflow}”" if named is None else f"active user “{actor}” (--actor)"
                self.stderr.write(f"There is no {thing}.")
                sys.exit(UNKNOWN)
            what: dict[str, Any] = {"slots": not events, "events": not slots, "rate": rate}
            try:
                if who is not None:
                    permissions.require(who, "run", named)
                window = read_window(since, until, zone or named.zone, now=timezone.now())
                plan = plan_backfill(workflow=named, window=window, now=timezone.now(), **what)
                for line in lines_of(named, plan, rate):
                    self.stdout.write(line)
                if not yes:
                    self.stdout.write("Nothing was started. Add --yes --actor NAME to start it.")
                    return
                made = start_backfill(
                    workflow=named, window=window, actor=who, dry_run=simulate, reason=reason, **what
                )
            except ServiceError as error:
                said = error.problems[0].message if isinstance(error, InvalidError) else error.detail
                self.stderr.write(said)
                sys.exit(REFUSED)
        kind = "Dry run" if simulate else "Backfill"
        self.stdout.write(
            f"{kind} {made.pk} is queued; the workers do it. It stands at backfills/{made.pk}/."
        )
