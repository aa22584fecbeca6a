from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from automations.management.database import database_needed
from automations.models import Mode, Workflow
from config.demo.crm import seed_trouble
from config.demo.seed import ORDERS, TICKETS, is_seeded, seed


class Command(BaseCommand):
    help = "Make the demo workspace, unless it is there."

    def handle(self, *args: Any, **options: Any) -> None:
        with database_needed(self):
            if is_seeded():
                return
        self.stdout.write(
            "Making the demo workspace: two weeks of tickets and orders, lived through by the engine …"
        )
        seed(now=timezone.now())
        seed_trouble()
        acting = Workflow.objects.filter(mode=Mode.EXECUTE).count()
        self.stdout.write(f"{TICKETS + ORDERS} records, {acting} workflows in execute.")
