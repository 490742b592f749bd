"""Each request gets an id, is counted with its time, and is logged if it took long.

`Observed` is the outermost layer, so that it also sees the answers that `FastPath` gives from memory, and so that
`FastPath` never caches the header with the id.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from avatarsite.ops.counters import Counters
from avatarsite.ops.ids import choose_request_id, working_on
from avatarsite.ops.traces import Tracer

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger("avatarsite.requests")

HEADER = "X-Request-ID"
#: Requests that took so many seconds are logged.
SLOW = 1.0
#: The key of the request's environment for the name of the view that answered it. No header can set it.
VIEW = "avatarsite.view"
#: The names of views for what no view answered: a cached answer, and an address that does not exist.
FROM_MEMORY, NO_VIEW = "memory", "none"

Headers = list[tuple[str, str]]


class Handler(WSGIHandler):
    """Django's handler, which also tells `Observed` which view answered."""

    def get_response(self, request: HttpRequest) -> HttpResponseBase:
        response = super().get_response(request)
        match = request.resolver_match
        request.META[VIEW] = (match.view_name or NO_VIEW) if match else NO_VIEW
        return response


class Observed:
    """The layer, a WSGI application. `trusts_ids`: our proxy sets X-Request-ID, so take over what it sends."""

    def __init__(
        self,
        application: WSGIApplication,
        counters: Counters,
        tracer: Tracer,
        *,
        trusts_ids: bool,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._application = application
        self._counters = counters
        self._tracer = tracer
        self._trusts_ids = trusts_ids
        self._clock = clock

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        began = self._clock()
        request_id = choose_request_id(environ.get("HTTP_X_REQUEST_ID", "") if self._trusts_ids else "")
        statuses = ["500"]

        def start(status: str, headers: Headers, exc_info: OptExcInfo | None = None) -> Callable[[bytes], object]:
            statuses.append(status)
            more = [*headers, (HEADER, request_id)]
            return start_response(status, more, exc_info) if exc_info else start_response(status, more)

        with working_on(request_id=request_id), self._tracer.request() as span:
            try:
                return self._application(environ, start)
            finally:
                view, status = environ.get(VIEW, FROM_MEMORY), int(statuses[-1][:3])
                seconds = self._clock() - began
                self._counters.count_request(view, status, seconds)
                span.end_request(view, environ["REQUEST_METHOD"], status)
                if seconds >= SLOW:
                    _log_slow(view, environ["REQUEST_METHOD"], status, seconds)


def _log_slow(view: str, method: str, status: int, seconds: float) -> None:
    facts = {"view": view, "method": method, "status": status, "duration_ms": round(seconds * 1000)}
    log.warning("A request took long.", extra=facts)
