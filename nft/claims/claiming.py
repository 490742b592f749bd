"""Claim a token, check it again, use its picture, and take it off the list: what a person does with their tokens."""

from __future__ import annotations

import uuid
from datetime import datetime
from urllib.parse import urlsplit

from django.contrib.auth.models import User
from django.db import transaction

from nft.claims import history
from nft.claims.errors import (
    COLLECTION_REFUSED,
    NAMES_UNAVAILABLE,
    NO_ACCOUNT,
    REFERENCE_REFUSED,
    ClaimError,
    NoSuchClaim,
)
from nft.claims.picture import request_first_pictures
from nft.claims.sweeping import ask_again, request_check
from nft.claims.wording import UNLINKED, unlinked_sentence
from nft.clients.bundle import Clients
from nft.core.errors import InvalidIdentifier
from nft.core.evm.chain_names import get_chain_name
from nft.core.evm.ens import looks_like_name
from nft.core.tokens.paste import AssetReference, parse_pasted_token
from nft.errors import RATE_LIMITED
from nft.models import ClaimPicture, LinkedAccount, TokenClaim
from nft.models.accounts import accounts_on
from nft.names.errors import NameLookupError
from nft.names.lookup import fetch_avatar_token
from nft.settings.chains import chains, default_chain_id, describe_chain, ens_chain
from nft.tokens.blocked import get_token_refusal
from profiles.audit import record
from profiles.limits import TooMany, spend
from profiles.models import Avatar
from profiles.people.profiles import profile_of
from profiles.pictures.changing import AvatarNotShowable
from profiles.pictures.history import choose_avatar
from profiles.pictures.rights import withdraw_avatar
from profiles.sentences import gettext as _

State = TokenClaim.State
CHECKS_PER_HOUR = 60
CLAIMS_PER_PERSON = 200


def create_claim(
    user: User, reference: str, now: datetime, *, chain_id: int | None = None, clients: Clients | None = None
) -> TokenClaim:
    """Claim the token that `reference` names, to be the person's picture once a worker has verified it.

    chain_id: the chain of a bare contract and id, by default the site's. clients: to look up a name (ENS) whose
    “avatar” record names the token; without them a name is refused. The same token again is checked again.
    Raise ClaimError.
    """
    if clients is not None and ens_chain() is not None and looks_like_name(reference.strip()):
        spend_check(user)
        return claim_asset(user, find_named_token(reference, clients), now)
    asset = parse_reference(reference, chain_id or default_chain_id())
    return claim_asset(user, asset, now)


def find_named_token(name: str, clients: Clients) -> AssetReference:
    """Return the token that a name's owner chose as their picture. Raise ClaimError."""
    try:
        asset = fetch_avatar_token(name, clients)
    except (NameLookupError, InvalidIdentifier) as error:
        raise ClaimError(error.sentence, REFERENCE_REFUSED if error.permanent else NAMES_UNAVAILABLE) from error
    _check_chain(asset)
    return asset


def parse_reference(reference: str, default_chain_id: int) -> AssetReference:
    """Parse what a person pasted into a token on a chain that this site reads. Raise ClaimError."""
    urls = {chain.id: urlsplit(chain.explorer_url) for chain in chains().values()}
    explorers = {url.netloc.lower().removeprefix("www."): chain_id for chain_id, url in urls.items() if url.netloc}
    try:
        asset = parse_pasted_token(reference, default_chain_id, explorers)
    except InvalidIdentifier as error:
        raise ClaimError(error.sentence, REFERENCE_REFUSED) from error
    _check_chain(asset)
    return asset


def claim_asset(user: User, asset: AssetReference, now: datetime) -> TokenClaim:
    """Like `create_claim`, for a token that is already known exactly."""
    if not accounts_on(user.pk, asset.chain_id).exists():
        name = describe_chain(asset.chain_id).name
        raise ClaimError(
            _("You have no linked account on %(name)s. Link the account that holds the token first.", name=name),
            NO_ACCOUNT,
        )
    if refusal := get_token_refusal(asset.chain_id, asset.contract, asset.token_id):
        raise ClaimError(refusal, COLLECTION_REFUSED)
    spend_check(user)
    with transaction.atomic():
        claim, is_new = TokenClaim.objects.get_or_create(
            user=user,
            chain_id=asset.chain_id,
            contract=asset.contract,
            token_id=asset.token_id,
            defaults={"due_at": now, "asked_at": now, "standard": asset.standard or ""},
        )
        listed = user.nft_token_claims.exclude(state=State.NOT_OWNED, avatar__isnull=False)  # without what was lost
        if is_new and listed.count() > CLAIMS_PER_PERSON:
            raise ClaimError(
                _(
                    "You have %(claims_per_person)s tokens here already. Remove one first.",
                    claims_per_person=CLAIMS_PER_PERSON,
                )
            )
        if not is_new:
            return use_claim(user, claim.pk, now)
        record(profile_of(user), "claim.create", user, claim=str(claim.pk))
        request_check(claim.chain_id)
    return claim


