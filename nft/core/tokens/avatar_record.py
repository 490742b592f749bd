"""Parse the `avatar` record of an ENS name (ENSIP-12): a token by its CAIP-22 or CAIP-29 identifier."""

from __future__ import annotations

from nft.core.errors import InvalidIdentifier
from nft.core.evm.caip import parse_asset_id
from nft.core.tokens.paste import AssetReference
from profiles.errors import Kind
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop

# The key of the record.
AVATAR = "avatar"

NO_RECORD = Kind("no-avatar-record", gettext_noop("The name has no avatar"))
NOT_A_TOKEN = Kind("avatar-record-not-a-token", gettext_noop("The name's avatar is no token"))
BAD_IDENTIFIER = Kind("avatar-record-bad-identifier", gettext_noop("The name's avatar can't be read"))

_ON_THE_WEB = gettext_noop("The picture of %(name)s is no token but a web address. Upload the picture itself instead.")
_ON_IPFS = gettext_noop("The picture of %(name)s is no token but a file on IPFS. Upload the picture itself instead.")
# What the record of other schemes is.
_NO_TOKENS = {
    "http:": _ON_THE_WEB,
    "https:": _ON_THE_WEB,
    "ipfs:": _ON_IPFS,
    "ipns:": _ON_IPFS,
    "ar:": gettext_noop(
        "The picture of %(name)s is no token but a file on Arweave. Upload the picture itself instead."
    ),
    "data:": gettext_noop(
        "The picture of %(name)s is no token but written into the record itself. Upload the picture itself instead."
    ),
}


def parse_avatar_record(name: str, record: str) -> AssetReference:
    """Return the token that the record of `name` names.

    Raise `InvalidIdentifier`, which says what the record holds instead.
    """
    record = record.strip()
    if not record:
        raise InvalidIdentifier(
            _("The name %(name)s has no picture: its “avatar” record is empty.", name=name), NO_RECORD
        )
    scheme = record[:8].lower().partition(":")[0] + ":"
    if scheme in _NO_TOKENS:
        raise InvalidIdentifier(_(_NO_TOKENS[scheme], name=name), NOT_A_TOKEN)
    try:
        asset = parse_asset_id(record)
    except InvalidIdentifier as error:
        sentence = _(
            "The “avatar” record of %(name)s names no token we can read. %(error)s", name=name, error=error.sentence
        )
        raise InvalidIdentifier(sentence, BAD_IDENTIFIER) from error
    return AssetReference(asset.chain_id, asset.contract, asset.token_id, asset.standard)
