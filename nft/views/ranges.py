"""One range of bytes of an answer (RFC 9110, 14); several at once are answered with the whole, as the RFC allows."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def with_range(request: HttpRequest, response: HttpResponse, etag: str) -> HttpResponse:
    """`response` (200, whole) cut to what was asked for: 206, or 416 where nothing of it is there."""
    response.headers["Accept-Ranges"] = "bytes"
    wanted = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    condition = request.headers.get("If-Range")
    if wanted is None or wanted.group() == "bytes=-" or (condition and condition != etag):
        return response
    size = len(response.content)
    first, last = _place(wanted[1], wanted[2], size)
    if wanted[1] and wanted[2] and int(wanted[2]) < first:  # no valid range at all
        return response
    if first >= size or first > last:
        response.status_code, response.content = 416, b""
        response.headers["Content-Range"] = f"bytes */{size}"
        return response
    response.status_code, response.content = 206, response.content[first : last + 1]
    response.headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    return response


def _place(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:  # the last so many bytes
        return max(size - int(last), 0), size - 1 if int(last) else -1
    return int(first), min(int(last), size - 1) if last else size - 1
