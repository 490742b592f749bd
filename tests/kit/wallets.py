"""Wallets with real keys and signatures (by eth-account, not our own code), and browsers that use them."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Any

from django.contrib.auth import get_user
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from eth_abi.abi import encode
from eth_account import Account
from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount

CHAIN_ID = 31337
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


class Browser:
    """A visitor with their own cookies and network, so that tests don't share rate limits."""

    def __init__(self, *, csrf: bool = False) -> None:
        self.client = Client(enforce_csrf_checks=csrf, REMOTE_ADDR=str(IPv6Address(random.getrandbits(125) | 1 << 125)))

    def enter(self, user: User, *, ago: float = 0) -> None:
        """Sign in as a person who entered their password `ago` seconds ago."""
        self.client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        session = self.client.session
        session["signed_in_at"] = time.time() - ago
        session["account_authentication_methods"] = [{"method": "password", "at": time.time() - ago}]
        session["account_authentication_methods_user"] = str(user.pk)
        session.save()

    def ask_challenge(self, address: str, *, purpose: str = "sign_in", chain_id: int = CHAIN_ID, **more: object) -> Any:
        content = {"address": address, "chain_id": chain_id, "purpose": purpose, **more}
        return self.client.post(reverse("nft:challenge"), content, content_type="application/json")

    def text_for(self, address: str, **more: Any) -> str:
        response = self.ask_challenge(address, **more)
        assert response.status_code == 200, response.content
        return str(response.json()["text"])

    def verify(self, text: str, signature: str) -> Any:
        content = {"text": text, "signature": signature}
        return self.client.post(reverse("nft:verify"), content, content_type="application/json")

    def sign_in(self, wallet: Wallet, **more: Any) -> Any:
        text = self.text_for(wallet.address, **more)
        return self.verify(text, wallet.sign(text))

    def link(self, wallet: Wallet) -> Any:
        return self.sign_in(wallet, purpose="link")

    @property
    def user(self) -> User | None:
        """The person who is signed in."""
        user = get_user(self.client)  # only needs the session, which the client has
        return user if user.is_authenticated else None
