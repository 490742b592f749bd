"""The sections of a person's page about wallets, NFTs and mints, and of a picture's page about its token."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nft.app_labels import NFT
from nft.claims.history import get_recent
from nft.models import ClaimCheck, LinkedAccount, MintRequest, TokenClaim
from nft.models.accounts import address_for_staff
from nft.names.primary import get_primary_name
from nft.settings.chains import describe_chain
from profiles.desk.parts import PersonSection, PictureSection
from profiles.models import Avatar, Profile

#: Rows of a section, and answers of the chain that each claim shows there.
CLAIMS, MINTS, WALLETS, ANSWERS = 12, 12, 24, 3


@dataclass(frozen=True)
class ShownWallet:
    account: LinkedAccount
    address: str
    name: str


@dataclass(frozen=True)
class ShownClaim:
    """A claim with what the chain answered last, newest first."""

    claim: TokenClaim
    chain: str
    answers: list[ClaimCheck]


def build_wallets(profile: Profile, staff: User) -> dict[str, object] | None:
    """Return the wallets. The address of a hidden one is hidden from staff, too."""
    del staff
    now = timezone.now()
    rows = LinkedAccount.objects.filter(user_id=profile.user_id).select_related("primary_name")
    shown = [ShownWallet(row, address_for_staff(row), get_primary_name(row, now)) for row in rows[:WALLETS]]
    return {"wallets": shown} if shown else None


def build_claims(profile: Profile, staff: User) -> dict[str, object] | None:
    del staff
    claims = TokenClaim.objects.filter(user_id=profile.user_id).select_related("picture").order_by("-created_at")
    shown = [_shown(claim) for claim in claims[:CLAIMS]]
    url = f"{reverse(f'admin:{NFT}_tokenclaim_changelist')}?q={profile.handle}"
    return {"claims": shown, "more_url": url if len(shown) == CLAIMS else ""} if shown else None


def build_mints(profile: Profile, staff: User) -> dict[str, object] | None:
    del staff
    mints = list(MintRequest.objects.filter(user_id=profile.user_id).order_by("-created_at")[:MINTS])
    return {"mints": mints} if mints else None


def build_token(avatar: Avatar, staff: User) -> dict[str, object] | None:
    """Return the claim that this picture is of, with all answers of the chain that a page shows."""
    del staff
    claim = claim_of(avatar)
    return None if claim is None else {"claims": [_shown(claim, most=None)], "more_url": ""}


def claim_of(avatar: Avatar) -> TokenClaim | None:
    return TokenClaim.objects.filter(avatar=avatar).select_related("picture", "user").first()


def _shown(claim: TokenClaim, most: int | None = ANSWERS) -> ShownClaim:
    return ShownClaim(claim, describe_chain(claim.chain_id).name, get_recent(claim, timezone.now())[:most])


PERSON_SECTIONS = (
    PersonSection("wallets", _("Wallets"), "nft/desk/wallets.html", build_wallets, f"{NFT}.view_linkedaccount", 20),
    PersonSection("claims", _("NFTs they show"), "nft/desk/claims.html", build_claims, f"{NFT}.view_tokenclaim", 30),
    PersonSection("mints", _("Mints"), "nft/desk/mints.html", build_mints, f"{NFT}.view_mintrequest", 40),
)
PICTURE_SECTIONS = (
    PictureSection(
        "token", _("What the chain said"), "nft/desk/claims.html", build_token, f"{NFT}.view_tokenclaim", 15
    ),
)
