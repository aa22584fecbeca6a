"""Jobs that go on in the background at a rate: claimed by lease, done in slices, stopped by people; what redrives and
backfills share.

Whoever does a part of a job does it in a transaction that holds the job's row (`holds`), so that a worker that dies
leaves all of the part or nothing, and cancelling comes before a part or waits for it.
"""

from __future__ import annotations

import logging
import time
import uuid
from abc import ABC, abstractmethod
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from django.db import connection, transaction
from django.db.models import QuerySet, Value
from django.db.models.functions import Now
from django.utils import timezone

from automations.conf import setting
from automations.engine.errors import Problem
from automations.errors import ConflictError
from automations.models import PACED_UNFINISHED, AuditEntry, PacedJob, PacedStatus
from automations.runtime.subscriptions import DEFAULT_MAX_ATTEMPTS
from automations.services.audit import write_audit
from automations.services.texts import require_texts

logger = logging.getLogger(__name__)

RATE, FASTEST = 60, 600
"""A minute: when nothing is said, and at most."""
MOST_PARTS = 10_000
MOST_UNFINISHED = 5
"""Of one person and kind at a time."""
PAUSE, LONG_PAUSE = timedelta(seconds=1), timedelta(seconds=15)
"""How long a job that waits for something rests before it looks again."""

Job = TypeVar("Job", bound=PacedJob)


class Paced(ABC, Generic[Job]):
    """One kind of such jobs."""

    model: type[Job]
    noun: str
    related: tuple[str, ...] = ("requested_by",)
    """What is read together with a job that is claimed."""

    @abstractmethod
    def go_on(self, job: Job, ends: float) -> None:
        """Do what the rate allows, until about `ends` of the monotonic clock; then `pause` or `end` the job."""

    @abstractmethod
    def skip_rest(self, job: Job) -> None:
        """Mark the parts that were not begun: the job has ended."""

    def is_due(self) -> bool:
        """Whether a job waits to be worked on, by the database's clock."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT EXISTS (SELECT 1 FROM {self.model._meta.db_table}"
                " WHERE status IN ('queued', 'running') AND due_at <= clock_timestamp())"
            )
            return bool(cursor.fetchone()[0])

    def work(self, *, seconds: float, only: int | None = None) -> bool:
        """Give a slice of at most about `seconds` to the job that has waited longest (or to `only`). Returns whether there
        was one."""
        job = self._claim(only)
        if job is None:
            return False
        if job.attempt > DEFAULT_MAX_ATTEMPTS:
            tried = job.attempt - 1
            why = f"{tried} attempts ended without a result: the worker died each time."
            self.end(job, PacedStatus.STOPPED, why)
            return True
        try:
            self.go_on(job, time.monotonic() + seconds)
        except Exception as error:
            logger.exception("%s %s failed", self.noun.capitalize(), job.pk)
            why = f"It failed: {type(error).__name__}. The server's log says more."
            self.end(job, PacedStatus.STOPPED, why)
        return True

    def _claim(self, only: int | None) -> Job | None:
        table = self.model._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {table} SET status = 'running', attempt = attempt + 1, lease_token = %s,"
                "  due_at = clock_timestamp() + make_interval(secs => %s), started_at = COALESCE(started_at, now())"
                f" WHERE id = (SELECT id FROM {table} WHERE status IN ('queued', 'running')"
                "  AND due_at <= clock_timestamp() AND (%s::bigint IS NULL OR id = %s)"
                "  ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id",
                [uuid.uuid4(), setting("AUTOMATIONS_LEASE_SECONDS"), only, only],
            )
            row = cursor.fetchone()
        if row is None:
            return None
        return self.model._default_manager.select_related(*self.related).get(pk=row[0])

    def ours(self, job: Job) -> QuerySet[Job]:
        """The job's row, if it is still ours to work on."""
        return self.model._default_manager.filter(
            pk=job.pk, lease_token=job.lease_token, status__in=PACED_UNFINISHED
        )

    def holds(self, job: Job) -> bool:
        """Whether the job is still ours; its row is held until the transaction ends: whoever cancels waits for it."""
        held = self.ours(job).select_for_update(of=("self",), no_key=True).exists()
        if not held:
            logger.warning("lease_lost: %s %s was ended or taken over meanwhile", self.noun, job.pk)
        return held

    def keep(self, job: Job) -> None:
        """A part is done: the lease begins anew, and no attempt is spent."""
        lease = timedelta(seconds=setting("AUTOMATIONS_LEASE_SECONDS"))
        self.ours(job).update(due_at=_later(lease), attempt=0)

    def pause(self, job: Job, wait: timedelta) -> None:
        """Let anybody go on with it after `wait`."""
        self.ours(job).update(due_at=_later(wait), lease_token=None, attempt=0)

    def end(self, job: Job, status: str, why: str) -> None:
        """End it, if it is still ours; what was not begun is skipped, what was goes on as the runs that it is."""
        with transaction.atomic():
            if self._ended(self.ours(job), status, why, timezone.now()):
                self.skip_rest(job)

    def cancel(self, job: Job, *, actor: Any, reason: str) -> Job:
        """End it by hand, in the caller's transaction, with its audit row. Raises ConflictError when it has ended."""
        require_texts(AuditEntry, reason=reason)
        live = self.model._default_manager.filter(pk=job.pk, status__in=PACED_UNFINISHED)
        why = f"Cancelled by {actor.get_username()}{': ' + reason if reason else ''}."
        if not self._ended(live, PacedStatus.CANCELLED, why, timezone.now()):
            raise ConflictError(f"The {self.noun} has ended already.", code="already-ended")
        self.skip_rest(job)
        write_audit(actor=actor, action=f"{self.noun}.cancelled", obj=job, reason=reason)
        job.refresh_from_db()
        return job

    def _ended(self, rows: QuerySet[Job], status: str, why: str, now: datetime) -> int:
        return rows.update(status=status, ended_why=why[:300], lease_token=None, due_at=now, finished_at=now)

    def require_few(self, actor: Any) -> None:
        """Raise ConflictError when the actor has as many unfinished jobs of this kind as one may have."""
        unfinished = self.model._default_manager.filter(requested_by=actor, status__in=PACED_UNFINISHED)
        if unfinished.count() >= MOST_UNFINISHED:
            detail = f"{MOST_UNFINISHED} of your {self.noun}s are not finished. Wait for one, or cancel it."
            raise ConflictError(detail, code=f"too-many-{self.noun}s")


def _later(wait: timedelta) -> Any:
    """A moment of the database's clock."""
    return Now() + Value(wait)


def out_of_range(name: str, value: Any, most: int) -> list[Problem]:
    """The problem of what shall be a number from 1 to `most`, if it is none."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        return [Problem("out-of-range", name, f"“{name}” is a number from 1 to {most}.", "Send another.")]
    return []
