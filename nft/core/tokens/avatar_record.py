"""Parse the `avatar` record of an ENS name (ENSIP-12): a token by its CAIP-22 or CAIP-29 identifier."""

from __future__ import annotations

from nft.core.errors import InvalidIdentifier
from nft.core.evm.caip import parse_asset_id
from nft.core.tokens.paste import AssetReference
from profiles.errors import Kind

# The key of the record.
AVATAR = "avatar"

_TITLE = "This name has no token as its picture"
NO_RECORD = Kind("no-avatar-record", _TITLE)
NOT_A_TOKEN = Kind("avatar-record-not-a-token", _TITLE)
BAD_IDENTIFIER = Kind("avatar-record-bad-identifier", _TITLE)

# What other schemes of the record stand for, to finish the sentence “The picture is no token but …”.
_NO_TOKENS = {
    "http:": "a web address",
    "https:": "a web address",
    "ipfs:": "a file on IPFS",
    "ipns:": "a file on IPFS",
    "ar:": "a file on Arweave",
    "data:": "written into the record itself",
}


def parse_avatar_record(name: str, record: str) -> AssetReference:
    """Return the token that the record of `name` names.

    Raise `InvalidIdentifier`, which says what the record holds instead.
    """
    record = record.strip()
    if not record:
        raise InvalidIdentifier(f"The name {name} has no picture: its “avatar” record is empty.", NO_RECORD)
    scheme = record[:8].lower().partition(":")[0] + ":"
    if scheme in _NO_TOKENS:
        sentence = f"The picture of {name} is no token but {_NO_TOKENS[scheme]}. Upload the picture itself instead."
        raise InvalidIdentifier(sentence, NOT_A_TOKEN)
    try:
        asset = parse_asset_id(record)
    except InvalidIdentifier as error:
        sentence = f"The “avatar” record of {name} names no token we can read. {error}"
        raise InvalidIdentifier(sentence, BAD_IDENTIFIER) from error
    return AssetReference(asset.chain_id, asset.contract, asset.token_id, asset.standard)
