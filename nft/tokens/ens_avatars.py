"""Read the picture of an ENS name (ENSIP-12), from any Django project: who it is of, and whether they hold it.

from nft.tokens.ens_avatars import resolve_avatar

avatar = resolve_avatar("alice.eth")
if avatar and avatar.may_be_shown:
    image = avatar.fetch_picture()  # a StoredImage, re-encoded by us
"""

from __future__ import annotations

from dataclasses import dataclass

from nft.clients.bundle import Clients, get_clients
from nft.clients.evm.errors import ChainUnavailable
from nft.clients.ipfs.reading import IpfsLimits
from nft.core.errors import InvalidIdentifier
from nft.core.evm.token import Token
from nft.core.ipfs.dag import DagLimits
from nft.core.tokens.avatar_record import AVATAR, NOT_A_TOKEN, parse_avatar_record
from nft.core.tokens.paste import AssetReference
from nft.core.tokens.uri import parse_token_uri
from nft.core.tokens.verdict import Verdict
from nft.names.lookup import build_reader, choose_coin_type, parse_name
from nft.tokens.documents import open_uri
from nft.tokens.facts import decide_outage
from nft.tokens.media import IMAGE_BYTES, IMAGE_SECONDS, UNAVAILABLE, MediaError, fetch_token_picture
from nft.tokens.ownership import check_ownership
from profiles.errors import ExpectedError
from profiles.models import StoredImage
from profiles.outages import Outage
from profiles.store.images import keep_image


@dataclass(frozen=True)
class EnsAvatar:
    """The `avatar` record of a name.

    token: None if the record is a URI. verdict: whether `address`, to which the name leads on the token's chain, holds
    it at the confirmed block; UNKNOWN in an outage; None without a token, for which nothing is to be held.
    """

    name: str
    address: bytes | None
    record: str
    token: AssetReference | None
    verdict: Verdict | None
    clients: Clients

    @property
    def may_be_shown(self) -> bool:
        """Return whether ENSIP-12 lets clients show it: a token only while the name's address holds it."""
        return self.verdict in {None, Verdict.OWNED}

    def fetch_picture(self) -> StoredImage:
        """Fetch the picture through the guarded clients, prove it by its CID if it has one, and store it re-encoded.

        It is deleted again unless something uses it. Raise MediaError.
        """
        if self.token is not None:
            token = Token(self.token.contract, self.token.token_id, self.token.standard)
            return fetch_token_picture(self.clients.chain(self.token.chain_id), token, self.clients).image
        limits = IpfsLimits(DagLimits(max_bytes=IMAGE_BYTES), IMAGE_SECONDS)
        try:
            uri = parse_token_uri(self.record, allow_http=self.clients.http.allows_plain, max_data_bytes=IMAGE_BYTES)
            return keep_image(open_uri(uri, self.clients, limits).data, svg_allowed=True).row
        except Outage:
            raise
        except ExpectedError as error:
            raise MediaError(error.sentence, None if error.permanent else UNAVAILABLE) from error


def resolve_avatar(text: str, clients: Clients | None = None) -> EnsAvatar | None:
    """Look up the picture of a name. Return None if the name has no `avatar` record.

    Raise NameLookupError for a text that is no name, or if names can't be looked up now, and InvalidIdentifier for a
    record that names a token in a way that can't be read.
    """
    clients = clients or get_clients()
    reader, name = build_reader(clients), parse_name(text)
    record = reader.fetch_text(name, AVATAR)
    if not record.strip():
        return None
    try:
        token = parse_avatar_record(name, record)
    except InvalidIdentifier as error:
        if not error.is_a(NOT_A_TOKEN):
            raise
        return EnsAvatar(name, reader.fetch_address(name), record, None, None, clients)
    address = reader.fetch_address(name, choose_coin_type(token.chain_id))
    return EnsAvatar(name, address, record, token, _is_held(token, address, clients), clients)


def _is_held(token: AssetReference, address: bytes | None, clients: Clients) -> Verdict:
    if address is None:
        return Verdict.NOT_OWNED
    asked = Token(token.contract, token.token_id, token.standard)
    try:
        return check_ownership(clients.chain(token.chain_id), asked, [address]).decision.verdict
    except ChainUnavailable as error:
        return decide_outage(token.chain_id, address, error).decision.verdict
