"""Delete the published files of a person who leaves, unless somebody else here uses them."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Q

from nft.files.publishing import unpublish
from nft.models import ClaimPicture, HeldToken, MintRequest, TokenClaim


def erase(user: User, now: datetime) -> None:
    """Unpin what only this person had published. Idempotent; the rows go with the person."""
    unpublish(sorted(find_own_cids(user)), now)


def find_own_cids(user: User) -> set[str]:
    """Return the CIDs of files that this person had published, and that nobody else here minted, claims or holds."""
    mine = MintRequest.objects.filter(user=user).exclude(image_cid="")
    found: set[str] = set()
    for mint in mine.only("chain_id", "contract", "token_id", "image_cid", "metadata_cid"):
        cids = {mint.image_cid, mint.metadata_cid} - {""}
        if not _is_anothers_token(mint, user):
            found |= cids
    return found - _used_by_others(found, user)


def _is_anothers_token(mint: MintRequest, user: User) -> bool:
    if mint.token_id is None:
        return False
    token = {"chain_id": mint.chain_id, "contract": mint.contract, "token_id": mint.token_id}
    others = TokenClaim.objects.filter(**token).exclude(user=user)
    return others.exists() or HeldToken.objects.filter(**token).exclude(account__user=user).exists()


def _used_by_others(cids: set[str], user: User) -> set[str]:
    mints = MintRequest.objects.filter(Q(image_cid__in=cids) | Q(metadata_cid__in=cids)).exclude(user=user)
    uris = {f"ipfs://{cid}" for cid in cids}
    pictures = ClaimPicture.objects.filter(Q(token_uri__in=uris) | Q(image_uri__in=uris)).exclude(claim__user=user)
    named = {cid for pair in mints.values_list("image_cid", "metadata_cid") for cid in pair}
    return named | {
        uri.removeprefix("ipfs://") for pair in pictures.values_list("token_uri", "image_uri") for uri in pair
    }
