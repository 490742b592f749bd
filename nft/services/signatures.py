"""Whose signature is it? Locally for key accounts; for contract accounts by asking the contract.

Order: recovery (no chain call, also right for accounts delegated by EIP-7702), then ERC-1271 on deployed code, then
ERC-6492 for a contract account still to be deployed. ERC-6492 itself begins at the other end; but recovering the very
address is proof whatever code stands there, as nobody else has that key, and a contract that stands needs no deploying.
"""

from __future__ import annotations

from enum import Enum

from eth_hash.auto import keccak

from nft.clients.chain import HEAD, ChainClient
from nft.clients.chain_errors import AnswerTooLarge, CallReverted, ChainUnavailable
from nft.core.abi import (
    MULTICALL3,
    Call,
    build_aggregate3,
    build_is_valid_signature,
    parse_aggregate3,
    parse_is_valid_signature,
)
from nft.core.address import to_checksum
from nft.core.errors import BadAnswer, BadSignature
from nft.core.signatures import is_erc6492, message_hash, parse_signature, recover_address, unwrap_erc6492
from nft.services.refusals import SignatureMalformed, UndeployedAccount

GAS = 3_000_000
MAX_ANSWER = 64 * 1024
SENDER = keccak(b"is this signature valid?")[12:]
"""Always the same, and not the zero address: some contract accounts skip their checks for what must be a simulation."""


class SignatureKind(Enum):
    """What is known of a signature. UNKNOWN: nobody could tell now, which is never to be read as WRONG."""

    KEY = "key"
    CONTRACT = "contract"
    WRONG = "wrong"
    UNKNOWN = "unknown"


def read_signature(text: str) -> bytes:
    """A signature as wallets write it. Raises SignatureMalformed."""
    try:
        signature = parse_signature(text)
        if is_erc6492(signature):
            unwrap_erc6492(signature)
    except BadSignature as error:
        raise SignatureMalformed(str(error)) from error
    return signature


def verify(chain: ChainClient, address: bytes, text: str, signature: bytes) -> SignatureKind:
    """Whether `signature` over `text` (EIP-191) is that of `address` on `chain`. Asks the chain only if no key signed.

    Raises UndeployedAccount where an ERC-6492 signature needs a helper contract that the chain lacks.
    """
    if recover(text, signature) == address:
        return SignatureKind.KEY
    try:
        is_valid = _ask_contract(chain, address, message_hash(text), signature)
    except (ChainUnavailable, BadAnswer):
        return SignatureKind.UNKNOWN
    except (CallReverted, AnswerTooLarge):
        return SignatureKind.WRONG
    return SignatureKind.CONTRACT if is_valid else SignatureKind.WRONG


def recover(text: str, signature: bytes) -> bytes | None:
    """The address whose key signed `text`, None where `signature` is none of a key."""
    try:
        return recover_address(text, signature)
    except BadSignature:
        return None


def _ask_contract(chain: ChainClient, address: bytes, digest: bytes, signature: bytes) -> bool:
    is_wrapped = is_erc6492(signature)
    factory, deployment, inner = unwrap_erc6492(signature) if is_wrapped else (b"", b"", signature)
    question = build_is_valid_signature(digest, inner)
    if chain.code_at(address, HEAD):
        return _is_yes(_call(chain, address, question))
    if not is_wrapped:
        return False
    if not chain.code_at(MULTICALL3, HEAD):
        raise UndeployedAccount(to_checksum(address))
    # Deployed and asked within one call, which leaves nothing behind.
    calls = [Call(factory, deployment), Call(address, question)]
    answer = _call(chain, MULTICALL3, build_aggregate3(calls))
    verdict = parse_aggregate3(answer, len(calls), MAX_ANSWER)[-1]
    return verdict.success and _is_yes(verdict.data)


def _call(chain: ChainClient, to: bytes, data: bytes) -> bytes:
    return chain.call(to, data, HEAD, gas=GAS, sender=SENDER, max_bytes=MAX_ANSWER)


def _is_yes(answer: bytes) -> bool:
    """Anything but the magic value is a no, an answer of another shape too."""
    try:
        return parse_is_valid_signature(answer)
    except BadAnswer:
        return False
