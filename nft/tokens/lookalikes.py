"""Warn of pictures that look like another collection's. People decide what to do about it; nothing is blocked here."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet

from nft.models import HeldToken, TokenClaim, TokenLikeness

if TYPE_CHECKING:
    from profiles.models import StoredImage

#: Only so many of the oldest pictures are compared. Beyond, exact copies are still found by their hash.
MAX_COMPARED = 100_000


def record_likeness(token: TokenClaim | HeldToken, image: StoredImage, now: datetime) -> TokenLikeness | None:
    """Record the token's picture, and the oldest picture of another collection that looks like it.

    Return None for an image that was stored without a difference hash: it can't be compared.
    """
    key = {"chain_id": token.chain_id, "contract": token.contract, "token_id": token.token_id}
    known = TokenLikeness.objects.filter(**key).first()
    if known is not None and known.sha256 == image.sha256:
        return known
    if image.difference_hash is None:
        return None
    # Tokens of one collection often share a picture.
    others = TokenLikeness.objects.exclude(chain_id=token.chain_id, contract=token.contract)
    facts = {
        "name": token.name,
        "collection": token.collection,
        "sha256": image.sha256,
        "difference_hash": image.difference_hash,
        "resembles": _find_oldest_like(image, others),
    }
    try:
        with transaction.atomic():
            row, _ = TokenLikeness.objects.update_or_create(
                **key, defaults=facts, create_defaults=facts | {"seen_at": now}
            )
    except IntegrityError:  # another worker recorded it meanwhile
        return TokenLikeness.objects.filter(**key).first()
    return row


def find_warning(token: TokenClaim | HeldToken) -> str:
    """Return a sentence for the person, "" if there is nothing to warn of."""
    key = {"chain_id": token.chain_id, "contract": token.contract, "token_id": token.token_id}
    row = TokenLikeness.objects.filter(**key).select_related("resembles").first()
    return "" if row is None else warning_of(row)


def find_warning_for_new(user: User, image: StoredImage) -> str:
    """Return such a sentence for a picture of which `user` wants to make a token; their own tokens don't count."""
    same = {name: OuterRef(name) for name in ("chain_id", "contract", "token_id")}
    others = TokenLikeness.objects.exclude(Exists(TokenClaim.objects.filter(user=user, state="owned", **same)))
    other = _find_oldest_like(image, others)
    if other is None:
        return ""
    return f"This looks like “{other}”, which somebody else showed here first. Others may take yours for a copy."[:300]


def warning_of(row: TokenLikeness) -> str:
    """Return the sentence for a recorded picture, "" if it resembles no other."""
    other = row.resembles
    if other is None:
        return ""
    likeness = "the same picture as" if other.sha256 == row.sha256 else "very like"
    return f"This is {likeness} “{other}”, which was seen here before. Others may take it for a copy."[:300]


def _find_oldest_like(image: StoredImage, others: QuerySet[TokenLikeness]) -> TokenLikeness | None:
    """Return the oldest exact copy, or else the oldest picture that looks alike."""
    others = others.order_by("seen_at", "pk")
    same = others.filter(sha256=image.sha256).first()
    if same is not None:
        return same
    for pk, difference_hash in others.values_list("pk", "difference_hash")[:MAX_COMPARED].iterator(chunk_size=5000):
        if image.looks_like(difference_hash):
            return others.filter(pk=pk).first()
    return None
