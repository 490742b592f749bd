"""A mail server on loopback that speaks SMTP itself: it keeps what it is sent, and can want a login."""

from __future__ import annotations

import base64
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import django
import pytest

SMTP = "django.core.mail.backends.smtp.EmailBackend"
NO_SERVER = 9
"""A port on which no server is: of a protocol that nobody runs any more."""
_SETTINGS = {
    "host": "EMAIL_HOST",
    "port": "EMAIL_PORT",
    "username": "EMAIL_HOST_USER",
    "password": "EMAIL_HOST_PASSWORD",
    "use_tls": "EMAIL_USE_TLS",
    "timeout": "EMAIL_TIMEOUT",
}


@dataclass
class MailServer:
    """`password` is what AUTH PLAIN must bring; "" for a server that offers no login. `refusal`: its answer to RCPT."""

    port: int = 0
    password: str = ""
    refusal: str = ""
    mails: list[str] = field(default_factory=list)


class _Session(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        self._say("220 mail.example ESMTP")
        while line := self.rfile.readline().decode().strip():
            command, _, rest = line.partition(" ")
            if command.upper() == "QUIT":
                self._say("221 bye")
                return
            self._answer(command.upper(), rest)

    def _answer(self, command: str, rest: str) -> None:
        state = self.server.state
        if command == "EHLO":
            self._say(*(["250-mail.example", "250 AUTH PLAIN"] if state.password else ["250 mail.example"]))
        elif command == "AUTH":
            given = base64.b64decode(rest.partition(" ")[2]).decode().split("\0")[-1]
            self._say("235 welcome" if given == state.password else "535 5.7.8 wrong login")
        elif command == "RCPT" and state.refusal:
            self._say(state.refusal)
        elif command == "DATA":
            self._say("354 go on")
            lines = iter(lambda: self.rfile.readline().decode(), ".\r\n")
            state.mails.append("".join(lines))
            self._say("250 kept")
        else:
            self._say("250 fine")

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    state: MailServer


@contextmanager
def serve(state: MailServer) -> Iterator[MailServer]:
    with _Server(("127.0.0.1", 0), _Session) as server:
        server.state = state
        state.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield state
        server.shutdown()
        thread.join()


def send_mail_by_smtp(settings: Any, port: int = NO_SERVER, **options: object) -> None:
    """Let the site send by the server on this port of loopback. `options` are those of Django's SMTP backend."""
    options = {"host": "127.0.0.1", "port": port, **options}
    if django.VERSION >= (6, 1):
        settings.MAILERS = {"default": {"BACKEND": SMTP, "OPTIONS": options}}
        return
    settings.EMAIL_BACKEND = SMTP
    for name, value in options.items():
        setattr(settings, _SETTINGS[name], value)


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with serve(MailServer()) as state:
        yield state
