"""`make run`: the database, the migrations, the demo once, then web, worker and ticker until one is stopped."""

from __future__ import annotations

import argparse
import errno
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import honcho.manager

from config.embedded_postgres import EmbeddedPostgres, PostgresStartError
from config.env import SettingsError

READY_SECONDS = 60.0
DATABASE_SECONDS = 60.0
KEEP_SECONDS = 1.0
KEEP_ALIVE_S = 75
"""Longer than proxies and browsers keep an idle connection (60 s): who closes first never meets a request on its way."""
PREPARE_LOCK = 0x73746172
"""The advisory lock's number: "star" in ASCII."""
BY_HAND = (130, 143)
"""The codes with which honcho answers Ctrl+C and SIGTERM."""

# honcho kills what has not ended after this many seconds. A worker may take 30 to finish what it holds, and killing
# its supervisor sooner would leave the worker behind.
honcho.manager.KILL_WAIT = 35


class LaunchError(Exception):
    """It can't be started; the message says why and what to do."""


def main() -> int:
    """Start everything; returns the exit code: 0 when it was told to stop (Ctrl+C, SIGTERM, a closed terminal), 2 when
    it could not start, else that of the part that ended by itself and so ended the rest."""
    parser = argparse.ArgumentParser(prog="python -m config.launch", description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--host", default="127.0.0.1")
    options = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _leave)
    try:
        _check_address(options.host, options.port)
        prepare_database()
        with _preparing_alone():
            _prepare()
        _check_address(options.host, options.port)  # another start may have been quicker
    except (LaunchError, SettingsError, PostgresStartError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    try:
        return _serve(options.host, options.port)
    finally:
        _say_what_stays()


def _say_what_stays() -> None:
    """The embedded database outlives us: another terminal may be using it."""
    from django.conf import settings

    if settings.EMBEDDED_POSTGRES is not None:
        sys.stdout.write(
            "PostgreSQL keeps running, for other commands and the next start. To stop it:"
            f" {sys.executable} -m config.embedded_postgres stop {settings.EMBEDDED_POSTGRES.folder}\n"
        )


def _leave(*_: object) -> None:
    """Told to stop before anything serves: `subprocess.run` ends its child on the way out."""
    raise SystemExit(0)


@contextmanager
def _preparing_alone() -> Iterator[None]:
    """Two starts at once must not migrate and seed at once: the second waits for the first."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [PREPARE_LOCK])
        if cursor.fetchone() == (False,):
            sys.stderr.write("Another start prepares this database; waiting for it…\n")
            cursor.execute("SELECT pg_advisory_lock(%s)", [PREPARE_LOCK])
    try:
        yield
    finally:
        connection.close()  # and with it the lock


def _prepare() -> None:
    for words in (
        ["migrate", "--verbosity", "0"],
        ["collectstatic", "--noinput", "--verbosity", "0"],
        ["automations_demo"],
    ):
        command = [sys.executable, "manage.py", *words]
        if subprocess.run(command, check=False).returncode != 0:  # noqa: S603 - our own command line
            raise LaunchError(f"`manage.py {words[0]}` failed (see above), so nothing was started.")


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


class _Manager(honcho.manager.Manager):
    """honcho's, which fails when it is told to stop before every part has said its process id."""

    def terminate(self) -> None:
        if self._all_started():
            super().terminate()
        else:
            threading.Timer(0.1, self.terminate).start()


def _serve(host: str, port: int) -> int:
    manager = _Manager()
    python = f"exec {sys.executable}"  # honcho starts a shell; this makes it become the part itself
    manager.add_process(
        "web",
        f"{python} -m uvicorn config.asgi:application --host {host} --port {port} --log-level warning"
        f" --timeout-keep-alive {KEEP_ALIVE_S}"
        " --timeout-graceful-shutdown 5",
    )
    manager.add_process("worker", f"{python} manage.py automations_worker")
    manager.add_process("ticker", f"{python} manage.py automations_ticker")
    signal.signal(signal.SIGHUP, _hang_up)
    threading.Thread(target=_announce, args=(f"http://{host}:{port}/",), daemon=True).start()
    threading.Thread(target=_keep_database, daemon=True).start()
    manager.loop()
    if manager.returncode in BY_HAND:
        return 0
    sys.stderr.write(
        "A part ended by itself (it is the first that “stopped” above), so everything was stopped.\n"
    )
    return max(manager.returncode, 1)


def _keep_database() -> None:
    """Start the embedded database again when it was killed; one that somebody stopped stays stopped."""
    from django.conf import settings

    server: EmbeddedPostgres | None = settings.EMBEDDED_POSTGRES
    while server is not None:
        time.sleep(KEEP_SECONDS)
        if server.was_killed():
            sys.stderr.write("PostgreSQL was killed; starting it again…\n")
            try:
                server.start()
            except PostgresStartError as error:
                sys.stderr.write(f"{error}\n")


def _hang_up(*_: object) -> None:
    """The terminal is closed: stop as if told to, and write no more to where nobody reads."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    os.kill(os.getpid(), signal.SIGTERM)


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
                f"Django admin (only ada may enter): {address}admin/   API: {address}api/v1/schema/\n\n"
            )
            sys.stdout.flush()
            return


def _check_address(host: str, port: int) -> None:
    """Raises LaunchError when the web part could not listen there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OverflowError:
            raise LaunchError(f"Port {port} does not exist. Choose one from 1024 to 65535.") from None
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise LaunchError(f"Port {port} is taken. Choose another: make run PORT={port + 1}") from None
            raise LaunchError(f"{host}, port {port}, can't be used: {error.strerror}.") from None


if __name__ == "__main__":
    sys.exit(main())
