"""The texts that people are asked to sign: built here, stored byte for byte, accepted once.

What a visitor posts is only compared with what was stored for their session; it is never parsed.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.contrib.auth.models import User
from django.db import connection, transaction

from nft.accounts import guest_sessions
from nft.accounts.errors import (
    CHALLENGE_EXPIRED,
    CHALLENGE_UNKNOWN,
    CHALLENGE_USED,
    SIGN_IN_REQUIRED,
    TEXT_CHANGED,
    UNSUPPORTED_CHAIN,
    AccountError,
)
from nft.accounts.lifetimes import LIFETIME, Chains, decide_lifetime
from nft.accounts.tries import Visitor, count_challenge
from nft.core.evm.siwe import SignInRequest, build_sign_in_text, is_same_text
from nft.models import SignInChallenge
from nft.settings import conf
from nft.settings.chains import chains
from profiles import settings as profiles_settings
from profiles.jobs import job
from profiles.people.profiles import profile_of
from profiles.sentences import gettext, ngettext

Purpose = SignInChallenge.Purpose
KEPT_PER_SESSION = 5
ANY_STEP = "change how you sign in"
NOT_OUR_TEXT = gettext(
    "The signed text differs from the one this browser was given. Start again and sign it unchanged."
)
ALREADY_ANSWERED = gettext("This text was already answered once. Start again and sign the new one.")
# How long challenges are kept past their end, so that a late answer is told "expired" and not "unknown".
KEPT_AFTER_END = timedelta(minutes=5)


@dataclass(frozen=True)
class Wanted:
    """What a signature is wanted for.

    `step`, for proving oneself again, names what the person is about to do, in words that follow "before you".
    `may_have_code`: the account may be a contract, as its wallet says or cannot say.
    """

    address: bytes
    chain_id: int
    purpose: SignInChallenge.Purpose
    step: str = ""
    may_have_code: bool = False


def issue_challenge(
    visitor: Visitor, wanted: Wanted, now: datetime, chains_of: Chains | None = None
) -> SignInChallenge:
    """Store a text to sign, valid in this visitor's session, which is created if there is none.

    It is good for LIFETIME, or as `decide_lifetime` says if `chains_of` is given. Raise AccountError of the kind
    UNSUPPORTED_CHAIN, or SIGN_IN_REQUIRED if a guest asks for anything but signing in, and what `count_try` raises.
    """
    if wanted.chain_id not in chains():
        raise AccountError(_unsupported(wanted.chain_id), UNSUPPORTED_CHAIN)
    user = _user_named(visitor, wanted)
    count_challenge(visitor, now)
    lifetime = LIFETIME
    if wanted.may_have_code and chains_of is not None:
        lifetime = decide_lifetime(visitor, wanted.chain_id, wanted.address, chains_of, now)
    session_key = guest_sessions.open_session(visitor.session)
    if lifetime > LIFETIME:
        guest_sessions.keep_open(visitor.session, int((lifetime + KEPT_AFTER_END).total_seconds()))
    challenge = SignInChallenge(
        nonce=secrets.token_hex(16),
        session_hash=_hash(session_key),
        address=wanted.address,
        chain_id=wanted.chain_id,
        purpose=wanted.purpose,
        user=user,
        issued_at=now.replace(microsecond=0),
        expires_at=now.replace(microsecond=0) + lifetime,
    )
    challenge.text = build_sign_in_text(_request_for(challenge, wanted.step))
    with transaction.atomic():
        challenge.save(force_insert=True)
        _drop_older(challenge.session_hash)
    return challenge


def use_challenge(visitor: Visitor, text: str, now: datetime) -> SignInChallenge:
    """Mark the challenge of this session whose stored bytes equal `text` as used, and return it.

    One statement: of parallel calls one returns, the others raise (V5). Raise AccountError of the kind
    CHALLENGE_UNKNOWN, TEXT_CHANGED (also if it names another person than the visitor), CHALLENGE_USED or
    CHALLENGE_EXPIRED.
    """
    session_hash = _hash(visitor.key)
    used = _use(session_hash, visitor.user, text, now) if _can_be_stored(text) else None
    if used is None:
        raise _find_refusal(session_hash, text, now)
    return used


def _use(session_hash: str, user: User | None, text: str, now: datetime) -> SignInChallenge | None:
    meta = SignInChallenge._meta  # noqa: SLF001 - Django documents it as public
    columns = {field.name: field for field in meta.concrete_fields}
    at = columns["consumed_at"].get_db_prep_value(now, connection)
    person = columns["user"].get_db_prep_value(user and user.pk, connection)
    # Django can't return the rows of an update.
    statement = (
        f"UPDATE {meta.db_table} SET consumed_at = %s WHERE session_hash = %s AND text = %s "  # noqa: S608 - our own name
        "AND consumed_at IS NULL AND expires_at > %s AND (user_id IS NULL OR user_id = %s) RETURNING *"
    )
    return next(iter(SignInChallenge.objects.raw(statement, [at, session_hash, text, at, person])), None)


def _can_be_stored(text: str) -> bool:
    """Return whether a database takes the text at all; if not, it is none of ours."""
    return text.isascii() and "\0" not in text


def _find_refusal(session_hash: str, text: str, now: datetime) -> AccountError:
    """Return why no challenge of this session was used."""
    issued = list(SignInChallenge.objects.filter(session_hash=session_hash))
    if not issued:
        return AccountError(
            gettext("This browser was given no text to sign, or too long ago. Start again."), CHALLENGE_UNKNOWN
        )
    same = [one for one in issued if is_same_text(one.text, text)]
    if not same:
        return AccountError(NOT_OUR_TEXT, TEXT_CHANGED)
    if same[0].consumed_at is not None:
        return AccountError(ALREADY_ANSWERED, CHALLENGE_USED)
    if now >= same[0].expires_at:
        minutes = int((same[0].expires_at - same[0].issued_at).total_seconds() // 60)
        return AccountError(_too_late(minutes), CHALLENGE_EXPIRED)
    return AccountError(NOT_OUR_TEXT, TEXT_CHANGED)  # it names another person


def _too_late(minutes: int) -> str:
    if minutes < 120:
        return ngettext(
            "The text had to be signed within %(count)s minute. Start again and sign the new one.",
            "The text had to be signed within %(count)s minutes. Start again and sign the new one.",
            minutes,
        )
    return ngettext(
        "The text had to be signed within %(count)s hour. Start again and sign the new one.",
        "The text had to be signed within %(count)s hours. Start again and sign the new one.",
        minutes // 60,
    )


@job(every=timedelta(minutes=5), expires=None)
def delete_old_challenges(now: datetime) -> int:
    """Delete challenges that expired KEPT_AFTER_END ago, and expired sessions. Return how many challenges went."""
    gone, _ = SignInChallenge.objects.filter(expires_at__lt=now - KEPT_AFTER_END).delete()
    guest_sessions.delete_expired_sessions()
    return gone


def delete_all_challenges() -> int:
    """Delete every challenge, as after a restore: one that was answered since the dump would be open again (V5)."""
    deleted, _ = SignInChallenge.objects.all().delete()
    return deleted


def _unsupported(chain_id: int) -> str:
    names = ", ".join(f"{chain.name} ({chain.id})" for chain in chains().values())
    return gettext(
        "This site does not read chain %(chain_id)s. Switch your wallet to one of: %(names)s.",
        chain_id=str(chain_id),
        names=names,
    )


def _user_named(visitor: Visitor, wanted: Wanted) -> User | None:
    if wanted.purpose == SignInChallenge.Purpose.SIGN_IN:
        return None
    if visitor.user is None:
        raise AccountError(gettext("Sign in first, then link the account."), SIGN_IN_REQUIRED)
    return visitor.user


def _hash(session_key: str) -> str:
    return hashlib.sha256(session_key.encode()).hexdigest()


def _request_for(challenge: SignInChallenge, step: str) -> SignInRequest:
    """Fill every field from our settings and random numbers. The Host header is not used."""
    origin = urlsplit(profiles_settings.current().site_origin)
    return SignInRequest(
        scheme=origin.scheme,
        domain=origin.netloc,
        uri=profiles_settings.current().site_origin,
        address=challenge.address,
        chain_id=challenge.chain_id,
        nonce=challenge.nonce,
        issued_at=challenge.issued_at,
        expires_at=challenge.expires_at,
        request_id=secrets.token_hex(8),
        statement=_statement(challenge, step),
    )


def _statement(challenge: SignInChallenge, step: str) -> str:
    """Return the statement. It names the profile, except for signing in, so that it can't be used for another one.

    It is in English, whatever the person reads: EIP-4361 allows ASCII only, and wallets know the words.
    """
    if challenge.user is None:
        return conf().sign_in_statement
    handle = profile_of(challenge.user).handle
    done = {
        Purpose.LINK: f"Link this account to the profile {handle}.",
        Purpose.MOVE: f"Move this account to the profile {handle}, away from the profile it is linked to now.",
        Purpose.REAUTHENTICATE: f"Prove that it is still {handle}, before you {step or ANY_STEP}.",
    }
    return f"{done[Purpose(challenge.purpose)]} This costs nothing and sends no transaction."


def _drop_older(session_hash: str) -> None:
    of_session = SignInChallenge.objects.filter(session_hash=session_hash)
    kept = list(of_session.order_by("-issued_at", "-pk").values_list("pk", flat=True)[:KEPT_PER_SESSION])
    of_session.exclude(pk__in=kept).delete()
