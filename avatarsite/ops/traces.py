"""Traces by OpenTelemetry, off unless OTEL_EXPORTER_OTLP_ENDPOINT is set: a span for each request and each job.

The spans are our own instead of an instrumentation library's, which would record URLs, client addresses and SQL. Ours
have names, times and results only. A job belongs to the trace of the request that queued it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings

from avatarsite.ops.ids import get_ids

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span

TRACEPARENT = "traceparent"


class Work:
    """A span that is told how its work ended, or nothing if traces are off."""

    def __init__(self, span: Span | None = None) -> None:
        self._span = span

    def end_request(self, view: str, method: str, status: int) -> None:
        if self._span is not None:
            self._span.update_name(view)
            self._span.set_attributes({"http.request.method": method, "http.response.status_code": status, **get_ids()})
            self._set_failed(failed=status >= 500)

    def end_job(self, *, failed: bool) -> None:
        if self._span is not None:
            self._span.set_attributes(get_ids())
            self._set_failed(failed=failed)
            self._span.end()

    def _set_failed(self, *, failed: bool) -> None:
        from opentelemetry.trace import StatusCode

        if failed and self._span is not None:
            self._span.set_status(StatusCode.ERROR)


OFF = Work()
_NOTHING = nullcontext(OFF)


class Tracer:
    """Begins the spans. OpenTelemetry is imported with the first one, in the process that sends it."""

    def request(self) -> AbstractContextManager[Work]:
        return _request() if settings.SENDS_TRACES else _NOTHING

    def begin_job(self, name: str, headers: Mapping[str, object]) -> Work:
        """Begin a span below the one that `headers` name. `Work.end_job` ends it."""
        if not settings.SENDS_TRACES:
            return OFF
        from opentelemetry.trace import SpanKind
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        parent = TraceContextTextMapPropagator().extract({TRACEPARENT: str(headers.get(TRACEPARENT, ""))})
        tracer = _provider().get_tracer("avatarsite")
        return Work(tracer.start_span(name, parent, SpanKind.CONSUMER))

    def write_headers(self, headers: MutableMapping[str, object]) -> None:
        """Name the current span in the headers of a job that is queued."""
        if settings.SENDS_TRACES:
            from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

            carrier: dict[str, str] = {}
            TraceContextTextMapPropagator().inject(carrier)
            headers.update(carrier)

    def flush(self) -> None:
        """Send what is waiting; for processes that end without Python's own shutdown."""
        if settings.SENDS_TRACES:
            _provider().force_flush(timeout_millis=2000)


tracer = Tracer()


@contextmanager
def _request() -> Iterator[Work]:
    from opentelemetry.trace import SpanKind

    ours = _provider().get_tracer("avatarsite")
    with ours.start_as_current_span("request", kind=SpanKind.SERVER, record_exception=False) as span:
        yield Work(span)


@cache
def _provider() -> TracerProvider:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": settings.OTEL_SERVICE_NAME}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider
