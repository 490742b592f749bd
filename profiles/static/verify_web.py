"""The network of verify_receipt.py: only where the user allowed it, with limits of bytes and time."""

from __future__ import annotations

import http.client
import queue
import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from verify_words import Open, plain, q

# Seconds for one request, for an archive or a picture, and for all together.
SECONDS, FILE_SECONDS, ALL_SECONDS = 30, 120, 900
RECEIPT_BYTES, ANSWER_BYTES, FILE_BYTES = 256 * 1024, 24 * 1024 * 1024, 64 * 1024 * 1024
MOST_REDIRECTS = 3
ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::(?P<port>[0-9]{1,5}))?(?:[/?][!-~]*)?"
)
Origin = tuple[str, str, int]


def origin_of(url: str) -> Origin:
    """Return scheme, host and port of a web address. Raise `Open`, also for what two parsers could read differently."""
    match = ADDRESS.fullmatch(url) if len(url) <= 4000 else None
    if match is None or "\\" in url:
        raise Open(f"{q(url)} is no web address that is opened here.")
    return match["scheme"], match["host"].lower(), int(match["port"] or (443 if match["scheme"] == "https" else 80))


class Web:
    """Requests to allowed origins, and to <label>.ipfs.<host> of allowed gateways. Limits of bytes and time hold."""

    def __init__(self, allowed: Iterable[str], gateways: Iterable[str] = (), ends_at: float | None = None) -> None:
        self.gateways = {origin_of(url) for url in gateways}
        self.allowed = {origin_of(url) for url in allowed} | self.gateways
        self.ends_at = time.monotonic() + ALL_SECONDS if ends_at is None else ends_at
        # Not build_opener: it would add handlers for file:, ftp: and data: addresses.
        self.opener = urllib.request.OpenerDirector()
        for handler in (
            urllib.request.ProxyHandler(),
            urllib.request.HTTPHandler(),
            urllib.request.HTTPSHandler(),
            urllib.request.HTTPErrorProcessor(),
            urllib.request.HTTPDefaultErrorHandler(),
            Redirects(self),
        ):
            self.opener.add_handler(handler)

    def check(self, url: str) -> None:
        scheme, host, port = origin = origin_of(url)
        of_gateway = (scheme, host.partition(".ipfs.")[2], port) in self.gateways
        if origin not in self.allowed and not of_gateway:
            shown = f"{scheme}://{host}:{port}"
            raise Open(
                f"{q(shown)} is not opened, since you did not name it. If you trust it: --allow {plain(shown, 300)}"
            )

    def check_redirect(self, url: str, is_post: bool) -> None:
        if is_post:
            raise Open("The node redirects, which is not followed.")
        self.check(url)

    def fetch(
        self, url: str, most: int, body: bytes | None = None, *, accept: str = "*/*", seconds: float = SECONDS
    ) -> bytes:
        """Return the bytes of a web address. Raise `Open`."""
        self.check(url)
        headers = {"Accept": accept, "Content-Type": "application/json", "User-Agent": "verify-receipt"}
        request = urllib.request.Request(url, body, headers)  # noqa: S310  # http and https only, see `check`
        found: queue.SimpleQueue[bytes | Exception] = queue.SimpleQueue()
        threading.Thread(target=self.read, args=(request, most, found), daemon=True).start()
        where = q(url.partition("?")[0])
        try:
            # The thread, not only its socket, has a deadline: a server could send one byte a second for ever.
            answer = found.get(timeout=max(0.0, min(seconds, self.ends_at - time.monotonic())))
        except queue.Empty:
            raise Open(f"{where} took too long.") from None
        if isinstance(answer, Open):
            raise answer
        if isinstance(answer, Exception):
            raise Open(f"{where} did not answer: {q(answer)}") from answer
        if len(answer) > most:
            raise Open(f"{where} sent more than {most:,} bytes.")
        return answer

    def read(self, request: urllib.request.Request, most: int, found: queue.SimpleQueue[bytes | Exception]) -> None:
        try:
            with self.opener.open(request, timeout=SECONDS) as answer:
                found.put(answer.read(most + 1))
        except urllib.error.HTTPError as error:
            error.close()
            found.put(error)
        except Exception as error:  # noqa: BLE001  # whatever it is, the asking thread reports it
            found.put(error)


class Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a few redirects, to allowed origins."""

    max_redirections = MOST_REDIRECTS

    def __init__(self, web: Web) -> None:
        self.web = web

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: http.client.HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        try:
            self.web.check_redirect(newurl, req.data is not None)
        except Open:
            fp.close()
            raise
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class Webs(NamedTuple):
    """What may be opened, by what for: a receipt must not lead to a page of the user's own node or gateway."""

    site: Web
    node: Web
    names: Web
    files: Web


def is_web(source: str) -> bool:
    return source.lower().startswith(("http://", "https://"))


def read_named(source: str, most: int, web: Web) -> bytes:
    """Return the bytes of what the user named: a web address or a file. Raise `Open`."""
    if is_web(source):
        return web.fetch(source, most)
    try:
        with Path(source).open("rb") as file:
            data = file.read(most + 1)
    except (OSError, ValueError) as error:
        raise Open(f"{q(source)} can't be read: {q(error)}") from error
    if len(data) > most:
        raise Open(f"{q(source)} holds more than {most:,} bytes.")
    return data
