"""Pages that people link to, read by a job to see whether they link back."""

from __future__ import annotations

from nft.clients.web.fetch import FetchLimits, guarded_http
from profiles.sources import WebPage

# What a page may send. A longer one can't be read: no page of a person is.
MAX_BYTES = 4 * 1024 * 1024
SECONDS = 10.0


def fetch_page(address: str) -> WebPage:
    """Return the page at `address`. Raise FetchError. A PageFetcher of profiles.sources."""
    found = guarded_http().fetch(address, FetchLimits(MAX_BYTES, SECONDS, accept="text/html"))
    return WebPage(found.url, found.content_type, found.content)
