"""The layer before Django: the same answers from memory, never longer than they are true."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import OperationalError
from django.test import RequestFactory
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries, Settings

from profiles.models import Profile
from profiles.pictures.history import remove_avatar
from profiles.serving.direct import find_picture
from profiles.serving.response_cache import FRESH_FOR, FastPath, Find
from profiles.settings import CACHE_SLACK
from profiles.testing.people import an_upload
from tests.kit.token_pictures import a_token_picture

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("one_connection")]
WEBP = "image/avif,image/webp,*/*;q=0.8"


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class Answer:
    status: str
    headers: dict[str, str]
    body: bytes

    def but_for_what_is_left(self) -> Answer:
        """Without the seconds of Cache-Control, which count down."""
        control = re.sub(r"max-age=\d+", "max-age=N", self.headers["Cache-Control"])
        return Answer(self.status, {**self.headers, "Cache-Control": control}, self.body)


@dataclass
class Site:
    """Django behind the layer; `asked` counts what reached Django. `find` as the layer takes it."""

    clock: Clock = field(default_factory=Clock)
    limit: int = 1_000_000
    asked: int = 0
    find: Find | None = None

    def __post_init__(self) -> None:
        self.django = get_wsgi_application()
        self.fast = FastPath(self._counted, self.find, limit=self.limit, clock=self.clock)

    def _counted(self, environ: Any, start_response: Any) -> Any:
        self.asked += 1
        return self.django(environ, start_response)

    def get(self, path: str, method: str = "GET", **headers: str) -> Answer:
        return call(self.fast, path, method, headers)

    def get_from_django(self, path: str, method: str = "GET", **headers: str) -> Answer:
        return call(self.django, path, method, headers)


def call(application: WSGIApplication, path: str, method: str, headers: dict[str, str]) -> Answer:
    environ = RequestFactory(SERVER_NAME="localhost").generic(method, path, headers=headers).environ
    seen: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        seen[:] = [status, dict(headers)]
        return lambda data: None

    response: Any = application(environ, start_response)
    body = b"".join(response)
    return Answer(seen[0], seen[1], b"" if method == "HEAD" else body)


@pytest.fixture
def site(db: None, settings: Settings) -> Site:
    settings.ALLOWED_HOSTS = ["localhost"]
    return Site()


def test_a_repeated_picture_never_reaches_django(
    site: Site, alice: Profile, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    an_upload(alice)
    first = site.get("/avatar/alice?s=64", accept=WEBP)
    with django_assert_num_queries(0):
        again = site.get("/avatar/alice?s=64", accept=WEBP)
    assert again == first
    assert site.asked == 1


def test_a_first_look_up_takes_one_query_and_no_django_once_the_origin_is_known(
    alice: Profile, bob: Profile, site: Site, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    site = Site(find=find_picture)
    an_upload(alice)
    an_upload(bob)
    site.get("/avatar/alice?s=64", accept=WEBP)
    for path in ("/avatar/bob?s=64", "/avatar/alice?s=128", "/avatar/bob.webp"):
        with django_assert_num_queries(1):
            answer = site.get(path, accept=WEBP)
        assert answer.but_for_what_is_left() == site.get_from_django(path, accept=WEBP).but_for_what_is_left()
        assert site.get(path, accept=WEBP, **{"if-none-match": answer.headers["ETag"]}).status == "304 Not Modified"
    assert site.asked == 1


@pytest.mark.parametrize("origin", [{"host": "evil.example"}, {"x-forwarded-proto": "https"}])
def test_an_origin_that_django_has_not_answered_is_djangos_to_judge(
    alice: Profile, site: Site, origin: dict[str, str]
) -> None:
    site = Site(find=find_picture)
    an_upload(alice)
    site.get("/avatar/alice?s=64", accept=WEBP)
    answer = site.get("/avatar/alice?s=128", accept=WEBP, **origin)
    assert site.asked == 2
    assert answer.status == site.get_from_django("/avatar/alice?s=128", accept=WEBP, **origin).status


def test_a_database_that_fails_is_djangos_to_tell(alice: Profile, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site = Site(find=find_picture)
    an_upload(alice)
    site.get("/avatar/alice?s=64", accept=WEBP)
    failing = Mock(side_effect=OperationalError("The connection is gone."))
    monkeypatch.setattr("profiles.serving.direct.choose", failing)
    assert site.get("/avatar/alice?s=128", accept=WEBP).status == "200 OK"
    assert site.asked == 2


PATHS = [
    "/avatar/alice",
    "/avatar/alice.png?s=64",
    "/avatar/alice.json",
    "/avatar/alice.webp?still=1",
    "/avatar/bob?d=identicon",
    "/avatar/nobody",
]
ODD_PATHS = ["/avatar/-.json", "/avatar/bob?d=404", "/avatar/alice?d=https://example.org/a.png", "/u/alice/"]
ACCEPTED = ["*/*", WEBP, "image/webp;q=0, */*", "image/avif", "image/png", "nonsense;;q=x", ""]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_asked_the_answer_is_djangos_but_for_the_seconds_left(
    data: st.DataObject, alice: Profile, bob: Profile, redis_server: None
) -> None:
    if alice.avatar is None:
        an_upload(alice)
        alice.refresh_from_db()
    site = Site(find=data.draw(st.sampled_from([None, find_picture])))
    for _ in range(data.draw(st.integers(1, 5))):
        path = data.draw(st.sampled_from(PATHS + ODD_PATHS))
        headers = {"accept": data.draw(st.sampled_from(ACCEPTED))}
        etag = site.get_from_django(path, **headers).headers.get("ETag", '"none"')
        tags = [None, etag, f"W/{etag}", f'"other", {etag}', '"other"', "*", "nonsense"]
        if (tag := data.draw(st.sampled_from(tags))) is not None:
            headers[data.draw(st.sampled_from(["if-none-match", "if-match"]))] = tag
        method = data.draw(st.sampled_from(["GET", "GET", "HEAD", "POST"]))
        site.clock.now += data.draw(st.floats(0, 3))
        ours, djangos = (ask(path, method, **headers) for ask in (site.get, site.get_from_django))
        if "Cache-Control" in djangos.headers:
            ours, djangos = ours.but_for_what_is_left(), djangos.but_for_what_is_left()
        assert without_nonce(ours) == without_nonce(djangos)


def without_nonce(answer: Answer) -> Answer:
    """Pages differ each time by their CSRF tokens and cookies; only avatars are compared to the byte."""
    if answer.headers.get("Content-Type", "").startswith("text/html") and not answer.headers.get("ETag"):
        return Answer(answer.status, {}, b"")
    return answer


def test_at_the_same_moment_the_answers_are_the_same_to_the_byte(site: Site, alice: Profile) -> None:
    an_upload(alice)
    for headers in ({}, {"if-none-match": site.get("/avatar/alice.webp").headers["ETag"]}):
        assert site.get("/avatar/alice.webp", **headers) == site.get_from_django("/avatar/alice.webp", **headers)
    assert site.asked == 1


def test_who_has_the_picture_never_reaches_django_twice_either(site: Site, alice: Profile) -> None:
    an_upload(alice)
    etag = site.get_from_django("/avatar/alice.webp").headers["ETag"]
    answers = [site.get("/avatar/alice.webp", **{"if-none-match": etag}) for _ in range(3)]
    assert answers[0].status == "304 Not Modified"
    assert answers == [answers[0]] * 3
    assert site.asked == 1
    assert site.get("/avatar/alice.webp") == site.get_from_django("/avatar/alice.webp")
    assert site.asked == 2


def test_a_change_is_seen_within_five_seconds_whatever_was_kept_where(site: Site, alice: Profile) -> None:
    an_upload(alice)
    old = site.get("/avatar/alice.webp")
    an_upload(alice)
    site.clock.now += 2.9
    last = site.get("/avatar/alice.webp")
    left = int(last.headers["Cache-Control"].split("max-age=")[1].split(",")[0])
    assert last.body == old.body
    assert 2.9 + left + CACHE_SLACK < 5  # another cache's or the reader's own copy included
    site.clock.now += 0.2
    assert site.get("/avatar/alice.webp").body != old.body


def test_a_removed_picture_is_gone_within_five_seconds(site: Site, alice: Profile) -> None:
    avatar = an_upload(alice)
    assert site.get("/avatar/alice?d=404").status == "200 OK"
    remove_avatar(alice, avatar.pk, alice.user)
    site.clock.now += 4
    assert site.get("/avatar/alice?d=404").status == "404 Not Found"


@pytest.fixture
def stopped_at(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Let no time pass: a machine under load would take longer for an answer than may be left."""
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)
    return now


