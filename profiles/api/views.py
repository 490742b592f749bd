"""What each operation does. Checks of token, scope and method are over when these are called."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from profiles import conf
from profiles.api.bodies import read_alt_text, read_upload
from profiles.api.calls import Call
from profiles.api.problems import Refused
from profiles.api.shapes import current_picture, entry, entry_of, person
from profiles.models import Avatar, Profile
from profiles.services import avatars, limits
from profiles.services.history_pages import Position, history_page
from profiles.services.showing import shown_picture

DEFAULT_PAGE = 20
MAX_PAGE = 100


def get_picture(call: Call) -> dict[str, Any]:
    return current_picture(call.owner, call.now)


def put_picture(call: Call) -> dict[str, Any]:
    """The same hourly limit as the upload form's, counted together: each try costs a decoder its time."""
    upload = read_upload(call.request)
    limits.spend("uploads", call.actor.pk, conf.uploads_per_hour())
    details = avatars.AvatarDetails(alt_text=upload.alt_text)
    avatar = avatars.set_avatar(
        call.owner, upload.content, Avatar.Source.UPLOAD, details=details, actor=call.actor, crop=upload.crop
    )
    return entry_of(call, avatar)


def delete_picture(call: Call) -> dict[str, Any]:
    shown = shown_picture(call.owner, call.now).avatar
    if shown is None:
        raise Refused("no-picture", "You have no picture to remove.")
    return remove_picture(call, shown.pk)


def list_pictures(call: Call) -> dict[str, Any]:
    page = history_page(call.owner, after=_read_after(call), size=_read_limit(call))
    shown = shown_picture(call.owner, call.now).avatar
    pictures = [entry(avatar, shown, call.now) for avatar in page.entries]
    return {"pictures": pictures, "next": None if page.next is None else str(page.next)}


def use_picture(call: Call, picture_id: UUID) -> dict[str, Any]:
    return entry_of(call, avatars.choose_avatar(call.owner, picture_id, call.actor))


def restore_picture(call: Call, picture_id: UUID) -> dict[str, Any]:
    return entry_of(call, avatars.restore_avatar(call.owner, picture_id, call.actor))


def describe_picture(call: Call, picture_id: UUID) -> dict[str, Any]:
    text = read_alt_text(call.request)
    return entry_of(call, avatars.set_alt_text(call.owner, picture_id, text, call.actor))


def remove_picture(call: Call, picture_id: UUID) -> dict[str, Any]:
    removed = avatars.remove_avatar(call.owner, picture_id, call.actor)
    shown = shown_picture(call.owner_now(), call.now).avatar
    until = (removed.removed_at or call.now) + conf.undo_time()
    return {
        "removed": entry(removed, shown, call.now),
        "restorable_until": None if removed.is_locked else until.isoformat(),
        "picture": None if shown is None else entry(shown, shown, call.now),
    }


def get_profile(call: Call, handle: str) -> dict[str, Any]:
    found = Profile.objects.select_related("avatar__image").filter(handle=handle.lower()).first()
    if found is None:
        raise Refused("no-such-profile", f"Nobody here has the handle {handle[:40]}.")
    return person(found, call.now)


def _read_limit(call: Call) -> int:
    text = call.request.GET.get("limit", str(DEFAULT_PAGE))
    if re.fullmatch("[0-9]{1,3}", text) and 1 <= int(text) <= MAX_PAGE:
        return int(text)
    raise Refused("bad-parameter", f"limit is a whole number from 1 to {MAX_PAGE}.")


def _read_after(call: Call) -> Position | None:
    text = call.request.GET.get("after")
    if text is None:
        return None
    try:
        return Position.parse(text)
    except ValueError:
        raise Refused("bad-parameter", "after is the “next” of an earlier answer.") from None
