"""Check the site as people reach it: SITE_ORIGIN, through every proxy in front of it."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.urls import reverse

from avatarsite.ops.deployment.findings import Finding, ok, unknown, wrong
from avatarsite.ops.requests import HEADER
from profiles.serving import signing

PART = "web"
SECONDS = 8
MAX_BODY = 256 * 1024
STATIC_FILE = "profiles/js/http.js"
# Seconds in which the site itself would have answered a request whose body is still on its way.
UNBUFFERED = 2.0


@dataclass(frozen=True)
class Page:
    status: int
    headers: dict[str, str]
    body: bytes


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def _get(path: str) -> Page:
    """Raises OSError where no server answers."""
    request = Request(settings.SITE_ORIGIN + path, headers={"User-Agent": "check_deploy"})  # noqa: S310 - http or https
    try:
        with build_opener(_NoRedirects).open(request, timeout=SECONDS) as answer:
            return Page(answer.status, _lower(answer.headers.items()), answer.read(MAX_BODY))
    except HTTPError as error:
        with error:
            return Page(error.code, _lower(error.headers.items()), error.read(MAX_BODY))


def _lower(headers: list[tuple[str, str]]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers}


def check_web() -> Iterator[Finding]:
    try:
        page = _get("/healthz")
    except OSError as error:
        yield _describe_failure(error)
        return
    if page.status != 200 or page.body.strip() != b"ok":
        yield _describe_status(page)
        return
    yield ok(PART, f"{settings.SITE_ORIGIN} answers.")
    yield from _check_parts()
    yield _check_static()
    yield _check_metrics()
    yield _check_keys()
    yield check_buffering()


def _describe_failure(error: OSError) -> Finding:
    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, ssl.SSLCertVerificationError):
        sentence = f"Browsers refuse the certificate of {settings.SITE_ORIGIN}: {reason.verify_message}."
        return wrong(PART, sentence, "Get one that they trust: docs/operate/nginx.md, TLS")
    cause = f"{type(reason).__name__}: {str(reason)[:100]}"
    sentence = f"{settings.SITE_ORIGIN} can't be reached from this machine ({cause})."
    return unknown(
        PART, sentence, "nginx -t && systemctl start nginx; or its name or a firewall keeps this machine out"
    )


def _describe_status(page: Page) -> Finding:
    if page.status in {502, 503, 504}:
        mend = "systemctl start avatarsite-web@8001 avatarsite-web@8002, and see `journalctl -u 'avatarsite-web@*'`"
        return wrong(PART, f"nginx answers, and no web process behind it (status {page.status}).", mend)
    if page.status == 400:
        return wrong(PART, "The site does not accept its own name as Host.", "Compare ALLOWED_HOSTS with SITE_ORIGIN")
    if page.status in {301, 302, 307, 308}:
        mend = "TRUSTED_PROXY_COUNT=1, and proxy_set_header X-Forwarded-Proto as in deploy/nginx.conf"
        return wrong(PART, f"/healthz redirects to {page.headers.get('location', '')[:100]}.", mend)
    mend = "Let nginx's server_name be the host of SITE_ORIGIN, and remove sites-enabled/default"
    return wrong(PART, f"Something else than this site answers (status {page.status}).", mend)


def _check_parts() -> Iterator[Finding]:
    page = _get("/readyz")
    try:
        parts = dict(json.loads(page.body)["parts"])
    except (ValueError, KeyError, TypeError):
        yield unknown(PART, f"/readyz answers with status {page.status} and no list of parts.")
        return
    for name in sorted(name for name, value in parts.items() if value is False):
        yield wrong(PART, f"The web process does not reach the {name}.", "journalctl -u 'avatarsite-web@*'")
    if page.status == 200:
        yield ok(PART, f"The web process reaches {', '.join(sorted(parts))}.")


def _check_static() -> Finding:
    mend = "avatarsite collectstatic --noinput, and let nginx's alias for /static/ be STATIC_ROOT"
    try:
        address = staticfiles_storage.url(STATIC_FILE)
    except ValueError:
        return wrong(PART, "The address of a static file is not known.", mend)
    page = _get(address)
    if page.status == 200:
        return ok(PART, "Static files arrive.")
    return wrong(PART, f"{address} answers with status {page.status}: pages have no styles.", mend)


def _check_metrics() -> Finding:
    page = _get("/metrics")
    if page.status == 404:
        return ok(PART, "/metrics is not public.")
    mend = "location = /metrics { return 404; } in nginx, as in deploy/nginx.conf"
    return wrong(PART, f"/metrics answers to the public with status {page.status}.", mend)


def _check_keys() -> Finding:
    """Compare the published keys with this process's: a web process that was not restarted has the old ones."""
    page = _get(reverse("profiles_well_known:receipt_keys"))
    try:
        published = {key["kid"] for key in json.loads(page.body)["keys"]}
        ours = {key["kid"] for key in signing.public_keys()["keys"]}
    except (ValueError, KeyError, TypeError, signing.BadSigningKey):
        return unknown(PART, f"The published receipt keys can't be read (status {page.status}).")
    if published == ours:
        return ok(PART, "The running site publishes the configured receipt keys.")
    return wrong(PART, "The running site publishes other receipt keys.", "systemctl restart 'avatarsite-web@*'")


def check_buffering() -> Finding:
    """Send the beginning of a body to an address that answers without reading it.

    A proxy that buffers bodies waits for the rest, so an answer of the site means that nothing in front of it does.
    """
    site = urlsplit(settings.SITE_ORIGIN)
    head = f"POST /healthz HTTP/1.1\r\nHost: {site.netloc}\r\nContent-Length: 1000\r\n\r\na=b"
    try:
        with _connect(site.hostname or "", site.port, is_secure=site.scheme == "https") as connection:
            connection.sendall(head.encode())
            connection.settimeout(UNBUFFERED)
            answer = connection.recv(4096)
    except TimeoutError:
        return ok(PART, "A proxy waits for whole bodies before the site gets them.")
    except OSError as error:
        return unknown(PART, f"Whether a proxy buffers bodies can't be seen ({type(error).__name__}).")
    if HEADER.lower().encode() not in answer.lower():
        return unknown(PART, "Whether a proxy buffers bodies can't be seen: something else than the site answered.")
    sentence = "Bodies reach the site while they are still being sent: slow clients occupy its threads."
    return wrong(PART, sentence, "proxy_request_buffering on in nginx, as in deploy/nginx.conf")


def _connect(host: str, port: int | None, *, is_secure: bool) -> socket.socket:
    plain = socket.create_connection((host, port or (443 if is_secure else 80)), SECONDS)
    return ssl.create_default_context().wrap_socket(plain, server_hostname=host) if is_secure else plain
