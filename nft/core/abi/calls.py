"""Single calls: who owns, where the metadata is, what the contract supports, is a signature good, mint, transfer."""

from nft.core.abi.words import (
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
from nft.core.errors import BadAnswer, CoreError
from nft.core.varint import Bytes

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
