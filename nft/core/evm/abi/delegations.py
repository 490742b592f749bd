"""Calls and logs of the delegate.xyz v2 registry: which vaults let an account act for their tokens.

Only delegations without `rights` count: those cover everything, while named rights serve other purposes.
(https://docs.delegate.xyz)
"""

from __future__ import annotations

from dataclasses import dataclass

from eth_hash.auto import keccak

from nft.core.buffers import Bytes
from nft.core.evm.abi.logs import Log, read_bytes, read_number, read_topics
from nft.core.evm.abi.words import WORD, decode_address, decode_bool, decode_uint, encode_address, encode_uint, selector
from nft.core.evm.address import ZERO
from nft.core.evm.errors import BadAnswer
from profiles.sentences import gettext as _

_CHECK_721 = selector("checkDelegateForERC721(address,address,address,uint256,bytes32)")
_CHECK_1155 = selector("checkDelegateForERC1155(address,address,address,uint256,bytes32)")
_INCOMING = selector("getIncomingDelegations(address)")
_NO_RIGHTS = bytes(WORD)
_ROW_BYTES = 7 * WORD
# Values of the registry's DelegationType.
_ALL, _CONTRACT, _ERC1155 = 1, 2, 5

_EVENTS = tuple(
    keccak(signature.encode())
    for signature in (
        "DelegateAll(address,address,bytes32,bool)",
        "DelegateContract(address,address,address,bytes32,bool)",
        "DelegateERC721(address,address,address,uint256,bytes32,bool)",
        "DelegateERC1155(address,address,address,uint256,bytes32,uint256)",
    )
)
DELEGATION_TOPICS = tuple("0x" + topic.hex() for topic in _EVENTS)
"""First topics of the logs that the registry writes when a delegation is given or revoked."""


@dataclass(frozen=True, slots=True)
class DelegationEvent:
    """A vault revoked what `to` may do with its tokens."""

    vault: bytes
    to: bytes
    block_number: int


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of `getIncomingDelegations`; `kind` is the registry's DelegationType."""

    kind: int
    vault: bytes
    rights: bytes
    contract: bytes
    token_id: int

    def may_cover(self, contract: bytes, token_id: int) -> bool:
        if self.rights != _NO_RIGHTS:
            return False
        if self.kind == _CONTRACT:
            return self.contract == contract
        return self.kind == _ALL or (self.kind, self.contract, self.token_id) == (_ERC1155, contract, token_id)


def build_check_delegate_for_erc721(to: bytes, vault: bytes, contract: bytes, token_id: int) -> bytes:
    """Build `checkDelegateForERC721`: for the whole vault, for the contract, or for this token."""
    return _CHECK_721 + _encode_question(to, vault, contract, token_id)


def parse_check_delegate_for_erc721(answer: Bytes) -> bool:
    """Return whether `to` may act for the vault's token. Raise `BadAnswer`."""
    return decode_bool(answer)


def build_check_delegate_for_erc1155(to: bytes, vault: bytes, contract: bytes, token_id: int) -> bytes:
    """Build `checkDelegateForERC1155`, for the same three."""
    return _CHECK_1155 + _encode_question(to, vault, contract, token_id)


def parse_check_delegate_for_erc1155(answer: Bytes) -> bool:
    """Return whether `to` may act for at least one copy. Raise `BadAnswer`."""
    return decode_uint(answer) > 0


def build_get_incoming_delegations(to: bytes) -> bytes:
    """Build `getIncomingDelegations`: all current delegations to an account."""
    return _INCOMING + encode_address(to)


def parse_vaults(answer: Bytes, contract: bytes, token_id: int, most: int) -> list[bytes]:
    """Return the vaults among incoming delegations that may cover an ERC-1155 token, each once, at most `most`.

    Raise `BadAnswer`.
    """
    if decode_uint(answer[:WORD]) != WORD:
        raise BadAnswer(_("The registry's answer is not one list."))
    count = decode_uint(answer[WORD : 2 * WORD])
    if len(answer) != 2 * WORD + count * _ROW_BYTES:
        raise BadAnswer(_("The registry's list is not as long as it claims."))
    rows = (_parse_row(answer[start : start + _ROW_BYTES]) for start in range(2 * WORD, len(answer), _ROW_BYTES))
    vaults = dict.fromkeys(row.vault for row in rows if row.vault != ZERO and row.may_cover(contract, token_id))
    return list(vaults)[:most]


def parse_delegation_log(log: Log) -> DelegationEvent | None:
    """Return the revoked delegation; None for other events and for delegations that are given.

    Only a revocation must be noticed at once. The last word of the data says whether, or for how many tokens, the
    delegation is given. Raise `BadAnswer`.
    """
    topics = read_topics(log)
    if len(topics) < 3 or topics[0] not in _EVENTS:
        return None
    if decode_uint(read_bytes(log, "data")[-WORD:]) != 0:
        return None
    return DelegationEvent(decode_address(topics[1]), decode_address(topics[2]), read_number(log, "blockNumber"))


def _encode_question(to: bytes, vault: bytes, contract: bytes, token_id: int) -> bytes:
    addresses = encode_address(to) + encode_address(vault) + encode_address(contract)
    return addresses + encode_uint(token_id) + _NO_RIGHTS


def _parse_row(row: Bytes) -> _Row:
    """Parse the columns type, to, from, rights, contract, token id, amount."""
    words = [row[start : start + WORD] for start in range(0, _ROW_BYTES, WORD)]
    vault, contract = decode_address(words[2]), decode_address(words[4])
    return _Row(decode_uint(words[0]), vault, bytes(words[3]), contract, decode_uint(words[5]))
