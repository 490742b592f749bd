"""What the API says of pictures and people. schemas.py says the same in JSON Schema; the tests hold them together."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urljoin

from profiles import conf
from profiles.api.calls import Call
from profiles.models import Avatar, Profile
from profiles.services.history_pages import history_ids
from profiles.services.receipt import receipt_of
from profiles.services.renditions import content_url, pick_rendition
from profiles.services.showing import shown_picture

#: How many ids of the history stand in `GET /me/picture`; the list of pictures has the rest.
IDS = 100
_LARGEST = 1024


def current_picture(owner: Profile, now: datetime) -> dict[str, Any]:
    """The public receipt, with what only the owner is told: ids."""
    shown = shown_picture(owner, now).avatar
    ids = [str(avatar_id) for avatar_id in history_ids(owner, IDS)]
    return {**receipt_of(owner, now), "id": None if shown is None else str(shown.pk), "history": ids}


def person(profile: Profile, now: datetime) -> dict[str, Any]:
    return {**receipt_of(profile, now), "bio": profile.bio}


def entry(avatar: Avatar, shown: Avatar | None, now: datetime) -> dict[str, Any]:
    """`shown` is what others see of its owner now."""
    image = avatar.image
    return {
        "id": str(avatar.pk),
        "source": avatar.source,
        "state": avatar.state,
        "reason": avatar.reason,
        "is_current": avatar == shown,
        "mark": avatar.mark_holds(now),
        "title": avatar.title,
        "alt_text": avatar.alt_text,
        "asset": avatar.reference or None,
        "created_at": avatar.created_at.isoformat(),
        "chosen_at": avatar.chosen_at.isoformat(),
        "sha256": image.sha256,
        "type": image.mime,
        "width": image.width,
        "height": image.height,
        "frames": image.frames,
        "url": _url(avatar),
    }


def entry_of(call: Call, avatar: Avatar) -> dict[str, Any]:
    """After a change: who is shown is read anew."""
    return entry(avatar, shown_picture(call.owner_now(), call.now).avatar, call.now)


def _url(avatar: Avatar) -> str | None:
    """Of the largest square; what was removed has no address."""
    if avatar.state == Avatar.State.REMOVED:
        return None
    rendition = pick_rendition(avatar.image.renditions.all(), _LARGEST)
    return None if rendition is None else urljoin(conf.site_origin(), content_url(rendition))
