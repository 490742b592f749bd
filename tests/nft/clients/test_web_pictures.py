"""A picture that a person names by its web address is fetched like a stranger's: by the guarded client, and soon."""

from __future__ import annotations

import threading
from contextlib import suppress

import pytest

from nft.clients.transport.errors import BAD_RESPONSE, BODY_TOO_LARGE, HOST_BUSY, URL_REFUSED, FetchError
from nft.clients.web import pictures
from nft.clients.web.fetch import GuardedHttp
from profiles.settings import current
from profiles.sources import NOT_THERE
from tests.kit.errors import raises_kind
from tests.kit.hostile_server import body, head, serving
from tests.nft.clients.test_guarded_http import LOCAL

pytestmark = pytest.mark.django_db


@pytest.fixture
def _nearby(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the client reach the servers of these tests, which have private addresses and ports of their own."""
    monkeypatch.setattr(pictures, "guarded_http", lambda: GuardedHttp(LOCAL))


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/latest/meta-data",
        "https://127.0.0.1/a.png",
        "127.0.0.1/a.png",
        "file:///etc/passwd",
        "https://pictures.example:6379/a.png",
        "https://alice:secret@pictures.example/a.png",
        "https://pictures.example/\r\nHost: other",
    ],
)
def test_what_the_guarded_client_refuses_is_refused(address: str) -> None:
    with raises_kind(URL_REFUSED):
        pictures.fetch_picture(address)


@pytest.mark.usefixtures("_nearby")
def test_the_bytes_are_returned_as_they_are() -> None:
    with serving(body(b"any bytes")) as server:
        assert pictures.fetch_picture(server.url("/me.png")) == b"any bytes"


@pytest.mark.usefixtures("_nearby")
def test_a_web_page_is_no_picture() -> None:
    page = body(b"<html></html>", Content_Type="text/html; charset=utf-8")
    with serving(page) as server, raises_kind(BAD_RESPONSE) as caught:
        pictures.fetch_picture(server.url())
    assert "Copy the address of the picture itself" in caught.value.sentence


@pytest.mark.usefixtures("_nearby")
@pytest.mark.parametrize("status", ["404 Not Found", "410 Gone"])
def test_what_the_host_does_not_have_is_told_from_what_fails(status: str) -> None:
    answer = head(status, Content_Length="0")
    with serving(lambda connection, _: connection.sendall(answer)) as server, raises_kind(NOT_THERE):
        pictures.fetch_picture(server.url())


@pytest.mark.usefixtures("_nearby")
@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120),
        ("9" * 40, 86_400),
        ("Fri, 01 Jan 2100 00:00:00 GMT", 86_400),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("soon", None),
        ("-5", None),
    ],
)
def test_when_the_host_says_to_come_again_is_told(said: str, seconds: int | None) -> None:
    answer = head("429 Too Many Requests", Content_Length="0", Retry_After=said)
    with serving(lambda connection, _: connection.sendall(answer)) as server, raises_kind(BAD_RESPONSE) as caught:
        pictures.fetch_picture(server.url())
    assert not caught.value.permanent
    assert caught.value.retry_after == seconds


@pytest.mark.usefixtures("_nearby")
def test_no_more_is_read_than_an_upload_may_have() -> None:
    with serving(body(bytes(current().upload_max_bytes + 1))) as server, raises_kind(BODY_TOO_LARGE):
        pictures.fetch_picture(server.url())


@pytest.mark.usefixtures("_nearby")
def test_two_slow_hosts_hold_no_third_thread() -> None:
    begun, released = threading.Semaphore(0), threading.Event()

    def wait(_connection: object, _path: str) -> None:
        begun.release()
        released.wait(10)

    with serving(wait) as server:
        waiting = [threading.Thread(target=_ignore_errors, args=(server.url(),)) for _ in range(2)]
        for thread in waiting:
            thread.start()
            begun.acquire()
        with raises_kind(HOST_BUSY):
            pictures.fetch_picture(server.url())
        released.set()
        for thread in waiting:
            thread.join()


def _ignore_errors(address: str) -> None:
    with suppress(FetchError):  # the host closes without an answer
        pictures.fetch_picture(address)
