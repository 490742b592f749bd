"""Say which token the reference of a picture names."""

from __future__ import annotations

from django.utils.translation import gettext as _

from nft.core.errors import InvalidIdentifier
from nft.core.evm.address import to_checksum
from nft.core.evm.caip import parse_asset_id
from nft.settings.chains import describe_chain
from profiles.sources import Reference


def describe_reference(reference: str) -> Reference:
    """Return the words and links of a CAIP-19 identifier; the identifier itself if it is none."""
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
