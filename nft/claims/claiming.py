"""What a person does with the tokens they want to show.

ClaimError                permanent: bool, sentence, slug
├── ReferenceRefused      permanent: what was pasted names no token we can read
├── NamesDown             not permanent: a name was pasted and can't be looked up now
├── NoAccount             permanent: no linked account on the token's chain
├── CollectionRefused     permanent: this site does not show the token's collection
├── NoSuchClaim           permanent: not one of this person's claims
└── TooManyChecks         not permanent: the hour's budget is used up
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from nft import jobs
from nft.claims import history
from nft.claims.checking import ask_for_media
from nft.claims.picture import FAILED
from nft.claims.wording import UNLINKED, loss_sentence
from nft.clients.clients import Clients
from nft.core.errors import InvalidIdentifier
from nft.core.evm.ens import looks_like_name
from nft.core.tokens.paste import AssetReference, parse_pasted_token
from nft.models import LinkedAccount, TokenClaim
from nft.models.accounts import accounts_on
from nft.names.known import names_chain_id
from nft.names.lookup import find_avatar_token
from nft.names.records import NameProblem, NamesUnreachable
from nft.settings import describe_chain
from nft.tokens.collections import refusal_of
from profiles.audit import record
from profiles.limits import TooMany, spend
from profiles.people.people import profile_of
from profiles.pictures.changing import AvatarNotShowable
from profiles.pictures.history import choose_avatar
from profiles.pictures.rights import withdraw_avatar

if TYPE_CHECKING:
    from profiles.models import Avatar

State, Step = TokenClaim.State, TokenClaim.Step
REMOVED_PICTURE, WITHDRAWN_PICTURE = "removed", "withdrawn"
CHECKS_PER_HOUR = 60
CLAIMS_PER_PERSON = 200


class ClaimError(Exception):
    permanent: ClassVar[bool] = True
    slug: ClassVar[str] = "claim-refused"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class ReferenceRefused(ClaimError):
    slug = "reference-refused"


class NamesDown(ClaimError):
    permanent = False
    slug = "names-unavailable"


class NoAccount(ClaimError):
    slug = "no-account"

    def __init__(self, chain_name: str) -> None:
        super().__init__(f"You have no linked account on {chain_name}. Link the account that holds the token first.")


class CollectionRefused(ClaimError):
    slug = "collection-refused"


class NoSuchClaim(ClaimError):
    slug = "no-such-claim"

    def __init__(self) -> None:
        super().__init__("You have no such token here.")


class TooManyChecks(ClaimError):
    permanent = False
    slug = "rate-limited"


def create_claim(
    user: User, reference: str, now: datetime, *, chain_id: int | None = None, clients: Clients | None = None
) -> TokenClaim:
    """Asks for the token that `reference` names to become the person's picture; checked by a worker.

    `chain_id`: the chain of a bare contract and id, by default the site's. `clients`: to look up a name (ENS) whose
    “avatar” record names the token; without them a name is refused. The same token again is checked again.
    Raises ClaimError.
    """
    if clients is not None and names_chain_id() is not None and looks_like_name(reference.strip()):
        spend_check(user)
        return claim_asset(user, find_named_token(reference, clients), now)
    asset = parse_reference(reference, chain_id or settings.NFT_DEFAULT_CHAIN_ID)
    return claim_asset(user, asset, now)


def find_named_token(name: str, clients: Clients) -> AssetReference:
    """The token that a name's owner chose as their picture. Raises ReferenceRefused, NamesDown."""
    try:
        return _on_our_chains(find_avatar_token(name, clients))
    except NamesUnreachable as error:
        raise NamesDown(error.sentence) from error
    except (NameProblem, InvalidIdentifier) as error:
        raise ReferenceRefused(str(error)) from error


def parse_reference(reference: str, default_chain_id: int) -> AssetReference:
    """The token somebody named, on a chain this site reads. Raises ReferenceRefused."""
    try:
        asset = parse_pasted_token(reference, default_chain_id, _explorer_hosts())
    except InvalidIdentifier as error:
        raise ReferenceRefused(str(error)) from error
    return _on_our_chains(asset)


def claim_asset(user: User, asset: AssetReference, now: datetime) -> TokenClaim:
    """As `create_claim`, for a token that is already known exactly."""
    if not accounts_on(user.pk, asset.chain_id).exists():
        raise NoAccount(describe_chain(asset.chain_id)["name"])
    if refusal := refusal_of(asset.chain_id, asset.contract):
        raise CollectionRefused(refusal)
    spend_check(user)
    with transaction.atomic():
        claim, is_new = TokenClaim.objects.get_or_create(
            user=user,
            chain_id=asset.chain_id,
            contract=asset.contract,
            token_id=asset.token_id,
            defaults={"next_check_at": now, "standard": asset.standard or ""},
        )
        if is_new and user.token_claims.count() > CLAIMS_PER_PERSON:
            raise ClaimError(f"You have {CLAIMS_PER_PERSON} tokens here already. Remove one first.")
        if not is_new:
            return use_claim(user, claim.pk, now)
        record(profile_of(user), "claim.create", user, claim=str(claim.pk))
        jobs.enqueue(jobs.VERIFY_CLAIM, claim.pk)
    return claim


