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

from profiles.models import Avatar, Profile
from profiles.sentences import gettext as _
from profiles.serving.of_users import DEFAULT_SIZE, avatar_url, find_owner, parse_size
from profiles.serving.showing import ShownPicture, shown_picture
from profiles.sources import describe_mark
from profiles.store.renditions import content_url, pick_rendition

register = template.Library()
# The side from which a picture is shown for its own sake, and can be played.
PLAYED_FROM = 128


@register.inclusion_tag("profiles/components/avatar.html")
def avatar(
    who: object, size: object = DEFAULT_SIZE, *, decorative: bool = False, shown: ShownPicture | None = None
) -> dict[str, object]:
    """Show the picture of a user, a profile, or nobody: a hexagon while the mark holds, else round.

    Guests, None and people without a profile have the default drawing. `decorative`: the name stands beside it, so that
    nothing is read out twice. `shown`: the result of `shown_picture`, if the page has it already; it may have taken a
    query.
    """
    side, owner = parse_size(size), find_owner(who)
    if owner is not None:
        shown = shown or shown_picture(owner, timezone.now())
    is_moving = shown is not None and shown.avatar is not None and shown.avatar.image.frames > 1
    is_played = side >= PLAYED_FROM and not decorative and is_moving
    alt = shown.alt_text if shown else _("No picture yet")
    return {
        "url": avatar_url(owner, side),
        "url_dense": avatar_url(owner, 2 * side),
        "moving_url": moving_avatar_url(owner, 2 * side) if is_played else "",
        "alt": "" if decorative else alt,
        "size": side,
        "mark": shown.mark_text if shown else "",
        "decorative": decorative,
    }


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


register.simple_tag(avatar_url)


def moving_avatar_url(who: object, size: int) -> str:
    return avatar_url(who, size, still=False)


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
