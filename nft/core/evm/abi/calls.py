"""Single calls: who owns, where the metadata is, what the contract supports, is a signature good, mint, transfer."""

from __future__ import annotations

from uuid import UUID

from nft.core.errors import CoreError
from nft.core.evm.abi.words import (
    WORD,
    decode_address,
    decode_bool,
    decode_bytes,
    decode_uint,
    encode_address,
    encode_bytes,
    encode_uint,
    selector,
)
from nft.core.evm.errors import BadAnswer
from nft.core.ipfs.cid import Bytes

# ERC-165 interface ids
ERC165 = bytes.fromhex("01ffc9a7")
ERC721 = bytes.fromhex("80ac58cd")
ERC721_METADATA = bytes.fromhex("5b5e139f")
ERC1155 = bytes.fromhex("d9b67a26")
ERC1155_METADATA_URI = bytes.fromhex("0e89341c")

ERC1271_MAGIC = bytes.fromhex("1626ba7e")
MAX_URI_BYTES = 2 * 1024 * 1024  # the longest real one met has 89 KB; a data: URI may hold all metadata

_OWNER_OF = selector("ownerOf(uint256)")
_BALANCE_OF = selector("balanceOf(address,uint256)")
_TOKEN_URI = selector("tokenURI(uint256)")
_URI = selector("uri(uint256)")
_SUPPORTS_INTERFACE = selector("supportsInterface(bytes4)")
_IS_VALID_SIGNATURE = selector("isValidSignature(bytes32,bytes)")
_MINT = selector("mint(address,string)")
_TRANSFER_721 = selector("safeTransferFrom(address,address,uint256)")
_TRANSFER_1155 = selector("safeTransferFrom(address,address,uint256,uint256,bytes)")


def build_owner_of(token_id: int) -> bytes:
    """ERC-721 `ownerOf(uint256)`."""
    return _OWNER_OF + encode_uint(token_id)


def parse_owner_of(answer: Bytes) -> bytes:
    """The owner's address."""
    return decode_address(answer)


def build_balance_of(holder: bytes, token_id: int) -> bytes:
    """ERC-1155 `balanceOf(address,uint256)`."""
    return _BALANCE_OF + encode_address(holder) + encode_uint(token_id)


def parse_balance_of(answer: Bytes) -> int:
    """How many of the token the holder has."""
    return decode_uint(answer)


def build_token_uri(token_id: int) -> bytes:
    """ERC-721 `tokenURI(uint256)`."""
    return _TOKEN_URI + encode_uint(token_id)


def build_uri(token_id: int) -> bytes:
    """ERC-1155 `uri(uint256)`; its answer may contain `{id}`."""
    return _URI + encode_uint(token_id)


def parse_token_uri_answer(answer: Bytes, max_bytes: int = MAX_URI_BYTES) -> str:
    """The one string that `tokenURI` or `uri` returns."""
    if decode_uint(answer[:WORD]) != WORD:
        raise BadAnswer("The answer is not one string.")
    text, end = decode_bytes(answer, WORD, max_bytes)
    if any(answer[end:]):
        raise BadAnswer("The answer has more behind its string.")
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        raise BadAnswer("The contract's URI is not valid UTF-8.") from error


def build_supports_interface(interface_id: bytes) -> bytes:
    """ERC-165 `supportsInterface(bytes4)`."""
    if len(interface_id) != 4:
        raise CoreError("An interface id has four bytes.")
    return _SUPPORTS_INTERFACE + interface_id.ljust(WORD, b"\0")


def parse_supports_interface(answer: Bytes) -> bool:
    """What the contract claims, which need not be true."""
    return decode_bool(answer)


def build_is_valid_signature(message_hash: bytes, signature: bytes) -> bytes:
    """ERC-1271 `isValidSignature(bytes32,bytes)`."""
    if len(message_hash) != WORD:
        raise CoreError("A message hash has 32 bytes.")
    return _IS_VALID_SIGNATURE + message_hash + encode_uint(2 * WORD) + encode_bytes(signature)


def parse_is_valid_signature(answer: Bytes) -> bool:
    """Whether the answer is exactly the magic value; any other whole word is a no."""
    if len(answer) != WORD:
        raise BadAnswer(f"The contract answered {len(answer)} bytes to a signature, not {WORD}.")
    return bytes(answer) == ERC1271_MAGIC.ljust(WORD, b"\0")


def build_mint(to: bytes, uri: str) -> bytes:
    """Our AvatarToken's `mint(address to, string uri)`; the token id is found in the receipt's Transfer event."""
    return _MINT + encode_address(to) + encode_uint(2 * WORD) + encode_bytes(uri.encode())


def build_safe_transfer_from(sender: bytes, to: bytes, token_id: int) -> bytes:
    """ERC-721 `safeTransferFrom(address,address,uint256)`."""
    return _TRANSFER_721 + encode_address(sender) + encode_address(to) + encode_uint(token_id)


def build_safe_transfer_from_1155(sender: bytes, to: bytes, token_id: int, amount: int) -> bytes:
    """ERC-1155 `safeTransferFrom(address,address,uint256,uint256,bytes)` with empty data."""
    return b"".join(
        (
            _TRANSFER_1155,
            encode_address(sender),
            encode_address(to),
            encode_uint(token_id),
            encode_uint(amount),
            encode_uint(5 * WORD),
            encode_bytes(b""),
        )
    )


