from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from automations.management.database import database_needed
from config.demo.crm import is_in_trouble, seed_trouble
from config.demo.seed import is_seeded, seed


class Command(BaseCommand):
    help = "Make the demo workspace, unless it is there."

    def handle(self, *args: Any, **options: Any) -> None:
        with database_needed(self):
            if is_in_trouble():
                return
        if not is_seeded():
            self._seed()
        seed_trouble()

    def _seed(self) -> None:
        self.stdout.write(
            "Making the demo workspace: two weeks of tickets and orders, lived through by the engine …"
        )
        made = seed(now=timezone.now())
        self.stdout.write(f"{made['records']} records, {made['workflows']} workflows in execute.")
