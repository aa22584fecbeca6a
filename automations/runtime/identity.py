"""Whom runs act as: the workflow's service identity or, without one, who published the run's version.

Rights are those of the moment: what somebody may is asked once in the life of an `Acting`, which is one batch of runs or
one rehearsal, so that a grant that is taken away counts from the next batch on and a run costs no query.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Model

from automations import permissions
from automations.models import Workflow, WorkflowVersion

VERBS = {"view": "see", "run": "start"}


class Acting:
    """Who the runs of a batch act as, and what they may. `publishers` are those of versions whose workflow runs as
    nobody; `instead` takes everybody's place; nobody is refused anything where it is not `limited`."""

    def __init__(self, publishers: Mapping[int, Any], *, instead: Any = None, limited: bool = True) -> None:
        self.limited = limited
        self._publishers = publishers
        self._instead = instead
        self._known: dict[tuple[int, str, str, int], bool] = {}

    def identity(self, workflow: Workflow, version_id: int) -> Any:
        return self._instead or workflow.run_as or self._publishers.get(version_id)

    def may(self, person: Any, right: str, thing: Model) -> bool:
        asked = (person.pk, right, str(thing._meta.model_name), thing.pk)
        if asked not in self._known:
            self._known[asked] = permissions.holds(person, right, thing)
        return self._known[asked]

    def why_not(self, workflow: Workflow, version_id: int, right: str, thing: Model) -> str:
        """Why a run may not do something, as a sentence; "" when it may."""
        who = self.identity(workflow, version_id)
        if who is None:
            return "This workflow runs as nobody, and who published this version is gone. Publish it anew."
        if self.may(who, right, thing):
            return ""
        if self._instead is not None:
            role = ""
        elif workflow.run_as_id:
            role = ", whom this workflow runs as,"
        else:
            role = ", who published this version and as whom it runs,"
        return f"{who}{role} may not {VERBS.get(right, right)} {thing}."


def publishers_of(version_ids: Iterable[int]) -> dict[int, Any]:
    """Who published each version; one query, none for no version."""
    wanted = set(version_ids)
    if not wanted:
        return {}
    rows = WorkflowVersion.objects.filter(pk__in=wanted).defer("document").select_related("published_by")
    return {row.pk: row.published_by for row in rows}
