"""Pictures that people had elsewhere, which an operator imports: uploads that nobody made here.

The audit knows what was imported from where, by the sha256 of the file. So an import that is repeated adds nothing
twice, and what a person did here themselves is told from what was imported.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID

from django.db.models import Max, QuerySet

from profiles.models import AuditEntry, Avatar, Profile, StoredImage
from profiles.pictures.changing import lock_profile, time_of_choice, update_avatar
from profiles.pictures.history import AvatarDetails, attach_avatar
from profiles.sources import UPLOAD

IMPORT = "avatar.import"
#: What people do to their pictures themselves, or apps for them.
_OWN_ACTIONS = ("avatar.set", "avatar.choose", "avatar.remove", "avatar.restore")
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class ImportedPicture:
    """A picture from elsewhere. `origin` names where it was, and `content` is the sha256 of its file there.

    It becomes the picture in use if `is_current`, else one of the history. `chosen_at` is its place there, and
    `uploaded_at` when it was uploaded there, if that is known.
    """

    origin: str
    content: str
    is_current: bool
    chosen_at: datetime
    uploaded_at: datetime | None = None
    alt_text: str = ""


class Added(Enum):
    """What became of a picture that was to be imported."""

    NEW = "new"
    BEFORE = "before"
    HAS_ONE = "has one"


def has_own_picture(profile: Profile, origin: str) -> bool:
    """Return whether this person has, or had, a picture here that was not imported from `origin`. Two queries."""
    if profile.audit_entries.filter(action__in=_OWN_ACTIONS).exists():
        return True
    imported = list(_imports(profile, origin).values_list("detail__avatar", flat=True))
    return profile.avatars.exclude(pk__in=imported).exists()


def was_imported(profile: Profile, picture: ImportedPicture) -> bool:
    """Return whether this file was imported for this person before."""
    return _find_import(profile, picture) is not None


def add_imported(
    profile: Profile, image: StoredImage, picture: ImportedPicture, *, replace: bool = False
) -> tuple[Added, Avatar | None]:
    """Add an imported picture to a person's history, in one transaction, and return what became of it.

    What the person did here themselves stays in use, unless `replace`. The same file from the same origin is added
    once, so this can be repeated after a crash. Nobody is notified. Raise AvatarError and PictureBlocked.
    """
    with lock_profile(profile.pk) as owner:
        has_own = has_own_picture(owner, picture.origin)
        if has_own and not replace:
            return Added.HAS_ONE, None
        before = _find_import(owner, picture)
        if before is not None and (has_own or not picture.is_current or owner.avatar_id == before):
            return Added.BEFORE, Avatar.objects.filter(pk=before).first()
        details = AvatarDetails(alt_text=picture.alt_text, chosen_at=_place(owner, picture, has_own=has_own))
        facts = {"origin": picture.origin, "content": picture.content, "is_current": picture.is_current}
        avatar = attach_avatar(owner, image, UPLOAD, details=details, actor=None, action=IMPORT, facts=facts)
        if picture.uploaded_at is not None and picture.uploaded_at < avatar.created_at:
            update_avatar(avatar, created_at=picture.uploaded_at)
        return Added.NEW, avatar


def _imports(profile: Profile, origin: str) -> QuerySet[AuditEntry]:
    return profile.audit_entries.filter(action=IMPORT, detail__origin=origin)


def _find_import(owner: Profile, picture: ImportedPicture) -> UUID | None:
    """Return which entry this file became before, in the same role or a higher one; it may be gone."""
    found = _imports(owner, picture.origin).filter(detail__content=picture.content)
    if picture.is_current:
        found = found.filter(detail__is_current=True)
    entry = found.order_by("-pk").first()
    return None if entry is None else UUID(str(entry.detail["avatar"]))


def _place(owner: Profile, picture: ImportedPicture, *, has_own: bool) -> datetime:
    """Return when the picture counts as chosen: last if it is to be in use, else before the one that is."""
    if not picture.is_current:
        return picture.chosen_at if owner.avatar is None else min(picture.chosen_at, owner.avatar.chosen_at - _TICK)
    if has_own:
        return time_of_choice(owner)
    latest = owner.avatars.aggregate(latest=Max("chosen_at"))["latest"]
    return picture.chosen_at if latest is None else max(picture.chosen_at, latest + _TICK)
