"""Fetching the picture of a verified claim and putting it into the person's history.

Taken by a lease and an attempt id of its own, beside the ownership checks: a slow gateway never delays the chain.
"""

from __future__ import annotations

import random
import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F, Q

from nft.claims.receipt import build_provenance
from nft.clients.clients import Clients
from nft.core.evm.token import Token, TokenStandard
from nft.models import TokenClaim
from nft.tokens.collections import refusal_of
from nft.tokens.lookalikes import record_likeness
from nft.tokens.media import MediaPostponed, MediaRefused, TokenMedia, fetch_token_media
from profiles.people.people import profile_of
from profiles.pictures.history import AvatarDetails, attach_avatar
from profiles.pictures.rights import doubt_avatars
from profiles.store.images import keep_image

if TYPE_CHECKING:
    from profiles.models import Avatar, StoredImage

State, Step = TokenClaim.State, TokenClaim.Step
LEASE = timedelta(minutes=3)
TRIES = 8
PUT_OFF_SECONDS = (3, 15)
FAILED = "media_failed"
SOURCE = "nft"


def fetch_media(claim_id: uuid.UUID, now: datetime, clients: Clients) -> Avatar | None:
    """The picture that was set, or None where there was nothing to do or it failed (the claim then says why)."""
    claim = _take(claim_id, now)
    if claim is None:
        return None
    try:
        media = _fetch(claim, clients)
        image = keep_image(media.image.data, svg_allowed=True).row
        claim.name, claim.collection = media.name, media.collection
        record_likeness(claim, image, now)
        return _finish(claim, media, image)
    except Exception as error:
        if not is_expected(error):
            raise
        _fail(claim, error, now)
        return None


def is_expected(error: Exception) -> bool:
    """Errors of the edges, each of which says whether it is `permanent`."""
    return hasattr(error, "permanent")


def _take(claim_id: uuid.UUID, now: datetime) -> TokenClaim | None:
    attempt = uuid.uuid4()
    free = Q(media_leased_until=None) | Q(media_leased_until__lte=now)
    taken = TokenClaim.objects.filter(free, pk=claim_id, state=State.OWNED, media_due_at__isnull=False).update(
        media_attempt=attempt,
        media_leased_until=now + LEASE,
        media_attempts=F("media_attempts") + 1,
        step=Step.METADATA,
    )
    return TokenClaim.objects.filter(pk=claim_id, media_attempt=attempt).first() if taken else None


def _fetch(claim: TokenClaim, clients: Clients) -> TokenMedia:
    if claim.media_attempts > TRIES:  # workers died over it, again and again
        raise MediaRefused(f"It was tried {TRIES} times without an end.")
    if refusal := refusal_of(claim.chain_id, claim.contract):
        raise MediaRefused(refusal)
    token = Token(claim.contract, claim.token_id, TokenStandard(claim.standard) if claim.standard else None)

    def reached_image() -> None:
        TokenClaim.objects.filter(pk=claim.pk, media_attempt=claim.media_attempt).update(step=Step.IMAGE)

    return fetch_token_media(clients.chain(claim.chain_id), token, clients, on_metadata=reached_image)


def _finish(claim: TokenClaim, media: TokenMedia, image: StoredImage) -> Avatar | None:
    """Only while the claim still stands: a token lost during the fetch sets no picture (V1)."""
    with transaction.atomic():
        mine = TokenClaim.objects.select_for_update(of=("self",)).select_related("user")
        held = mine.filter(pk=claim.pk, media_attempt=claim.media_attempt, state=State.OWNED).first()
        if held is None:
            return None
        held.name, held.collection = media.name, media.collection
        held.token_uri, held.image_uri = media.token_uri, media.image.uri
        held.image_cid, held.proof = media.image.cid, media.proof
        details = AvatarDetails(
            title=str(held),
            alt_text=f"{held}, {media.collection}" if media.collection else str(held),
            attested_at=held.checked_at,
            provenance=build_provenance(held, media),
        )
        avatar = attach_avatar(profile_of(held.user), image, SOURCE, details=details, actor=held.user)
        carry_doubt(held, avatar)
        held.avatar, held.step = avatar, Step.DONE
        held.reason = held.reason_sentence = ""
        held.media_due_at = held.media_attempt = held.media_leased_until = None
        held.save()
        return avatar


def carry_doubt(claim: TokenClaim, avatar: Avatar) -> None:
    """To a picture that becomes the claim's; the caller saves the claim."""
    if claim.moved_at_block is not None:  # seen leaving while the picture was fetched, or waited to be approved
        doubt_avatars([avatar.pk])
    elif avatar.is_doubted:  # since it was last shown, or an earlier claim; a later block than this one's ends that
        claim.moved_at_block = (claim.checked_block_number or 0) + 1


def _fail(claim: TokenClaim, error: Exception, now: datetime) -> None:
    if isinstance(error, MediaPostponed):
        return _postpone(claim, error, now)
    permanent = getattr(error, "permanent", False) or claim.media_attempts >= TRIES
    delay = timedelta(seconds=min(10 * 2**claim.media_attempts, 3600))
    sentence = f"Its picture can't be shown. {error}" if permanent else f"Its picture could not be fetched yet. {error}"
    TokenClaim.objects.filter(pk=claim.pk, media_attempt=claim.media_attempt).update(
        reason=FAILED,
        reason_sentence=(sentence if permanent else f"{sentence} We keep trying.")[:300],
        media_due_at=None if permanent else now + delay,
        media_attempt=None,
        media_leased_until=None,
    )
    return None


def _postpone(claim: TokenClaim, error: MediaPostponed, now: datetime) -> None:
    """Nothing was asked, so it counts as no try. At random, lest all who wait come back at once."""
    delay = timedelta(seconds=random.uniform(*PUT_OFF_SECONDS))  # noqa: S311 - no secret
    TokenClaim.objects.filter(pk=claim.pk, media_attempt=claim.media_attempt).update(
        reason_sentence=f"Its picture waits for its turn. {error}"[:300],
        media_due_at=now + delay,
        media_attempts=F("media_attempts") - 1,
        media_attempt=None,
        media_leased_until=None,
    )
