"""Errors of HTTP requests. `permanent` tells whether repeating it is pointless."""

from __future__ import annotations

from urllib.parse import urlsplit

from profiles.errors import ExpectedError, Kind
from profiles.sentences import gettext_noop

URL_REFUSED = Kind("url-refused", gettext_noop("This address is not followed"), 422)
ADDRESS_REFUSED = Kind("address-refused", gettext_noop("The host is not on the public internet"), 422)
BODY_TOO_LARGE = Kind("body-too-large", gettext_noop("The body is over the limit"), 422)
"""Before or after decompression."""
BAD_RESPONSE = Kind("bad-response", gettext_noop("The host's answer can't be used"), 502)
"""A status, an encoding or a content that we can't use; permanent unless the error says otherwise."""
HOST_BUSY = Kind("host-busy", gettext_noop("Too many requests to this host"), 503, permanent=False)
"""No request was sent."""
TIMED_OUT = Kind("timed-out", gettext_noop("The host took too long"), 504, permanent=False)
UNREACHABLE = Kind("unreachable", gettext_noop("The host can't be reached"), 502, permanent=False)


def host_of(url: str) -> str:
    """Return what a log may name of a URL: the rest may hold a key."""
    return urlsplit(url).hostname or ""


class FetchError(ExpectedError):
    """A request failed. Its sentence names at most the host: the rest of a URL may hold a key.

    `answered` is the status of the host's answer, 0 if that is not what failed.
    """

    kind = UNREACHABLE

    def __init__(
        self,
        sentence: str,
        kind: Kind | None = None,
        *,
        permanent: bool | None = None,
        retry_after: int | None = None,
        answered: int = 0,
    ) -> None:
        super().__init__(sentence, kind, permanent=permanent, retry_after=retry_after)
        self.answered = answered


#: The kinds that fetching a stranger's URL may end in.
FETCH_REFUSALS = (URL_REFUSED, ADDRESS_REFUSED, BODY_TOO_LARGE, BAD_RESPONSE, HOST_BUSY, TIMED_OUT, UNREACHABLE)
