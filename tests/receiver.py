"""A real receiver on a local port that answers as it is told, and misbehaves on purpose."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

Script = Callable[[socket.socket, "Request"], None]


@dataclass
class Request:
    line: str
    headers: dict[str, str]
    body: bytes
    at: float = field(default_factory=time.time)


@dataclass
class Receiver:
    port: int
    requests: list[Request] = field(default_factory=list)
    scripts: list[Script] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def next_script(self) -> Script:
        """Each request takes the next script; the last one stays."""
        return self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]


def status(code: int, body: bytes = b"", **headers: str) -> Script:
    """Answer properly."""

    def answer(wire: socket.socket, request: Request) -> None:
        lines = [f"HTTP/1.1 {code} Said", f"Content-Length: {len(body)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        wire.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    return answer


def dribble(code: int = 200, *, headers: bool = False) -> Script:
    """A byte a second (faster here, so that many come before the limit), for ever: of the body, or of the headers."""

    def answer(wire: socket.socket, request: Request) -> None:
        wire.sendall(f"HTTP/1.1 {code} Said\r\n".encode() + (b"X-Slow: " if headers else b"\r\n"))
        while True:
            wire.sendall(b"x")
            time.sleep(0.05)

    return answer


def flood(size: int) -> Script:
    """A body of that many bytes, sent for as long as anybody takes it."""

    def answer(wire: socket.socket, request: Request) -> None:
        wire.sendall(f"HTTP/1.1 200 Said\r\nContent-Length: {size}\r\n\r\n".encode())
        piece = b"x" * 65_536
        for _ in range(size // len(piece)):
            wire.sendall(piece)

    return answer


def bomb(size: int) -> Script:
    """A few bytes that unpack to that many."""
    return status(200, gzip.compress(b"\0" * size), Content_Encoding="gzip")


def silence(wire: socket.socket, request: Request) -> None:
    """Take the call and say nothing."""
    time.sleep(30)


def hang_up(wire: socket.socket, request: Request) -> None:
    """Close without a word."""


def echo(wire: socket.socket, request: Request) -> None:
    """Send back all that came, headers first, as a careless receiver's error page does."""
    said = "\n".join(f"{name}: {value}" for name, value in request.headers.items()).encode()
    status(200, said + b"\n\n" + request.body)(wire, request)


@contextmanager
def receiver(*scripts: Script) -> Iterator[Receiver]:
    """A receiver that answers by these scripts, one a request."""
    server = socket.create_server(("127.0.0.1", 0))
    made = Receiver(server.getsockname()[1], scripts=list(scripts) or [status(200)])

    def serve() -> None:
        while True:
            try:
                wire, _ = server.accept()
            except OSError:
                return
            made.connections += 1
            threading.Thread(target=_converse, args=(wire, made), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield made
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


def _converse(wire: socket.socket, made: Receiver) -> None:
    with wire:
        try:
            request = _read(wire)
            made.requests.append(request)
            made.next_script()(wire, request)
        except OSError:
            return  # the caller had enough of us


def _read(wire: socket.socket) -> Request:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _some(wire)
    head, _, body = data.partition(b"\r\n\r\n")
    line, _, rest = head.partition(b"\r\n")
    pairs = (entry.partition(": ") for entry in rest.decode("latin-1").split("\r\n"))
    headers = {name.lower(): value for name, _, value in pairs}
    while len(body) < int(headers.get("content-length", 0)):
        body += _some(wire)
    return Request(line.decode(), headers, body)


def _some(wire: socket.socket) -> bytes:
    piece = wire.recv(65_536)
    if not piece:
        raise ConnectionResetError
    return piece


def times(requests: Sequence[Request]) -> list[Any]:
    return [request.headers.get("webhook-timestamp") for request in requests]
