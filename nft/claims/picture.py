"""Fetch the picture of a verified claim: the first time to show it, later to see whether it changed.

A row of its own (ClaimPicture) holds the lease, beside the ownership checks: a slow gateway never delays the chain.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from nft.claims.errors import ClaimError
from nft.claims.provenance import build_stored_provenance
from nft.clients.bundle import Clients
from nft.core.evm.token import Token, TokenStandard
from nft.models import ClaimPicture, TokenClaim
from nft.models.claims import PictureFacts
from nft.tokens.blocked import get_token_refusal
from nft.tokens.lookalikes import record_likeness
from nft.tokens.media import FetchedPicture, MediaError, fetch_token_picture
from profiles.jobs import job
from profiles.leases import fresh, lease_row
from profiles.models import Avatar, StoredImage
from profiles.people.profiles import profile_of
from profiles.pictures.changing import AvatarError
from profiles.pictures.history import AvatarDetails, attach_avatar
from profiles.pictures.rights import doubt_avatars
from profiles.row_queue import queue_due
from profiles.store.purge import offer_to_purge

State = ClaimPicture.State
SOURCE = "nft"
#: Attempts that wait for a source that can't be reached before the token's next best source is shown instead.
PATIENT_TRIES = 3


def request_first_pictures(claims: Sequence[TokenClaim], now: datetime) -> None:
    """Queue the first fetch of the claims' pictures, within the transaction that locks the claims."""
    columns = fresh(now) | {
        "state": State.FIRST,
        "step": TokenClaim.Step.METADATA,
        "new_image": None,
        "new_facts": None,
    }
    there = ClaimPicture.objects.filter(claim__in=claims)
    offer_to_purge(there.values_list("new_image_id", flat=True), now)
    pictures = [ClaimPicture(claim=claim, **columns) for claim in claims]
    ClaimPicture.objects.bulk_create(pictures, update_conflicts=True, unique_fields=["claim"], update_fields=[*columns])
    queue_due(fetch_picture)


@job(queue="ipfs", rows=ClaimPicture)
def fetch_picture(claim_id: uuid.UUID, now: datetime, clients: Clients) -> ClaimPicture | None:
    """Fetch a claim's picture if that is due. Return the row afterwards, or None if there was nothing to do or record.

    A failure is recorded in the row, and retried if that may help.
    """
    picture = lease_row(ClaimPicture.objects.filter(pk=claim_id).select_related("claim"), now)
    if picture is None:
        return None
    with picture.attempting(now):
        if picture.state == State.FIRST and picture.claim.state != TokenClaim.State.OWNED:
            picture.release()  # the token was lost: it is fetched when it comes back
            return None
        if not _record(picture, _fetch(picture, now, clients), now):
            return None
    return ClaimPicture.objects.filter(pk=claim_id).first()


def _fetch(picture: ClaimPicture, now: datetime, clients: Clients) -> FetchedPicture:
    """Fetch what the token shows now. Raise MediaError. Of a first picture also record what it resembles."""
    claim = picture.claim
    holders = None if claim.account is None else claim.account.address, claim.vault
    refusal = get_token_refusal(claim.chain_id, claim.contract, claim.token_id, *holders)
    if picture.state == State.FIRST and refusal:
        raise MediaError(refusal)
    token = Token(claim.contract, claim.token_id, TokenStandard(claim.standard) if claim.standard else None)
    if picture.step != TokenClaim.Step.METADATA:  # an earlier try came further
        picture.keep(step=TokenClaim.Step.METADATA)

    def on_metadata() -> None:
        picture.keep(step=TokenClaim.Step.IMAGE)

    found = fetch_token_picture(
        clients.chain(claim.chain_id),
        token,
        clients,
        on_metadata=on_metadata,
        waits_for_outages=picture.tries <= PATIENT_TRIES,
    )
    if picture.state == State.FIRST:
        picture.name, picture.collection = found.facts["name"], found.facts["collection"]
        record_likeness(claim, found.image, now)
    return found


def _record(leased: ClaimPicture, found: FetchedPicture, now: datetime) -> bool:
    """Show the first picture, or compare a later one with what is shown. Return whether there was still reason to.

    Only while the attempt still holds the row, and the person the token: a token lost during the fetch sets no
    picture (V1). The claim is locked before its picture.
    """
    with transaction.atomic():
        claims = TokenClaim.objects.select_for_update(of=("self",)).select_related("user", "avatar")
        claim = claims.filter(pk=leased.pk).first()
        picture = ClaimPicture.objects.select_for_update().filter(pk=leased.pk, attempt=leased.attempt).first()
        if claim is None or picture is None:
            return False
        is_lost = picture.state == State.FIRST and claim.state != TokenClaim.State.OWNED
        picture.claim = claim
        end_fetch(picture, now)
        if picture.state != State.FIRST:
            _compare(picture, claim.avatar, found, now)
        elif not is_lost:
            show_picture(picture, found.image, found.facts)
            picture.state = State.SHOWN
        picture.save()
    return not is_lost


def end_fetch(picture: ClaimPicture, now: datetime) -> None:
    """Clear the job and the picture that waited. The caller saves the row in its transaction."""
    offer_to_purge([picture.new_image_id], now)
    for name, value in fresh(None).items():
        setattr(picture, name, value)
    picture.new_image = picture.new_facts = None


def _compare(picture: ClaimPicture, shown: Avatar | None, found: FetchedPicture, now: datetime) -> None:
    picture.compared_at = now
    if shown is None or shown.image_id == found.image.pk:
        picture.state, picture.changed_at = State.SAME, None
    elif picture.declined_sha256 == found.image.sha256:
        picture.state = State.KEPT
    else:
        picture.state, picture.changed_at = State.CHANGED, now
        picture.new_image, picture.new_facts = found.image, found.facts


def show_picture(picture: ClaimPicture, image: StoredImage, facts: PictureFacts) -> Avatar:
    """Make `image` the picture of the claim and of its person. The caller has locked both rows and saves `picture`.

    Raise ClaimError if the site's team removed this picture from the person's history, or if the stored image is gone.
    """
    for name, value in facts.items():
        setattr(picture, name, value)
    claim = picture.claim
    details = AvatarDetails(
        title=str(claim),
        alt_text=f"{claim}, {claim.collection}" if claim.collection else str(claim),
        attested_at=claim.checked_at,
        provenance=build_stored_provenance(claim),
    )
    try:
        avatar = attach_avatar(profile_of(claim.user), image, SOURCE, details=details, actor=claim.user)
    except AvatarError as error:
        raise ClaimError(error.sentence, permanent=error.permanent) from error
    if claim.moved_at_block is not None:  # a transfer was seen while the picture was fetched or waited for approval
        doubt_avatars([avatar.pk])
    elif avatar.is_doubted:  # since it was last shown; only a block after the one of this check can end that
        claim.moved_at_block = (claim.checked_block_number or 0) + 1
    claim.avatar = avatar
    claim.save(update_fields=["avatar", "moved_at_block"])
    return avatar
