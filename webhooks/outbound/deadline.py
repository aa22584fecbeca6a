"""A wall-clock limit over a whole conversation: every wait of the socket gets what is left of it, not a time of its own."""

from __future__ import annotations

import io
import socket
import time
from typing import Any


class Deadline:
    """So many seconds from now, for everything together."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._ends = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds left. Raises TimeoutError when it is over."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"over after {self.seconds:g} s")
        return left


class TimedSocket:
    """As much of a socket as http.client uses, each wait of it cut to what is left of the deadline: a peer that sends a
    byte a second never times out by itself."""

    def __init__(self, plain: socket.socket, deadline: Deadline) -> None:
        self._socket = plain
        self._deadline = deadline
        self.began = False
        """Whether anything may have been sent."""

    def sendall(self, data: Any) -> None:
        rest = memoryview(data).cast("B")
        while rest:
            self._socket.settimeout(self._deadline.left())
            self.began = True
            rest = rest[self._socket.send(rest) :]

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedReader(self._socket, self._deadline))

    def close(self) -> None:
        """Whoever made the socket closes it: http.client would, while the body is still to be read."""


class _TimedReader(io.RawIOBase):
    def __init__(self, plain: socket.socket, deadline: Deadline) -> None:
        self._socket = plain
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._socket.settimeout(self._deadline.left())
        return self._socket.recv_into(buffer)
