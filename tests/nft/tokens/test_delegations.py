"""A token in a cold wallet is its person's picture for as long as the chain's registry delegates it to them."""

from __future__ import annotations

import json

import pytest
from django.contrib.auth.models import User
from django.test import Client
from web3.contract import Contract

from nft.claims.claiming import recheck
from nft.clients.bundle import Clients
from nft.clients.evm.chain import ChainClient
from nft.core.evm.address import parse_address
from nft.core.evm.token import Token
from nft.core.tokens.verdict import Reason, Verdict
from nft.errors import NOT_NOW
from nft.models import TokenClaim
from nft.testing.chain import Chain
from nft.testing.genesis import CHAIN_ID
from nft.tokens.ownership import check_ownership
from nft.transfers.sending import build_transfer
from tests.kit.errors import raises_kind
from tests.kit.world import World, claim_of, make_world, mint, pinned_metadata, send, shown, upload

pytestmark = pytest.mark.django_db
ALICE, VAULT, STRANGER = 1, 2, 3
NO_RIGHTS, SOME_RIGHTS = bytes(32), b"vote".ljust(32, b"\0")


@pytest.fixture
def registry(chain: Chain) -> Contract:
    return chain.deploy("DemoDelegateRegistry")


@pytest.fixture
def world(chain: Chain, registry: Contract) -> World:
    client = client_with(chain, registry.address)
    world = make_world(chain)
    world.client = client
    world.clients = Clients(lambda _: client, world.clients.ipfs, world.clients.http)
    return world


def client_with(chain: Chain, registry: str) -> ChainClient:
    return ChainClient(CHAIN_ID, [chain.url], "finalized", delegate_registry=parse_address(registry))


def from_vault(chain: Chain, call: object) -> None:
    chain.send(call, sender=chain.accounts[VAULT])
    chain.finalize()


def delegate_all(chain: Chain, registry: Contract, *, enable: bool = True, rights: bytes = NO_RIGHTS) -> None:
    from_vault(chain, registry.functions.delegateAll(chain.accounts[ALICE], rights, enable))


@pytest.fixture
def delegated(world: World, chain: Chain, registry: Contract, contract: Contract, alice: User) -> TokenClaim:
    """Alice's claim to a token of the vault, verified by delegation."""
    token_id = mint(chain, contract, chain.accounts[VAULT], pinned_metadata())
    delegate_all(chain, registry)
    upload(alice)
    return claim_of(world, alice, contract, token_id)


def test_the_token_of_a_vault_is_shown_by_delegation(world: World, chain: Chain, delegated: TokenClaim) -> None:
    assert (delegated.state, delegated.vault_text) == ("owned", chain.accounts[VAULT])
    assert delegated.account is not None
    assert delegated.account.address_text == chain.accounts[ALICE]
    front = shown(delegated.user, world.now)
    assert front.mark
    assert front.provenance is not None
    assert front.provenance["by_delegation"] is True


def test_what_the_account_holds_itself_needs_no_vault(
    world: World, chain: Chain, contract: Contract, alice: User
) -> None:
    claim = claim_of(world, alice, contract, mint(chain, contract, chain.accounts[ALICE], pinned_metadata()))
    assert (claim.state, claim.vault) == ("owned", None)
    assert shown(alice, world.now).provenance["by_delegation"] is False  # type: ignore[index]


@pytest.mark.parametrize("kind", ["contract", "token", "another contract", "another token", "special rights"])
def test_a_delegation_counts_as_far_as_it_reaches(
    world: World, chain: Chain, registry: Contract, contract: Contract, alice: User, kind: str
) -> None:
    token_id = mint(chain, contract, chain.accounts[VAULT], pinned_metadata())
    to, functions = chain.accounts[ALICE], registry.functions
    calls = {
        "contract": functions.delegateContract(to, contract.address, NO_RIGHTS, True),
        "token": functions.delegateERC721(to, contract.address, token_id, NO_RIGHTS, True),
        "another contract": functions.delegateContract(to, registry.address, NO_RIGHTS, True),
        "another token": functions.delegateERC721(to, contract.address, token_id + 1, NO_RIGHTS, True),
        "special rights": functions.delegateAll(to, SOME_RIGHTS, True),
    }
    from_vault(chain, calls[kind])
    claim = claim_of(world, alice, contract, token_id)
    assert claim.state == ("owned" if kind in {"contract", "token"} else "not_owned")
    assert claim.reason == ("" if kind in {"contract", "token"} else "held_by_other")


def test_a_stranger_can_delegate_only_what_is_theirs(
    world: World, chain: Chain, registry: Contract, contract: Contract, alice: User
) -> None:
    token_id = mint(chain, contract, chain.accounts[VAULT], pinned_metadata())
    lie = registry.functions.delegateAll(chain.accounts[ALICE], NO_RIGHTS, True)
    chain.send(lie, sender=chain.accounts[STRANGER])
    chain.finalize()
    assert claim_of(world, alice, contract, token_id).state == "not_owned"


