from __future__ import annotations

import signal
import sys
import threading
from typing import Any

from django.core.management.base import BaseCommand

from automations.management.database import require_tables
from automations.runtime import supervisor


class Command(BaseCommand):
    help = "Run a supervised worker cluster until SIGTERM or Ctrl+C."

    def handle(self, *args: Any, **options: Any) -> None:
        require_tables(self)
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        sys.exit(supervisor.supervise(stop))
