"""Guests who request public pages over and over, each on a connection of their own. Standard library only.

Arguments: port, number of people on the site, guests at once, seconds, and a Cookie header, which may be empty. Prints
one line of JSON: how often each status came (0: no answer), and percentiles of the seconds of the others.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

PATIENCE = 30.0


@dataclass
class Guests:
    port: int
    people: int
    cookie: str
    until: float
    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    async def visit(self) -> None:
        """Request pages until the time is over, and connect anew after a failure."""
        while time.monotonic() < self.until:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                try:
                    while time.monotonic() < self.until:
                        await self._request(reader, writer)
                finally:
                    writer.close()
            except (OSError, TimeoutError, asyncio.IncompleteReadError):
                self.statuses[0] += 1

    async def _request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        cookie = f"Cookie: {self.cookie}\r\n" if self.cookie else ""
        path = f"/u/person-{random.randrange(self.people)}/"
        began = time.perf_counter()
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n{cookie}\r\n".encode())
        status = await asyncio.wait_for(_read_answer(reader), PATIENCE)
        self.seconds.append(time.perf_counter() - began)
        self.statuses[status] += 1


async def _read_answer(reader: asyncio.StreamReader) -> int:
    """Read a whole response and return its status."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    if "transfer-encoding: chunked" in head:
        while size := int(await reader.readline(), 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    else:
        await reader.readexactly(int(head.partition("content-length:")[2].split("\r\n", 1)[0] or 0))
    return int(head.split(" ", 2)[1])


async def main(port: int, people: int, at_once: int, seconds: float, cookie: str) -> None:
    guests = Guests(port, people, cookie, time.monotonic() + seconds)
    await asyncio.gather(*[guests.visit() for _ in range(at_once)])
    guests.seconds.sort()
    found = {f"p{part}": guests.seconds[len(guests.seconds) * part // 100] for part in (50, 99)}
    print(json.dumps({"statuses": guests.statuses, **found}))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), sys.argv[5]))
