"""What a visitor sees. The ages of attestations are enforced here, at serving time, so that a dead worker, queue or
chain can make a mark disappear but never make it stay (V1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from profiles import settings
from profiles.models import Avatar, Profile
from profiles.models.rights import Standing, shown_until, standing
from profiles.serving.lookup import who
from profiles.sources import provenance_of


@dataclass(frozen=True)
class ShownPicture:
    """`avatar` is None where the person has nothing to show. `mark`: the verified mark may be drawn now."""

    avatar: Avatar | None
    mark: bool
    alt_text: str

    @cached_property
    def provenance(self) -> dict[str, Any] | None:
        """What the source's provider says; asked for only where it is shown, as it may take a query."""
        return None if self.avatar is None else provenance_of(self.avatar)


def shown_picture(profile: Profile, now: datetime) -> ShownPicture:
    """What stands for this person at `now`. One query where an earlier picture stands in, none where
    `profile.avatar` was selected with the profile."""
    avatar = profile.avatar
    # No pointer: nothing is in use (see models/pictures.py).
    stands = Standing.NOTHING if avatar is None else standing(avatar, profile.on_loss, now)
    if stands is Standing.EARLIER:
        avatar = profile.avatars.showable(now).select_related("image").first()
    elif stands is Standing.NOTHING:
        avatar = None
    if avatar is None:
        return ShownPicture(None, mark=False, alt_text=_alt_text(profile, None))
    return ShownPicture(avatar, avatar.mark_holds(now), _alt_text(profile, avatar))


def find_profile(identifier: str) -> Profile | None:
    """The person an `/avatar/<id>` speaks of: a handle, a hash of an e-mail address, or a form another app registered.
    One query at most, plus what the resolver needs. None for nobody."""
    if "\0" in identifier:  # which no database would even look for
        return None
    people = Profile.objects.select_related("avatar__image")
    return people.filter(who(identifier)).order_by("pk").first()


def good_until(profile: Profile, avatar: Avatar, now: datetime) -> datetime | None:
    """When time alone ends what is said of a picture that is shown at `now`: its mark, then itself."""
    if avatar.attested_at is not None and now <= (mark_ends := avatar.attested_at + settings.current().mark_max_age):
        return mark_ends
    return shown_until(avatar, profile.on_loss, now)


def _alt_text(profile: Profile, avatar: Avatar | None) -> str:
    if avatar is None:
        return f"{profile.name} has no picture yet"
    return avatar.alt_text or avatar.title or f"{profile.name}'s picture"
