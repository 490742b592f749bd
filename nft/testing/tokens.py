"""Tokens that move: NFTs (ERC-721) of a collection on the tests' chain."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eth_typing import ChecksumAddress
from eth_utils.address import to_checksum_address
from web3.contract import Contract
from web3.logs import DISCARD

from nft.core.tokens.metadata import build_metadata
from nft.testing.wallets import Holder, address_of

if TYPE_CHECKING:
    from nft.testing.chain import Chain


@dataclass(frozen=True)
class Collection:
    """A deployed collection in which anybody may mint."""

    chain: Chain
    contract: Contract

    @property
    def address(self) -> ChecksumAddress:
        return self.contract.address

    def mint(self, to: Holder, uri: str, *, sender: Holder | None = None) -> Token:
        """Mint a token whose metadata is at `uri`, and finalize it."""
        address = to_checksum_address(address_of(to))
        receipt = self.chain.send(self.contract.functions.mint(address, uri), sender=sender)
        self.chain.finalize()
        token_id = self.contract.events.Transfer().process_receipt(receipt, DISCARD)[0]["args"]["tokenId"]
        return Token(self, int(token_id), to)


@dataclass
class Token:
    """A token, and who holds it, who must be able to sign: a wallet of the kit, or an account of the chain."""

    collection: Collection
    token_id: int
    holder: Holder

    @property
    def reference(self) -> str:
        """What a person pastes to claim the token."""
        return f"{self.collection.address} {self.token_id}"

    @property
    def owner(self) -> str:
        """The address that owns it, as the chain says."""
        return str(self.collection.contract.functions.ownerOf(self.token_id).call())

    def move(self, to: Holder) -> None:
        """Send the token to another account, and finalize that."""
        between = to_checksum_address(address_of(self.holder)), to_checksum_address(address_of(to))
        self._send(self.collection.contract.functions.transferFrom(*between, self.token_id))
        self.holder = to

    def burn(self) -> None:
        """Burn the token, and finalize that."""
        self._send(self.collection.contract.functions.burn(self.token_id))

    def _send(self, call: Any) -> None:
        self.collection.chain.send(call, sender=self.holder)
        self.collection.chain.finalize()


def deploy_collection(chain: Chain, *, open_mint: bool = True, quota: int = 0) -> Collection:
    """Deploy the avatar contract. `quota`: how many tokens one address may mint, 0 for any number."""
    owner = chain.accounts[0]
    return Collection(chain, chain.deploy("AvatarToken", "Avatars", "AVA", "ipfs://contract", owner, open_mint, quota))


def inline_metadata(image: bytes, name: str) -> str:
    """Return the URI of a token whose metadata and PNG are both kept on the chain."""
    metadata = build_metadata(name, "", _data_uri("image/png", image))
    return _data_uri("application/json", metadata)


def _data_uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
