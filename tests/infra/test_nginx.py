"""The nginx configuration we ship, in front of the real site: it is faster and changes nothing else."""

from __future__ import annotations

import json
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
import requests
from django.db import connection
from django.test import Client

from avatarsite.middleware import PERMISSIONS_POLICY
from localstack import binaries
from localstack.processes import Program, Running, free_port, is_listening
from profiles.models import Profile
from profiles.pictures.history import remove_avatar
from profiles.store.renditions import content_url
from profiles.testing.api_client import a_secret
from profiles.testing.people import a_person, an_upload
from tests.servers.nginx import start_nginx
from tests.servers.places import Places

pytestmark = pytest.mark.django_db(transaction=True)
CHROME = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"
FIREFOX = "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5"
# Headers that depend on the time or the connection, or that differ on purpose.
OWN = {"date", "server", "connection", "keep-alive", "transfer-encoding", "cache-control", "x-request-id"}
LIMIT = 3


@dataclass
class Fronted:
    """The site, and nginx in front of it."""

    site: Running
    direct: str
    fronted: str
    session: requests.Session = field(default_factory=requests.Session)

    def get(self, path: str, method: str = "GET", **headers: str) -> requests.Response:
        return self.session.request(method, self.fronted + path, headers=headers, timeout=30, allow_redirects=False)

    def get_direct(self, path: str, method: str = "GET", **headers: str) -> requests.Response:
        return requests.request(method, self.direct + path, headers=headers, timeout=30, allow_redirects=False)


