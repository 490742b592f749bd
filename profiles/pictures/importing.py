"""Pictures that people had elsewhere, which an operator imports: uploads that nobody made here.

The audit knows what was imported from where, by the sha256 of the file. So an import that is repeated adds nothing
twice, and what a person did here themselves is told from what was imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID

from django.db.models import Max

from profiles.models import Avatar, Profile, StoredImage
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


@dataclass(frozen=True)
class Past:
    """What happened to a person's pictures: whether they chose or removed one here, and imports from one origin."""

    has_own: bool
    imports: tuple[Mapping[str, object], ...]

    def find(self, picture: ImportedPicture) -> UUID | None:
        """Return which entry this file became before, in the same role or a higher one; it may be gone."""
        for each in self.imports:
            if each["content"] == picture.content and (each["is_current"] or not picture.is_current):
                return UUID(str(each["avatar"]))
        return None


def has_own_picture(profile: Profile, origin: str) -> bool:
    """Return whether this person has, or had, a picture here that was not imported from `origin`. Two queries."""
    return _read_past(profile, origin).has_own


def was_imported(profile: Profile, picture: ImportedPicture) -> bool:
    """Return whether this file was imported for this person before."""
    return _read_past(profile, picture.origin).find(picture) is not None


def add_imported(
    profile: Profile, image: StoredImage, picture: ImportedPicture, *, replace: bool = False
) -> tuple[Added, Avatar | None]:
    """Add an imported picture to a person's history, in one transaction, and return what became of it.

    What the person did here themselves stays in use, unless `replace`. The same file from the same origin is added
    once, so this can be repeated after a crash. Nobody is notified. Raise AvatarError and PictureBlocked.
    """
    with lock_profile(profile.pk) as owner:
        past = _read_past(owner, picture.origin)
        if past.has_own and not replace:
            return Added.HAS_ONE, None
        before = past.find(picture)
        if before is not None and (past.has_own or not picture.is_current or owner.avatar_id == before):
            return Added.BEFORE, Avatar.objects.filter(pk=before).first()
        details = AvatarDetails(alt_text=picture.alt_text, chosen_at=_place(owner, picture, has_own=past.has_own))
        facts = {"origin": picture.origin, "content": picture.content, "is_current": picture.is_current}
        avatar = attach_avatar(owner, image, UPLOAD, details=details, actor=None, action=IMPORT, facts=facts)
        if picture.uploaded_at is not None and picture.uploaded_at < avatar.created_at:
            update_avatar(avatar, created_at=picture.uploaded_at)
        return Added.NEW, avatar


def _read_past(profile: Profile, origin: str) -> Past:
    entries = profile.audit_entries.filter(action__in=(IMPORT, *_OWN_ACTIONS)).order_by("-pk")
    found = list(entries.values_list("action", "detail"))
    imports = tuple(detail for action, detail in found if action == IMPORT and detail["origin"] == origin)
    if any(action != IMPORT for action, _ in found):
        return Past(has_own=True, imports=imports)
    others = profile.avatars.exclude(pk__in=[str(detail["avatar"]) for detail in imports])
    return Past(others.exists(), imports)


def _place(owner: Profile, picture: ImportedPicture, *, has_own: bool) -> datetime:
    """Return when the picture counts as chosen: last if it is to be in use, else before the one that is."""
    if not picture.is_current:
        return picture.chosen_at if owner.avatar is None else min(picture.chosen_at, owner.avatar.chosen_at - _TICK)
    if has_own:
        return time_of_choice(owner)
    latest = owner.avatars.aggregate(latest=Max("chosen_at"))["latest"]
    return picture.chosen_at if latest is None else max(picture.chosen_at, latest + _TICK)
