"""Calls, deployments and typed hashes of contracts that only tests use, without their ABIs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eth_abi.abi import encode
from eth_hash.auto import keccak
from web3 import Web3

from nft.testing.chain import Chain
from nft.testing.genesis import CHAIN_ID

_DOMAIN = keccak(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")


def call_of(signature: str, *arguments: Any) -> bytes:
    """Return call data: `call_of("f(address,uint256)", …)`."""
    types = _split(signature[signature.index("(") + 1 : -1])
    return keccak(signature.encode())[:4] + encode(types, arguments)


def deploy_code(chain: Chain, code: str, types: Sequence[str] = (), *arguments: Any) -> str:
    """Deploy creation code with the arguments of its constructor. Return the address."""
    data = code + encode(types, arguments).hex()
    sent = chain.rpc("eth_sendTransaction", {"from": chain.accounts[0], "data": data, "gas": hex(12_000_000)})
    receipt = chain.w3.eth.get_transaction_receipt(sent)
    assert receipt["status"] == 1, "the deployment was reverted"
    return str(receipt["contractAddress"])


def send_call(chain: Chain, to: str, data: bytes, sender: str = "") -> None:
    transaction = {"from": sender or chain.accounts[0], "to": to, "data": "0x" + data.hex(), "gas": hex(12_000_000)}
    receipt = chain.w3.eth.get_transaction_receipt(chain.rpc("eth_sendTransaction", transaction))
    assert receipt["status"] == 1, "the call was reverted"


def read_call(chain: Chain, to: str, data: bytes) -> bytes:
    """Return what the call answers."""
    return bytes.fromhex(chain.rpc("eth_call", {"to": to, "data": "0x" + data.hex()}, "latest")[2:])


def read_address(chain: Chain, to: str, data: bytes) -> str:
    """Return the address that the call answers."""
    return Web3.to_checksum_address(read_call(chain, to, data)[-20:])


def typed_hash(account: str, type_text: str, *content: bytes, name: str = "", version: str = "") -> bytes:
    """Return the EIP-712 hash of a message of the account: `content` are its words, already encoded.

    Without a name the domain has the chain and the account only, as Safe's.
    """
    if name:
        words = [_DOMAIN, keccak(name.encode()), keccak(version.encode())]
    else:
        words = [keccak(b"EIP712Domain(uint256 chainId,address verifyingContract)")]
    domain = keccak(b"".join(words) + encode(["uint256", "address"], [CHAIN_ID, account]))
    return keccak(b"\x19\x01" + domain + keccak(keccak(type_text.encode()) + b"".join(content)))


def _split(types: str) -> list[str]:
    """Split at the commas outside of tuples."""
    found, depth = [""], 0
    for letter in types:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and not depth:
            found.append("")
        else:
            found[-1] += letter
    return [each for each in found if each]
