"""Wallets with real keys and signatures (by eth-account, not our own code). Needs no Django."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eth_abi.abi import encode
from eth_account import Account
from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount

from nft.testing.genesis import CHAIN_ID

NOBODY = "http://127.0.0.1:9"
"""The URL of a node that never answers."""
CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


@dataclass(frozen=True)
class Wallet:
    """An account with a key. `sign` returns what a wallet's `personal_sign` does."""

    account: LocalAccount

    @classmethod
    def create(cls) -> Wallet:
        return cls(Account.create())

    @classmethod
    def from_key(cls, key: str | bytes) -> Wallet:
        return cls(Account.from_key(key))

    @property
    def address(self) -> str:
        return str(self.account.address)

    @property
    def address_bytes(self) -> bytes:
        return bytes.fromhex(self.address[2:])

    def sign(self, text: str) -> str:
        return "0x" + bytes(self.account.sign_message(encode_defunct(text=text)).signature).hex()


@dataclass(frozen=True)
class ContractWallet:
    """A contract account (ERC-1271), which accepts the signatures of its owner. See `Chain.deploy_wallet`."""

    address: str
    owner: Wallet

    def sign(self, text: str) -> str:
        return self.owner.sign(text)


Holder = Wallet | ContractWallet | str
"""Who can hold tokens: a wallet of the kit, or an address."""


def address_of(holder: Holder) -> str:
    return holder if isinstance(holder, str) else holder.address


def high_s_twin(signature: str) -> str:
    """Return the other signature that recovers the same address: s mirrored, v flipped. No key is needed."""
    content = bytes.fromhex(signature[2:])
    r, s, v = content[:32], int.from_bytes(content[32:64], "big"), content[64]
    return "0x" + (r + (CURVE_ORDER - s).to_bytes(32, "big") + bytes([55 - v])).hex()


def compact(signature: str) -> str:
    """Return the signature in the 64 bytes of EIP-2098."""
    content = bytes.fromhex(signature[2:])
    r, s, v = content[:32], int.from_bytes(content[32:64], "big"), content[64]
    return "0x" + (r + (s | (v - 27) << 255).to_bytes(32, "big")).hex()


def undeployed(factory: str, deployment: bytes, signature: str) -> str:
    """Return an ERC-6492 signature: `signature`, which the account accepts once deployed, and how to deploy it."""
    parts = [factory, deployment, bytes.fromhex(signature[2:])]
    return "0x" + encode(["address", "bytes", "bytes"], parts).hex() + "6492" * 16


def chains_at(rpc_url: str, *ids: int) -> dict[int, dict[str, Any]]:
    """Return an NFT_CHAINS with the local chain and other chains at one node."""
    chain = {"name": "Local chain", "rpc_urls": [rpc_url], "confirmed": 0, "ens_registry": ""}
    return {chain_id: dict(chain) for chain_id in (CHAIN_ID, *ids)}
