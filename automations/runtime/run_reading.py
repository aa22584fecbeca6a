"""What there is to read in runs: all the texts by which they are found, and where each of them stands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import F, Q

from automations.engine.words import texts_in, texts_in_beginning
from automations.models import LogEntry, Run, Step, WorkflowVersion

ENDS_OF_A_LOG = 500
"""Lines at the beginning and at the end of a run's log that are read; those between them are not."""
BEGINNING = 32_000
"""Characters of a large output that are read: as much as another one has room for in its row."""

SKIPPED = "skipped"


class Said(NamedTuple):
    """One text of a run, and where it stands; `line` is the number of a log line, else 0."""

    where: str
    text: str
    node: str = ""
    line: int = 0


class Line(NamedTuple):
    """A line of a run's log, without what stands beside its sentence."""

    run_id: int
    seq: int
    node: str
    message: str


@dataclass(frozen=True, slots=True)
class Reading:
    """One run with its texts, not masked yet."""

    run: Run
    steps: Sequence[Step]
    lines_read: Sequence[Line]
    titles: Mapping[str, str]
    beginnings: Mapping[str, str]

    def told(self) -> Iterator[Said]:
        """What everybody may read who sees the run."""
        run = self.run
        yield Said("record", run.record_key)
        yield Said("error", run.failure_code)
        yield Said("error", str(run.failure.get("message", "")))
        for step in self.steps:
            yield Said("step", self.titles.get(step.node, step.node), step.node)
            if step.error:
                yield Said("error", str(step.error.get("code", "")), step.node)
                yield Said("error", str(step.error.get("message", "")), step.node)

    def lines(self) -> Iterator[Said]:
        """Log lines tell what a step wrote and sent: they are values as much as what was changed."""
        for _, seq, node, message in self.lines_read:
            yield Said("log", message, node, seq)

    def values(self) -> Iterator[Said]:
        """What came in and what was changed."""
        yield from (Said("input", text) for text in texts_in(self.run.input))
        yield from (Said("outcome", text) for text in texts_in(self.run.outcome))
        if self.run.event is not None:
            yield from (Said("event", text) for text in texts_in(self.run.event.value))
        for step in self.steps:
            for change in step.changes:
                said = (change.get("record"), change.get("before"), change.get("after"))
                yield from (Said("change", text, step.node) for text in texts_in(said))

    def outputs(self) -> Iterator[Said]:
        for step in self.steps:
            if step.large_id is not None:
                found: Iterable[str] = texts_in_beginning(self.beginnings.get(step.large_id, ""))
            else:
                found = texts_in(step.output)
            yield from (Said("output", text, step.node) for text in found)


def read(ids: Collection[int], *, with_any_of: Collection[str] = ()) -> list[Reading]:
    """These runs with all that there is to read in them, in as many queries for one as for many. Of log lines, where words
    are given, only those that may have one of these in them."""
    runs = list(Run.objects.filter(pk__in=ids).select_related("event__large"))
    steps: dict[int, list[Step]] = {}
    columns = ("run_id", "node", "output", "large_id", "error", "changes")
    for step in Step.objects.filter(run__in=ids).exclude(status=SKIPPED).only(*columns).order_by("position"):
        steps.setdefault(step.run_id, []).append(step)
    lines: dict[int, list[Line]] = {}
    for line in _lines(ids, with_any_of):
        lines.setdefault(line.run_id, []).append(line)
    titles = _titles({run.version_id for run in runs})
    beginnings = _beginnings({step.large_id for some in steps.values() for step in some} - {None})
    return [
        Reading(run, steps.get(run.pk, ()), lines.get(run.pk, ()), titles[run.version_id], beginnings)
        for run in runs
    ]


def _lines(ids: Collection[int], words: Collection[str]) -> list[Line]:
    """The ends of these runs' logs. Numbers of lines have no gaps."""
    found = LogEntry.objects.filter(
        Q(seq__lte=ENDS_OF_A_LOG) | Q(seq__gt=F("run__last_seq") - ENDS_OF_A_LOG), run__in=ids
    )
    if words:
        wanted = Q()
        for word in words:
            wanted |= Q(message__icontains=word)
        found = found.filter(wanted)
    rows = found.order_by("run", "seq").values_list("run_id", "seq", "node", "message")
    return [Line(*row) for row in rows]


def _titles(versions: Collection[int]) -> Mapping[int, Mapping[str, str]]:
    """What the steps of these versions are called."""
    found = WorkflowVersion.objects.filter(pk__in=versions).values_list("pk", "document")
    return {
        version: {str(node["id"]): str(node.get("title") or node["id"]) for node in document.get("nodes", ())}
        for version, document in found
    }


def _beginnings(hashes: Collection[Any]) -> Mapping[str, str]:
    """The JSON of these large values as far as it is read."""
    if not hashes:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT hash, left(body::text, %s) FROM automations_largevalue WHERE hash = ANY(%s)",
            [BEGINNING, list(hashes)],
        )
        return dict(cursor.fetchall())
