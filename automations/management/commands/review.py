"""`manage.py review …`: kept weekly reviews from the command line."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from automations.engine.weeks import named_week, week_of
from automations.errors import ServiceError
from automations.insight.review.letter import as_text
from automations.insight.review.press import PRESS
from automations.management.database import database_needed
from automations.models import KeptReview, ReviewSchedule
from automations.services.reviews import keep_review

GOOD, REFUSED, UNKNOWN = 0, 1, 2


class Command(BaseCommand):
    help = (
        "List the weekly reviews that are kept, show one, and make one of a week that is over."
        " Exit code: 0 done, 1 refused, 2 no such review, schedule or week, or no database."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parts = parser.add_subparsers(dest="part", required=True, metavar="PART")
        listed = parts.add_parser("list", help="The reviews that are kept, newest first.")
        listed.add_argument("--team", help="Only of this team.")
        _as_json(listed)
        shown = parts.add_parser("show", help="One review as it was made.")
        shown.add_argument("number", type=int)
        _as_json(shown)
        made = parts.add_parser(
            "make", help="Make and keep the review of a week of a team that has a schedule."
        )
        made.add_argument("--team", default="", help="Of which team; left out: of all workflows.")
        made.add_argument("--week", help="As 2026-W48; left out: the last one that is over.")
        _as_json(made)

    def handle(self, *args: Any, **options: Any) -> None:
        with database_needed(self):
            code = {"list": self._list, "show": self._show, "make": self._make}[options["part"]](options)
        if code:
            sys.exit(code)

    def _list(self, options: dict[str, Any]) -> int:
        rows = KeptReview.objects.defer("figures").select_related("signature")
        if options["team"] is not None:
            rows = rows.filter(team=options["team"])
        if not options["json"] and not rows:
            self.stdout.write("No review was kept yet. “review make” keeps one where there is a schedule.")
        for row in rows:
            signature = getattr(row, "signature", None)
            facts = {
                "id": row.pk,
                "week": row.week,
                "team": row.team,
                "made_at": row.made_at.isoformat(),
                "digest": row.digest,
                "signed_by": signature.signed_by_name if signature else None,
                "headline": row.headline,
            }
            signed = f"signed by {facts['signed_by']}" if signature else "not signed"
            line = f"{row.pk}  {row.week}  {row.team or 'all'}  {signed}  {row.headline}"
            self.stdout.write(json.dumps(facts, ensure_ascii=False) if options["json"] else line)
        return GOOD

    def _show(self, options: dict[str, Any]) -> int:
        review = KeptReview.objects.filter(pk=options["number"]).first()
        if review is None:
            self.stderr.write(f"There is no review {options['number']}.")
            return UNKNOWN
        self._told(review, options)
        return GOOD

    def _make(self, options: dict[str, Any]) -> int:
        now = timezone.now()
        schedule = ReviewSchedule.objects.filter(team=options["team"], personal=False).first()
        if schedule is None:
            self.stderr.write(
                "Nobody has this week reviewed. Make a schedule first, on the page or in the admin."
            )
            return UNKNOWN
        zone = ZoneInfo(schedule.zone)
        week = named_week(options["week"], zone) if options["week"] else week_of(now, zone).before
        if week is None:
            self.stderr.write(f"“{options['week']}” names no week. Write one like {week_of(now, zone).name}.")
            return UNKNOWN
        try:
            review = keep_review(schedule=schedule, week=week, press=PRESS, actor=None, now=now)
        except ServiceError as error:
            self.stderr.write(error.detail)
            return REFUSED
        self._told(review, options)
        return GOOD

    def _told(self, review: KeptReview, options: dict[str, Any]) -> None:
        if options["json"]:
            figures = {"id": review.pk, "digest": review.digest, "figures": review.figures}
            self.stdout.write(json.dumps(figures, ensure_ascii=False))
        else:
            self.stdout.write(as_text(review.figures, link=""))


def _as_json(parser: ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="For programs.")