# ERC-721's optional enumeration: how many tokens an account has, and which.

ERC721_ENUMERABLE = bytes.fromhex("780e9d63")

_BALANCE = selector("balanceOf(address)")
_TOKEN_OF_OWNER_BY_INDEX = selector("tokenOfOwnerByIndex(address,uint256)")


def build_balance(owner: bytes) -> bytes:
    """ERC-721 `balanceOf(address)`: of all its tokens together."""
    return _BALANCE + encode_address(owner)


def build_token_of_owner_by_index(owner: bytes, index: int) -> bytes:
    """`tokenOfOwnerByIndex(address,uint256)`, from 0."""
    return _TOKEN_OF_OWNER_BY_INDEX + encode_address(owner) + encode_uint(index)


def parse_number(answer: Bytes) -> int:
    """The one number that either of them returns."""
    return decode_uint(answer)


# The question to a contract account that may not be deployed yet (ERC-6492), as code that a node runs and forgets.
#
# It is a contract's creation code, for an `eth_call` without `to`: all happens within the call, no helper contract is
# needed on the chain, and nothing can stay behind. Written in contracts/src/SignatureTrial.sol; a test keeps the two in
# step. Needs the EVM of Cancun (2024), as our other contracts do.

TRIAL_CODE = bytes.fromhex(
    "608060405234801561000f575f5ffd5b5060405161026c38038061026c83398101604081905261002e916101a1565b5f8484604051602401"
    "61004292919061022f565b60408051601f198184030181529190526020810180516001600160e01b03908116630b135d3f60e11b17909152"
    "9091505f9061008290889084906100a816565b9050806100a05761009384846100d8565b61009d87836100a8565b90505b805f5260205ff3"
    "5b5f630b135d3f60e11b833b156100d15760205f845160208601875afa5f51821460203d14161691505b5092915050565b5f5f8251602084"
    "015f865af1505050565b80516001600160a01b03811681146100ff575f5ffd5b919050565b634e487b7160e01b5f52604160045260245ffd"
    "5b5f82601f830112610127575f5ffd5b81516001600160401b0381111561014057610140610104565b604051601f8201601f19908116603f"
    "011681016001600160401b038111828210171561016e5761016e610104565b604052818152838201602001851015610185575f5ffd5b8160"
    "208501602083015e5f918101602001919091529392505050565b5f5f5f5f5f60a086880312156101b5575f5ffd5b6101be866100e9565b60"
    "20870151604088015191965094506001600160401b038111156101e0575f5ffd5b6101ec88828901610118565b9350506101fb6060870161"
    "00e9565b60808701519092506001600160401b03811115610216575f5ffd5b61022288828901610118565b9150509295509295909350565b"
    "828152604060208201525f82518060408401528060208501606085015e5f606082850101526060601f19601f830116840101915050939250"
    "505056fe"
)


def build_signature_trial(account: bytes, message_hash: bytes, signature: bytes, factory: bytes, call: bytes) -> bytes:
    """Asks `account`; on a no, or where there is none, calls `factory` with `call` and asks again (ERC-6492)."""
    if len(message_hash) != WORD:
        raise CoreError("A message hash has {WORD} bytes.")
    tail = encode_bytes(signature)
    offsets = 5 * WORD, 5 * WORD + len(tail)
    head = (
        encode_address(account),
        message_hash,
        offsets[0].to_bytes(WORD, "big"),
        encode_address(factory),
        offsets[1].to_bytes(WORD, "big"),
    )
    return b"".join((TRIAL_CODE, *head, tail, encode_bytes(call)))


def parse_signature_trial(answer: Bytes) -> bool:
    """Whether the account accepted the signature. As only our own code answers, a BadAnswer is the node's doing."""
    return decode_bool(answer)


# Calls beyond the standards' own that nft.core.abi has: a collection's name, and our contract's `mintOnce`.

MAX_NAME_BYTES = 4096

_NAME = selector("name()")
_MINT_ONCE = selector("mintOnce(bytes32,address,string)")
_TOKEN_OF_REQUEST = selector("tokenOfRequest(address,bytes32)")


def build_name() -> bytes:
    return _NAME


def parse_name(answer: bytes) -> str:
    """As the contract says it, uncleaned. Raises BadAnswer."""
    return parse_token_uri_answer(answer, MAX_NAME_BYTES)


def build_mint_once(request_id: UUID, to: bytes, metadata_uri: str) -> bytes:
    """Mints at most once per sender and `request_id`, however often it is sent."""
    return b"".join(
        (
            _MINT_ONCE,
            request_word(request_id),
            encode_address(to),
            encode_uint(3 * WORD),
            encode_bytes(metadata_uri.encode()),
        )
    )


def build_token_of_request(sender: bytes, request_id: UUID) -> bytes:
    return _TOKEN_OF_REQUEST + encode_address(sender) + request_word(request_id)


def parse_token_of_request(answer: bytes) -> int | None:
    """The token a request made, burned since or not; None while there is none. Raises BadAnswer."""
    return decode_uint(answer) or None


def request_word(request_id: UUID) -> bytes:
    return request_id.bytes.rjust(WORD, b"\0")
