"""What a picture's receipt says: which token, held at which block, and how its bytes are proved.

The dict is stored with the picture; only the holder's address is added when it is shown, and only while they let it be.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from nft.core.evm.address import to_checksum
from nft.core.evm.caip import AssetId
from nft.core.evm.token import TokenStandard
from nft.core.tokens.verdict import Verdict
from nft.models import TokenClaim
from nft.names.known import shown_name
from nft.settings.chains import describe_chain
from nft.tokens.media import TokenMedia
from nft.tokens.resolvers import rule_for

if TYPE_CHECKING:
    from profiles.models import Avatar


def asset_id(claim: TokenClaim) -> str:
    """CAIP-19."""
    standard = TokenStandard(claim.standard or TokenStandard.ERC721)
    return str(AssetId(claim.chain_id, standard, claim.contract, claim.token_id))


def build_provenance(claim: TokenClaim, media: TokenMedia) -> dict[str, Any]:
    """The whole receipt of a claim that was verified and whose picture was fetched."""
    return {
        "asset_id": asset_id(claim),
        "chain_id": claim.chain_id,
        "chain_name": describe_chain(claim.chain_id).name,
        "contract": claim.contract_text,
        "collection": media.collection,
        "token_id": claim.token_id_text,
        "standard": claim.standard,
        "token_name": media.name,
        "token_uri": media.token_uri,
        "image_uri": media.image.uri[:500],
        "image_cid": media.image.cid,
        "proof": media.proof,
        "sha256": hashlib.sha256(media.image.data).hexdigest(),
        "explorer_url": explorer_url(claim),
        **when_checked(claim),
    }


def renewed(provenance: dict[str, Any] | None, claim: TokenClaim) -> dict[str, Any] | None:
    """The same receipt after another check."""
    return None if provenance is None else {**provenance, **when_checked(claim)}


def when_checked(claim: TokenClaim) -> dict[str, Any]:
    return {
        "by_delegation": claim.vault is not None,
        "block_number": claim.checked_block_number,
        "block_hash": claim.checked_block_hash,
        "checked_at": claim.checked_at.isoformat() if claim.checked_at else "",
    }


def explorer_url(claim: TokenClaim) -> str:
    """The token's page at the chain's explorer; empty without one."""
    base = describe_chain(claim.chain_id).explorer_url.rstrip("/")
    return f"{base}/nft/{claim.contract_text}/{claim.token_id}" if base else ""


def provide(avatar: Avatar) -> dict[str, Any] | None:
    """For profiles.sources: the stored receipt, with the addresses of the account, and of the vault that holds the
    token for it, only if the account is public now. Its name is for people to read; what proves anything is the
    address."""
    if avatar.provenance is None:
        return None
    claim = TokenClaim.objects.filter(avatar_id=avatar.pk).select_related("account__primary_name").first()
    if claim is None:
        return {**avatar.provenance, **_HIDDEN, "verdict": str(Verdict.UNKNOWN)}
    receipt = {**avatar.provenance, **_verdict(claim)}
    if claim.account is None or not claim.account.is_public:
        return {**receipt, **_HIDDEN}
    name = shown_name(claim.account, timezone.now())
    return {**receipt, "account": claim.account.address_text, "account_name": name, "vault": claim.vault_text}


def _verdict(claim: TokenClaim) -> dict[str, Any]:
    """What the chain last said, where it said so, and how it was asked if not as the token's standard says."""
    if claim.state not in {TokenClaim.State.OWNED, TokenClaim.State.NOT_OWNED}:
        return {"verdict": str(Verdict.UNKNOWN)}
    said = {"verdict": claim.state, **when_checked(claim)}
    if rule := rule_for(claim.chain_id, claim.contract):
        said["resolver"] = rule.as_json()
    return {**said, "delegate_registry": _registry(claim)} if claim.vault else said


def _registry(claim: TokenClaim) -> str:
    """Where a delegation can be asked for."""
    registry = describe_chain(claim.chain_id).delegate_registry
    return to_checksum(registry) if registry else ""


_HIDDEN = {"account": "", "account_name": "", "vault": ""}
