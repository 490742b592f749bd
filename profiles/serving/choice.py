"""Choose the person, square and format that answer a request for a picture."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from profiles.images.formats import OutputFormat
from profiles.images.limits import pick_size
from profiles.serving.accept import parse_accept
from profiles.serving.lookup import AvatarView, StoredSquare, find_avatar_view
from profiles.serving.request import AvatarRequest
from profiles.store.renditions import Square


class Choice(NamedTuple):
    """`view` is None for nobody, `square` where a default picture must be drawn.

    `is_too_small`: the square that serves the wanted size is not stored yet, so a smaller one was chosen.
    """

    view: AvatarView | None
    square: StoredSquare | None
    format: OutputFormat
    is_too_small: bool

    @property
    def valid_until(self) -> datetime | None:
        """When time alone may change the answer."""
        return self.view.valid_until if self.view else None

    @property
    def needs_whole(self) -> bool:
        """Whether a square leaves something out."""
        return self.view is not None and not self.view.is_square


def exact_side(wanted: AvatarRequest, square: Square) -> int:
    """Return the side to which a stored square must be reduced, 0 if it is sent as it is.

    One that moves is: to encode it again for each size would take seconds.
    """
    return wanted.size if wanted.is_exact and square.is_still and square.size > wanted.size else 0


def choose(wanted: AvatarRequest, accept: str, now: datetime) -> Choice:
    """Return what to answer at `now`. `accept` is the header, which counts unless the URL names a format."""
    preferred = parse_accept(accept)
    # Only WebP moves here, and no source format makes us prefer it: so this is known before the look-up.
    may_move = not wanted.still and (wanted.format or preferred.modern) is OutputFormat.WEBP
    if wanted.names_nobody:
        return Choice(None, None, wanted.format or preferred.format_for(""), is_too_small=False)
    view = find_avatar_view(wanted.identifier, now, size=wanted.size, still=not may_move)
    fmt = wanted.format or preferred.format_for(view.source_format if view else "")
    if view is None or view.square is None or wanted.force_default:
        return Choice(view, None, fmt, is_too_small=False)
    return Choice(view, view.square, fmt, view.square.size < min(pick_size(wanted.size), view.side))
