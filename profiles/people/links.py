"""The addresses of people's own pages elsewhere."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from profiles.errors import ExpectedError, Kind
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop

MAX_LINKS = 5
MAX_LENGTH = 200
_check_web_address = URLValidator(schemes=["http", "https"])


class LinkError(ExpectedError):
    """A link can't be shown."""

    kind = Kind("bad-link", gettext_noop("Not a link"), 422)


def parse_links(text: str) -> tuple[str, ...]:
    """Return the addresses in `text`, one a line, without repetition. Raise LinkError.

    `https://` may be left out. Addresses with a name or password in them are refused.
    """
    lines = dict.fromkeys(line.strip() for line in text.splitlines() if line.strip())
    links = tuple(dict.fromkeys(_parse_link(line) for line in lines))
    if len(links) > MAX_LINKS:
        raise LinkError(_("You can show up to %(count)s links.", count=MAX_LINKS))
    return links


def link_label(link: str) -> str:
    """Return an address as people read it: without scheme, `www.` and a slash at its end."""
    return link.partition("://")[2].removeprefix("www.").rstrip("/")


def _parse_link(line: str) -> str:
    link = line if "://" in line else f"https://{line}"
    try:
        _check_web_address(link)
        has_credentials = "@" in urlsplit(link).netloc
    except (ValueError, ValidationError) as error:  # the first is urlsplit's
        raise _not_a_link(line) from error
    if has_credentials or len(link) > MAX_LENGTH:
        raise _not_a_link(line)
    return link


def _not_a_link(line: str) -> LinkError:
    return LinkError(_("“%(line)s” is not a web address. Write one a line, such as example.org/me.", line=line[:80]))
