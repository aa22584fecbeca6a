"""A person's own settings of the pages. They concern nobody else, so they leave no audit entry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automations.engine.errors import Problem, quoted
from automations.errors import InvalidError
from automations.models import Preference
from automations.services.texts import text_problems

CHOICES = ("theme", "density")
SWITCHES = ("single_keys", "first_steps")


def preference_of(user: Any) -> Preference:
    """What the person chose, or what holds for those who never chose."""
    return Preference.objects.filter(pk=user.pk).first() or Preference(user=user)


def change_preference(*, user: Any, changes: Mapping[str, Any]) -> Preference:
    """Set some of CHOICES and SWITCHES. Raises InvalidError for others, and for values that are none of theirs."""
    if not isinstance(changes, Mapping):
        message, hint = "Changes are an object by setting.", 'Send {"theme": "dark"}.'
        raise InvalidError([Problem("wrong-value-type", "changes", message, hint)])
    problems = text_problems(Preference, **{name: changes[name] for name in CHOICES if name in changes})
    for name, value in changes.items():
        if name in SWITCHES and not isinstance(value, bool):
            problems.append(
                Problem(
                    "wrong-value-type", name, f"{quoted(value)} is neither on nor off.", "Send true or false."
                )
            )
        elif name not in (*CHOICES, *SWITCHES):
            known = ", ".join((*CHOICES, *SWITCHES))
            problems.append(Problem("unknown-field", name, f"{quoted(name)} is no setting.", f"Use {known}."))
    if problems:
        raise InvalidError(problems)
    preference, _ = Preference.objects.update_or_create(user=user, defaults=dict(changes))
    return preference
