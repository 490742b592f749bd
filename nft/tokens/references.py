"""Say which token the reference of a picture names."""

from __future__ import annotations

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from nft.core.errors import InvalidIdentifier
from nft.core.evm.address import to_checksum
from nft.core.evm.caip import parse_asset_id
from nft.files.blocked import KIND
from nft.settings.chains import describe_chain
from profiles.app_labels import PROFILES
from profiles.sources import Reference

IPFS = "ipfs://"


def describe_reference(reference: str) -> Reference:
    """Return the words and links of a CAIP-19 identifier, or of the picture of an NFT that was made here.

    Of anything else return the reference itself.
    """
    if reference.startswith(IPFS):
        return _describe_picture(reference.removeprefix(IPFS))
    try:
        asset = parse_asset_id(reference)
    except InvalidIdentifier:
        return Reference(reference)
    chain, contract = describe_chain(asset.chain_id), to_checksum(asset.contract)
    words = _("token %(token)s of the contract %(contract)s on %(chain)s") % {
        "token": asset.token_id,
        "contract": contract,
        "chain": chain.name,
    }
    explorer = chain.explorer_url.rstrip("/")
    links = ((_("Explorer"), f"{explorer}/token/{contract}?a={asset.token_id}"),) if explorer else ()
    return Reference(words, links)


def _describe_picture(cid: str) -> Reference:
    """Return the page of an NFT's picture, and that on which staff block its file."""
    query = urlencode({"kind": KIND, "value": cid})
    links = (
        (_("Its page"), reverse("nft:published", args=[cid])),
        (_("Block it on IPFS"), f"{reverse(f'admin:{PROFILES}_block_add')}?{query}"),
    )
    return Reference(_("the picture %(cid)s of an NFT made here") % {"cid": cid}, links)
