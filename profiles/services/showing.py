"""What a visitor sees. The ages of attestations are enforced here, at serving time, so that a dead worker, queue or
chain can make a mark disappear but never make it stay (V1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Q, Subquery

from profiles import conf
from profiles.models import Avatar, Profile
from profiles.providers import provenance_of, resolve_identifier
from profiles.services.email_names import find_by_email_hash


@dataclass(frozen=True)
class ShownPicture:
    """`avatar` is None where the person has nothing to show. `mark`: the verified mark may be drawn now."""

    avatar: Avatar | None
    mark: bool
    alt_text: str
    provenance: dict[str, Any] | None


def shown_picture(profile: Profile, now: datetime) -> ShownPicture:
    """What stands for this person at `now`. One query where the chosen picture can't be shown, none where
    `profile.avatar` was selected with the profile, and whatever the source's provenance provider needs."""
    avatar = profile.avatar
    if avatar is None or not avatar.is_showable(now):
        avatar = profile.avatars.showable(now).select_related("image").first()
    if avatar is None:
        return ShownPicture(None, mark=False, alt_text=_alt_text(profile, None), provenance=None)
    return ShownPicture(avatar, avatar.mark_holds(now), _alt_text(profile, avatar), provenance_of(avatar))


@dataclass(frozen=True)
class StoredSquare:
    """A stored square without the rest of its row."""

    size: int
    format: str
    is_still: bool
    sha256: str


@dataclass(frozen=True)
class Face:
    """What `/avatar/<id>` serves of somebody: no squares where they have nothing to show.

    `good_until` is when time alone may change the answer; None where only somebody's act can.
    """

    handle: str
    name: str
    squares: tuple[StoredSquare, ...] = ()
    source_format: str = ""
    good_until: datetime | None = None


def find_profile(identifier: str) -> Profile | None:
    """The person an `/avatar/<id>` speaks of: a handle, a hash of an e-mail address, or a form another app registered.
    One query at most, plus what the resolver needs. None for nobody."""
    people = Profile.objects.select_related("avatar__image")
    return people.filter(_who(identifier)).order_by("pk").first()


def find_face(identifier: str, now: datetime) -> Face | None:
    """The same person as they look at `now`: one query, and another where the chosen picture can't be shown."""
    rows = list(Profile.objects.filter(_who(identifier)).order_by("pk").values_list(*_PERSON, *_through("avatar__")))
    if not rows:
        return None
    person, handle, display_name = rows[0][: len(_PERSON)]
    looks = [_Look(*row[len(_PERSON) :]) for row in rows if row[0] == person]
    name = display_name or handle
    if looks[0].state is None:  # no pointer: there is no active entry (see models/pictures.py)
        return Face(handle, name)
    if not looks[0].is_showable(now):
        standing_in = Avatar.objects.showable(now).filter(profile_id=person).values("pk")[:1]
        rows = list(Avatar.objects.filter(pk=Subquery(standing_in)).values_list(*_through("")))
        looks = [_Look(*row) for row in rows]
    return _face(handle, name, looks)


def good_until(avatar: Avatar, now: datetime) -> datetime | None:
    """When time alone ends what is said of a picture that is shown at `now`: its mark, then itself."""
    if avatar.attested_at is None:
        return None
    mark_ends = avatar.attested_at + conf.mark_max_age()
    return mark_ends if now <= mark_ends else avatar.attested_at + conf.image_max_age()


_PERSON = ("pk", "handle", "display_name")


class _Look(NamedTuple):
    """A row of the join from a picture to its squares; None everywhere where there is no picture."""

    state: str | None
    source: str | None
    attested_at: datetime | None
    source_format: str | None
    size: int | None
    format: str | None
    is_still: bool | None
    sha256: str | None

    def is_showable(self, now: datetime) -> bool:
        facts = Avatar(state=self.state or "", source=self.source or "", attested_at=self.attested_at)
        return facts.is_showable(now)


def _through(avatar: str) -> list[str]:
    """The columns of a _Look, from where `avatar` leads."""
    own = [f"{avatar}{name}" for name in ("state", "source", "attested_at")]
    squares = [f"{avatar}image__renditions__{name}" for name in ("size", "format", "is_still", "sha256")]
    return [*own, f"{avatar}image__source_format", *squares]


def _who(identifier: str) -> Q:
    """Other apps' forms first; then what looks like a hash is one, for handles are shorter."""
    found = resolve_identifier(identifier)
    if found is None:
        found = find_by_email_hash(identifier)
    return Q(handle=identifier.lower()) if found is None else found


def _face(handle: str, name: str, looks: list[_Look]) -> Face:
    if not looks:
        return Face(handle, name)
    first = looks[0]
    ends = None if first.attested_at is None else first.attested_at + conf.image_max_age()
    return Face(handle, name, tuple(_squares(looks)), first.source_format or "", ends)


def _squares(looks: list[_Look]) -> Iterator[StoredSquare]:
    for look in looks:
        if look.size is not None and look.format is not None and look.sha256 is not None:
            yield StoredSquare(look.size, look.format, bool(look.is_still), look.sha256)


def _alt_text(profile: Profile, avatar: Avatar | None) -> str:
    if avatar is None:
        return f"{profile.name} has no picture yet"
    return avatar.alt_text or avatar.title or f"{profile.name}'s picture"
