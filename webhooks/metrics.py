"""What webhooks add to the metrics."""

from __future__ import annotations

from automations.insight.metrics import WINDOW, Metric, Source

STATES = ("succeeded", "failed")

WEBHOOKS = Source(
    metrics=(
        Metric(
            "automations_webhooks_received_recently",
            "Requests to endpoints in the last five minutes, by verdict.",
            ("verdict",),
            [("accepted",)],
        ),
        Metric(
            "automations_deliveries_open",
            "Calls to others that have not ended, by state.",
            ("state",),
            [("pending",), ("sending",)],
        ),
        Metric(
            "automations_deliveries_needing_review",
            "Calls of which nobody knows whether they arrived, and that wait for somebody to say.",
        ),
        Metric(
            "automations_deliveries_needing_review_seconds", "For how long the oldest of them has waited."
        ),
        Metric(
            "automations_deliveries_lag_seconds", "For how long the one that is due longest has been due."
        ),
        Metric(
            "automations_deliveries_ended_recently",
            "Calls to others that ended in the last five minutes.",
            ("state",),
            [(state,) for state in STATES],
        ),
        Metric(
            "automations_destinations",
            "Destinations, by how they are.",
            ("state",),
            [("enabled",), ("failing",), ("disabled",)],
        ),
    ),
    sql=f"""
WITH ended AS (
  SELECT state FROM webhooks_delivery
  WHERE state IN ('succeeded', 'failed') AND finished_at > now() - interval '{WINDOW}'
), open AS MATERIALIZED (
  SELECT state, due_at FROM webhooks_delivery WHERE state IN ('pending', 'sending')
)
SELECT 'automations_webhooks_received_recently', jsonb_build_array(verdict), sum(count)::float8
  FROM webhooks_receipt WHERE received_at > now() - interval '{WINDOW}' GROUP BY verdict
UNION ALL SELECT 'automations_deliveries_open', jsonb_build_array(state), count(*) FROM open GROUP BY state
UNION ALL SELECT 'automations_deliveries_needing_review', '[]', count(*)
  FROM webhooks_unknownoutcome WHERE answered_at IS NULL
UNION ALL SELECT 'automations_deliveries_needing_review_seconds', '[]',
  COALESCE(extract(epoch FROM now() - min(asked_at)), 0) FROM webhooks_unknownoutcome WHERE answered_at IS NULL
UNION ALL SELECT 'automations_deliveries_lag_seconds', '[]', COALESCE(extract(epoch FROM now() - min(due_at)), 0)
  FROM open WHERE due_at <= now() AND state = 'pending'
UNION ALL SELECT 'automations_deliveries_ended_recently', jsonb_build_array(state), count(*) FROM ended
  GROUP BY state
UNION ALL SELECT 'automations_destinations', jsonb_build_array(
    CASE WHEN state = 'disabled' THEN state WHEN failures > 0 THEN 'failing' ELSE 'enabled' END), count(*)
  FROM webhooks_destination WHERE archived_at IS NULL GROUP BY 2
""",
)
