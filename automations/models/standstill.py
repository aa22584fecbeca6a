from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from automations.engine.windows import Recurrence
from automations.models.module import Module
from automations.models.workflow import Workflow

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class Span(NamedTuple):
    """From a moment on, and before another; None: until somebody lifts it."""

    since: datetime
    until: datetime | None


class Standstill(models.Model):
    """Triggers judge nothing meanwhile: events are kept, and judged afterwards. Of everything, or of one module's, one team's
    or one workflow's triggers; planned for a time, or at once and until somebody lifts it.

    With `days` it comes again: between `starts_at` and `ends_at` it holds from one time to another on these days, by the
    clock of `zone`. One of its windows is ended early by `called_off_until`, the end that it would have had.
    """

    module = models.ForeignKey(
        Module, null=True, blank=True, on_delete=models.CASCADE, related_name="standstills"
    )
    team = models.CharField(max_length=80, blank=True)
    workflow = models.ForeignKey(
        Workflow, null=True, blank=True, on_delete=models.CASCADE, related_name="standstills"
    )
    reason = models.CharField(max_length=300)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True, help_text="Empty: until somebody lifts it.")
    days = ArrayField(
        models.PositiveSmallIntegerField(),
        default=list,
        blank=True,
        help_text="Days of the week on which it comes again, 0 is Monday. Empty: it comes once.",
    )
    window_from = models.TimeField(null=True, blank=True)
    window_to = models.TimeField(
        null=True, blank=True, help_text="Not later than the start: on the next day."
    )
    zone = models.CharField(max_length=64, blank=True, help_text="Whose clock these times are by.")
    called_off_at = models.DateTimeField(null=True)
    called_off_until = models.DateTimeField(null=True)
    set_by_name = models.CharField(max_length=150, help_text="Kept as it was.")
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    lifted_at = models.DateTimeField(null=True)
    lifted_by_name = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="standstill_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(module__isnull=True, team="")
                | Q(module__isnull=True, workflow__isnull=True)
                | Q(team="", workflow__isnull=True),
                name="standstill_one_scope",
            ),
            models.CheckConstraint(
                condition=Q(days=[], window_from__isnull=True, window_to__isnull=True, zone="")
                | Q(days__len__gt=0, window_from__isnull=False, window_to__isnull=False) & ~Q(zone=""),
                name="standstill_recurs_wholly",
            ),
            models.CheckConstraint(
                condition=Q(days__contained_by=list(range(7))), name="standstill_days_known"
            ),
            models.CheckConstraint(
                condition=Q(window_from__isnull=True) | ~Q(window_from=F("window_to")),
                name="standstill_window_has_length",
            ),
            models.CheckConstraint(
                condition=Q(called_off_at__isnull=True, called_off_until__isnull=True)
                | Q(
                    called_off_at__isnull=False,
                    called_off_until__isnull=False,
                    called_off_until__gt=F("called_off_at"),
                    window_from__isnull=False,
                ),
                name="standstill_calls_off_a_window",
            ),
        )
        indexes = (
            models.Index(fields=("starts_at",), name="standstill_open", condition=Q(lifted_at__isnull=True)),
        )

    def __str__(self) -> str:
        return self.reason

    @property
    def of_everything(self) -> bool:
        return self.module_id is None and not self.team and self.workflow_id is None

    @property
    def recurrence(self) -> Recurrence | None:
        """When it comes again; None where it comes once."""
        if self.window_from is None or self.window_to is None:
            return None
        return Recurrence(frozenset(self.days), self.window_from, self.window_to, ZoneInfo(self.zone))

    @property
    def comes_again(self) -> str:
        """“Mon, Sun 22:00–06:00, Europe/Berlin”; "" where it comes once."""
        if self.window_from is None or self.window_to is None:
            return ""
        days = "every day" if len(self.days) == len(DAYS) else ", ".join(DAYS[day] for day in self.days)
        return f"{days} {self.window_from:%H:%M}–{self.window_to:%H:%M}, {self.zone}"

    @property
    def over_at(self) -> datetime | None:
        """When all of it was over, or will be; None: when somebody lifts it."""
        return min((end for end in (self.lifted_at, self.ends_at) if end is not None), default=None)

    def holding(self, now: datetime) -> Span | None:
        """From when and until when it holds, where it does."""
        if now < self.starts_at or (self.over_at is not None and self.over_at <= now):
            return None
        if (recurs := self.recurrence) is None:
            return Span(self.starts_at, self.ends_at)
        window = recurs.current(now)
        if window is None or (self.called_off_until is not None and now < self.called_off_until):
            return None
        return Span(max(window.starts_at, self.starts_at), self._within(window.ends_at))

    def coming(self, now: datetime) -> Span | None:
        """From when and until when it will hold next, where it doesn't begin before."""
        if self.lifted_at is not None or (self.ends_at is not None and self.ends_at <= now):
            return None
        if (recurs := self.recurrence) is None:
            return Span(self.starts_at, self.ends_at) if self.starts_at > now else None
        first = recurs.current(self.starts_at)
        if first is not None and self.starts_at > now:
            return Span(self.starts_at, self._within(first.ends_at))
        window = recurs.next(max(now, self.starts_at))
        if window is None or (self.ends_at is not None and window.starts_at >= self.ends_at):
            return None
        return Span(window.starts_at, self._within(window.ends_at))

    def held_until(self, now: datetime) -> datetime | None:
        """When it last was over at a moment; None where it never was, or goes on."""
        if now < self.starts_at or self.holding(now) is not None:
            return None
        over, recurs = self.over_at, self.recurrence
        last = min(now, over) if over is not None else now
        if recurs is None:
            return last if over is not None and over >= self.starts_at else None
        if last < self.starts_at:
            return None
        if over == last and recurs.current(over) is not None:
            return over
        ends = [recurs.last_end(last), self.called_off_at]
        return max((end for end in ends if end is not None and self.starts_at <= end <= last), default=None)

    def _within(self, end: datetime) -> datetime:
        return end if self.ends_at is None else min(end, self.ends_at)

    def covers(self, workflow: Workflow, *modules: int | None) -> bool:
        """Whether it is of this workflow, which has to do with `modules` beside its own."""
        if self.module_id is not None:
            return self.module_id in (workflow.module_id, *modules)
        if self.workflow_id is not None:
            return self.workflow_id == workflow.pk
        return not self.team or self.team == workflow.team

    @property
    def subject(self) -> str:
        """What stands still, as the subject of a sentence."""
        if self.workflow is not None:
            return f"“{self.workflow.name}”"
        if self.module is not None:
            return f"The module {self.module.name}"
        return f"The team {self.team}" if self.team else "Everything"
