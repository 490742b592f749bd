"""Ask the web process of this container whether it answers: `python -m avatarsite.ops.healthcheck [PATH]`.

Ends with 0 or 1. Standard library only, so that it costs little every few seconds.
"""

from __future__ import annotations

import http.client
import os
import sys
from urllib.parse import urlsplit

PORT, SECONDS = 8001, 4


def ask(path: str = "/healthz") -> str:
    """Return what is wrong, "" if nothing."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=SECONDS)
    host = urlsplit(os.environ.get("SITE_ORIGIN", "")).netloc
    try:
        connection.request("GET", path, headers={"Host": host} if host else {})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"No answer: {error}"
    return "" if status == 200 else f"It answers with status {status}."


if __name__ == "__main__":
    sys.exit(ask(*sys.argv[1:2]) or 0)
