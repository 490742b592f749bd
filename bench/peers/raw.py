"""A minimal WSGI application: the same bytes and headers for every request."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

_CONTENT = Path(os.environ["BENCH_FILE"]).read_bytes()
_HEADERS = [
    ("Content-Type", "image/webp"),
    ("Content-Length", str(len(_CONTENT))),
    ("Cache-Control", "public, max-age=4, must-revalidate"),
    ("Access-Control-Allow-Origin", "*"),
]


def application(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    del environ
    start_response("200 OK", _HEADERS)
    return [_CONTENT]
