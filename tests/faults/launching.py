"""`make run` as a process of a test: started, watched, told to stop in every way that people do."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import socket
import subprocess
import sys
import termios
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from pathlib import Path

import psutil

from tests.faults.harness import ROOT

MARK = "LAUNCHED_BY_TEST"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Launch:
    """One `python -m config.launch` in a session of its own; what it prints goes to a file.

    With `terminal` it has one, which `close_terminal` closes as a closed window does.
    """

    def __init__(
        self,
        tmp_path: Path,
        *,
        port: int | None = None,
        host: str = "127.0.0.1",
        terminal: bool = False,
        **environment: str | None,
    ) -> None:
        self.port = free_port() if port is None else port
        self.mark = uuid.uuid4().hex
        self.log = tmp_path / f"launch-{self.mark[:6]}.log"
        whole = {**os.environ, "PYTHONUNBUFFERED": "1", MARK: self.mark, **environment}
        self._closing = threading.Event()
        self._reader: threading.Thread | None = None
        command = [sys.executable, "-m", "config.launch", "--port", str(self.port), "--host", host]
        values = {name: value for name, value in whole.items() if value is not None}
        if terminal:
            ours, theirs = os.openpty()
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=values,
                stdin=theirs,
                stdout=theirs,
                stderr=theirs,
                start_new_session=True,
                preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            )
            os.close(theirs)
            self._reader = threading.Thread(target=self._read, args=(ours,))
            self._reader.start()
        else:
            with self.log.open("wb") as output:
                self.process = subprocess.Popen(
                    command,
                    cwd=ROOT,
                    env=values,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )

    def _read(self, terminal: int) -> None:
        with self.log.open("wb", buffering=0) as output:
            while not self._closing.is_set():
                if select.select([terminal], [], [], 0.1)[0]:
                    try:
                        output.write(os.read(terminal, 65_536))
                    except OSError:  # nobody has the terminal open any more
                        break
        os.close(terminal)

    def close_terminal(self) -> None:
        assert self._reader is not None
        self._closing.set()
        self._reader.join()

    def output(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def wait_for(self, holds: Callable[[], bool], seconds: float, what: str) -> None:
        until = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < until, f"{what}: not within {seconds} s.\n{self.output()[-6000:]}"
            assert self.process.poll() is None or holds(), (
                f"{what}: it ended with {self.process.returncode}.\n{self.output()[-6000:]}"
            )
            time.sleep(0.05)

    def wait_for_text(self, text: str, seconds: float = 30) -> None:
        self.wait_for(lambda: text in self.output(), seconds, f"it says “{text}”")

    def wait_until_ready(self, seconds: float = 60) -> None:
        self.wait_for_text("Automations is ready", seconds)

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        """Status and body; redirects are followed."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - our own address
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def left(self) -> list[psutil.Process]:
        """Every living process that this start has brought about, its parents gone or not: the environment tells.
        (PostgreSQL gets another environment and is meant to stay.)"""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(MARK) == self.mark and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
                continue
        return found

    def wait_for_nothing_left(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while left := self.left():
            assert time.monotonic() < until, f"still there after {seconds} s: {[p.cmdline() for p in left]}"
            time.sleep(0.2)

    def part(self, *words: str) -> psutil.Process:
        """The topmost process whose command line holds these words. The pages may serve before it has started."""
        found: list[psutil.Process] = []

        def started() -> bool:
            found[:] = [process for process in self.left() if set(words) <= set(process.cmdline())]
            return found != []

        self.wait_for(started, 30, f"a process “{' '.join(words)}” starts")
        return min(found, key=lambda process: process.create_time())

    def end(self, seconds: float = 45) -> int:
        """The exit code."""
        return self.process.wait(seconds)

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.end()

    def clean_up(self) -> None:
        for process in self.left():
            process.kill()
        self.process.wait()
        if self._reader is not None:
            self.close_terminal()