@pytest.mark.parametrize(("path", "ages"), [("/avatar/alice.json", (3600, 86_400)), ("/avatar/alice", (10, 3600))])
def test_nothing_outlives_its_attestation(
    site: Site, alice: Profile, settings: Settings, stopped_at: datetime, path: str, ages: tuple[int, int]
) -> None:
    settings.AVATAR_MARK_MAX_AGE, settings.AVATAR_IMAGE_MAX_AGE = ages
    a_token_picture(alice, stopped_at - timedelta(seconds=3600 - CACHE_SLACK - 1.5))
    answer = site.get(path)
    assert answer.headers["Cache-Control"] == "public, max-age=1, must-revalidate"
    site.clock.now += 1.5
    site.get(path)
    assert site.asked == 2


@pytest.mark.parametrize(("left", "spare"), [(20.5, 15), (3600, 60), (1, 0)])
def test_an_outage_lengthens_nothing_past_its_attestation(
    site: Site, alice: Profile, stopped_at: datetime, left: float, spare: int
) -> None:
    a_token_picture(alice, stopped_at - timedelta(days=1) + timedelta(seconds=left))
    for _ in range(2):
        control = site.get("/avatar/alice").headers["Cache-Control"]
        assert re.findall(r"stale-if-error=(\d+)", control) == ([str(spare)] if spare else [])
        site.clock.now += 1


