"""The card of a person's page: what stands on it now, its tag, and its bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import astuple, dataclass

import PIL
from django.template.defaultfilters import date

from profiles import settings
from profiles.images.card import Card, draw_card
from profiles.images.fallback import FallbackStyle
from profiles.images.formats import OutputFormat
from profiles.models import Profile
from profiles.sentences import gettext as _
from profiles.serving.content import Drawing, fallback_bytes, rendition_bytes
from profiles.serving.showing import ShownPicture
from profiles.store.renditions import Square, pick_rendition

# Increase it whenever cards look different.
_VERSION = 1
_SIZE = 512


@dataclass(frozen=True)
class ShownCard:
    """A card to draw. `square` is None for a person without a picture."""

    card: Card
    square: Square | None

    @property
    def tag(self) -> str:
        """The ETag, known without drawing."""
        what = (_VERSION, PIL.__version__, *astuple(self.card), self.square.sha256 if self.square else "")
        return hashlib.sha256(repr(what).encode("utf-8", "surrogatepass")).hexdigest()

    def draw(self, charge: Callable[[], None]) -> bytes:
        """Return the JPEG. `charge` is called first, and may refuse by raising. Raise StorageError."""
        charge()
        if self.square is not None:
            picture = rendition_bytes(self.square, OutputFormat(self.square.format))
        else:
            picture = fallback_bytes(Drawing(self.card.name, _SIZE, FallbackStyle.INITIALS, OutputFormat.PNG))
        return draw_card(self.card, picture)


def card_of(profile: Profile, shown: ShownPicture) -> ShownCard:
    """Return the card of `profile` that shows `shown`.

    Chats keep a card for weeks, so a verified one names the day of its last check. That stays true.
    """
    avatar = shown.avatar
    mark = ""
    if shown.mark and avatar is not None and avatar.attested_at is not None:
        day = str(date(avatar.attested_at, _("j F Y")))
        mark = _("Verified %(source)s on %(day)s", source=str(avatar.get_source_display()), day=day)
    squares = [] if avatar is None else avatar.image.renditions.all()
    card = Card(profile.name, profile.handle, settings.current().site_name, mark)
    return ShownCard(card, pick_rendition(squares, _SIZE))
