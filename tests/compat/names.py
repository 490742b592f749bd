"""A name server for the SRV records of example.org's avatars (Libravatar's federation)."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

SERVICES = {"_avatars._tcp.example.org.", "_avatars-sec._tcp.example.org."}


@contextmanager
def serve_names(avatar_port: int) -> Iterator[int]:
    """Serve on 127.0.0.1 that example.org's avatars are at localhost:`avatar_port`. Yield the DNS port."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            data, socket = self.request
            socket.sendto(_answer(data, avatar_port), self.client_address)

    with socketserver.ThreadingUDPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def _answer(data: bytes, port: int) -> bytes:
    query: Any = dns.message.from_wire(data)
    response: Any = dns.message.make_response(query)
    response.flags |= dns.flags.RA
    question = query.question[0]
    if question.name.to_text().lower() in SERVICES:
        response.answer.append(dns.rrset.from_text(question.name, 60, "IN", "SRV", f"0 0 {port} localhost."))
    else:
        response.set_rcode(dns.rcode.NXDOMAIN)
    wire: bytes = response.to_wire()
    return wire
