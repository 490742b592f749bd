"""Posting a webhook reaches no forbidden address, follows nothing, reads no body, and ends in time."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.core.cache import cache
from pytest_django import Settings

from nft.clients.transport.errors import ADDRESS_REFUSED, TIMED_OUT, URL_REFUSED, FetchError
from nft.clients.web.webhooks import WebhookClient
from profiles.sources import Posted
from tests.kit.errors import raises_kind
from tests.kit.findings import Findings
from tests.kit.hostile_answers import answering, wire_shapes
from tests.kit.hostile_server import HostileServer, head, serving

HEADERS = {"webhook-id": "msg_1"}


@pytest.fixture
def local(settings: Settings) -> WebhookClient:
    """The client of a developer's machine, where tests have their servers."""
    settings.NFT_WEBHOOK_LOCAL, settings.NFT_HTTP_SECONDS_PER_HOST = True, 0
    cache.clear()
    return WebhookClient()


def post(client: WebhookClient, url: str, seconds: float = 5, *, is_paced: bool = True) -> Posted | None:
    return client.post(url, b"{}", HEADERS, seconds, is_paced=is_paced)


@contextmanager
def sending(*pieces: bytes, pause: float = 0) -> Iterator[HostileServer]:
    """Serve an answer in pieces, the last one again and again."""

    def behave(connection: socket.socket, path: str) -> None:
        for piece in pieces:
            connection.sendall(piece)
        while pause:
            time.sleep(pause)
            connection.sendall(pieces[-1])

    with serving(behave) as server:
        yield server


@pytest.mark.parametrize("status", [200, 204, 302, 400, 410, 503])
def test_each_status_is_an_answer_and_a_redirect_is_not_followed(local: WebhookClient, status: int) -> None:
    with sending(b"") as target, sending(head(f"{status} x", Location=target.url(), Retry_After="120")) as server:
        assert post(local, server.url()) == Posted(status, 120)
    assert target.paths == []


def test_an_endless_body_is_not_read(local: WebhookClient) -> None:
    with sending(head(), b"x" * 65_536, pause=0.01) as server:
        began = time.monotonic()
        assert post(local, server.url()) == Posted(200)
    assert time.monotonic() - began < 2


def test_dripping_and_endless_headers_end_in_time(local: WebhookClient) -> None:
    began = time.monotonic()
    with sending(b"HTTP/1.1 200 OK\r\n", b"a: b\r\n", pause=0.1) as server, raises_kind(TIMED_OUT):
        post(local, server.url(), 0.5)
    with sending(b"HTTP/1.1 200 OK\r\n", b"a: " + b"b" * 65_536, pause=0.01) as server, pytest.raises(FetchError):
        post(local, server.url(), 2)
    assert time.monotonic() - began < 4


def test_whatever_a_receiver_answers_is_an_answer_or_its_failure(local: WebhookClient) -> None:
    found, sent = Findings(), b""
    with answering(lambda path, body: sent) as url:
        for shape in wire_shapes(b"{}", "application/json"):
            sent = shape.sent
            answer = found.run(shape.name, post, local, f"{url.replace('127.0.0.1', 'localhost')}/")
            assert isinstance(answer, Posted | FetchError) or found.found, shape.name
    found.check()


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/",
        "https://hooks.example:8443/",
        "https://10.0.0.1/",
        "https://a:b@hooks.example/",
        "ftp://x/",
    ],
)
def test_what_is_refused_by_its_text(url: str, settings: Settings) -> None:
    settings.NFT_WEBHOOK_LOCAL = False
    with raises_kind(URL_REFUSED):
        WebhookClient().check(url)


@pytest.mark.parametrize("is_paced", [True, False])
@pytest.mark.parametrize("answers", [["10.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["169.254.169.254"]])
def test_a_name_that_leads_inside_is_refused_at_the_socket(
    answers: list[str], is_paced: bool, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name was public when the webhook was added: what counts is where it leads now."""
    settings.NFT_WEBHOOK_LOCAL, settings.NFT_HTTP_SECONDS_PER_HOST = False, 0
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (text, 443)) for text in answers]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    client = WebhookClient()
    client.check("https://rebound.example/")
    with raises_kind(ADDRESS_REFUSED):
        post(client, "https://rebound.example/", is_paced=is_paced)


def test_a_host_that_is_asked_too_often_is_not_asked_and_the_operators_own_is(settings: Settings) -> None:
    settings.NFT_WEBHOOK_LOCAL, settings.NFT_HTTP_SECONDS_PER_HOST, settings.NFT_HTTP_PER_MINUTE = True, 0, 1
    cache.clear()
    client = WebhookClient()
    with sending(head("204 x")) as server:
        answers = [post(client, server.url()) for _ in range(3)]
        assert answers.count(None) >= 1  # a minute may begin between two of them
        assert post(client, server.url(), is_paced=False) == Posted(204)
