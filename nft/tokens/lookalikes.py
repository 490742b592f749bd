"""Warn of pictures that look like another collection's. People decide what to do about it; nothing is blocked here."""

from __future__ import annotations

from datetime import datetime
from itertools import islice

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import Exists, Q, QuerySet

from nft.models import HeldToken, LinkedAccount, MintRequest, ReceivedToken, TokenClaim, TokenLikeness
from profiles.models import Avatar, StoredImage
from profiles.sentences import gettext
from profiles.sources import UPLOAD
from profiles.store.likeness import is_copy, read_likeness

#: Only so many of the oldest pictures are compared. Beyond, exact copies are still found by their hash.
MAX_COMPARED = 20_000
#: Of those with similar hashes, so many are compared closer, in about 10 ms each.
MAX_SIMILAR = 50
_TOKEN = ("chain_id", "contract", "token_id")


def record_likeness(token: TokenClaim | HeldToken, image: StoredImage, now: datetime) -> TokenLikeness | None:
    """Record the token's picture, and the oldest picture of another collection that looks like it.

    Return None for an image that can't be compared: its master is lost.
    """
    key = {name: getattr(token, name) for name in _TOKEN}
    known = TokenLikeness.objects.filter(**key).first()
    if known is not None and known.sha256 == image.sha256:
        return known
    likeness = read_likeness(image)
    if likeness is None:
        return None
    # Tokens of one collection often share a picture.
    others = TokenLikeness.objects.exclude(chain_id=token.chain_id, contract=token.contract)
    facts = {
        "name": token.name,
        "collection": token.collection,
        "sha256": image.sha256,
        "difference_hash": likeness.whole,
        "parts": likeness.pack_parts(),
        "thumbnail": likeness.thumbnail,
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


def find_warning(token: TokenClaim | HeldToken, user: AbstractBaseUser) -> str:
    """Return a sentence for `user`, "" if there is nothing to warn of."""
    row = TokenLikeness.objects.filter(**{name: getattr(token, name) for name in _TOKEN}).first()
    return "" if row is None else warning_of(row, user)


def find_warning_for_new(user: AbstractBaseUser, image: StoredImage) -> str:
    """Return such a sentence for a picture that `user` uploads or wants to make a token of."""
    other = _find_oldest_like(image, TokenLikeness.objects.all())
    if other is None or not _is_of_others(other, user) or _had_before(user, image, other.seen_at):
        return ""
    return gettext(
        "This looks like “%(other)s”, which somebody else showed here first. Others may take yours for a copy.",
        other=str(other),
    )


def find_warning_for_mint(user: AbstractBaseUser, image: StoredImage, now: datetime) -> str:
    """Like `find_warning_for_new`; also warn of a picture that somebody else uploaded here before `user` did."""
    if warning := find_warning_for_new(user, image):
        return warning
    uploads = Avatar.objects.filter(source=UPLOAD, image=image).exclude(state=Avatar.State.REMOVED)
    first = uploads.exclude(profile__user_id=user.pk).order_by("created_at").first()
    if first is None or _had_before(user, image, min(first.created_at, now)):
        return ""
    return gettext("Somebody else uploaded this very picture here first. Others may take yours for a copy.")


def find_upload_warning(avatar: Avatar) -> str:
    """Return such a sentence for an upload, for `profiles.sources`."""
    return find_warning_for_new(avatar.profile.user, avatar.image)


def warning_of(row: TokenLikeness, user: AbstractBaseUser) -> str:
    """Return the sentence for a recorded picture, "" if it resembles none of somebody else's."""
    other = row.resembles
    if other is None or not _is_of_others(other, user):
        return ""
    image = StoredImage.objects.filter(sha256=row.sha256).first()
    return "" if image is not None and _had_before(user, image, other.seen_at) else describe(row)


def describe(row: TokenLikeness) -> str:
    """Return what a recorded picture is like, "" if it resembles no other."""
    other = row.resembles
    if other is None:
        return ""
    if other.sha256 == row.sha256:
        return gettext(
            "This is the same picture as “%(other)s”, which was seen here before. Others may take it for a copy.",
            other=str(other),
        )
    return gettext(
        "This is very like “%(other)s”, which was seen here before. Others may take it for a copy.", other=str(other)
    )


def _is_of_others(row: TokenLikeness, user: AbstractBaseUser) -> bool:
    """Return whether `user` neither has or had the token here, nor made it, nor sent it to somebody. One query."""
    same = {name: getattr(row, name) for name in _TOKEN}
    mine = LinkedAccount.objects.filter(user_id=user.pk).values("address")
    own = (
        Q(Exists(TokenClaim.objects.filter(user_id=user.pk, checks__verdict="owned", **same)))
        | Q(Exists(HeldToken.objects.filter(account__user_id=user.pk, **same)))
        | Q(Exists(MintRequest.objects.filter(user_id=user.pk, **same)))
        | Q(Exists(ReceivedToken.objects.filter(sender__in=mine, **same)))
    )
    return TokenLikeness.objects.filter(pk=row.pk).exclude(own).exists()


def _had_before(user: AbstractBaseUser, image: StoredImage, at: datetime) -> bool:
    """Return whether `user` uploaded this very picture here before `at`."""
    mine = Avatar.objects.filter(profile__user_id=user.pk, source=UPLOAD, image=image)
    return mine.filter(created_at__lt=at).exists()


def _find_oldest_like(image: StoredImage, others: QuerySet[TokenLikeness]) -> TokenLikeness | None:
    """Return the oldest exact copy, or else the oldest picture that looks alike. Raise StorageError."""
    others = others.order_by("seen_at", "pk")
    same = others.filter(sha256=image.sha256).first()
    if same is not None:
        return same
    likeness = read_likeness(image)
    if likeness is None:
        return None
    rows = others.values_list("pk", "difference_hash", "parts")[:MAX_COMPARED]
    similar = (
        pk
        for pk, difference_hash, parts in rows.iterator(chunk_size=2000)
        if likeness.may_be_copy(difference_hash, bytes(parts))
    )
    for pk in islice(similar, MAX_SIMILAR):
        row = others.filter(pk=pk).first()
        if row is not None and is_copy(likeness, row.difference_hash, bytes(row.parts), bytes(row.thumbnail)):
            return row
    return None
