"""The provenance of a token's picture, for its receipt: which token, held at which block, how its bytes are proved.

It is built from the claim when it is asked for. `Avatar.provenance` itself holds only what every page needs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NotRequired, TypedDict

from django.utils import timezone

from nft.claims.ownership_proofs import get_published_proof
from nft.core.errors import InvalidIdentifier
from nft.core.evm.address import to_checksum
from nft.core.evm.caip import AssetId, parse_asset_id
from nft.core.evm.token import TokenStandard
from nft.core.tokens.verdict import Verdict
from nft.models import TokenClaim
from nft.names.primary import get_primary_name
from nft.settings.chains import describe_chain
from nft.tokens.resolvers import rule_for
from profiles.models import Avatar
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop

URI_LENGTH = 500
#: Characters of a collection's name that a mark says.
NAME_LENGTH = 80
_SHOWN = ("picture", "account__primary_name", "ownership_proof")
# By whether it is held by delegation, and whether collection and chain are known.
_MARKS = {
    (False, False, False): gettext_noop("Verified NFT"),
    (False, False, True): gettext_noop("Verified NFT on %(chain)s"),
    (False, True, False): gettext_noop("Verified NFT of “%(collection)s”"),
    (False, True, True): gettext_noop("Verified NFT of “%(collection)s” on %(chain)s"),
    (True, False, False): gettext_noop("Verified NFT, held by delegation"),
    (True, False, True): gettext_noop("Verified NFT on %(chain)s, held by delegation"),
    (True, True, False): gettext_noop("Verified NFT of “%(collection)s”, held by delegation"),
    (True, True, True): gettext_noop("Verified NFT of “%(collection)s” on %(chain)s, held by delegation"),
}
_QUOTES = re.compile('[“”„‟〝〞"]')


class NamedProof(TypedDict):
    """The document at `/avatar/<id>/proof.json`, and whose word it is that the chain has its block (`RestsOn`)."""

    block_number: int
    block_hash: str
    rests_on: str
    sha256: str


class Provenance(TypedDict):
    """Times are ISO 8601, token ids decimal text. Account, its name and vault are empty unless the account is public.

    `checked_at`, block and `by_delegation` are of the last answer, which `verdict` names ("unknown" after none).
    """

    asset_id: str
    chain_id: int
    chain_name: str
    contract: str
    collection: str
    token_id: str
    standard: str
    token_name: str
    token_uri: str
    image_uri: str
    image_cid: str
    proof: str
    sha256: str
    explorer_url: str
    by_delegation: bool
    block_number: int | None
    block_hash: str
    checked_at: str
    verdict: str
    account: str
    account_name: str
    vault: str
    metadata_changed_at: NotRequired[str]
    ownership_proof: NotRequired[NamedProof]
    resolver: NotRequired[dict[str, str]]
    delegate_registry: NotRequired[str]


def asset_id(claim: TokenClaim) -> str:
    """Return the token's CAIP-19 identifier."""
    standard = TokenStandard(claim.standard or TokenStandard.ERC721)
    return str(AssetId(claim.chain_id, standard, claim.contract, claim.token_id))


def build_stored_provenance(claim: TokenClaim) -> dict[str, object]:
    """Return what is stored with the picture: its identity, and what every mark must say without a query."""
    return {
        "asset_id": asset_id(claim),
        "by_delegation": claim.vault is not None,
        "collection": claim.collection,
    }


def describe_mark(avatar: Avatar) -> str:
    """Return what the mark says in words: "Verified NFT of “Avatars” on Ethereum, held by delegation".

    The collection's name is the contract's own, and is quoted: no name can pose as what we say.
    """
    facts = avatar.provenance or {}
    collection = _QUOTES.sub("'", str(facts.get("collection") or ""))[:NAME_LENGTH]
    chain = _chain_name(facts.get("asset_id"))
    by_delegation = facts.get("by_delegation") is True
    return _(_MARKS[by_delegation, bool(collection), bool(chain)], collection=collection, chain=chain)


def _chain_name(asset: object) -> str:
    try:
        return describe_chain(parse_asset_id(str(asset)).chain_id).name
    except InvalidIdentifier:
        return ""


def build_provenance(avatar: Avatar) -> dict[str, object] | None:
    """Build what the receipt says of a picture, for `profiles.sources`. Costs one query.

    Without a claim (its person took the token off the list) only what is stored with the picture is known.
    """
    claim = (
        TokenClaim.objects.filter(avatar_id=avatar.pk).select_related(*_SHOWN).defer("ownership_proof__content").first()
    )
    if claim is None:
        stored = avatar.provenance
        hidden = {"account": "", "account_name": "", "vault": "", "verdict": str(Verdict.UNKNOWN)}
        return None if stored is None else {**_identity(stored), **hidden}
    return dict(_provenance_of_claim(claim))


def _identity(stored: Mapping[str, object]) -> dict[str, object]:
    return {name: stored[name] for name in ("asset_id", "by_delegation") if name in stored}


def _provenance_of_claim(claim: TokenClaim) -> Provenance:
    picture, chain = claim.get_picture(), describe_chain(claim.chain_id)
    is_answered = claim.state in {TokenClaim.State.OWNED, TokenClaim.State.NOT_OWNED}
    account = claim.account if claim.account is not None and claim.account.is_public else None
    provenance = Provenance(
        asset_id=asset_id(claim),
        chain_id=claim.chain_id,
        chain_name=chain.name,
        contract=claim.contract_text,
        collection=picture.collection,
        token_id=claim.token_id_text,
        standard=claim.standard,
        token_name=picture.name,
        token_uri=picture.token_uri,
        image_uri=picture.image_uri[:URI_LENGTH],
        image_cid=picture.image_cid,
        proof=picture.proof,
        sha256=picture.sha256,
        explorer_url=explorer_url(claim),
        by_delegation=claim.vault is not None,
        block_number=claim.checked_block_number,
        block_hash=claim.checked_block_hash,
        checked_at=claim.checked_at.isoformat() if claim.checked_at else "",
        verdict=claim.state if is_answered else str(Verdict.UNKNOWN),
        account=account.address_text if account else "",
        account_name=get_primary_name(account, timezone.now()),
        vault=claim.vault_text if account else "",
    )
    if picture.changed_at is not None:
        provenance["metadata_changed_at"] = picture.changed_at.isoformat()
    if account is not None and (proof := get_published_proof(claim)):
        provenance["ownership_proof"] = NamedProof(
            block_number=proof.block_number,
            block_hash=proof.block_hash,
            rests_on=proof.rests_on,
            sha256=proof.sha256,
        )
    if is_answered and (rule := rule_for(claim.chain_id, claim.contract)):
        provenance["resolver"] = rule.as_json()
    if is_answered and claim.vault:
        provenance["delegate_registry"] = to_checksum(chain.delegate_registry) if chain.delegate_registry else ""
    return provenance


def explorer_url(claim: TokenClaim) -> str:
    """Return the token's page at the chain's explorer; empty if none is configured."""
    return describe_chain(claim.chain_id).token_url(claim.contract_text, claim.token_id)
