"""Verify a delivery without a library."""

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping


def is_genuine(secret: str, headers: Mapping[str, str], content: bytes) -> bool:
    """Tell whether we signed these bytes in the last five minutes. The names of `headers` are in lower case."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    event_id, sent_at = headers["webhook-id"], headers["webhook-timestamp"]
    signed = f"{event_id}.{sent_at}.".encode() + content
    wanted = "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    given = headers["webhook-signature"].split(" ")  # two while a secret is changed
    return abs(time.time() - int(sent_at)) < 300 and any(hmac.compare_digest(wanted, each) for each in given)
