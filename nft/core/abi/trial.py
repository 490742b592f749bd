"""The question to a contract account that may not be deployed yet (ERC-6492), as code that a node runs and forgets.

It is a contract's creation code, for an `eth_call` without `to`: all happens within the call, no helper contract is
needed on the chain, and nothing can stay behind. Written in contracts/src/SignatureTrial.sol; a test keeps the two in
step. Needs the EVM of Cancun (2024), as our other contracts do.
"""

from nft.core.abi.words import WORD, decode_bool, encode_address, encode_bytes
from nft.core.errors import CoreError
from nft.core.varint import Bytes

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
