"""Answer the address of a stored picture without Django's request cycle, which costs several times the look-up.

Only the common case: the square is stored in the format that is wanted. Everything else is Django's to answer, errors
too, so there is one place for each of them (`profiles.views.avatar`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl

from django.db import Error as DatabaseError
from django.db import connections, router
from django.utils import timezone

from profiles.errors import ExpectedError
from profiles.models import Profile
from profiles.serving.caching import lifetime
from profiles.serving.choice import choose, exact_side
from profiles.serving.content import picture_tag, rendition_bytes
from profiles.serving.places import identifier_in
from profiles.serving.request import parse_request

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_MAX_FIELDS = 20


class Picture(NamedTuple):
    """A stored picture to send. `seconds`: how long it is fresh, which `control`, its Cache-Control, says too."""

    body: bytes
    content_type: str
    etag: str
    seconds: float
    control: str
    depends_on_accept: bool


def find_picture(environ: WSGIEnvironment) -> Picture | None:
    """Return the picture that a GET or HEAD for a person's picture wants, None if Django must answer."""
    path, query = environ["PATH_INFO"], environ.get("QUERY_STRING", "")
    name = identifier_in(path) if (path + query).isascii() else None
    if name is None:
        return None
    now = timezone.now()
    connection = connections[router.db_for_read(Profile)]
    if connection.connection is None:  # Django opens it, and closes it when it is old
        return None
    try:
        wanted = parse_request(name, _read_query(query))
        choice = choose(wanted, environ.get("HTTP_ACCEPT", "*/*"), now)
        square, fmt = choice.square, choice.format
        if square is None or square.format != fmt or choice.is_too_small:
            return None
        if (square.size > wanted.size and exact_side(wanted, square)) or (wanted.whole and choice.needs_whole):
            return None
        body = rendition_bytes(square, fmt)
    except (ExpectedError, DatabaseError, ValueError):
        return None
    seconds, control = lifetime(choice.valid_until, now)
    return Picture(body, fmt.content_type, f'"{picture_tag(square, fmt)}"', seconds, control, wanted.format is None)


def _read_query(query: str) -> dict[str, str]:
    """Return the fields: of a name that is given twice the last, as in Django's QueryDict. Raise ValueError."""
    if "%" in query or "+" in query or query.count("&") >= _MAX_FIELDS:
        return dict(parse_qsl(query, keep_blank_values=True, max_num_fields=_MAX_FIELDS))
    return {name: value for name, _, value in [each.partition("=") for each in query.split("&")]}
