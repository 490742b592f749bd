"""Which notices a person wants on the site and by mail, and the signed tokens by which mails are switched off."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib.auth.models import AbstractBaseUser
from django.core import signing

from profiles.audit import record
from profiles.models import Notice, Profile
from profiles.notices.kinds import RULES
from profiles.notices.reader import lock_reader

SITE, MAIL = "site", "mail"
CHANNELS = (SITE, MAIL)
SALT = "profiles.notices.unsubscribe"


def is_wanted(profile: Profile, kind: Notice.Kind, channel: str) -> bool:
    rule = RULES[kind]
    if rule.is_required:
        return True
    return profile.notice_choices.get(f"{kind}.{channel}", rule.is_mailed if channel == MAIL else True)


def set_choices(
    profile: Profile, choices: Mapping[tuple[Notice.Kind, str], bool], actor: AbstractBaseUser | None
) -> None:
    """Store what the person wants, by kind and channel. What is not named, and what is required, stays as it is."""
    with lock_reader(profile.pk) as owner:
        if owner is None:
            return
        changed = {
            f"{kind}.{channel}": wanted
            for (kind, channel), wanted in choices.items()
            if wanted != is_wanted(owner, kind, channel) and not RULES[kind].is_required
        }
        if changed:
            owner.notice_choices = {**owner.notice_choices, **changed}
            owner.save(update_fields=["notice_choices", "updated_at"])
            record(owner, "profile.notices", actor, **changed)


def build_unsubscribe_token(profile: Profile, kind: Notice.Kind) -> str:
    """Return what proves that the reader of a mail may switch off mails of its kind. It does not expire (RFC 8058)."""
    return signing.dumps([profile.pk, kind.value], salt=SALT)


def read_unsubscribe_token(token: str) -> tuple[Profile, Notice.Kind] | None:
    """Return whose mails of which kind to switch off. None if the token is not ours, or the person is gone."""
    try:
        profile_id, kind = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    profile = Profile.objects.filter(pk=profile_id).first()
    return None if profile is None else (profile, Notice.Kind(kind))
