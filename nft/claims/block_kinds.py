"""The kinds of blocks that chains and IPFS bring: what each covers of the pictures in people's histories."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from nft.claims.collection_decisions import follow_block
from nft.core.errors import InvalidIdentifier
from nft.core.evm.address import parse_address
from nft.core.evm.caip import parse_account_id, parse_asset_id
from nft.core.ipfs.cid import parse_cid
from nft.files.blocked import KIND as CID
from nft.files.blocked import both_versions, canonical, parse_blocked_cid
from nft.models import TokenClaim
from nft.tokens.blocked import (
    ACCOUNT,
    CONTRACT,
    TOKEN,
    contract_value,
    parse_account,
    parse_contract,
    parse_token,
    token_values,
)
from profiles.blocks.kinds import BlockKind, Choice, register_kind
from profiles.models import Avatar


def register() -> None:
    register_kind(
        BlockKind(
            CID,
            _("This file on IPFS, by its CID"),
            _("The CID of a file or folder, with or without ipfs:// before it."),
            parse_blocked_cid,
            lambda value: _of_claims(picture__image_cid__in=both_versions(value)),
            _choose_cid,
        )
    )
    register_kind(
        BlockKind(
            TOKEN,
            _("This token, whatever it shows"),
            "eip155:1/erc721:0x…/1 (CAIP-19)",
            parse_token,
            _match_token,
            _choose_token,
        )
    )
    register_kind(
        BlockKind(
            CONTRACT,
            _("Its whole collection"),
            "eip155:1:0x… (CAIP-10)",
            parse_contract,
            _match_contract,
            _choose_contract,
            follow_block,
            is_held=False,
        )
    )
    register_kind(
        BlockKind(
            ACCOUNT,
            _("Everything of the account that holds it"),
            _("An address, 0x and 40 digits."),
            parse_account,
            lambda value: _of_claims(account__address=parse_address(value)) | _of_claims(vault=parse_address(value)),
            _choose_account,
        )
    )


def _of_claims(**wanted: object) -> Q:
    return Q(pk__in=TokenClaim.objects.filter(avatar__isnull=False, **wanted).values("avatar_id"))


def _match_token(value: str) -> Q:
    asset = parse_asset_id(value)
    return _of_claims(chain_id=asset.chain_id, contract=asset.contract, token_id=asset.token_id)


def _match_contract(value: str) -> Q:
    account = parse_account_id(value)
    return _of_claims(chain_id=account.chain_id, contract=account.address)


def _claim_of(avatar: Avatar) -> TokenClaim | None:
    return TokenClaim.objects.filter(avatar=avatar).select_related("picture", "account").first()


def _choose_cid(avatar: Avatar) -> Choice | None:
    claim = _claim_of(avatar)
    cid = "" if claim is None else claim.get_picture().image_cid
    try:
        return Choice(str(_("This file on IPFS, by its CID")), canonical(parse_cid(cid))) if cid else None
    except InvalidIdentifier:
        return None


def _choose_token(avatar: Avatar) -> Choice | None:
    claim = _claim_of(avatar)
    if claim is None:
        return None
    values = token_values(claim.chain_id, claim.contract, claim.token_id)
    value = next((each for each in values if f"/{claim.standard}:" in each), values[0])
    return Choice(str(_("This token, whatever it shows")), value)


def _choose_contract(avatar: Avatar) -> Choice | None:
    claim = _claim_of(avatar)
    return (
        None
        if claim is None
        else Choice(str(_("Its whole collection")), contract_value(claim.chain_id, claim.contract))
    )


def _choose_account(avatar: Avatar) -> Choice | None:
    claim = _claim_of(avatar)
    if claim is None or claim.account is None:
        return None
    return Choice(str(_("Everything of the account that holds it")), claim.account.address_text)
