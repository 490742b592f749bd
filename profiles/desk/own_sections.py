"""The sections of the pages of a person and of a picture that need no other app."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from profiles.app_labels import PROFILES
from profiles.desk import acting
from profiles.desk.audit_words import sentence_of
from profiles.desk.parts import PersonSection, PictureAction, PictureSection, get_picture_actions
from profiles.desk.pictures import find_same, get_proof, get_sizes, may_see
from profiles.models import AuditEntry, Avatar, Profile

if TYPE_CHECKING:  # the stubs know one user model; at run time it may be any
    from django.contrib.auth.models import User

#: Rows of each section; the list that it links has the rest.
PICTURES, NOTICES, NOTES, ENTRIES = 12, 12, 20, 25


@dataclass(frozen=True)
class ShownPicture:
    """A picture on the page of its person, and what staff may do to it there."""

    avatar: Avatar
    may_see: bool
    is_current: bool
    actions: list[PictureAction]


@dataclass(frozen=True)
class ShownEntry:
    entry: AuditEntry
    sentence: str


def build_pictures(profile: Profile, staff: User) -> dict[str, object]:
    """Return the newest pictures, large, those that were removed too, the one in use first."""
    newest = profile.avatars.select_related("image", "profile").prefetch_related("image__renditions")
    found = list(newest.order_by("-chosen_at", "-id")[: PICTURES + 1])
    current = next((each for each in found if each.pk == profile.avatar_id), profile.avatar)
    others = [each for each in found if each.pk != profile.avatar_id]
    shown = ([] if current is None else [current]) + others
    return {
        "pictures": [_shown(each, profile, staff) for each in shown[:PICTURES]],
        "more_url": f"{reverse(f'admin:{PROFILES}_avatar_changelist')}?q={profile.handle}"
        if len(found) > PICTURES
        else "",
        "back": reverse(f"admin:{PROFILES}_profile_change", args=[profile.pk]),
    }


def build_notices(profile: Profile, staff: User) -> dict[str, object] | None:
    del staff
    notices = list(profile.notices.order_by("-at", "-id").defer("facts")[:NOTICES])
    return {"notices": notices} if notices else None


def build_notes(profile: Profile, staff: User) -> dict[str, object]:
    notes = list(profile.staff_notes.select_related("author")[:NOTES])
    return {"notes": notes, "may_write": staff.has_perm(f"{PROFILES}.add_staffnote")}


def build_audit(profile: Profile, staff: User) -> dict[str, object]:
    del staff
    url = f"{reverse(f'admin:{PROFILES}_auditentry_changelist')}?person={profile.pk}"
    newest = profile.audit_entries.select_related("actor", "profile").order_by("-at")
    return {"entries": _entries(newest[:ENTRIES]), "more_url": url}


def build_sizes(avatar: Avatar, staff: User) -> dict[str, object]:
    return {"sizes": get_sizes(avatar), "image": avatar.image, "may_see": may_see(avatar, staff)}


def build_source(avatar: Avatar, staff: User) -> dict[str, object]:
    del staff
    return {"proof": get_proof(avatar), "is_current": avatar.profile.avatar_id == avatar.pk}


def build_same(avatar: Avatar, staff: User) -> dict[str, object] | None:
    same = find_same(avatar)
    return {"same": [(each, may_see(each, staff)) for each in same]} if same else None


def build_picture_audit(avatar: Avatar, staff: User) -> dict[str, object]:
    del staff
    of_picture = AuditEntry.objects.filter(profile_id=avatar.profile_id, detail__avatar=str(avatar.pk))
    url = f"{reverse(f'admin:{PROFILES}_auditentry_changelist')}?person={avatar.profile_id}&picture={avatar.pk}"
    newest = of_picture.select_related("actor", "profile").order_by("-at")
    return {"entries": _entries(newest[:ENTRIES]), "more_url": url}


def _shown(avatar: Avatar, profile: Profile, staff: User) -> ShownPicture:
    actions = acting.open_actions(get_picture_actions(), avatar, staff)
    return ShownPicture(avatar, may_see(avatar, staff), avatar.pk == profile.avatar_id, actions)


def _entries(entries: Iterable[AuditEntry]) -> list[ShownEntry]:
    return [ShownEntry(entry, sentence_of(entry)) for entry in entries]


PERSON_SECTIONS = (
    PersonSection(
        "pictures", _("Pictures"), "profiles/desk/pictures.html", build_pictures, f"{PROFILES}.view_avatar", 10
    ),
    PersonSection(
        "notices",
        _("What they were told"),
        "profiles/desk/notices.html",
        build_notices,
        f"{PROFILES}.view_notice",
        60,
    ),
    PersonSection(
        "notes", _("Notes by staff"), "profiles/desk/notes.html", build_notes, f"{PROFILES}.view_staffnote", 80
    ),
    PersonSection(
        "audit", _("What happened"), "profiles/desk/audit.html", build_audit, f"{PROFILES}.view_auditentry", 90
    ),
)
PICTURE_SECTIONS = (
    PictureSection("source", _("Where it is from"), "profiles/desk/source.html", build_source, position=10),
    PictureSection("same", _("Who else shows it"), "profiles/desk/same.html", build_same, position=20),
    PictureSection("sizes", _("Stored files"), "profiles/desk/sizes.html", build_sizes, position=50),
    PictureSection(
        "audit",
        _("What happened"),
        "profiles/desk/audit.html",
        build_picture_audit,
        f"{PROFILES}.view_auditentry",
        90,
    ),
)
