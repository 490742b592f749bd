"""Pictures of a source whose right to show them must be verified, as of tokens."""

from __future__ import annotations

from datetime import datetime

from profiles.models import Avatar, Profile
from profiles.pictures.history import AvatarDetails, set_avatar
from profiles.testing.people import a_picture

ASSET = "eip155:31337/erc721:0x00000000000000000000000000000000000000a1/1"


def a_token_picture(profile: Profile, at: datetime, *, asset: str = ASSET, content: bytes = b"") -> Avatar:
    """Use a token's picture for this person, attested `at`."""
    details = AvatarDetails(title="Token 1", attested_at=at, provenance={"asset_id": asset, "chain_id": 31337})
    return set_avatar(profile, content or a_picture(), "nft", details=details, actor=profile.user)
