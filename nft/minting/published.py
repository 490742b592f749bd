"""Find what is public of an NFT that was made here, by the CID of its picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from nft.core.ipfs.cid import Cid
from nft.models import MintRequest, TokenClaim
from profiles import settings as profiles_settings
from profiles.models import Avatar

#: Tokens of one picture that are named, newest first.
MAX_TOKENS = 20


@dataclass(frozen=True)
class Published:
    """A picture that people made NFTs of. `tokens` are the confirmed ones; the `newest` mint names it."""

    newest: MintRequest
    tokens: Sequence[MintRequest]


def find_published(cid: Cid) -> Published | None:
    """Return what people whom everybody sees made of this picture; None if nobody did.

    Who made it and who holds it is not told: that is the chain's to say.
    """
    visible = MintRequest.objects.filter(image_cid=str(cid), user__avatar_profile__is_hidden=False)
    mints = list(visible.exclude(state=MintRequest.State.FAILED).order_by("-created_at")[:MAX_TOKENS])
    if not mints:
        return None
    return Published(mints[0], [mint for mint in mints if mint.state == MintRequest.State.CONFIRMED])


def find_avatar(mint: MintRequest) -> Avatar | None:
    """Return the newest entry of the maker's history that shows this picture as an NFT of theirs, if there is one."""
    claims = TokenClaim.objects.filter(user=mint.user, picture__image_cid=mint.image_cid, avatar__is_locked=False)
    claim = claims.select_related("avatar__image").order_by("-created_at").first()
    return None if claim is None else claim.avatar


def external_url(cid: Cid) -> str:
    """Return the address of the page of this picture, for the token's metadata; empty if the site has no origin."""
    origin = profiles_settings.current().site_origin
    return f"{origin}{reverse('nft:published', args=[str(cid)])}" if origin else ""
