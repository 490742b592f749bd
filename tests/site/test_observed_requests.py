"""Every request gets an id, is counted by its view, and is logged if it took long."""

from __future__ import annotations

import io
import itertools
import logging
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from django.http import HttpRequest
from redis import Redis

from avatarsite.ops import requests as module
from avatarsite.ops.counters import REQUESTS, Counters, Total, read
from avatarsite.ops.ids import get_ids
from avatarsite.ops.requests import Handler, Observed
from avatarsite.ops.traces import tracer
from profiles.serving.response_cache import FastPath
from profiles.testing.people import a_person, an_upload
from tests.servers.redis import RedisServer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("one_connection")]
GIVEN = "0123456789abcdef0123456789abcdef"


class Site:
    """The site as the web server calls it. `trusted`: behind a proxy of ours."""

    def __init__(self, redis: Redis, *, trusted: bool, application: Any = None, clock: Any = None) -> None:
        self.counters = Counters(lambda: redis, period=3600)
        inner = application or FastPath(Handler())
        more = {"clock": clock} if clock else {}
        self.application = Observed(inner, self.counters, tracer, trusts_ids=trusted, **more)
        self.redis = redis

    def get(self, path: str, **headers: str) -> tuple[str, dict[str, str]]:
        answers: list[tuple[str, dict[str, str]]] = []

        def start(status: str, fields: list[tuple[str, str]], exc_info: object = None) -> Callable[[bytes], object]:
            answers.append((status, dict(fields)))
            assert len(dict(fields)) == len(fields), "no header twice"
            return print

        body = self.application(an_environment(path, headers), start)
        list(body)
        if close := getattr(body, "close", None):
            close()
        return answers[-1]

    def counted(self) -> dict[tuple[str, ...], int]:
        self.counters.flush()
        found = [each for each in read(self.redis) if isinstance(each, Total) and each.metric == REQUESTS]
        return {each.labels: each.value for each in found}


def an_environment(path: str, headers: dict[str, str]) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SCRIPT_NAME": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
        **headers,
    }


@pytest.fixture
def redis(redis_server: RedisServer) -> Iterable[Redis]:
    with redis_server.client() as client:
        yield client


def test_only_our_proxy_may_name_a_request(redis: Redis) -> None:
    _, behind = Site(redis, trusted=True).get("/healthz", HTTP_X_REQUEST_ID=GIVEN)
    _, alone = Site(redis, trusted=False).get("/healthz", HTTP_X_REQUEST_ID=GIVEN)
    _, broken = Site(redis, trusted=True).get("/healthz", HTTP_X_REQUEST_ID="a\nb")
    assert behind["X-Request-ID"] == GIVEN
    for made in (alone["X-Request-ID"], broken["X-Request-ID"]):
        assert made != GIVEN
        assert len(made) == 32


def test_requests_are_counted_by_view_and_class(redis: Redis) -> None:
    site = Site(redis, trusted=False)
    for path in ("/healthz", "/healthz", "/nowhere/0xabc", "/avatar/nobody?d=404", "/accounts/email/"):
        site.get(path)
    counted = site.counted()
    assert counted[("healthz", "2xx")] == 2
    assert counted[("none", "4xx")] == 1
    assert counted[("account_email", "3xx")] == 1
    assert not [labels for labels in counted if "0xabc" in str(labels)], "an address is no label"


def test_an_answer_from_memory_has_an_id_of_its_own(redis: Redis) -> None:
    profile = a_person("alice")
    an_upload(profile)
    site = Site(redis, trusted=True)
    answers = [site.get("/avatar/alice.png", HTTP_X_REQUEST_ID=f"request-{number}") for number in range(3)]
    assert {status for status, _ in answers} == {"200 OK"}
    assert [headers["X-Request-ID"] for _, headers in answers] == ["request-0", "request-1", "request-2"]
    assert site.counted() == {("profiles:avatar", "2xx"): 1, ("memory", "2xx"): 2}


def test_an_error_is_counted_and_logged_with_the_id(redis: Redis, caplog: pytest.LogCaptureFixture) -> None:
    ids: list[dict[str, str]] = []

    def breaks(environ: object, start: object) -> Iterable[bytes]:
        ids.append(dict(get_ids()))
        raise RuntimeError

    site = Site(redis, trusted=True, application=breaks)
    with pytest.raises(RuntimeError):
        site.get("/", HTTP_X_REQUEST_ID=GIVEN)
    assert ids == [{"request_id": GIVEN}]
    assert dict(get_ids()) == {}, "the next request of the thread starts without"
    assert site.counted() == {("memory", "5xx"): 1}


def test_a_slow_request_is_logged_without_its_address(redis: Redis, caplog: pytest.LogCaptureFixture) -> None:
    times = itertools.count(0, 3)
    site = Site(redis, trusted=False, clock=lambda: float(next(times)))
    with caplog.at_level(logging.INFO, "avatarsite.requests"):
        site.get("/avatar/0f1e2d3c4b5a69788796a5b4c3d2e1f0")
    (record,) = [each for each in caplog.records if each.name == "avatarsite.requests"]
    assert (record.duration_ms, record.method, record.status) == (3000, "GET", 200)  # type: ignore[attr-defined]
    assert "0f1e2d3c" not in str(vars(record))


def test_the_view_is_named_by_our_own_urls_only(redis: Redis) -> None:
    request = HttpRequest()
    request.META = an_environment("/healthz", {})
    assert module.VIEW not in request.META
    site = Site(redis, trusted=False)
    site.get("/healthz", HTTP_AVATARSITE_VIEW="forged", HTTP_AVATARSITE_view="forged")
    assert site.counted() == {("healthz", "2xx"): 1}
