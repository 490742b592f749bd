"""Profiles: one per person, created on first use; what people write about themselves."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, fields
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction

from profiles.audit import record
from profiles.models import NEUTRAL_HANDLE, FormerHandle, Profile
from profiles.people.handle_changes import check_pace, complete_change, taken
from profiles.people.handles import check_handle, is_allowed_handle, is_retired
from profiles.people.link_checks import request_checks
from profiles.text import one_line

_TRIES = 20


@dataclass(frozen=True)
class ProfileText:
    """What a person writes about themselves. `links` are addresses that `profiles.people.links` accepted."""

    handle: str
    display_name: str = ""
    pronouns: str = ""
    bio: str = ""
    links: tuple[str, ...] = ()

    @classmethod
    def of(cls, profile: Profile) -> ProfileText:
        words = {each.name: getattr(profile, each.name) for each in fields(cls)}
        return cls(**words | {"links": tuple(profile.links)})

    def cleaned(self) -> ProfileText:
        return ProfileText(
            self.handle.strip().lower(),
            one_line(self.display_name),
            one_line(self.pronouns),
            one_line(self.bio),
            self.links,
        )


def profile_of(user: AbstractBaseUser) -> Profile:
    """Return the person's profile, created on first use. Two requests at once get the same one."""
    profile = _found(user)
    return profile if profile is not None else _make_profile(user)


def update_profile(profile: Profile, text: ProfileText, *, actor: AbstractBaseUser | None, now: datetime) -> Profile:
    """Store the new texts and return the profile as stored. Raise HandleError; then nothing changed."""
    new = text.cleaned()
    with transaction.atomic():
        stored = Profile.objects.select_for_update(no_key=True).get(pk=profile.pk)
        before = ProfileText.of(stored)
        changed = [name for name, value in asdict(before).items() if value != getattr(new, name)]
        if "handle" in changed:
            check_handle(new.handle)
            check_pace(stored, now)
        if changed:
            _store(stored, new, changed)
            record(stored, "profile.update", actor, fields=changed)
        if "handle" in changed:
            complete_change(stored, before.handle, now)
        if stored.links or "links" in changed:
            request_checks(stored, now)
    return stored


def _store(profile: Profile, new: ProfileText, changed: list[str]) -> None:
    for name in changed:
        setattr(profile, name, list(new.links) if name == "links" else getattr(new, name))
    try:
        with transaction.atomic():
            profile.save(update_fields=[*changed, "updated_at"])
    except IntegrityError as error:
        raise taken(new.handle) from error


def _found(user: AbstractBaseUser) -> Profile | None:
    return Profile.objects.select_related("avatar__image").filter(user_id=user.pk).first()


def _make_profile(user: AbstractBaseUser) -> Profile:
    """Create a profile under the sign-in name, or else under a neutral handle.

    A sign-in name may be an e-mail address or an account that nobody should see, or a handle that somebody else left.
    """
    name = user.get_username().lower()
    is_free = is_allowed_handle(name) and not FormerHandle.objects.filter(handle=name).exists() and not is_retired(name)
    neutral = (NEUTRAL_HANDLE.format(secrets.token_hex(3)) for _ in range(_TRIES))
    for handle in [*([name] if is_free else []), *neutral]:
        try:
            with transaction.atomic():
                return Profile.objects.create(user_id=user.pk, handle=handle, is_hidden=not user.is_active)
        except IntegrityError:  # the handle is taken, or another request made the profile first
            if (profile := _found(user)) is not None:
                return profile
    raise RuntimeError(f"{_TRIES} of 2^24 neutral handles were taken in a row.")
