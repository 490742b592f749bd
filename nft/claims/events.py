"""The events of webhooks that are about tokens. They name tokens, and no account: an account may be hidden."""

from __future__ import annotations

from datetime import datetime

from nft.core.evm.caip import AssetId
from nft.core.evm.token import TokenStandard
from nft.models import MintRequest, TokenClaim
from profiles.models import Profile
from profiles.people.profiles import profile_of
from profiles.sentences import gettext_noop
from profiles.webhooks.events import EventType, register_event_types
from profiles.webhooks.recording import NewEvent, record_event

_TOKEN = "eip155:1/erc721:0xBC4CA0EdA7647A8aB7C2061c2E118A18a936f13D/1234"  # noqa: S105 - an NFT
_TRANSACTION = "0x5c504ed432cb51138bcf09aa5e8a410dd4a1e204ef84bfed1be16dfba1b22060"
OWNERSHIP_LOST = EventType(
    "ownership.lost",
    gettext_noop("An NFT of yours leaves your wallet"),
    {"handle": "alice", "token": _TOKEN, "was_shown": True},
    {"claim_id": "6f1f0a0e-8d0c-4f0b-8a51-0d5b8ad4a1c3", "reason": "held_by_other"},
)
OWNERSHIP_RETURNED = EventType(
    "ownership.returned",
    gettext_noop("An NFT that left your wallet comes back"),
    {"handle": "alice", "token": _TOKEN, "is_shown": True},
    {"claim_id": "6f1f0a0e-8d0c-4f0b-8a51-0d5b8ad4a1c3"},
)
TOKEN_MINTED = EventType(
    "token.minted",
    gettext_noop("An NFT you make is ready"),
    {"handle": "alice", "token": _TOKEN, "name": "Blue hour", "transaction": _TRANSACTION},
    {"mint_id": "3b0c8f1e-4a52-4f5e-9d8f-0a1f5f7f9b11"},
)


def register() -> None:
    register_event_types(OWNERSHIP_LOST, OWNERSHIP_RETURNED, TOKEN_MINTED)


def record_lost(claim: TokenClaim, now: datetime, *, was_shown: bool) -> None:
    """Record that the chain says that a token is no longer theirs. Others learn of one that was their picture."""
    profile = profile_of(claim.user)
    data = {"handle": profile.handle, "token": _token_of(claim), "was_shown": was_shown}
    own = {"claim_id": str(claim.pk), "reason": claim.reason}
    record_event(profile, NewEvent(OWNERSHIP_LOST, now, data, own, is_public=was_shown))


def record_returned(claim: TokenClaim, now: datetime) -> None:
    """Record that the chain says that a token which was lost is theirs again."""
    profile = profile_of(claim.user)
    shown = is_shown(claim)
    data = {"handle": profile.handle, "token": _token_of(claim), "is_shown": shown}
    record_event(profile, NewEvent(OWNERSHIP_RETURNED, now, data, {"claim_id": str(claim.pk)}, is_public=shown))


def record_minted(mint: MintRequest, now: datetime) -> None:
    """Record that a token was made. Others learn of it if the account that holds it is public."""
    profile = profile_of(mint.user)
    assert mint.token_id is not None  # noqa: S101  # as it is confirmed; tells the type checker
    token = AssetId(mint.chain_id, TokenStandard.ERC721, mint.contract, mint.token_id)
    data = {"handle": profile.handle, "token": str(token), "name": mint.name, "transaction": mint.tx_hash}
    is_public = mint.account is not None and mint.account.is_public
    record_event(profile, NewEvent(TOKEN_MINTED, now, data, {"mint_id": str(mint.pk)}, is_public=is_public))


def is_shown(claim: TokenClaim) -> bool:
    """Return whether the picture of the token is the one that its person uses now. One query."""
    return claim.avatar_id is not None and Profile.objects.filter(user=claim.user_id, avatar=claim.avatar_id).exists()


def _token_of(claim: TokenClaim) -> str:
    standard = TokenStandard(claim.standard) if claim.standard else TokenStandard.ERC721
    return str(AssetId(claim.chain_id, standard, claim.contract, claim.token_id))
