"""Small pictures in lists for staff."""

from __future__ import annotations

from django.db.models import Prefetch
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from profiles.models import Rendition, StoredImage
from profiles.store.renditions import content_url, pick_rendition

THUMBNAIL = 48  # pixels
RENDITIONS = Rendition.objects.order_by("size")


def renditions_of(path: str) -> Prefetch[str]:
    """Return what to prefetch for `thumbnail`. `path` leads to the image, and ends in a dot or is empty."""
    return Prefetch(f"{path}renditions", RENDITIONS)


def thumbnail(image: StoredImage) -> SafeString | str:
    rendition = pick_rendition(image.renditions.all(), THUMBNAIL)
    if rendition is None:
        return _("none")
    return format_html(
        '<img src="{}" width="{}" height="{}" alt="" loading="lazy">', content_url(rendition), THUMBNAIL, THUMBNAIL
    )
