"""`make run`: the database, the migrations, the demo once, then web, worker and ticker until one is stopped."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

from honcho.manager import Manager

from config.embedded_postgres import PostgresStartError
from config.env import SettingsError

READY_SECONDS = 60.0
DATABASE_SECONDS = 60.0


def main() -> int:
    """Start everything; returns the exit code. Stops when a part stops, on Ctrl+C and on SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m config.launch", description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--host", default="127.0.0.1")
    options = parser.parse_args()
    if not _is_free(options.host, options.port):
        sys.stderr.write(f"Port {options.port} is taken. Choose another: make run PORT={options.port + 1}\n")
        return 2
    try:
        prepare_database()
    except (SettingsError, PostgresStartError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    manage = [sys.executable, "manage.py"]
    for words in (
        ["migrate", "--verbosity", "0"],
        ["collectstatic", "--noinput", "--verbosity", "0"],
        ["automations_demo"],
    ):
        if subprocess.run([*manage, *words], check=False).returncode != 0:  # noqa: S603 - our own command line
            return 2
    return _serve(options.host, options.port)


def prepare_database() -> None:
    """The embedded server when DATABASE_URL is unset; else wait for the given one.

    Raises SettingsError when it does not answer within a minute, and says what to do.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django
    from django.conf import settings
    from django.db import OperationalError, connection

    if settings.EMBEDDED_POSTGRES is not None:
        settings.EMBEDDED_POSTGRES.start()
        settings.EMBEDDED_POSTGRES.create_database(str(settings.DATABASES["default"]["NAME"]))
    django.setup()
    until = time.monotonic() + float(os.environ.get("DATABASE_WAIT_SECONDS", DATABASE_SECONDS))
    while True:
        try:
            connection.ensure_connection()
        except OperationalError as error:
            reason = str(error).strip().split("\n")[0]
            if time.monotonic() > until:
                raise SettingsError(
                    f"The database does not answer: {reason}\nStart it, or correct DATABASE_URL,"
                    " or unset DATABASE_URL to use the embedded one."
                ) from error
            sys.stderr.write(f"Waiting for the database: {reason}\n")
            time.sleep(2)
        else:
            connection.close()
            return


def _serve(host: str, port: int) -> int:
    manager = Manager()
    python = sys.executable
    manager.add_process(
        "web", f"{python} -m uvicorn config.asgi:application --host {host} --port {port} --log-level warning"
    )
    manager.add_process("worker", f"{python} manage.py automations_worker")
    manager.add_process("ticker", f"{python} manage.py automations_ticker")
    signal.signal(signal.SIGTERM, lambda *_: manager.terminate())
    threading.Thread(target=_announce, args=(f"http://{host}:{port}/",), daemon=True).start()
    manager.loop()
    return manager.returncode if manager.returncode and manager.returncode > 0 else 0


def _announce(address: str) -> None:
    """Say where it is once it really answers."""
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(f"{address}healthz", timeout=2).close()  # noqa: S310 - our own address
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
        else:
            sys.stdout.write(
                f"\nAutomations is ready: {address}\n"
                "Sign in as priya (process owner), sam (approver), noor (support) or ada (admin), password “demo”.\n"
                f"Django admin: {address}admin/   API: {address}api/v1/schema/\n\n"
            )
            sys.stdout.flush()
            return


def _is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


if __name__ == "__main__":
    sys.exit(main())
