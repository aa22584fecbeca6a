"""A process that posts signed webhooks over so many kept connections; prints {"seconds", "latencies"} as JSON."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import os
import sys
import time

BODY = json.dumps(
    {
        "type": "order.paid",
        "order": {"number": 17, "lines": [{"sku": f"A{n}", "price": "9.90"} for n in range(8)]},
    }
).encode()


def request(path: str, key: bytes, name: str) -> bytes:
    at = str(int(time.time()))
    signature = base64.b64encode(hmac.new(key, f"{name}.{at}.".encode() + BODY, hashlib.sha256).digest())
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(BODY)}\r\n"
        f"webhook-id: {name}\r\nwebhook-timestamp: {at}\r\nwebhook-signature: v1,{signature.decode()}\r\n\r\n"
    )
    return head.encode() + BODY


async def post_all(port: int, path: str, key: bytes, names: list[str], latencies: list[float]) -> None:
    """Post one after the other until none is left, over one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while names:
        sent = request(path, key, names.pop())
        began = time.perf_counter()
        writer.write(sent)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
        )
        await reader.readexactly(length)
        latencies.append(time.perf_counter() - began)
        if not head.startswith(b"HTTP/1.1 202"):
            raise RuntimeError(head.decode())
    writer.close()


async def main(port: int, path: str, count: int, connections: int) -> None:
    key = base64.b64decode(os.environ["BARE_SECRET"].removeprefix("whsec_"))
    names = [f"msg_{os.getpid()}_{number}" for number in range(count)]
    latencies: list[float] = []
    began = time.perf_counter()
    await asyncio.gather(*(post_all(port, path, key, names, latencies) for _ in range(connections)))
    sys.stdout.write(json.dumps({"seconds": time.perf_counter() - began, "latencies": latencies}))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
