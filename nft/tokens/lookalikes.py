"""Warning of pictures that look like another collection's, whoever has the right to them: people decide, not we."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet

from nft.models import HeldToken, TokenClaim, TokenLikeness
from profiles.images.formats import OutputFormat
from profiles.images.likeness import difference_hash, look_alike
from profiles.serving.content import rendition_bytes
from profiles.store.objects import StorageError
from profiles.store.renditions import pick_rendition

if TYPE_CHECKING:
    from profiles.models import StoredImage

log = logging.getLogger(__name__)

SIZE = 64
LOOKED_THROUGH = 100_000
"""The oldest so many are compared; beyond, exact copies are still found by their hash."""
_SIGN = 1 << 63


def remember_picture(token: TokenClaim | HeldToken, image: StoredImage, now: datetime) -> TokenLikeness | None:
    """Notes what the token's picture looks like, and which older one of another collection it is like. None where our
    own copy can't be read now: a warning is missed, and nothing else."""
    key = {"chain_id": token.chain_id, "contract": token.contract, "token_id": token.token_id}
    known = TokenLikeness.objects.filter(**key).first()
    if known is not None and known.sha256 == image.sha256:
        return known
    bits = _bits_of(image)
    if bits is None:
        return None
    facts = {"name": token.name, "collection": token.collection, "sha256": image.sha256, "bits": _signed(bits)}
    facts["resembles"] = _older_one_like(token, image.sha256, bits)
    try:
        with transaction.atomic():
            row, _ = TokenLikeness.objects.update_or_create(
                **key, defaults=facts, create_defaults=facts | {"seen_at": now}
            )
    except IntegrityError:  # another worker noted it meanwhile
        return TokenLikeness.objects.filter(**key).first()
    return row


def find_warning(token: TokenClaim | HeldToken) -> str:
    """A sentence for the person, "" where there is nothing to warn of."""
    key = {"chain_id": token.chain_id, "contract": token.contract, "token_id": token.token_id}
    row = TokenLikeness.objects.filter(**key).select_related("resembles").first()
    return "" if row is None else warning_of(row)


def find_warning_for_new(user: User, image: StoredImage) -> str:
    """The same for a picture that is to become a token of `user`, compared with tokens that are not theirs."""
    bits = _bits_of(image)
    if bits is None:
        return ""
    same = {name: OuterRef(name) for name in ("chain_id", "contract", "token_id")}
    others = TokenLikeness.objects.exclude(Exists(TokenClaim.objects.filter(user=user, state="owned", **same)))
    other = _first_like(others.order_by("seen_at", "pk"), image.sha256, bits)
    if other is None:
        return ""
    return f"This looks like “{other}”, which somebody else showed here first. Others may take yours for a copy."[:300]


def warning_of(row: TokenLikeness) -> str:
    other = row.resembles
    if other is None:
        return ""
    likeness = "the same picture as" if other.sha256 == row.sha256 else "very like"
    return f"This is {likeness} “{other}”, which was seen here before. Others may take it for a copy."[:300]


def _older_one_like(token: TokenClaim | HeldToken, sha256: str, bits: int) -> TokenLikeness | None:
    """Of another contract: tokens of one collection often share a picture."""
    others = TokenLikeness.objects.exclude(chain_id=token.chain_id, contract=token.contract)
    return _first_like(others.order_by("seen_at", "pk"), sha256, bits)


def _bits_of(image: StoredImage) -> int | None:
    """None where our own copy can't be read now."""
    square = pick_rendition(image.renditions.all(), SIZE)
    if square is None:
        return None
    try:
        return difference_hash(rendition_bytes(square, OutputFormat.WEBP))
    except StorageError as error:
        log.warning("A picture could not be compared: %s", error)
        return None


def _first_like(others: QuerySet[TokenLikeness], sha256: str, bits: int) -> TokenLikeness | None:
    same = others.filter(sha256=sha256).first()
    if same is not None:
        return same
    for pk, found in others.values_list("pk", "bits")[:LOOKED_THROUGH].iterator(chunk_size=5000):
        if look_alike(bits, found % (1 << 64)):
            return others.filter(pk=pk).first()
    return None


def _signed(bits: int) -> int:
    return bits - (1 << 64) if bits & _SIGN else bits
