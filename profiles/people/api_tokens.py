"""API tokens: a program acts for a person with one, within its scopes. Shown once; only its sha256 is kept."""

from __future__ import annotations

import hashlib
import re
import secrets
import string
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Q, QuerySet
from django.urls import reverse

from profiles import settings
from profiles.audit import record
from profiles.errors import ExpectedError, Kind
from profiles.models import ApiToken, Profile
from profiles.pictures.changing import lock_profile
from profiles.scopes import SENSITIVE_LASTS, Scope, get_scopes, parse_scopes
from profiles.sentences import gettext, gettext_noop
from profiles.text import one_line

PREFIX = "avs_"
MAX_LIVE = 20
# The last use is written at most this often: a busy program must not cost a write per request.
USE_RECORDED_EVERY = timedelta(minutes=1)
# Expired and revoked tokens are deleted after this. The audit keeps when they were made and revoked.
KEPT_AFTER_END = timedelta(days=90)
_ALPHABET = string.digits + string.ascii_letters
# Of 62 characters: 190 bits, so that the plain sha256 below needs no salt and no slow hash.
_LENGTH = 32
_PATTERN = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{_LENGTH}}}")


TOKEN_UNKNOWN = Kind("token-unknown", gettext_noop("Unknown token"), 401)
TOKEN_REVOKED = Kind("token-revoked", gettext_noop("The token was revoked"), 401)
TOKEN_EXPIRED = Kind("token-expired", gettext_noop("The token has expired"), 401)
TOO_MANY_TOKENS = Kind("too-many-tokens", gettext_noop("Too many tokens"), 409)
NO_SUCH_TOKEN = Kind("no-such-token", gettext_noop("No such token"), 404)


class TokenError(ExpectedError):
    """A token can't be made or revoked, or opens nothing."""

    kind = Kind("token-invalid", gettext_noop("The token can't be made"), 422)


@dataclass(frozen=True)
class TokenRequest:
    """What a person wants of a token. `expires_at` None: until revoked."""

    name: str
    scopes: frozenset[Scope]
    expires_at: datetime | None = None


@dataclass(frozen=True)
class FreshToken:
    """A new token. `secret` is stored nowhere else."""

    token: ApiToken
    secret: str


def create_token(
    profile: Profile, wanted: TokenRequest, *, now: datetime, actor: AbstractBaseUser | None
) -> FreshToken:
    """Create a token.

    Raise TokenError if name or scopes are empty, a token with a sensitive scope would last too long, or the person has
    MAX_LIVE tokens (TOO_MANY_TOKENS).
    """
    name = one_line(wanted.name)[:60]
    if not name or not wanted.scopes:
        raise TokenError(gettext("A token needs a name and at least one thing it may do."))
    _check_lifetime(wanted, now)
    secret = PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    words = " ".join(scope.name for scope in get_scopes() if scope in wanted.scopes)
    with lock_profile(profile.pk) as owner:
        then = now - KEPT_AFTER_END
        owner.api_tokens.filter(Q(revoked_at__lt=then) | Q(expires_at__lt=then)).delete()
        if live_tokens(owner, now).count() >= MAX_LIVE:
            sentence = gettext(
                "You have %(live)s tokens in use, which is as many as one person may. Revoke one first.", live=MAX_LIVE
            )
            raise TokenError(sentence, TOO_MANY_TOKENS)
        token = owner.api_tokens.create(name=name, digest=digest_of(secret), scopes=words, expires_at=wanted.expires_at)
        expires = None if wanted.expires_at is None else wanted.expires_at.isoformat()
        record(owner, "token.create", actor, token=str(token.pk), name=name, scopes=words, expires_at=expires)
    return FreshToken(token, secret)


def revoke_token(profile: Profile, token_id: UUID, *, now: datetime, actor: AbstractBaseUser | None) -> ApiToken:
    """Revoke a token. Idempotent. Raise TokenError (NO_SUCH_TOKEN)."""
    with lock_profile(profile.pk) as owner:
        token = owner.api_tokens.filter(pk=token_id).first()
        if token is None:
            raise TokenError(gettext("This token is not one of yours, or it is gone."), NO_SUCH_TOKEN)
        if token.revoked_at is None:
            token.revoked_at = now
            token.save(update_fields=["revoked_at"])
            record(owner, "token.revoke", actor, token=str(token.pk), name=token.name)
    return token


def revoke_tokens_of(profile: Profile, *, now: datetime, actor: AbstractBaseUser | None) -> int:
    """Revoke all tokens of a person. Return how many there were."""
    with lock_profile(profile.pk) as owner:
        live = owner.api_tokens.filter(revoked_at=None)
        for token in live:
            record(owner, "token.revoke", actor, token=str(token.pk), name=token.name)
        return live.update(revoked_at=now)


def revoke_all_tokens(now: datetime) -> int:
    """Revoke everybody's tokens, as after a restore: which of them were revoked since the dump, nobody knows."""
    return ApiToken.objects.filter(revoked_at=None).update(revoked_at=now)


def find_token(secret: str, now: datetime) -> ApiToken:
    """Return the token with its person and their picture, in one query, and record its use.

    Raise TokenError of the kind TOKEN_UNKNOWN, TOKEN_REVOKED or TOKEN_EXPIRED.
    The look-up by the digest's unique index takes no secret-dependent time: a guesser can't steer bits of the hash.
    """
    people = ApiToken.objects.select_related("profile__user", "profile__avatar__image")
    token = people.filter(digest=digest_of(secret)).first() if _PATTERN.fullmatch(secret) else None
    if token is None or not token.profile.user.is_active or token.profile.is_hidden:
        raise TokenError(gettext("No such token is known here. Check that you copied all of it."), TOKEN_UNKNOWN)
    if token.revoked_at is not None:
        raise TokenError(gettext("This token was revoked. Make a new one: %(url)s", url=tokens_page()), TOKEN_REVOKED)
    if token.expires_at is not None and token.expires_at <= now:
        raise TokenError(gettext("This token has expired. Make a new one: %(url)s", url=tokens_page()), TOKEN_EXPIRED)
    _record_use(token, now)
    return token


def scopes_of(token: ApiToken) -> frozenset[Scope]:
    return parse_scopes(token.scopes)


def shown_tokens(profile: Profile) -> list[ApiToken]:
    """Return the tokens that are not revoked, newest first. Expired ones stay until they are deleted."""
    return list(profile.api_tokens.filter(revoked_at=None).order_by("-created_at", "-id"))


def live_tokens(profile: Profile, now: datetime) -> QuerySet[ApiToken]:
    return profile.api_tokens.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None)


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _check_lifetime(wanted: TokenRequest, now: datetime) -> None:
    sensitive = next((scope for scope in get_scopes() if scope in wanted.scopes and scope.is_sensitive), None)
    if sensitive is None or (wanted.expires_at is not None and wanted.expires_at <= now + SENSITIVE_LASTS):
        return
    sentence = gettext(
        "A token that may do this works for up to %(days)s days: “%(allows)s”.",
        days=SENSITIVE_LASTS.days,
        allows=gettext(sensitive.allows),
    )
    raise TokenError(sentence)


def _record_use(token: ApiToken, now: datetime) -> None:
    """Record the use, at most every USE_RECORDED_EVERY; of many requests at once, one writes."""
    then = now - USE_RECORDED_EVERY
    if token.last_used_at is not None and token.last_used_at > then:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lte=then)
    ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)


def tokens_page() -> str:
    """Return the address of the page on which people make tokens."""
    return settings.current().site_origin + reverse("profiles:api_tokens")
