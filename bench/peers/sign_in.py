"""Verification of one issued sign-in text: our check, the minimum, and Python libraries.

Arguments: the name of the work, and a JSON file with the text, its signature and the expected values.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import coincurve
import siwe
from eth_account import Account
from eth_account.messages import encode_defunct
from eth_hash.auto import keccak

from bench.serve import serve
from nft.accounts import signatures
from nft.core.evm.siwe import is_same_text

Case = dict[str, Any]


def ours(case: Case) -> Callable[[], object]:
    """Verify like nft.accounts.challenges and nft.accounts.sign_in, without the database."""
    issued, posted, address = case["text"], str(case["text"] + " ")[:-1], bytes.fromhex(case["address"][2:])

    def work() -> None:
        same = is_same_text(issued, posted)
        _check(same and signatures.recover(issued, signatures.read_signature(case["signature"])) == address)

    return work


def bare(case: Case) -> Callable[[], object]:
    """Compute two hashes and one recovery, which is the minimum."""
    text, address = case["text"].encode(), bytes.fromhex(case["address"][2:])
    content = bytes.fromhex(case["signature"][2:])
    signature = content[:64] + bytes([content[64] - 27])
    message = b"\x19Ethereum Signed Message:\n" + str(len(text)).encode() + text

    def work() -> None:
        key = coincurve.PublicKey.from_signature_and_message(signature, keccak(message), hasher=None)
        _check(keccak(key.format(compressed=False)[1:])[12:] == address)

    return work


def eth_account(case: Case) -> Callable[[], object]:
    def work() -> None:
        signer = Account.recover_message(encode_defunct(text=case["text"]), signature=case["signature"])
        _check(signer == case["address"])

    return work


def siwe_regex(case: Case) -> Callable[[], object]:
    return _siwe(case, abnf=False)


def siwe_abnf(case: Case) -> Callable[[], object]:
    return _siwe(case, abnf=True)


def _siwe(case: Case, *, abnf: bool) -> Callable[[], object]:
    now = datetime.fromisoformat(case["now"])

    def work() -> None:
        message = siwe.SiweMessage.from_message(case["text"], abnf=abnf)
        message.verify(case["signature"], domain=case["domain"], nonce=case["nonce"], timestamp=now)

    return work


def _check(is_good: bool) -> None:
    if not is_good:
        raise ValueError("The signature was not recognized.")


if __name__ == "__main__":
    works = {each.__name__: each for each in (ours, bare, eth_account, siwe_regex, siwe_abnf)}
    serve(works[sys.argv[1]](json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))))
