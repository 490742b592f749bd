"""Calls of the name service: the registry (EIP-137), resolvers and their records (ENSIP-1, 3, 5, 9), and resolvers that
answer for names below their own (ENSIP-10)."""

from nft.core.evm.abi.calls import parse_token_uri_answer
from nft.core.evm.abi.words import WORD, decode_address, decode_bytes, decode_uint, encode_bytes, encode_uint, selector
from nft.core.evm.address import ADDRESS_BYTES, ZERO
from nft.core.evm.errors import BadAnswer
from nft.core.ipfs.cid import Bytes

EXTENDED_RESOLVER = bytes.fromhex("9061b923")  # the ERC-165 interface of ENSIP-10
OFFCHAIN_LOOKUP = selector("OffchainLookup(address,string[],bytes,bytes4,bytes)")
"""How a revert begins that tells us to fetch the answer from a URL of the contract's choice (EIP-3668)."""
MAX_RECORD_BYTES = 64 * 1024  # of a whole answer

_RESOLVER = selector("resolver(bytes32)")
_ADDR = selector("addr(bytes32)")
_ADDR_OF_COIN = selector("addr(bytes32,uint256)")
_TEXT = selector("text(bytes32,string)")
_NAME = selector("name(bytes32)")
_RESOLVE = selector("resolve(bytes,bytes)")


def build_resolver(node: bytes) -> bytes:
    """The registry's `resolver(bytes32)`."""
    return _RESOLVER + node


def parse_resolver(answer: Bytes) -> bytes | None:
    """None where the node has no resolver."""
    return _or_none(decode_address(answer))


def build_addr(node: bytes) -> bytes:
    """`addr(bytes32)`: the address on the chain of the names."""
    return _ADDR + node


def parse_addr(answer: Bytes) -> bytes | None:
    """None where no address is set."""
    return _or_none(decode_address(answer))


def build_addr_of_coin(node: bytes, coin_type: int) -> bytes:
    """`addr(bytes32,uint256)`: the address for a coin type."""
    return _ADDR_OF_COIN + node + encode_uint(coin_type)


def parse_addr_of_coin(answer: Bytes) -> bytes | None:
    """None where no address is set; raises BadAnswer for one that is not an EVM chain's."""
    address = parse_bytes_answer(answer)
    if len(address) not in {0, ADDRESS_BYTES}:
        raise BadAnswer(f"The record holds {len(address)} bytes, which is no address of an EVM chain.")
    return _or_none(address or ZERO)


def build_text(node: bytes, key: str) -> bytes:
    """`text(bytes32,string)`."""
    return _TEXT + node + encode_uint(2 * WORD) + encode_bytes(key.encode())


def build_name_of(node: bytes) -> bytes:
    """`name(bytes32)`: the name that the holder of a reverse node gave themselves."""
    return _NAME + node


def parse_string(answer: Bytes) -> str:
    """The one string that `text` or `name` returns."""
    return parse_token_uri_answer(answer, MAX_RECORD_BYTES)


def build_resolve(dns_name: bytes, call: bytes) -> bytes:
    """`resolve(bytes,bytes)`: asks an extended resolver for what `call` would return."""
    tail = encode_bytes(dns_name)
    return _RESOLVE + encode_uint(2 * WORD) + encode_uint(2 * WORD + len(tail)) + tail + encode_bytes(call)


def parse_bytes_answer(answer: Bytes) -> bytes:
    """The one `bytes` that a call returns."""
    if decode_uint(answer[:WORD]) != WORD:
        raise BadAnswer("The answer is not one string of bytes.")
    content, end = decode_bytes(answer, WORD, MAX_RECORD_BYTES)
    if any(answer[end:]):
        raise BadAnswer("The answer has more behind its bytes.")
    return content


def _or_none(address: bytes) -> bytes | None:
    return None if address == ZERO else address
