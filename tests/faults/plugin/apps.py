from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

from django.apps import AppConfig


class PluginConfig(AppConfig):
    name = "tests.faults.plugin"
    label = "faults"

    def ready(self) -> None:
        from automations.actions import ACTIONS
        from automations.runtime.performers import PERFORMERS
        from tests.faults.plugin.misbehave import Misbehave, MisbehavePerformer

        ACTIONS.register(Misbehave.key, Misbehave())
        PERFORMERS.register(MisbehavePerformer.kind, MisbehavePerformer())
        die_at(os.environ.get("WEBHOOKS_DIE", ""))


def die_at(moment: str) -> None:
    """Let this process be killed when it has written a webhook's rows: “before” they commit, or “after” that and before
    anybody is answered."""
    from automations.runtime import intake
    from webhooks.inbound import storing

    place, name = {"before": (intake, "accept"), "after": (storing, "answer")}.get(moment, (None, ""))
    if place is None:
        return
    really: Callable[..., Any] = getattr(place, name)

    def die(*args: Any, **kwargs: Any) -> None:
        really(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(place, name, die)
