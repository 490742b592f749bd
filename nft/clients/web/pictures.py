"""Pictures whose web address a person gave, fetched while they wait."""

from __future__ import annotations

from threading import BoundedSemaphore

from nft.clients.transport.errors import BAD_RESPONSE, HOST_BUSY, FetchError
from nft.clients.web.fetch import FetchLimits, guarded_http
from profiles.sentences import gettext as _
from profiles.settings import current
from profiles.sources import NOT_THERE

# Everything together, redirects included: somebody waits, and a thread of the web server with them.
SECONDS = 8.0
# Threads of this process that may wait for strangers' hosts at once: the others serve pages meanwhile.
_waiting = BoundedSemaphore(2)


def fetch_picture(address: str) -> bytes:
    """Return the bytes at `address`, at most AVATAR_MAX_BYTES of them. Raise FetchError.

    A PictureFetcher of profiles.sources.
    """
    if not _waiting.acquire(blocking=False):
        raise FetchError(_("Many pictures are being fetched at the moment. Please try again in a minute."), HOST_BUSY)
    try:
        limits = FetchLimits(current().upload_max_bytes, SECONDS, accept="image/*", packed=False)
        found = guarded_http().fetch(address if "://" in address else f"https://{address}", limits)
    except FetchError as error:
        if error.answered in {404, 410}:
            raise FetchError(error.sentence, NOT_THERE) from error
        raise
    finally:
        _waiting.release()
    if found.content_type == "text/html":
        raise FetchError(_("This address leads to a web page. Copy the address of the picture itself."), BAD_RESPONSE)
    return found.content
