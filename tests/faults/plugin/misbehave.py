"""An action whose effect leaves a line in a file (the call to the outside) and then kills, sleeps or goes on."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from automations.engine.effects import Effect
from automations.engine.errors import Problem
from automations.engine.fields import Schema
from automations.engine.kinds import ActionKind, Perform, ValidationContext
from automations.engine.outcomes import Failed, Outcome, Succeeded
from automations.runtime.performers import Performer, Plan
from automations.runtime.unit import Unit


@dataclass(frozen=True, slots=True)
class Misbehaviour(Effect):
    kind: ClassVar[str] = "misbehave"
    how: str
    file: str
    seconds: float


class Misbehave(ActionKind):
    key = "misbehave"
    label = "Misbehave"
    description = "For fault tests."
    config_schema: Mapping[str, Any] = {"type": "object"}

    def validate(self, config: Mapping[str, Any], context: ValidationContext, path: str) -> list[Problem]:
        return []

    def summary(self, config: Mapping[str, Any]) -> str:
        return str(config["how"])

    def prepare(self, config: Mapping[str, Any], schema: Schema, policies: Mapping[str, Any]) -> Perform:
        return lambda scope, key: Misbehaviour(
            key=key, how=config["how"], file=config["file"], seconds=float(config.get("seconds", 0))
        )


class MisbehavePerformer(Performer):
    """how: "kill" always, "kill_once" per file, "sleep", "fine"; "reveal" raises with the values of all secrets."""

    kind = "misbehave"

    def plan(self, effect: Misbehaviour, unit: Unit) -> Plan | Failed:
        return Plan("Misbehave.")

    def perform(self, effect: Misbehaviour, plan: Plan, unit: Unit) -> Outcome:
        path = Path(effect.file)
        seen = path.exists()
        with path.open("a") as handle:
            handle.write(f"{effect.key} {os.getpid()}\n")
        if effect.how == "kill" or (effect.how == "kill_once" and not seen):
            os.kill(os.getpid(), signal.SIGKILL)
        if effect.how == "reveal":
            raise ValueError(f"They are {revealed()}")
        time.sleep(effect.seconds)
        return Succeeded()


def revealed() -> list[str]:
    """The values of all secrets, as a defect would have them in its error."""
    from webhooks.encryption import decrypt
    from webhooks.secrets.models import Secret

    return [decrypt(secret.value).decode() for secret in Secret.objects.all()]