def test_revoking_the_delegation_ends_the_mark(
    world: World, chain: Chain, registry: Contract, delegated: TokenClaim
) -> None:
    delegate_all(chain, registry, enable=False)
    world.verify(delegated)
    assert (delegated.state, delegated.vault) == ("not_owned", None)
    assert "no longer delegates it" in delegated.reason_sentence
    front = shown(delegated.user, world.now)
    assert not front.mark
    assert front.avatar is not None
    assert front.avatar.source == "upload"


def test_a_vault_that_sends_the_token_away_ends_the_mark(
    world: World, chain: Chain, contract: Contract, delegated: TokenClaim
) -> None:
    send(chain, contract, delegated.token_id, VAULT, STRANGER)
    world.verify(delegated)
    assert delegated.state == "not_owned"
    stranger = chain.accounts[STRANGER]
    holder = f"{stranger[:6]}…{stranger[-4:]}"
    assert delegated.reason_sentence == f"The vault no longer holds Blue hour for you. It is held by {holder}."


def test_a_token_moved_out_of_the_vault_needs_no_delegation(
    world: World, chain: Chain, contract: Contract, delegated: TokenClaim
) -> None:
    send(chain, contract, delegated.token_id, VAULT, ALICE)
    world.verify(delegated)
    assert (delegated.state, delegated.vault) == ("owned", None)
    assert shown(delegated.user, world.now).provenance["by_delegation"] is False  # type: ignore[index]


def test_a_new_delegation_is_unknown_until_it_is_confirmed(
    world: World, chain: Chain, registry: Contract, contract: Contract, alice: User
) -> None:
    token_id = mint(chain, contract, chain.accounts[VAULT], pinned_metadata())
    call = registry.functions.delegateAll(chain.accounts[ALICE], NO_RIGHTS, True)
    chain.send(call, sender=chain.accounts[VAULT])
    claim = claim_of(world, alice, contract, token_id)
    assert (claim.state, claim.reason) == ("unknown", "not_yet_confirmed")
    chain.finalize()
    assert world.verify_and_fetch(claim).state == "owned"


def test_copies_in_a_vault_are_found_by_its_delegation(
    world: World, chain: Chain, registry: Contract, alice: User
) -> None:
    editions = chain.deploy("DemoEditions", pinned_metadata())
    chain.send(editions.functions.mint(chain.accounts[VAULT], 5, 2))
    give = registry.functions.delegateERC1155
    from_vault(chain, give(chain.accounts[ALICE], editions.address, 5, NO_RIGHTS, 1))
    claim = claim_of(world, alice, editions, 5)
    assert (claim.state, claim.standard, claim.vault_text) == ("owned", "erc1155", chain.accounts[VAULT])
    from_vault(chain, give(chain.accounts[ALICE], editions.address, 5, NO_RIGHTS, 0))
    world.verify(claim)
    assert (claim.state, claim.reason) == ("not_owned", "none_held")
    from_vault(chain, give(chain.accounts[ALICE], editions.address, 5, NO_RIGHTS, 1))
    recheck(alice, claim.pk, world.now)
    assert world.verify(claim).state == "owned"


def test_an_odd_registry_never_gives_a_mark_and_an_absent_one_changes_nothing(chain: Chain, contract: Contract) -> None:
    token_id = mint(chain, contract, chain.accounts[VAULT], "ipfs://x")
    odd = {name: chain.deploy(name).address for name in ("OddReverts", "OddShortAnswer", "OddBurnsGas")}
    chain.finalize()
    token, alice = Token(parse_address(contract.address), token_id), parse_address(chain.accounts[ALICE])
    for address in odd.values():
        found = check_ownership(client_with(chain, address), token, [alice])
        assert found.decision.verdict is Verdict.UNKNOWN
    absent = check_ownership(client_with(chain, "0x" + "77" * 20), token, [alice])
    assert absent.decision.reason is Reason.HELD_BY_OTHER


def test_the_vault_is_as_public_as_the_account(
    world: World, chain: Chain, delegated: TokenClaim, client: Client
) -> None:
    assert chain.accounts[VAULT] not in json.dumps(shown(delegated.user, world.now).provenance)
    delegated.user.nft_linked_accounts.update(is_public=True)
    assert shown(delegated.user, world.now).provenance["vault"] == chain.accounts[VAULT]  # type: ignore[index]
    client.force_login(delegated.user)
    page = client.get(f"/settings/tokens/{delegated.pk}/").content.decode()
    assert "Verified, by delegation" in page
    assert chain.accounts[VAULT] in page


def test_who_only_shows_a_vaults_token_can_not_send_it(world: World, chain: Chain, delegated: TokenClaim) -> None:
    with raises_kind(NOT_NOW, match="vault"):
        build_transfer(delegated, chain.accounts[STRANGER], world.clients)