@pytest.fixture(scope="module")
def front(
    django_db_setup: None, redis_session: object, collected_static_files: Path, places: Places
) -> Iterator[Fronted]:
    """The site on the tests' database, run by the production server."""
    port = free_port()
    named = connection.settings_dict["NAME"]
    database = (
        f"sqlite:///{named}" if connection.vendor == "sqlite" else f"postgresql://app@/{named}?host={places.postgres}"
    )
    environment = os.environ | {
        "DATABASE_URL": database,
        "STATIC_ROOT": str(collected_static_files),
        "TRUSTED_PROXY_COUNT": "1",
        "AVATAR_DRAWINGS_PER_HOUR": str(LIMIT),
        "LOG_LEVEL": "WARNING",
    }
    command = [binaries.python(), "-m", "avatarsite.web", "--port", str(port)]
    web = Program("web", command, places.log("web"), environment, folder=binaries.ROOT)
    site = Running(web)
    nginx, front_port = start_nginx(places.folder / "nginx", port, collected_static_files)
    site.wait_until(lambda: is_listening(port), 60)
    yield Fronted(site, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{front_port}")
    for running in (nginx, site):
        running.stop(5)


@pytest.fixture
def alice(front: Fronted, redis_server: object) -> Profile:
    """Alice, with another name in each test, because nginx caches by name."""
    profile = a_person(f"alice-{time.monotonic_ns() % 10**12}")
    an_upload(profile)
    return profile


def lasting(answer: requests.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in answer.headers.items() if name.lower() not in OWN}


def seen_until(front: Fronted, path: str, old: Callable[[requests.Response], bool], **headers: str) -> float:
    """Poll until an answer is not `old`; return the monotonic time at which the last old one was requested."""
    last = time.monotonic()
    while True:
        sent = time.monotonic()
        if not old(front.get(path, **headers)):
            return last
        last = sent
        time.sleep(0.1)


def test_every_answer_is_the_sites_own(front: Fronted, alice: Profile) -> None:
    square = alice.avatars.get().image.renditions.first()
    assert square is not None
    name = f"/avatar/{alice.handle}"
    for path in (name, f"{name}.png?s=64", f"{name}.json", f"{name}?s=0", "/avatar/nobody?d=404", content_url(square)):
        for method in ("GET", "HEAD", "GET", "POST"):
            ours, sites = front.get(path, method, accept=CHROME), front.get_direct(path, method, accept=CHROME)
            assert (ours.status_code, ours.content) == (sites.status_code, sites.content)
            assert lasting(ours) == lasting(sites)
    assert front.get(name).headers["Cache-Control"] == "public, no-cache"
    assert front.get(content_url(square)).headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_who_has_the_picture_is_told_so_by_nginx(front: Fronted, alice: Profile) -> None:
    path = f"/avatar/{alice.handle}"
    etag = front.get(path, accept=CHROME).headers["ETag"]
    for given, status in ((etag, 304), (f"W/{etag}", 304), (f'"other", {etag}', 304), ("*", 304), ('"other"', 200)):
        again = front.get(path, accept=CHROME, **{"if-none-match": given})
        assert (again.status_code, again.headers["ETag"]) == (status, etag)
        assert again.headers["Access-Control-Allow-Origin"] == "*"
    assert front.get(path, accept="*/*", **{"if-none-match": etag}).status_code == 200


def test_a_repeated_picture_does_not_reach_the_site(front: Fronted, alice: Profile) -> None:
    square = alice.avatars.get().image.renditions.first()
    assert square is not None
    paths = [(f"/avatar/{alice.handle}?s=96", CHROME), (content_url(square), CHROME)]
    first = [front.get(path, accept=accept) for path, accept in paths]
    os.killpg(front.site.pid, signal.SIGSTOP)
    try:
        again = [front.get(path, accept=FIREFOX, cookie="session=1") for path, _ in paths]
    finally:
        os.killpg(front.site.pid, signal.SIGCONT)
    assert [each.content for each in again] == [each.content for each in first]
    assert [each.status_code for each in again] == [200, 200]


@pytest.mark.parametrize(
    "accept",
    [
        "*/*",
        "",
        CHROME,
        FIREFOX,
        "image/avif",
        "image/webp;q=0.1,image/png",
        "image/png",
        "image/jpeg",
        "text/html",
        "image/avif;q=0.9,image/webp;q=0.5",
        "IMAGE/WEBP",
        "image/*",
    ],
)
def test_the_format_is_the_one_the_site_would_choose(front: Fronted, alice: Profile, accept: str) -> None:
    path = f"/avatar/{alice.handle}?s=32"
    for _ in range(2):
        answers = [ask(path, accept=accept) for ask in (front.get, front.get_direct)]
        assert answers[0].headers["Content-Type"] == answers[1].headers["Content-Type"]
        assert answers[0].headers["Vary"] == "Accept"


def test_a_change_is_seen_in_less_than_five_seconds(front: Fronted, alice: Profile) -> None:
    path = f"/avatar/{alice.handle}.webp?d=404"
    old = front.get(path).content
    changed = time.monotonic()
    an_upload(alice)
    assert seen_until(front, path, lambda answer: answer.content == old) - changed < 5
    removed = time.monotonic()
    for each in alice.avatars.all():
        remove_avatar(alice, each.pk, alice.user)
    assert seen_until(front, path, lambda answer: answer.status_code == 200) - removed < 5


def test_what_is_far_too_large_is_told_so(front: Fronted, alice: Profile) -> None:
    for path, size in (("/settings/picture/", 82), ("/settings/profile/", 1)):
        body = b"x" * (size * 1024 * 1024)
        answer = requests.post(front.fronted + path, data=body, timeout=30)
        assert (answer.status_code, answer.headers["Content-Type"]) == (413, "application/problem+json")
        assert answer.json()["type"] == "/problems/too-many-bytes"
        page = requests.post(front.fronted + path, data=body, headers={"accept": "text/html,*/*"}, timeout=30)
        assert (page.status_code, page.headers["Content-Type"]) == (413, "text/html; charset=utf-8")
        assert "too large" in page.text
    asked = {"accept": "text/html", "accept-language": "de-DE,de;q=0.9"}
    assert "zu groß" in requests.post(front.fronted + path, data=body, headers=asked, timeout=30).text


def test_a_public_page_is_kept_once_for_each_language(front: Fronted, alice: Profile) -> None:
    path = f"/u/{alice.handle}/"
    for _ in range(2):  # made, then from the cache
        for asked, spoken in (("de-CH,de;q=0.9", "de"), ("en-US,en;q=0.5", "en"), ("fr, de;q=0.4", "de"), ("fr", "en")):
            page = front.get(path, **{"accept-language": asked})
            assert (page.headers["Content-Language"], f'<html lang="{spoken}"' in page.text) == (spoken, True)
            assert "Accept-Language" in page.headers["Vary"]


def test_the_longest_signature_passes_and_the_site_itself_refuses_a_longer_one(front: Fronted) -> None:
    answers = [
        requests.post(
            f"{front.fronted}/accounts/wallet/verify/",
            json={"text": "x" * 2048, "signature": "0x" + "ab" * size},
            timeout=30,
        )
        for size in (16 * 1024, 24 * 1024)
    ]
    assert [answer.json()["type"] for answer in answers] == ["/problems/csrf-failed", "/problems/body-too-large"]


def test_what_is_over_our_limit_gets_our_own_sentence(front: Fronted, alice: Profile) -> None:
    """Up to four times the limit, nginx passes the request on and the site itself answers."""
    answer = requests.put(
        front.fronted + "/api/v1/me/picture",
        data=b"x" * (21 * 1024 * 1024),
        headers={"authorization": f"Bearer {a_secret(alice)}", "content-type": "image/png"},
        timeout=30,
    )
    assert answer.status_code == 413
    assert "Up to 20.0" in answer.json()["detail"]


def test_limits_count_for_the_address_that_nginx_saw(front: Fronted, alice: Profile) -> None:
    """A client can't evade the limit by sending X-Forwarded-For."""
    answers = [
        front.get(f"/avatar/nobody-{time.monotonic_ns()}.png", **{"x-forwarded-for": f"203.0.113.{number}"})
        for number in range(LIMIT + 1)
    ]
    assert {answer.status_code for answer in answers} == {200}, "beyond the limit it is the common silhouette"
    assert ["Retry-After" in answer.headers for answer in answers] == [False] * LIMIT + [True]


def test_static_files_come_from_nginx_itself(front: Fronted, alice: Profile) -> None:
    page = front.get("/accounts/login/").text
    hashed = next(part for part in page.split('"') if part.startswith("/static/") and part.endswith(".css"))
    answer = front.get(hashed, **{"accept-encoding": "gzip"})
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert (answer.headers["Content-Encoding"], answer.headers["X-Content-Type-Options"]) == ("gzip", "nosniff")
    assert answer.headers["Server"] == "nginx"
    assert answer.headers["Permissions-Policy"] == PERMISSIONS_POLICY


def test_nobody_keeps_what_the_site_lets_nobody_keep(front: Fronted, alice: Profile) -> None:
    person = Client()
    person.force_login(alice.user)
    cookie = f"session={person.cookies['session'].value}"
    for path in ("/", f"/u/{alice.handle}/", "/settings/profile/", "/avatar/not/there"):
        answer = front.get(path, cookie=cookie)
        assert {"private", "no-store"} <= set(answer.headers["Cache-Control"].split(", ")), path
        assert answer.headers["Permissions-Policy"] == PERMISSIONS_POLICY


def answered_and_logged(
    places: Places, front: Fronted, path: str, **headers: str
) -> tuple[requests.Response, dict[str, Any]]:
    """Return the answer to a request for `path` and its line in the log.

    nginx logs after it has answered, so the lines of earlier requests are waited for, too.
    """
    log = places.folder / "nginx" / "access.log"
    mark = f"/nothing-at-{time.monotonic_ns()}"
    front.get(mark)
    front.site.wait_until(lambda: mark in log.read_text("utf-8"), 10)
    lines = len(log.read_text("utf-8").splitlines())
    answer = front.get(path, **headers)
    front.site.wait_until(lambda: len(log.read_text("utf-8").splitlines()) > lines, 10)
    return answer, json.loads(log.read_text("utf-8").splitlines()[lines])


def logged(places: Places, front: Fronted, path: str, **headers: str) -> dict[str, Any]:
    """Return what nginx logs about a request for `path`."""
    return answered_and_logged(places, front, path, **headers)[1]


def test_a_request_has_one_id_everywhere(front: Fronted, alice: Profile, places: Places) -> None:
    answer, line = answered_and_logged(places, front, "/accounts/login/", **{"x-request-id": "a" * 32})
    assert re.fullmatch("[0-9a-f]{32}", line["request_id"])
    assert line["request_id"] != "a" * 32, "visitors name no request"
    assert answer.headers["X-Request-ID"] == line["request_id"]
    for _ in range(2):
        assert "X-Request-ID" not in front.get(f"/avatar/{alice.handle}").headers, "it may come from the cache"


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0"),
        ("2001:db8:abcd:12::7", "2001:db8:abcd::"),
        ("2001:db8::7", "2001:db8::"),
        ("2001::7", "2001::"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::"),
        ("::1", "-"),
    ],
)
def test_the_log_has_networks_and_no_addresses(front: Fronted, places: Places, address: str, network: str) -> None:
    line = logged(places, front, "/healthz", **{"x-test-address": address})
    assert line["network"] == network
    assert address not in json.dumps(line)


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/u/alice/", "/u/alice/"),
        ("/avatar/alice.png?s=80&secret=1", "/avatar/alice.png"),
        ("/avatar/0bc83cb571cd1c50ba6f3e8a78ef1346?s=80", "/avatar/*"),
        ("/avatar/0BC83CB571CD1C50BA6F3E8A78EF1346.png", "/avatar/*"),
        ("/avatar/%30bc83cb571cd1c50ba6f3e8a78ef1346", "/avatar/*"),
        ("/avatar/" + "5e" * 32, "/avatar/*"),
        ("/avatar/0xd8da6bf26964af9d7eed9e03e53415d37aa96045.json", "/avatar/*"),
        ("/avatar/alice@example.org", "/avatar/*"),
        ("/accounts/password/reset/key/3-c0ffee-1234/", "/accounts/password/reset/key/*"),
        ("/accounts/confirm-email/MTI:1abc:def/", "/accounts/confirm-email/*"),
    ],
)
def test_the_log_has_no_hash_no_account_and_no_secret(front: Fronted, places: Places, path: str, shown: str) -> None:
    line = logged(places, front, path, referer="https://elsewhere.example/?mail=alice@example.org")
    assert line["path"] == shown
    assert "elsewhere" not in json.dumps(line)


