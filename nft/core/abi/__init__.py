"""The contract calls we make and the answers we believe, encoded by hand for the few shapes there are.

`build_…` gives call data, `parse_…` takes an answer apart or raises `BadAnswer`. Answers must be canonical ABI, as
Solidity encodes it: an answer that could be read in two ways is refused, never guessed at.
"""

from nft.core.abi.calls import (
    ERC165,
    ERC721,
    ERC721_METADATA,
    ERC1155,
    ERC1155_METADATA_URI,
    ERC1271_MAGIC,
    build_balance_of,
    build_is_valid_signature,
    build_mint,
    build_owner_of,
    build_safe_transfer_from,
    build_safe_transfer_from_1155,
    build_supports_interface,
    build_token_uri,
    build_uri,
    parse_balance_of,
    parse_is_valid_signature,
    parse_owner_of,
    parse_supports_interface,
    parse_token_uri_answer,
)
from nft.core.abi.events import (
    TRANSFER_TOPICS,
    TransferEvent,
    address_topic,
    find_minted_token_id,
    parse_transfer_log,
)
from nft.core.abi.multicall import MULTICALL3, Call, CallResult, build_aggregate3, parse_aggregate3
from nft.core.abi.trial import build_signature_trial, parse_signature_trial

__all__ = [
    "ERC165",
    "ERC721",
    "ERC721_METADATA",
    "ERC1155",
    "ERC1155_METADATA_URI",
    "ERC1271_MAGIC",
    "MULTICALL3",
    "TRANSFER_TOPICS",
    "Call",
    "CallResult",
    "TransferEvent",
    "address_topic",
    "build_aggregate3",
    "build_balance_of",
    "build_is_valid_signature",
    "build_mint",
    "build_owner_of",
    "build_safe_transfer_from",
    "build_safe_transfer_from_1155",
    "build_signature_trial",
    "build_supports_interface",
    "build_token_uri",
    "build_uri",
    "find_minted_token_id",
    "parse_aggregate3",
    "parse_balance_of",
    "parse_is_valid_signature",
    "parse_owner_of",
    "parse_signature_trial",
    "parse_supports_interface",
    "parse_token_uri_answer",
    "parse_transfer_log",
]
