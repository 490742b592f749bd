"""The Ethereum Name Service on the tests' chain.

The registry, resolver and reverse registrar are ENS's own, from npm. The resolvers for subnames (ENSIP-10) and for
off-chain records (EIP-3668) come with web3.py.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from eth_typing import ChecksumAddress
from web3._utils.contract_sources.contract_data.extended_resolver import EXTENDED_RESOLVER_DATA
from web3._utils.contract_sources.contract_data.offchain_resolver import OFFCHAIN_RESOLVER_DATA
from web3.contract import Contract

from nft.core.evm.ens import ancestors, labelhash, namehash
from nft.testing.chain import Chain

PACKAGES = Path(__file__).parent / "ens" / "node_modules" / "@ensdomains"


@dataclass(frozen=True)
class Names:
    """The deployed contracts. accounts[9] owns the root and registers names for other owners."""

    chain: Chain
    registry: Contract
    resolver: Contract
    reverse_registrar: Contract

    @property
    def root(self) -> ChecksumAddress:
        return self.chain.accounts[9]

    def give(self, name: str, owner: ChecksumAddress, *, resolver: ChecksumAddress | None = None) -> None:
        """Register a name with a resolver. Missing parents are registered for the root's owner."""
        for parent in reversed(ancestors(name)[1:]):
            self._own(parent, self.root)
        self._own(name, owner)
        node = namehash(name)
        self.chain.send(self.registry.functions.setResolver(node, resolver or self.resolver.address), sender=owner)

    def set_address(self, name: str, owner: ChecksumAddress, address: ChecksumAddress) -> None:
        self.chain.send(self.resolver.functions.setAddr(namehash(name), address), sender=owner)

    def set_address_for(self, name: str, owner: ChecksumAddress, coin_type: int, address: bytes) -> None:
        self.chain.send(self.resolver.functions.setAddr(namehash(name), coin_type, address), sender=owner)

    def set_text(self, name: str, owner: ChecksumAddress, key: str, value: str) -> None:
        self.chain.send(self.resolver.functions.setText(namehash(name), key, value), sender=owner)

    def set_primary_name(self, owner: ChecksumAddress, name: str) -> None:
        self.chain.send(self.reverse_registrar.functions.setName(name), sender=owner)

    def give_whole(self, name: str, owner: ChecksumAddress) -> None:
        """Register a name that resolves to its owner and is the owner's primary name."""
        self.give(name, owner)
        self.set_address(name, owner, owner)
        self.set_primary_name(owner, name)

    def _own(self, name: str, owner: ChecksumAddress) -> None:
        label, _, parent = name.partition(".")
        give = self.registry.functions.setSubnodeOwner(namehash(parent), labelhash(label), owner)
        self.chain.send(give, sender=self.root)


def deploy_names(chain: Chain) -> Names:
    """Deploy ENS as on the public chain: the reverse registrar owns addr.reverse, and the root's owner owns `eth`."""
    root = chain.accounts[9]
    registry = _deploy(chain, _artifact("ens", "ENSRegistry"))
    resolver = _deploy(chain, _artifact("resolver", "PublicResolver"), registry.address)
    default_resolver = _deploy(chain, _artifact("resolver", "DefaultReverseResolver"), registry.address)
    registrar = _deploy(chain, _artifact("ens", "ReverseRegistrar"), registry.address, default_resolver.address)
    names = Names(chain, registry, resolver, registrar)
    names._own("eth", root)
    names._own("reverse", root)
    names._own("addr.reverse", registrar.address)
    return names


def deploy_extended_resolver(names: Names) -> Contract:
    """Deploy a resolver that returns 0x…bEEF for extended-resolver.eth and 0x…dEaD for its subnames."""
    return _deploy(names.chain, EXTENDED_RESOLVER_DATA, names.registry.address)


def deploy_offchain_resolver(chain: Chain, *urls: str) -> Contract:
    """Deploy a resolver that tells clients to fetch these, and takes what the first account signed."""
    return _deploy(chain, OFFCHAIN_RESOLVER_DATA, urls, [chain.accounts[0]])


@pytest.fixture(scope="session")
def names_session(chain_session: Chain) -> Names:
    """The contracts, deployed before the state that tests go back to."""
    return deploy_names(chain_session)


@pytest.fixture
def names(names_session: Names, chain: Chain) -> Names:
    """Only ENS's own names are registered. What a test does to them is undone afterwards."""
    assert names_session.chain is chain
    return names_session


def _deploy(chain: Chain, artifact: dict[str, Any], *arguments: Any) -> Contract:
    factory = chain.w3.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"])
    address = chain.send(factory.constructor(*arguments), sender=chain.accounts[9])["contractAddress"]
    assert address is not None
    return chain.w3.eth.contract(address=address, abi=artifact["abi"])


def _artifact(package: str, contract: str) -> dict[str, Any]:
    path = PACKAGES / package / "build" / "contracts" / f"{contract}.json"
    if not path.exists():
        pytest.fail(
            "The name service's contracts are not installed. Install them: python3 -m localstack.bootstrap test",
            pytrace=False,
        )
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
