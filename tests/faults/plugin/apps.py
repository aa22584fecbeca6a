from __future__ import annotations

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