class Stub(BaseHTTPRequestHandler):
    """A site with fixed answers. `asked` has the cookies that it received. While `is_down`, it says so (503)."""

    asked: ClassVar[list[str]] = []
    is_down: ClassVar[bool] = False
    answers: ClassVar[dict[str, dict[str, str]]] = {
        "/avatar/cookie": {"Set-Cookie": "a=b", "Cache-Control": "public, max-age=60"},
        "/avatar/secret": {"Cache-Control": "no-store"},
        "/avatar/kept": {"Cache-Control": "public, max-age=60"},
        "/avatar/brief": {"Cache-Control": "public, max-age=1, must-revalidate"},
        "/avatar/patient": {"Cache-Control": "public, max-age=1, must-revalidate, stale-if-error=60"},
        "/u/patient/": {"Cache-Control": "public, max-age=1, must-revalidate, stale-if-error=60"},
    }

    def do_GET(self) -> None:
        self.asked.append(self.headers.get("Cookie", "none"))
        self.send_response(503 if self.is_down else 200)
        headers = {"Retry-After": "30", "Cache-Control": "no-store"} if self.is_down else self.answers[self.path]
        for name, value in {"Content-Length": "0", **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def stub(places: Places) -> Iterator[tuple[ThreadingHTTPServer, str]]:
    """A stub behind nginx, and nginx's URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Stub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    folder = places.folder / f"nginx-{server.server_port}"
    nginx, port = start_nginx(folder, server.server_port, Path("/nowhere"))
    yield server, f"http://127.0.0.1:{port}"
    nginx.stop(5)
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("path", "times"), [("/avatar/cookie", 2), ("/avatar/secret", 2), ("/avatar/kept", 1)])
def test_an_answer_with_a_cookie_or_not_to_be_kept_is_asked_for_anew(
    stub: tuple[ThreadingHTTPServer, str], path: str, times: int
) -> None:
    Stub.asked.clear()
    for _ in range(2):
        assert requests.get(stub[1] + path, headers={"cookie": "session=1"}, timeout=10).status_code == 200
    assert Stub.asked == ["none"] * times


@pytest.mark.parametrize("how", ["closed", "503"])
def test_while_the_site_is_down_only_what_it_allowed_is_shown_longer(
    stub: tuple[ThreadingHTTPServer, str], how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, address = stub
    for path in ("/avatar/brief", "/avatar/patient", "/u/patient/"):
        assert requests.get(address + path, timeout=10).status_code == 200
    if how == "closed":
        server.shutdown()
        server.server_close()
    else:
        monkeypatch.setattr(Stub, "is_down", True)
    deadline = time.monotonic() + 20
    while (answer := requests.get(address + "/avatar/brief", timeout=10)).status_code == 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json()["type"] == "/problems/temporarily-unavailable"
    for path in ("/avatar/patient", "/u/patient/", "/u/patient/?unread=1"):
        assert requests.get(address + path, timeout=10).status_code == 200
    assert requests.get(address + "/u/patient/", headers={"cookie": "a=b"}, timeout=10).status_code == 503
