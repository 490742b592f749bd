"""What is sent to Sentry and by OpenTelemetry names no person; without their settings neither is even imported."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import zlib
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from localstack.binaries import ROOT
from profiles.testing.http import QuietHandler, serving

#: An account, a mail address, a signature, a session and a network address, as they stand in errors and requests.
SECRETS = [
    "0xd8da6bf26964af9d7eed9e03e53415d37aa96045",
    "alice@example.org",
    "0x" + "5e" * 65,
    "s3ss10n",
    "203.0.113.77",
]
WORK = """
import io, logging, os, sys
from avatarsite import settings
settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
from avatarsite.wsgi import application
from django.urls import path
import avatarsite.urls
secrets = sys.argv[1].split()

def breaks(request, what):
    local = request.COOKIES["session"], request.META["REMOTE_ADDR"]
    logging.getLogger("nft.claims").error("Account %s of %s disagrees.", secrets[0], secrets[1])
    from avatarsite.ops.job_signals import _write_headers
    headers = {}
    _write_headers(headers)
    from avatarsite.ops.traces import tracer
    tracer.begin_job("a.job", headers).end_job(failed=True)
    print(headers.get("traceparent", ""), headers["request_id"])
    raise ValueError(f"The signature {secrets[2]} of {local} is wrong.")

avatarsite.urls.urlpatterns.insert(0, path("breaks/<str:what>", breaks, name="breaks"))
body = f"message={secrets[2]}".encode()
environ = {
    "REQUEST_METHOD": "POST",
    "PATH_INFO": f"/breaks/{secrets[0]}",
    "QUERY_STRING": f"mail={secrets[1]}",
    "SCRIPT_NAME": "",
    "SERVER_NAME": "localhost",
    "SERVER_PORT": "80",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "HTTP_COOKIE": f"session={secrets[3]}",
    "REMOTE_ADDR": secrets[4],
    "CONTENT_LENGTH": str(len(body)),
    "CONTENT_TYPE": "application/x-www-form-urlencoded",
    "wsgi.url_scheme": "http",
    "wsgi.input": io.BytesIO(body),
    "wsgi.errors": sys.stderr,
}
from django.views.decorators.csrf import csrf_exempt
breaks.csrf_exempt = True
list(application(environ, lambda status, headers, exc_info=None: print(status)))
if "sentry_sdk" in sys.modules:
    sys.modules["sentry_sdk"].flush(5)
print(sorted(name for name in ("sentry_sdk", "opentelemetry.exporter") if name in sys.modules))
"""


class Sink(QuietHandler):
    """A server for reports and traces. `received` has the path and the body of each."""

    received: ClassVar[list[tuple[str, bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        if self.headers.get("Content-Encoding") == "deflate":
            body = zlib.decompress(body)
        self.received.append((self.path, body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()


@pytest.fixture
def sink() -> Iterator[str]:
    Sink.received.clear()
    with serving(Sink) as url:
        yield url.removeprefix("http://")


def run_site(**settings: str) -> list[str]:
    """Let a site of its own answer a request that breaks; return what it printed."""
    environment = os.environ | {"NFT_ENABLED": "0", "LOG_FORMAT": "json", "TRUSTED_PROXY_COUNT": "0"} | settings
    command = [sys.executable, "-W", "ignore", "-c", WORK, " ".join(SECRETS)]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


@pytest.fixture(autouse=True)
def _servers(redis_server: object) -> None:
    """The site's counters are sent to Redis."""


def test_neither_is_imported_unless_it_is_wanted() -> None:
    headers, status, imported = run_site()
    assert (status, imported) == ("500 Internal Server Error", "[]")
    assert len(headers.strip()) == 32, "the job has the request's id, and no trace"


def test_an_error_is_reported_without_what_names_a_person(sink: str) -> None:
    headers, _, _ = run_site(SENTRY_DSN=f"http://key@{sink}/1", SENTRY_RELEASE="1.2.3", SENTRY_ENVIRONMENT="trial")
    sent = b"\n".join(body for _, body in Sink.received).decode()
    events = [found for line in sent.splitlines() if line.startswith("{") and "level" in (found := json.loads(line))]
    logged, raised = events
    assert logged["logentry"]["message"] == "Account %s of %s disagrees."
    assert raised["exception"]["values"][0]["type"] == "ValueError"
    assert [frame["function"] for frame in raised["exception"]["values"][0]["stacktrace"]["frames"]][-1] == "breaks"
    assert raised["tags"]["request_id"] == headers.strip()
    assert (raised["release"], raised["environment"]) == ("1.2.3", "trial")
    assert [secret for secret in SECRETS if secret in sent] == []


def test_a_trace_names_the_view_and_no_person(sink: str) -> None:
    headers, status, _ = run_site(OTEL_EXPORTER_OTLP_ENDPOINT=f"http://{sink}")
    traceparent, request_id = headers.split()
    ((path, body),) = Sink.received
    assert path == "/v1/traces"
    sent = ExportTraceServiceRequest.FromString(body).resource_spans[0]
    spans = {span.name: span for span in sent.scope_spans[0].spans}
    assert sorted(spans) == ["a.job", "breaks"]
    span, job = spans["breaks"], spans["a.job"]
    facts: dict[str, Any] = {each.key: each.value.string_value or each.value.int_value for each in span.attributes}
    assert (span.name, status) == ("breaks", "500 Internal Server Error")
    assert facts == {"http.request.method": "POST", "http.response.status_code": 500, "request_id": request_id}
    assert traceparent.split("-")[1:3] == [span.trace_id.hex(), span.span_id.hex()]
    assert (job.trace_id, job.parent_span_id) == (span.trace_id, span.span_id), "a job continues the trace"
    assert (span.status.code, job.status.code) == (Status.STATUS_CODE_ERROR, Status.STATUS_CODE_ERROR)
    assert [secret for secret in SECRETS if secret.encode() in body] == []
    about = {each.key: each.value.string_value for each in sent.resource.attributes}
    assert about["service.name"] == "avatarsite"


@pytest.mark.parametrize("setting", ["SENTRY_DSN", "OTEL_EXPORTER_OTLP_ENDPOINT"])
def test_a_wanted_package_that_is_not_installed_stops_the_start(setting: str) -> None:
    absent = "import sys; sys.modules |= {'sentry_sdk': None, 'opentelemetry': None}; import avatarsite.settings"
    environment = os.environ | {setting: "http://key@127.0.0.1:1/1"}
    ran = subprocess.run([sys.executable, "-c", absent], env=environment, capture_output=True, text=True, check=False)
    assert f"{setting} needs more packages: pip install -r requirements-observe.txt" in ran.stderr
