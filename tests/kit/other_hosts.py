"""Headers that name another host than the site's own, and whether an answer repeats one."""

from __future__ import annotations

from typing import Any

PORT = "9999"
# Of an allowed host (Django compares no ports), and two that no setting of ours reads.
HEADERS = {
    "HTTP_HOST": f"localhost:{PORT}",
    "HTTP_X_FORWARDED_HOST": f"evil.example:{PORT}",
    "HTTP_X_FORWARDED_PORT": PORT,
    "HTTP_FORWARDED": f"host=evil.example:{PORT}",
    "HTTP_X_ORIGINAL_URL": f"http://evil.example:{PORT}/",
}


def names_another(answer: Any) -> bool:
    told = answer.content + repr(sorted(answer.headers.items())).encode() + str(answer.cookies).encode()
    return f":{PORT}".encode() in told or b"evil.example" in told
