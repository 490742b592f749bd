"""Pictures in templates. Sizes are CSS pixels; each image also offers twice as many for dense screens.

Pictures that move stand still until somebody plays them (WCAG 2.2.2): large ones have a button for that.
"""

from __future__ import annotations

from datetime import datetime

from django import template
from django.template.defaultfilters import date
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from profiles.images.limits import pick_size
from profiles.models import Avatar, Profile
from profiles.sentences import gettext as _
from profiles.serving.showing import ShownPicture, shown_picture
from profiles.sources import describe_mark
from profiles.store.renditions import content_url, pick_rendition

register = template.Library()
# The side from which a picture is shown for its own sake, and can be played.
PLAYED_FROM = 128


@register.inclusion_tag("profiles/components/avatar.html")
def avatar(
    profile: Profile, size: int = 96, *, decorative: bool = False, shown: ShownPicture | None = None
) -> dict[str, object]:
    """Show a person's picture: a hexagon while the mark holds, else round.

    `decorative`: the name stands beside it, so that nothing is read out twice. `shown`: the result of `shown_picture`,
    if the page has it already; it may have taken a query.
    """
    shown = shown or shown_picture(profile, timezone.now())
    urls = {"url": avatar_url(profile, size), "url_dense": avatar_url(profile, 2 * size)}
    is_played = size >= PLAYED_FROM and not decorative and shown.avatar is not None and shown.avatar.image.frames > 1
    urls["moving_url"] = moving_avatar_url(profile, 2 * size) if is_played else ""
    alt = "" if decorative else shown.alt_text
    return {**urls, "alt": alt, "size": size, "mark": shown.mark_text, "decorative": decorative}


@register.inclusion_tag("profiles/components/avatar.html")
def picture(entry: Avatar, size: int = 96, *, decorative: bool = False) -> dict[str, object]:
    """Show one entry of somebody's history, framed like `avatar`."""
    undescribed = _("Upload of %(time)s, not described yet", time=str(date(entry.created_at, _("j M Y, H:i"))))
    alt = "" if decorative else entry.alt_text or entry.title or undescribed
    urls = {"url": picture_url(entry, size), "url_dense": picture_url(entry, 2 * size)}
    moving = pick_rendition(entry.image.renditions.all(), 2 * size, still=False) if size >= PLAYED_FROM else None
    urls["moving_url"] = content_url(moving) if moving and not moving.is_still else ""
    mark = describe_mark(entry) if entry.mark_holds(timezone.now()) else ""
    return {**urls, "alt": alt, "size": size, "mark": mark, "decorative": decorative}


@register.simple_tag
def avatar_url(profile: Profile, size: int) -> str:
    """Return the URL of the current picture, standing still; its version makes a change visible at once.

    It asks for the stored size that serves `size`, which is sent as it is; browsers reduce it as well.
    """
    return f"{moving_avatar_url(profile, size)}&still=1"


def moving_avatar_url(profile: Profile, size: int) -> str:
    return f"{avatar_path(profile)}?s={pick_size(size)}&v={profile.avatar_version}"


@register.simple_tag
def picture_url(entry: Avatar, size: int) -> str:
    """Return the immutable URL of a history entry's square, "" if it is held or none is stored (yet or any more)."""
    if entry.state == Avatar.State.HELD:
        return ""
    rendition = pick_rendition(entry.image.renditions.all(), size)
    return "" if rendition is None else content_url(rendition)


@register.filter
def avatar_path(profile: Profile) -> str:
    """Return the stable path that other software calls."""
    return reverse("profiles:avatar", args=[profile.handle])


@register.filter
def moment(text: object) -> datetime | None:
    """Parse a time of a receipt (ISO 8601); None for anything else."""
    try:
        return parse_datetime(text) if isinstance(text, str) else None
    except ValueError:
        return None
