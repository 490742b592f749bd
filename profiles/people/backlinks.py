"""Find in a page the addresses that it says belong to the same person: links with rel=me. Pure.

See https://microformats.org/wiki/rel-me.
"""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

#: A page links to a person in its head or near its start. What is longer is read this far, in linear time.
MAX_CHARACTERS = 512 * 1024
HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})


def find_backlinks(content: bytes, page_url: str) -> set[str]:
    """Return the addresses of `<a>` and `<link>` elements with rel=me, without what follows `#`.

    Anything is accepted as content: what is no HTML has none. Links in comments, scripts and templates don't count.
    """
    parser = _Backlinks(page_url)
    parser.feed(content[:MAX_CHARACTERS].decode("utf-8", "replace"))
    return parser.found


def is_same_host(one: str, other: str) -> bool:
    """Return whether two web addresses are of one host. `www.` makes no difference."""
    return _host_of(one) == _host_of(other) != ""


def _host_of(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.").rstrip(".")
    except ValueError:  # brackets that hold no IPv6 address
        return ""


class _Backlinks(HTMLParser):
    def __init__(self, page_url: str) -> None:
        super().__init__()
        self.page_url = page_url
        self.found: set[str] = set()
        self.open_templates = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "template":
            self.open_templates += 1
        values = {name: value or "" for name, value in reversed(attrs)}  # of two of one name the first counts
        if tag in {"a", "link"} and not self.open_templates and "me" in values.get("rel", "").lower().split():
            self._add(values.get("href", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "template":
            self.open_templates = max(0, self.open_templates - 1)

    def _add(self, href: str) -> None:
        try:
            self.found.add(urljoin(self.page_url, href.strip()).partition("#")[0])
        except ValueError:
            return
