"""Verify signatures: locally for the account of a key, by asking the contract for a contract account.

Order: recovery (no chain call, also right for accounts delegated by EIP-7702), then ERC-6492 if so wrapped, then
ERC-1271 on deployed code. ERC-6492 itself puts recovery last; but recovering the very address is proof whatever code
stands there, as nobody else has that key. A wrapped signature is tried on the account as it stands, then after the
call that the wrapper asks for, which deploys or prepares it: within one `eth_call`, so that nothing of it stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from eth_hash.auto import keccak

from nft.accounts.errors import SIGNATURE_MALFORMED, AccountError
from nft.clients.evm.batch_calls import call_many
from nft.clients.evm.chain import HEAD, ChainClient
from nft.clients.evm.errors import CallFailed, ChainUnavailable
from nft.clients.evm.node import within
from nft.core.evm.abi.multicall import Call
from nft.core.evm.abi.signature_calls import (
    build_is_valid_signature,
    build_signature_trial,
    parse_is_valid_signature,
    parse_signature_trial,
)
from nft.core.evm.address import to_checksum
from nft.core.evm.errors import BadAnswer, BadSignature
from nft.core.evm.signatures import is_erc6492, message_hash, parse_signature, recover_address, unwrap_erc6492
from profiles.sentences import gettext as _
from profiles.sentences import join_sentences

GAS = 3_000_000
SECONDS = 5.0
MAX_ANSWER = 64 * 1024
# Bytes of signatures in one batch: most signatures are short, and a node takes neither a body nor gas without end.
BATCH_BYTES = 256 * 1024
# Always the same, and not the zero address: some contract accounts skip their checks in what must be a simulation.
SENDER = keccak(b"is this signature valid?")[12:]


class SignatureKind(Enum):
    """The result of verifying. UNKNOWN: the chain could not be asked, which must not be treated as WRONG."""

    KEY = "key"
    CONTRACT = "contract"
    WRONG = "wrong"
    UNKNOWN = "unknown"


def read_signature(text: str) -> bytes:
    """Parse a signature as wallets write it. Raise AccountError of the kind SIGNATURE_MALFORMED."""
    try:
        signature = parse_signature(text)
        if is_erc6492(signature):
            unwrap_erc6492(signature)
    except BadSignature as error:
        raise AccountError(error.sentence, SIGNATURE_MALFORMED) from error
    return signature


def verify(chain: ChainClient, address: bytes, text: str, signature: bytes) -> SignatureKind:
    """Verify that `signature` over `text` (EIP-191) is that of `address`. Ask the chain only if no key signed."""
    if recover(text, signature) == address:
        return SignatureKind.KEY
    try:
        with within(SECONDS):
            is_valid = _ask_contract(chain, address, message_hash(text), signature)
    except (ChainUnavailable, BadAnswer):
        return SignatureKind.UNKNOWN
    except CallFailed:
        return SignatureKind.WRONG
    return SignatureKind.CONTRACT if is_valid else SignatureKind.WRONG


@dataclass(frozen=True)
class Signed:
    """A signature over a text, and the address it should be of."""

    address: bytes
    text: str
    signature: bytes


def verify_many(chain: ChainClient, many: Sequence[Signed]) -> list[SignatureKind]:
    """Verify many signatures of contracts in few requests. The result is as `verify` gives it, for each.

    What a batch does not confirm is verified alone: a contract may judge the caller of a batch differently.
    """
    return [kind for batch in _batches(many) for kind in _verify_batch(chain, batch)]


def _batches(many: Sequence[Signed]) -> Iterator[list[Signed]]:
    """Cut `many` into lists that hold BATCH_BYTES of signatures at most."""
    batch: list[Signed] = []
    size = 0
    for each in many:
        size += len(each.signature)
        if batch and size > BATCH_BYTES:
            yield batch
            batch, size = [], len(each.signature)
        batch.append(each)
    if batch:
        yield batch


def _verify_batch(chain: ChainClient, many: Sequence[Signed]) -> list[SignatureKind]:
    found = [SignatureKind.UNKNOWN] * len(many)
    try:
        view, head = chain.first_working_view()
        calls = [Call(each.address, build_is_valid_signature(message_hash(each.text), each.signature)) for each in many]
        answers = call_many(view, calls, head).answers
    except ChainUnavailable:
        return found
    for place, (each, answer) in enumerate(zip(many, answers, strict=True)):
        is_confirmed = isinstance(answer, bytes) and _is_yes(answer)
        found[place] = (
            SignatureKind.CONTRACT if is_confirmed else verify(chain, each.address, each.text, each.signature)
        )
    return found


def recover(text: str, signature: bytes) -> bytes | None:
    """Return the address whose key signed `text`, or None if it is not the signature of a key."""
    try:
        return recover_address(text, signature)
    except BadSignature:
        return None


def describe_mismatch(address: bytes, text: str, signature: bytes) -> str:
    """Return why a WRONG signature is not one of `address`, for the person who sent it."""
    wanted = to_checksum(address)
    if not signature:
        return _(
            "Your wallet sent an empty signature, and %(wanted)s has not approved the text on its chain. Start again.",
            wanted=wanted,
        )
    try:
        signer = to_checksum(recover_address(text, signature))
    except BadSignature as error:
        return join_sentences(
            _("This is not a signature of %(wanted)s.", wanted=wanted),
            "" if is_erc6492(signature) else error.sentence,
            _("Start again and sign with that account."),
        )
    return _(
        "This was signed by %(signer)s, not by %(wanted)s. Choose one account in your wallet and start again.",
        signer=signer,
        wanted=wanted,
    )


def _ask_contract(chain: ChainClient, address: bytes, digest: bytes, signature: bytes) -> bool:
    if is_erc6492(signature):
        factory, deployment, inner = unwrap_erc6492(signature)
        trial = build_signature_trial(address, digest, inner, factory, deployment)
        return parse_signature_trial(_call(chain, None, trial))
    if not chain.code_at(address, HEAD):
        return False
    return _is_yes(_call(chain, address, build_is_valid_signature(digest, signature)))


def _call(chain: ChainClient, to: bytes | None, data: bytes) -> bytes:
    return chain.call(to, data, HEAD, gas=GAS, sender=SENDER, max_bytes=MAX_ANSWER)


def _is_yes(answer: bytes) -> bool:
    """Return whether the answer is the magic value. An answer of another shape is a no."""
    try:
        return parse_is_valid_signature(answer)
    except BadAnswer:
        return False
