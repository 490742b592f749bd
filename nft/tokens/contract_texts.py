"""Read the texts of a token's contract: where the metadata is, and the collection's name."""

from __future__ import annotations

from nft.clients.evm.chain import CALL_GAS, ChainClient
from nft.clients.evm.errors import ANSWER_TOO_LARGE, CallFailed, ChainUnavailable
from nft.core.evm.abi.multicall import Call
from nft.core.evm.abi.token_calls import build_name, parse_name, parse_token_uri_answer
from nft.core.evm.errors import BadAnswer
from nft.core.evm.token import Token
from nft.core.text import clean_text
from nft.core.tokens.verdict import BlockRef
from nft.tokens.resolvers import configured_uri, uri_calls
from profiles.errors import ExpectedError, Kind
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop

NAME_CHARACTERS = 200
#: Gas for a call that answers with a URI, tried in turn. Contracts that draw their picture have been seen to use 18 to
#: 108 million; nodes cut what is above their own limit down to it (geth: 50 million unless configured).
URI_GAS = (CALL_GAS, 50_000_000, 550_000_000)

NO_URI = Kind("no-token-uri", gettext_noop("The contract names no metadata"), status=503, permanent=False)


def fetch_token_uri(client: ChainClient, token: Token, block: BlockRef) -> str:
    """Return `tokenURI` (ERC-721) or `uri` (ERC-1155), or what settings name instead. Raise ExpectedError.

    If the contract lacks its standard's function, the other one is called. Failed calls are repeated with more gas.
    """
    if configured := configured_uri(client.chain_id, token):
        return configured
    calls = uri_calls(client.chain_id, token)
    for gas in URI_GAS:
        try:
            text, calls = _read(client, calls, block, gas)
        except ChainUnavailable:
            if gas == CALL_GAS:
                raise
            break  # the node takes no call with so much gas, or the answer takes too long
        if text or not calls:
            break
    if text:
        return text
    # The contract may answer later, as after a reveal, or be changed: nothing of this is for good.
    if calls:
        sentence = _(
            "The contract does not say where the token's metadata is: the call failed, also with as much gas as the "
            "node gives."
        )
    else:
        sentence = _("The contract does not say where the token's metadata is.")
    raise ExpectedError(sentence, NO_URI)


def _read(client: ChainClient, calls: list[Call], block: BlockRef, gas: int) -> tuple[str, list[Call]]:
    """Return the first text that is answered, and the calls that failed without a reason: perhaps for want of gas."""
    failed = []
    for call in calls:
        try:
            if text := parse_token_uri_answer(client.call(call.target, call.data, block, gas=gas)).strip("\0 \t\r\n"):
                return text, []
        except CallFailed as error:
            if error.is_a(ANSWER_TOO_LARGE):
                raise
            if not error.data:
                failed.append(call)
        except BadAnswer:
            continue
    return "", failed


def fetch_collection_name(client: ChainClient, contract: bytes, block: BlockRef) -> str:
    """Return the contract's own name, cleaned for display; empty if it has none."""
    try:
        return clean_text(parse_name(client.call(contract, build_name(), block, max_bytes=64 * 1024)), NAME_CHARACTERS)
    except (CallFailed, BadAnswer):
        return ""
