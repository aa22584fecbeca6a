"""What the weekly review asks about secrets: those that live workflows send and that expire soon."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.db import connection
from django.db.models import Q

from automations import permissions
from automations.insight.review.questions import Question, Scope
from webhooks.secrets.models import Secret

AHEAD = timedelta(days=28)
"""A secret is asked about so long before it expires."""

CALLED = """
SELECT DISTINCT node->'config'->>'destination'
  FROM automations_workflow w
  JOIN automations_workflowversion v ON v.id = w.active_version_id,
       jsonb_array_elements(v.document->'nodes') AS node
 WHERE w.id = ANY(%(workflows)s) AND w.archived_at IS NULL AND node->'config' ? 'destination'
"""


def expiring(scope: Scope) -> Iterator[Question]:
    """The secrets of destinations that live workflows call; of somebody's own review, those that he may see."""
    with connection.cursor() as cursor:
        cursor.execute(CALLED, {"workflows": list(scope.workflows)})
        called = [row[0] for row in cursor.fetchall()]
    rows = Secret.objects.filter(
        Q(headers__destination__key__in=called) | Q(addresses__key__in=called),
        expires_at__lte=scope.now + AHEAD,
    )
    if scope.actor is not None:
        rows = rows.filter(pk__in=permissions.things_seen(scope.actor, "secret").values("pk"))
    for secret in rows.distinct().order_by("expires_at", "pk"):
        assert secret.expires_at is not None
        over = secret.expires_at <= scope.now
        yield Question(
            f"secret:{secret.key}",
            f"The secret “{secret.key}” {'has expired' if over else 'expires soon'}",
            f"Its host takes the value no more from {secret.expires_at:%Y-%m-%d} on; live workflows send it.",
            "Get a new value from the host and set it here.",
            f"webhooks/secrets/{secret.key}/",
            "Secrets",
        )
