"""A page of another origin calls the API with a token in a real browser, and reads each refusal."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from profiles.testing.api_client import a_secret
from profiles.testing.people import a_person, an_upload

CALL = """async ([site, token, calls]) => Promise.all(calls.map(async ([method, path]) => {
  const headers = { Authorization: `Bearer ${token}`, traceparent: "00-1-1-01" };
  const answer = await fetch(site + path, { method, headers });
  return [answer.status, answer.headers.has("RateLimit")];
}))"""
CALLS = {
    ("GET", "/api/v1/me/picture"): 200,
    ("GET", "/api/v1/me/pictures?limit=0"): 400,
    ("DELETE", "/api/v1/me/pictures/no-id"): 404,
    ("PATCH", "/api/v1/nothing"): 404,
    ("POST", "/api/v1/me/picture"): 405,
    ("GET", "/api/openapi.json"): 200,
    ("GET", "/avatar/alice.json"): 200,
    ("GET", "/avatar/alice?s=32"): 200,
}


class EmptyPage(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Elsewhere</title>")

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def elsewhere() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), EmptyPage) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.mark.django_db(transaction=True)
def test_the_page_reads_each_answer(live_server: LiveServer, page: Page, elsewhere: str) -> None:
    alice = a_person("alice")
    an_upload(alice)
    page.goto(elsewhere)
    found = page.evaluate(CALL, [live_server.url, a_secret(alice), [list(call) for call in CALLS]])
    assert [status for status, _ in found] == list(CALLS.values())
    assert found[0][1], "a header of ours is hidden from the page"
