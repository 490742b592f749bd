"""A contract account before and after it is deployed, of whatever kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nft.testing.chain import Chain
from nft.testing.wallets import undeployed
from tests.kit.contract_calls import send_call


@dataclass(frozen=True)
class Account:
    """`sign` makes a signature that the deployed account accepts; `factory` deploys it by `call`."""

    address: str
    sign: Callable[[str], bytes]
    factory: str
    call: bytes

    def signature(self, text: str) -> str:
        return "0x" + self.sign(text).hex()

    def undeployed_signature(self, text: str) -> str:
        return undeployed(self.factory, self.call, self.signature(text))

    def deploy(self, chain: Chain) -> None:
        send_call(chain, self.factory, self.call)
