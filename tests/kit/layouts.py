"""Contracts of many layouts on the real chain, in each of which Alice holds a token (contracts/demo/Layouts.sol)."""

from __future__ import annotations

from dataclasses import dataclass

from eth_typing import ChecksumAddress
from eth_utils.address import to_checksum_address

from nft.testing.chain import Chain
from tests.kit.contract_calls import call_of, send_call

ALICE = 1


@dataclass(frozen=True)
class Layout:
    """A contract, and the id of the token that Alice holds there."""

    address: ChecksumAddress
    token_id: int = 7


def deploy_layouts(chain: Chain) -> dict[str, Layout]:
    """Deploy all layouts, and finalize them. Of each, ids from 1,000 on belong to nobody."""
    alice, assembly = chain.accounts[ALICE], chain.deploy("LayoutAssembly").address
    given = call_of("give(address,uint256)", alice, 7)
    beacon = chain.deploy("LayoutBeacon", assembly).address
    layouts = {
        "plain": deploy_plain(chain),
        "editions": deploy_editions(chain),
        "names": Layout(chain.deploy("LayoutNames").address),
        "library": Layout(_deploy_with_library(chain)),
        "assembly": Layout(assembly),
        "ERC-1967 proxy": Layout(chain.deploy("LayoutProxy", assembly, given).address),
        "beacon proxy": Layout(chain.deploy("LayoutBeaconProxy", beacon, given).address),
        "clone": Layout(_place_clone(chain, assembly)),
        "delegated account": Layout(_place_delegated_account(chain, assembly)),
        "wrapped": _deploy_wrapped(chain, assembly),
        "scan": _deploy_scan(chain),
    }
    for name in ("names", "library", "assembly", "clone", "delegated account"):
        send_call(chain, layouts[name].address, given)
    chain.finalize()
    return layouts


def deploy_expired_name(chain: Chain) -> ChecksumAddress:
    """Deploy names of which Alice had one, with id 7, until its time was over."""
    names = chain.deploy("LayoutNames")
    chain.send(names.functions.giveUntil(chain.accounts[ALICE], 7, 1))
    chain.finalize()
    return names.address


def deploy_plain(chain: Chain) -> Layout:
    """Deploy a collection on OpenZeppelin's ERC721."""
    alice = chain.accounts[ALICE]
    contract = chain.deploy("AvatarToken", "Avatars", "AVA", "ipfs://contract", chain.accounts[0], True, 0)
    chain.send(contract.functions.mint(alice, "ipfs://x"), sender=alice)
    return Layout(contract.address, 1)


def deploy_editions(chain: Chain) -> Layout:
    """Deploy a collection on OpenZeppelin's ERC1155."""
    editions = chain.deploy("DemoEditions", "ipfs://x/{id}.json")
    chain.send(editions.functions.mint(chain.accounts[ALICE], 7, 3))
    return Layout(editions.address)


def _deploy_wrapped(chain: Chain, inner: ChecksumAddress) -> Layout:
    """Deploy a collection that asks another one, which has given it the token."""
    wrapped = chain.deploy("LayoutWrapped", inner).address
    send_call(chain, inner, call_of("give(address,uint256)", wrapped, 9))
    send_call(chain, wrapped, call_of("give(address,uint256)", chain.accounts[ALICE], 9))
    return Layout(wrapped, 9)


def _deploy_scan(chain: Chain) -> Layout:
    scan = chain.deploy("LayoutScan")
    chain.send(scan.functions.give(chain.accounts[ALICE], 40))
    return Layout(scan.address, 39)


def _deploy_with_library(chain: Chain) -> ChecksumAddress:
    return chain.deploy("LayoutLibrary", chain.deploy("OwnersLibrary").address).address


def _place_clone(chain: Chain, implementation: ChecksumAddress) -> ChecksumAddress:
    """Place a minimal proxy (ERC-1167)."""
    code = "0x363d3d373d3d3d363d73" + implementation[2:] + "5af43d82803e903d91602b57fd5bf3"
    return _place(chain, "c1", code)


def _place_delegated_account(chain: Chain, implementation: ChecksumAddress) -> ChecksumAddress:
    """Place an account that delegates to code (EIP-7702)."""
    return _place(chain, "c2", "0xef0100" + implementation[2:])


def _place(chain: Chain, byte: str, code: str) -> ChecksumAddress:
    address = to_checksum_address("0x" + byte * 20)
    chain.rpc("anvil_setCode", address, code)
    return address
