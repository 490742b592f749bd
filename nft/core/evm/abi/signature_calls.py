"""Ask contract accounts about signatures: deployed ones (ERC-1271) and not yet deployed ones (ERC-6492)."""

from __future__ import annotations

from nft.core.buffers import Bytes
from nft.core.errors import CoreError
from nft.core.evm.abi.words import WORD, decode_bool, encode_address, encode_bytes, encode_uint, selector
from nft.core.evm.errors import BadAnswer
from profiles.sentences import gettext as _

ERC1271_MAGIC = bytes.fromhex("1626ba7e")

_IS_VALID_SIGNATURE = selector("isValidSignature(bytes32,bytes)")

# Creation code of contracts/src/SignatureTrial.sol, for an `eth_call` without `to`. Everything happens within the call:
# no helper contract is needed on the chain, and nothing is stored. Needs the EVM of Cancun (2024), as our other
# contracts do. A test compares it with the compiled source.
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


def build_is_valid_signature(message_hash: bytes, signature: bytes) -> bytes:
    """Build ERC-1271 `isValidSignature(bytes32,bytes)`."""
    _check_hash(message_hash)
    return _IS_VALID_SIGNATURE + message_hash + encode_uint(2 * WORD) + encode_bytes(signature)


def parse_is_valid_signature(answer: Bytes) -> bool:
    """Return whether the answer is exactly the magic value. Raise `BadAnswer` unless it is one word."""
    if len(answer) != WORD:
        raise BadAnswer(
            _("The contract answered %(answer)s bytes to a signature, not %(word)s.", answer=len(answer), word=WORD)
        )
    return bytes(answer) == ERC1271_MAGIC.ljust(WORD, b"\0")


def build_signature_trial(account: bytes, message_hash: bytes, signature: bytes, factory: bytes, call: bytes) -> bytes:
    """Build the code that asks `account`; on a no, or if it has no code, it calls `factory` with `call` and asks again.

    This is the verification that ERC-6492 defines.
    """
    _check_hash(message_hash)
    tail = encode_bytes(signature)
    head = (
        encode_address(account),
        message_hash,
        encode_uint(5 * WORD),
        encode_address(factory),
        encode_uint(5 * WORD + len(tail)),
    )
    return b"".join((TRIAL_CODE, *head, tail, encode_bytes(call)))


def parse_signature_trial(answer: Bytes) -> bool:
    """Return whether the account accepted the signature.

    Only our own code answers, so a `BadAnswer` is the node's fault.
    """
    return decode_bool(answer)


def _check_hash(message_hash: bytes) -> None:
    if len(message_hash) != WORD:
        raise CoreError(_("A message hash has %(word)s bytes.", word=WORD))
