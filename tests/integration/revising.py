"""A policy's next revision, as somebody publishes it who has looked at its impact."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from automations.models import Policy, PolicyRevision
from automations.services.policies import publish_policy_revision
from automations.services.policy_impact import measure_impact


def revise(policy: Policy, rule: Any, actor: Any) -> PolicyRevision:
    seen = measure_impact(policy=policy, rule=rule, viewer=actor, now=timezone.now()).seen
    return publish_policy_revision(policy=policy, rule=rule, seen=seen, actor=actor)
