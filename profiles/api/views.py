"""The operations. Token, scope and method are checked before these are called."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import urljoin
from uuid import UUID

from profiles import limits, settings
from profiles.api.bodies import read_alt_text, read_upload
from profiles.api.calls import Call
from profiles.api.problems import BAD_PARAMETER, NO_SUCH_PROFILE
from profiles.errors import ExpectedError
from profiles.images.picture import Edit
from profiles.models import Avatar, Profile
from profiles.people.hiding import visible_profiles
from profiles.pictures import history
from profiles.pictures.changing import NO_PICTURE
from profiles.pictures.pages import history_ids, history_page
from profiles.positions import Position
from profiles.serving.receipt import build_receipt
from profiles.serving.showing import shown_picture
from profiles.sources import UPLOAD, describe_mark
from profiles.store.renditions import content_url, pick_rendition

DEFAULT_PAGE = 20
MAX_PAGE = 100


def get_picture(call: Call) -> dict[str, object]:
    return current_picture(call.owner, call.now)


def put_picture(call: Call) -> dict[str, object]:
    """Set the picture. Tries count against the same hourly limit as the upload form's: each costs decoder time."""
    upload = read_upload(call.request)
    limits.spend("uploads", call.actor.pk, settings.current().uploads_per_hour)
    details, edit = history.AvatarDetails(alt_text=upload.alt_text), Edit(upload.crop)
    avatar = history.set_avatar(call.owner, upload.content, UPLOAD, details=details, actor=call.actor, edit=edit)
    return entry_of(call, avatar)


def delete_picture(call: Call) -> dict[str, object]:
    shown = shown_picture(call.owner, call.now).avatar
    if shown is None:
        raise ExpectedError("You have no picture to remove.", NO_PICTURE)
    return remove_picture(call, shown.pk)


def list_pictures(call: Call) -> dict[str, object]:
    page = history_page(call.owner, after=_read_after(call), size=_read_limit(call))
    shown = shown_picture(call.owner, call.now).avatar
    pictures = [entry(avatar, shown, call.now) for avatar in page.entries]
    return {"pictures": pictures, "next": None if page.next is None else str(page.next)}


def use_picture(call: Call, picture_id: UUID) -> dict[str, object]:
    return entry_of(call, history.choose_avatar(call.owner, picture_id, call.actor))


def restore_picture(call: Call, picture_id: UUID) -> dict[str, object]:
    return entry_of(call, history.restore_avatar(call.owner, picture_id, call.actor))


def describe_picture(call: Call, picture_id: UUID) -> dict[str, object]:
    text = read_alt_text(call.request)
    return entry_of(call, history.set_alt_text(call.owner, picture_id, text, call.actor))


def remove_picture(call: Call, picture_id: UUID) -> dict[str, object]:
    removed = history.remove_avatar(call.owner, picture_id, call.actor)
    shown = shown_picture(call.owner_now(), call.now).avatar
    until = (removed.removed_at or call.now) + settings.current().undo_time
    return {
        "removed": entry(removed, shown, call.now),
        "restorable_until": None if removed.is_locked else until.isoformat(),
        "picture": None if shown is None else entry(shown, shown, call.now),
    }


def get_profile(call: Call, handle: str) -> dict[str, object]:
    found = visible_profiles().select_related("avatar__image").filter(handle=handle.lower()).first()
    if found is None:
        raise ExpectedError(f"Nobody here has the handle {handle[:40]}.", NO_SUCH_PROFILE)
    return person(found, call.now)


def _read_limit(call: Call) -> int:
    text = call.request.GET.get("limit", str(DEFAULT_PAGE))
    if re.fullmatch("[0-9]{1,3}", text) and 1 <= int(text) <= MAX_PAGE:
        return int(text)
    raise ExpectedError(f"limit is a whole number from 1 to {MAX_PAGE}.", BAD_PARAMETER)


def _read_after(call: Call) -> Position | None:
    text = call.request.GET.get("after")
    if text is None:
        return None
    try:
        return Position.parse(text)
    except ValueError:
        raise ExpectedError("after is the “next” of an earlier answer.", BAD_PARAMETER) from None


# `profiles.api.schemas` describes these answers; the tests compare both.

# How many ids of the history `GET /me/picture` has; the list of pictures has the rest.
IDS = 100
_LARGEST = 1024


def current_picture(owner: Profile, now: datetime) -> dict[str, object]:
    """Build the receipt with what only the owner gets: ids."""
    shown = shown_picture(owner, now)
    ids = [str(avatar_id) for avatar_id in history_ids(owner, IDS)]
    own = {"id": None if shown.avatar is None else str(shown.avatar.pk), "history": ids}
    return {**build_receipt(owner, shown), "mark_text": shown.mark_text, **own}


def person(profile: Profile, now: datetime) -> dict[str, object]:
    shown = shown_picture(profile, now)
    return {**build_receipt(profile, shown), "mark_text": shown.mark_text, "bio": profile.bio}


def entry(avatar: Avatar, shown: Avatar | None, now: datetime) -> dict[str, object]:
    """Build the JSON of a picture. `shown` is what others see of its owner now."""
    image, has_mark = avatar.image, avatar.mark_holds(now)
    return {
        "id": str(avatar.pk),
        "source": avatar.source,
        "state": avatar.state,
        "reason": avatar.reason,
        "is_current": avatar == shown,
        "mark": has_mark,
        "mark_text": describe_mark(avatar) if has_mark else "",
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


def entry_of(call: Call, avatar: Avatar) -> dict[str, object]:
    """Build the JSON of a picture after a change: what is shown is read again."""
    return entry(avatar, shown_picture(call.owner_now(), call.now).avatar, call.now)


def _url(avatar: Avatar) -> str | None:
    """Return the URL of the largest square; None for a removed or held picture."""
    if avatar.state in {Avatar.State.REMOVED, Avatar.State.HELD}:
        return None
    rendition = pick_rendition(avatar.image.renditions.all(), _LARGEST)
    return None if rendition is None else urljoin(settings.current().site_origin, content_url(rendition))