def use_claim(user: User, claim_id: uuid.UUID, now: datetime) -> TokenClaim:
    """Makes a claimed token the picture: at once where it stands in the history, else after another check."""
    with transaction.atomic():
        claim = _locked(user, claim_id)
        claim.wants_picture = True
        if claim.state == State.OWNED and claim.avatar is not None and _choose(claim.avatar.pk, user):
            claim.save(update_fields=["wants_picture"])
            return claim
        if claim.avatar is not None and claim.avatar.state == REMOVED_PICTURE:
            # Nobody watches it from here on: undoing the removal must not bring a mark back (V1).
            withdraw_avatar(claim.avatar.pk, "Another picture of this token took its place.", actor=user)
            claim.avatar = None
        elif claim.state == State.OWNED and claim.avatar is not None and _is_lost_here(claim.avatar):
            claim.avatar = None  # it is fetched anew
        _check_again(claim, now)
        claim.save()
    return claim


def recheck(user: User, claim_id: uuid.UUID, now: datetime) -> TokenClaim:
    """Looks again: at the chain, and for the picture where that failed. Raises ClaimError."""
    spend_check(user)
    with transaction.atomic():
        claim = _locked(user, claim_id)
        _check_again(claim, now)
        claim.save()
    return claim


def recheck_as_staff(claim: TokenClaim, actor: User, now: datetime, reason: str) -> None:
    """The same, asked for by staff, with the reason in the audit."""
    with transaction.atomic():
        held = TokenClaim.objects.select_for_update(of=("self",)).select_related("user", "avatar").get(pk=claim.pk)
        _check_again(held, now)
        held.save()
        record(profile_of(held.user), "claim.recheck", actor, claim=str(held.pk), reason=reason)


def remove_claim(user: User, claim_id: uuid.UUID) -> None:
    """Takes a token off the person's list; its picture can no longer be shown, as nobody watches the token any more."""
    with transaction.atomic():
        claim = _locked(user, claim_id)
        if claim.avatar is not None:
            withdraw_avatar(claim.avatar.pk, "You took this token off your list.", actor=user)
        record(profile_of(user), "claim.remove", user, claim=str(claim.pk))
        claim.delete()


def withdraw_claims_of_account(account: LinkedAccount, now: datetime) -> None:
    """Takes the mark from every token this account holds, within the caller's transaction, before it is unlinked.

    They are due at once again: another of the person's accounts may hold them too.
    """
    with transaction.atomic():
        for claim in TokenClaim.objects.select_for_update(of=("self",)).filter(account=account).order_by("pk"):
            sentence = loss_sentence(UNLINKED, "", "", was_owned=True)
            if claim.avatar is not None:
                withdraw_avatar(claim.avatar.pk, sentence)
            claim.state, claim.step, claim.account = State.NOT_OWNED, Step.OWNER, None
            claim.reason, claim.reason_sentence = UNLINKED, sentence
            claim.vault = claim.attempt = claim.media_attempt = claim.media_due_at = None
            claim.next_check_at = now
            history.note_check(claim, None, now)
            claim.save()
            jobs.enqueue(jobs.VERIFY_CLAIM, claim.pk)


def get_claim(user: User, claim_id: uuid.UUID) -> TokenClaim:
    """Raises NoSuchClaim."""
    claim = TokenClaim.objects.filter(user=user, pk=claim_id).select_related("avatar__image", "account").first()
    if claim is None:
        raise NoSuchClaim
    return claim


def spend_check(user: User) -> None:
    try:
        spend("checks", user.pk, CHECKS_PER_HOUR)
    except TooMany as error:
        raise TooManyChecks(error.sentence) from error


def _locked(user: User, claim_id: uuid.UUID) -> TokenClaim:
    claims = TokenClaim.objects.select_for_update(of=("self",)).select_related("avatar")
    claim = claims.filter(user=user, pk=claim_id).first()
    if claim is None:
        raise NoSuchClaim
    return claim


def _is_lost_here(avatar: Avatar) -> bool:
    """Withdrawn because we have no square of it any more."""
    return avatar.state == WITHDRAWN_PICTURE and not avatar.image.renditions.exists()


def _choose(avatar_id: uuid.UUID, user: User) -> bool:
    try:
        with transaction.atomic():
            choose_avatar(profile_of(user), avatar_id, user)
    except AvatarNotShowable:
        return False
    return True


def _check_again(claim: TokenClaim, now: datetime) -> None:
    claim.deaths = 0
    if claim.state in {State.NOT_OWNED, State.UNKNOWN}:
        claim.state, claim.step = State.PENDING, Step.OWNER
        claim.reason = claim.reason_sentence = ""
    elif claim.state == State.OWNED and claim.avatar is None and claim.media_due_at is None:
        claim.reason = claim.reason_sentence = ""
        ask_for_media(claim, now)
    elif claim.reason == FAILED and claim.media_due_at is not None:
        jobs.enqueue(jobs.FETCH_MEDIA, claim.pk)
    claim.next_check_at = now
    jobs.enqueue(jobs.VERIFY_CLAIM, claim.pk)


def _on_our_chains(asset: AssetReference) -> AssetReference:
    if asset.chain_id not in settings.NFT_CHAINS:
        names = ", ".join(str(chain["name"]) for chain in settings.NFT_CHAINS.values())
        raise ReferenceRefused(f"This token is on chain {asset.chain_id}, which we don't read. We read: {names}.")
    return asset


def _explorer_hosts() -> Mapping[str, int]:
    urls = {chain_id: urlsplit(chain.get("explorer_url", "")) for chain_id, chain in settings.NFT_CHAINS.items()}
    return {url.netloc.lower().removeprefix("www."): chain_id for chain_id, url in urls.items() if url.netloc}