def use_claim(user: User, claim_id: uuid.UUID, now: datetime) -> TokenClaim:
    """Make a claimed token the picture: at once if it may be shown from the history, else after another check."""
    with transaction.atomic():
        claim = lock_claim(user, claim_id)
        if claim.state == State.OWNED and claim.avatar is not None and _choose(claim.avatar.pk, user):
            return claim
        if claim.avatar is not None and claim.avatar.state == Avatar.State.REMOVED:
            # No check renews or ends it from here on: undoing the removal must not bring a mark back (V1).
            withdraw_avatar(claim.avatar.pk, _("Another picture of this token took its place."), actor=user)
            claim.avatar = None
        elif claim.state == State.OWNED and claim.avatar is not None:
            is_withdrawn = claim.avatar.state == Avatar.State.WITHDRAWN
            if is_withdrawn and not claim.avatar.image.renditions.exists():  # the store has lost every square of it
                claim.avatar = None  # it is fetched again
        _check_again(claim, now)
        claim.save()
    return claim


def recheck(user: User, claim_id: uuid.UUID, now: datetime) -> TokenClaim:
    """Check a claim again now, and fetch its picture if that failed. Raise ClaimError."""
    spend_check(user)
    with transaction.atomic():
        claim = lock_claim(user, claim_id)
        _check_again(claim, now)
        claim.save()
    return claim


def recheck_all(now: datetime) -> int:
    """Make every claim that is checked at all due now, and free it of leases of workers that are gone."""
    return TokenClaim.objects.exclude(due_at=None).update(due_at=now, attempt=None, queued_at=None)


def recheck_as_staff(claim: TokenClaim, actor: User, now: datetime, reason: str) -> None:
    """Like `recheck`, for staff: their reason is recorded in the audit."""
    with transaction.atomic():
        locked = TokenClaim.objects.select_for_update(of=("self",)).select_related("user", "avatar").get(pk=claim.pk)
        _check_again(locked, now)
        locked.save()
        record(profile_of(locked.user), "claim.recheck", actor, claim=str(locked.pk), reason=reason)


def remove_claim(user: User, claim_id: uuid.UUID) -> None:
    """Take a token off the person's list. Its picture is withdrawn, as nothing checks the token from here on."""
    with transaction.atomic():
        claim = lock_claim(user, claim_id)
        if claim.avatar is not None:
            withdraw_avatar(claim.avatar.pk, _("You took this token off your list."), actor=user)
        record(profile_of(user), "claim.remove", user, claim=str(claim.pk))
        claim.delete()


def withdraw_claims_of_account(account: LinkedAccount, now: datetime) -> int:
    """Withdraw the picture of every token this account holds, within the transaction that unlinks the account.

    The claims are due at once: another of the person's accounts may hold the token, too. Return how many pictures.
    """
    withdrawn = 0
    with transaction.atomic():
        for claim in TokenClaim.objects.select_for_update(of=("self",)).filter(account=account).order_by("pk"):
            sentence = unlinked_sentence()
            if claim.avatar is not None:
                withdrawn += withdraw_avatar(claim.avatar.pk, sentence)
            claim.state, claim.account, claim.vault = State.NOT_OWNED, None, None
            claim.reason, claim.reason_sentence = UNLINKED, sentence
            claim.attempt, claim.due_at, claim.asked_at = None, now, now
            history.record_check(claim, None, now)
            claim.save()
            request_check(claim.chain_id, alone=claim.is_checked_alone)
    return withdrawn


def get_claim(user: User, claim_id: uuid.UUID) -> TokenClaim:
    """Return one of the person's claims, with its picture. Raise NoSuchClaim."""
    claims = TokenClaim.objects.select_related("picture__new_image", "avatar__image", "account")
    claim = claims.filter(user=user, pk=claim_id).first()
    if claim is None:
        raise NoSuchClaim
    return claim


def spend_check(user: User) -> None:
    """Count one check towards the person's limit. Raise ClaimError if it is used up, with `retry_after`."""
    try:
        spend("checks", user.pk, CHECKS_PER_HOUR)
    except TooMany as error:
        raise ClaimError(error.sentence, RATE_LIMITED, retry_after=error.retry_after) from error


def lock_claim(user: User, claim_id: uuid.UUID) -> TokenClaim:
    """Return one of the person's claims, locked for the caller's transaction. Raise NoSuchClaim."""
    claims = TokenClaim.objects.select_for_update(of=("self",)).select_related("avatar")
    claim = claims.filter(user=user, pk=claim_id).first()
    if claim is None:
        raise NoSuchClaim
    return claim


def _choose(avatar_id: uuid.UUID, user: User) -> bool:
    try:
        with transaction.atomic():
            choose_avatar(profile_of(user), avatar_id, user)
    except AvatarNotShowable:
        return False
    return True


def _check_again(claim: TokenClaim, now: datetime) -> None:
    """Make the claim due now, as if it had never failed, and fetch a missing picture again. The caller saves it."""
    picture = claim.get_picture()
    is_fetched_now = picture.state == ClaimPicture.State.FIRST and picture.attempt is not None
    if claim.state in {State.NOT_OWNED, State.UNKNOWN}:
        claim.state, claim.reason, claim.reason_sentence = State.PENDING, "", ""
    elif claim.state == State.OWNED and claim.avatar is None and not is_fetched_now:
        request_first_pictures([claim], now)
    for name, value in ask_again(now).items():
        setattr(claim, name, value)
    request_check(claim.chain_id, alone=claim.is_checked_alone)


def _check_chain(asset: AssetReference) -> None:
    if asset.chain_id not in chains():
        names = ", ".join(chain.name for chain in chains().values())
        sentence = _(
            "This NFT is on %(chain_name)s. This site supports: %(names)s.",
            chain_name=get_chain_name(asset.chain_id),
            names=names,
        )
        raise ClaimError(sentence, REFERENCE_REFUSED)
