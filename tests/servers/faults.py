"""A proxy in front of a real server that causes faults: errors, delays and lost answers.

Requests pass unchanged, including the Host header, so that their signatures stay valid.
"""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import ClassVar
from urllib.parse import urlsplit

from profiles.testing.http import QuietHandler, serving

HOP = {"connection", "transfer-encoding", "expect", "keep-alive"}
ERROR = '<?xml version="1.0"?><Error><Code>{code}</Code><Message>A fault made for a test.</Message></Error>'
CODES = {403: "AccessDenied", 500: "InternalError", 503: "SlowDown"}


@dataclass
class Fault:
    """A fault for requests of `method` whose path contains `about`: skip `skip` of them, then hit the next `times`.

    `seconds` delays the request first. Then `status` is returned without asking the server, or, with `is_lost`, the
    server gets the request and the connection closes before its answer.
    """

    method: str
    status: int = 0
    is_lost: bool = False
    seconds: float = 0.0
    about: str = ""
    times: int = 10**9
    skip: int = 0

    def applies(self, method: str, path: str) -> bool:
        if method != self.method or self.about not in path or not self.times:
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True


@dataclass
class FaultyProxy:
    upstream: str
    faults: list[Fault] = field(default_factory=list)
    seen: list[tuple[str, str]] = field(default_factory=list)
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next_fault(self, method: str, path: str) -> Fault | None:
        with self.lock:
            self.seen.append((method, path))
            return next((fault for fault in self.faults if fault.applies(method, path)), None)

    def count(self, method: str) -> int:
        return sum(each == method for each, _path in self.seen)


@contextmanager
def faulty(upstream: str) -> Iterator[FaultyProxy]:
    """Yield a proxy on its own port. It causes no faults until the test adds some to `faults`."""
    proxy = FaultyProxy(upstream)

    class Handler(_Handler):
        faulty = proxy

    with serving(Handler) as proxy.url:
        yield proxy


class _Handler(QuietHandler):
    protocol_version = "HTTP/1.1"
    faulty: ClassVar[FaultyProxy]

    def handle_any(self) -> None:
        body = self._read_body()
        fault = self.faulty.next_fault(self.command, self.path)
        if fault is None:
            self._answer(*self._forward(body))
            return
        time.sleep(fault.seconds)
        if fault.status:
            error = ERROR.format(code=CODES[fault.status]).encode()
            self._answer(fault.status, [("Content-Type", "application/xml")], error)
        elif fault.is_lost:
            self._forward(body)
            self.close_connection = True
        else:
            self._answer(*self._forward(body))

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_any  # noqa: N815 - http.server's names

    def _read_body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _forward(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        server = http.client.HTTPConnection(urlsplit(self.faulty.upstream).netloc, timeout=30)
        try:
            server.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in HOP | {"content-length"}:
                    server.putheader(name, value)
            server.putheader("Content-Length", str(len(body)))
            server.endheaders(body)
            answer = server.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            server.close()

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        try:
            self.send_response_only(status)
            for name, value in headers:
                if name.lower() not in HOP and (name.lower() != "content-length" or self.command == "HEAD"):
                    self.send_header(name, value)
            if self.command != "HEAD" and status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):  # the client timed out
            self.close_connection = True