def test_errors_redirects_and_private_pages_are_never_kept(site: Site, alice: Profile, settings: Settings) -> None:
    settings.AVATAR_DEFAULT_URL_HOSTS = ["pictures.example"]
    paths = ["/avatar/alice?d=404", "/avatar/-.json", "/avatar/bob?d=https://pictures.example/a.png", "/u/alice/"]
    for path in paths * 2:
        site.get(path)
    assert (site.asked, site.fast.size) == (2 * len(paths), 0)


def test_an_answer_with_a_cookie_is_never_kept() -> None:
    def chatty(environ: Any, start_response: Any) -> Any:
        from django.http import HttpResponse

        environ[FRESH_FOR] = 4.0
        start_response("200 OK", [("ETag", '"a"'), ("Set-Cookie", "a=b")])
        return HttpResponse(b"body")

    fast = FastPath(chatty)
    call(fast, "/avatar/alice", "GET", {})
    assert fast.size == 0


def test_what_hosts_are_refused_stays_refused(site: Site, alice: Profile) -> None:
    site.get("/avatar/alice")
    assert site.get("/avatar/alice", host="evil.example").status == "400 Bad Request"


def test_a_request_with_a_cookie_gets_the_same_answer(site: Site, alice: Profile) -> None:
    assert site.get("/avatar/alice", cookie="session=1") == site.get("/avatar/alice")
    assert site.asked == 1


def test_memory_is_bounded_whatever_strangers_ask(db: None, redis_server: None) -> None:
    site = Site(limit=200_000)
    for number in range(120):
        site.get(f"/avatar/nobody-{number}.png?s=32")
        assert site.fast.size <= 200_000
    assert site.fast.size > 100_000
    before = site.fast.size
    site.get("/avatar/nobody?x=" + "x" * 700)
    assert site.fast.size == before


def test_what_has_expired_makes_room_for_what_comes(site: Site, alice: Profile) -> None:
    for size in range(1, 9):
        site.get(f"/avatar/alice?x={size}")
    full = site.fast.size
    site.clock.now += 60
    for size in range(11, 19):
        site.get(f"/avatar/alice?x={size}")
    assert site.fast.size <= full


def test_many_threads_get_whole_answers(alice: Profile) -> None:
    """Entries come, go and are read at once; sizes add up in the end."""

    def numbered(environ: Any, start_response: Any) -> Any:
        from django.http import HttpResponse

        environ[FRESH_FOR] = 0.001
        body = environ["PATH_INFO"].encode() * 500
        start_response("200 OK", [("ETag", '"a"'), ("Content-Length", str(len(body)))])
        return HttpResponse(body)

    fast = FastPath(numbered, limit=300_000)

    def ask(number: int) -> bool:
        path = f"/avatar/person-{number % 60}"
        answer = call(fast, path, "GET", {})
        return answer.body == path.encode() * 500 and fast.size <= 350_000

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(3000)))
