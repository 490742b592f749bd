"""What the `avatar` record of a name says (ENSIP-12): a token by its CAIP-22 or CAIP-29 name, or something else."""

from nft.core.evm.caip import parse_asset_id
from nft.core.evm.errors import InvalidAddress, InvalidIdentifier
from nft.core.tokens.errors import PasteRefused
from nft.core.tokens.paste import AssetReference, PasteRefusal

AVATAR = "avatar"
"""The key of the record."""

_NO_TOKENS = {
    "http:": "a web address",
    "https:": "a web address",
    "ipfs:": "a file on IPFS",
    "ipns:": "a file on IPFS",
    "ar:": "a file on Arweave",
    "data:": "written into the record itself",
}


def parse_avatar_record(name: str, record: str) -> AssetReference:
    """The token that the record of `name` names. Raises PasteRefused, with what the record is instead."""
    record = record.strip()
    if not record:
        raise PasteRefused(PasteRefusal.NO_RECORD, f"The name {name} has no picture: its “avatar” record is empty.")
    scheme = record[:8].lower().partition(":")[0] + ":"
    if scheme in _NO_TOKENS:
        what = _NO_TOKENS[scheme]
        raise PasteRefused(
            PasteRefusal.NOT_A_TOKEN,
            f"The picture of {name} is no token but {what}. Upload the picture itself instead.",
        )
    try:
        asset = parse_asset_id(record)
    except (InvalidIdentifier, InvalidAddress) as error:
        raise PasteRefused(
            PasteRefusal.BAD_IDENTIFIER, f"The “avatar” record of {name} names no token we can read. {error}"
        ) from error
    return AssetReference(asset.chain_id, asset.contract, asset.token_id, asset.standard)
