"""The delegate.xyz v2 registry (https://docs.delegate.xyz): which vaults let an account act for their tokens.

Only delegations without `rights` are asked for: those cover everything, while named rights are for other purposes.
"""

from dataclasses import dataclass

from eth_hash.auto import keccak

from nft.core.evm.abi.events import Log
from nft.core.evm.abi.words import WORD, decode_address, decode_bool, decode_uint, encode_address, encode_uint, selector
from nft.core.evm.address import ZERO
from nft.core.evm.errors import BadAnswer
from nft.core.ipfs.cid import Bytes

_CHECK_721 = selector("checkDelegateForERC721(address,address,address,uint256,bytes32)")
_CHECK_1155 = selector("checkDelegateForERC1155(address,address,address,uint256,bytes32)")
_INCOMING = selector("getIncomingDelegations(address)")
_NO_RIGHTS = bytes(WORD)
_ROW = 7 * WORD
_ALL, _CONTRACT, _ERC1155 = 1, 2, 5

DELEGATION_TOPICS = tuple(
    "0x" + keccak(signature.encode()).hex()
    for signature in (
        "DelegateAll(address,address,bytes32,bool)",
        "DelegateContract(address,address,address,bytes32,bool)",
        "DelegateERC721(address,address,address,uint256,bytes32,bool)",
        "DelegateERC1155(address,address,address,uint256,bytes32,uint256)",
    )
)
"""The first topics of what the registry logs when a delegation is given or taken back."""


@dataclass(frozen=True, slots=True)
class DelegationEvent:
    """A vault changed what `to` may do with its tokens."""

    vault: bytes
    to: bytes
    block_number: int


@dataclass(frozen=True, slots=True)
class _Delegation:
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
    """`checkDelegateForERC721`: for the whole vault, for the contract, or for this token."""
    return _CHECK_721 + _check(to, vault, contract, token_id)


def parse_check_delegate_for_erc721(answer: Bytes) -> bool:
    """Whether `to` may act for the vault's token."""
    return decode_bool(answer)


def build_check_delegate_for_erc1155(to: bytes, vault: bytes, contract: bytes, token_id: int) -> bytes:
    """`checkDelegateForERC1155`, in the same three ways."""
    return _CHECK_1155 + _check(to, vault, contract, token_id)


def parse_check_delegate_for_erc1155(answer: Bytes) -> bool:
    """Whether `to` may act for at least one copy."""
    return decode_uint(answer) > 0


def build_get_incoming_delegations(to: bytes) -> bytes:
    """`getIncomingDelegations`: all that stand, from whomever."""
    return _INCOMING + encode_address(to)


def parse_vaults(answer: Bytes, contract: bytes, token_id: int, most: int) -> list[bytes]:
    """The vaults among incoming delegations that may cover an ERC-1155 token: at most `most`, each once."""
    if decode_uint(answer[:WORD]) != WORD:
        raise BadAnswer("The registry's answer is not one list.")
    count = decode_uint(answer[WORD : 2 * WORD])
    if len(answer) != 2 * WORD + count * _ROW:
        raise BadAnswer("The registry's list is not as long as it claims.")
    rows = (_parse_row(answer[start : start + _ROW]) for start in range(2 * WORD, len(answer), _ROW))
    vaults = dict.fromkeys(row.vault for row in rows if row.vault != ZERO and row.may_cover(contract, token_id))
    return list(vaults)[:most]


def parse_delegation_log(log: Log) -> DelegationEvent | None:
    """None for other events, and where something is given: only what is taken back needs to be noticed at once.

    The last word says whether, or for how many, it is given; ERC-1155 delegations of a smaller amount are given too.
    """
    topics = log.get("topics")
    if not isinstance(topics, list) or len(topics) < 3 or topics[0] not in DELEGATION_TOPICS:
        return None
    try:
        vault, to = (decode_address(bytes.fromhex(topic[2:])) for topic in topics[1:3])
        if int(log["data"][-2 * WORD :], 16) != 0:
            return None
        return DelegationEvent(vault, to, int(log["blockNumber"], 16))
    except (KeyError, TypeError, ValueError) as error:
        raise BadAnswer("A log of the delegation registry is not laid out as it should be.") from error


def _check(to: bytes, vault: bytes, contract: bytes, token_id: int) -> bytes:
    addresses = encode_address(to) + encode_address(vault) + encode_address(contract)
    return addresses + encode_uint(token_id) + _NO_RIGHTS


def _parse_row(row: Bytes) -> _Delegation:
    """Columns: type, to, from, rights, contract, token id, amount."""
    words = [row[start : start + WORD] for start in range(0, _ROW, WORD)]
    vault, contract = decode_address(words[2]), decode_address(words[4])
    return _Delegation(decode_uint(words[0]), vault, bytes(words[3]), contract, decode_uint(words[5]))
