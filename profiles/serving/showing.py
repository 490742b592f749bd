"""Decide what a visitor sees of a profile.

The age of attestations is enforced here, at serving time: if a worker, queue or source stops, marks disappear and never
stay (V1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from profiles import settings
from profiles.models import Avatar, Profile
from profiles.models.display import Display, decide_display, shown_until
from profiles.people.hiding import visible_profiles
from profiles.sentences import gettext as _
from profiles.serving.lookup import profile_filter
from profiles.sources import describe_mark, provenance_of


@dataclass(frozen=True)
class ShownPicture:
    """The picture to show now. `avatar` is None if there is none; `mark`: the verified mark may be drawn."""

    avatar: Avatar | None
    mark: bool
    alt_text: str

    @property
    def mark_text(self) -> str:
        """What the mark says in words; empty without a mark. Costs no query."""
        return describe_mark(self.avatar) if self.mark and self.avatar is not None else ""

    @cached_property
    def provenance(self) -> Mapping[str, object] | None:
        """The source's description of the right to show it. Read it only to show it: it may take a query."""
        return None if self.avatar is None else provenance_of(self.avatar)


def shown_picture(profile: Profile, now: datetime) -> ShownPicture:
    """Return the picture to display for `profile` at `now`.

    One query if an earlier picture is shown, none if `profile.avatar` was selected with the profile.
    """
    avatar = profile.avatar
    # No pointer: nothing is in use (see models/pictures.py).
    display = Display.NOTHING if avatar is None else decide_display(avatar, profile.on_loss, now)
    if display is Display.EARLIER:
        avatar = profile.avatars.showable(now).select_related("image").first()
    elif display is Display.NOTHING:
        avatar = None
    if avatar is None:
        return ShownPicture(None, mark=False, alt_text=_alt_text(profile, None))
    return ShownPicture(avatar, avatar.mark_holds(now), _alt_text(profile, avatar))


def find_profile(identifier: str) -> Profile | None:
    """Return the profile with this handle, hash of an e-mail address, or identifier another app registered.

    None for nobody, and for who is hidden. One query at most, plus what the resolver needs.
    """
    if "\0" in identifier:  # databases refuse it
        return None
    people = visible_profiles().select_related("avatar__image")
    return people.filter(profile_filter(identifier)).order_by("pk").first()


def valid_until(profile: Profile, avatar: Avatar, now: datetime) -> datetime | None:
    """Return when time alone ends the mark of a picture shown at `now`, or else the picture; None if never."""
    if avatar.attested_at is not None and now <= (mark_ends := avatar.attested_at + settings.current().mark_max_age):
        return mark_ends
    return shown_until(avatar, profile.on_loss, now)


def _alt_text(profile: Profile, avatar: Avatar | None) -> str:
    if avatar is None:
        return _("%(name)s has no picture yet", name=profile.name)
    return avatar.alt_text or avatar.title or _("%(name)s's picture", name=profile.name)
