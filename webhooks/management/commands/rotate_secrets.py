from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from automations.management.database import database_needed
from webhooks.secrets.rotation import rotate_all


class Command(BaseCommand):
    help = "Encrypt every stored secret anew with the first of AUTOMATIONS_SECRET_KEYS, so that the others can be taken out."

    def handle(self, *args: Any, **options: Any) -> None:
        lost = 0
        with database_needed(self):
            rotated = rotate_all()
        for name, (done, unreadable) in rotated.items():
            self.stdout.write(f"{name}: {done} encrypted anew")
            lost += unreadable
        if lost:
            raise CommandError(
                f"{lost} can't be read with any key of AUTOMATIONS_SECRET_KEYS, and stay as they are."
            )
