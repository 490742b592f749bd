"""Token searches: logs, our own records and indexers give hints, and each token is verified on chain.

An outage is never shown as an empty wallet.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import TestCase
from web3.contract import Contract

from nft.claims.claiming import create_claim
from nft.clients.evm.chain import ChainClient
from nft.clients.web.fetch import GuardedHttp
from nft.core.tokens.indexers import IndexedPage
from nft.gallery import holdings
from nft.gallery import search as gallery_search
from nft.gallery.holdings import verify_holdings
from nft.gallery.pictures import NOT_ASKED, fetch_held_picture, request_pictures
from nft.gallery.search import request_searches, run_search, start_searches
from nft.gallery.sources import FoundToken, fetch_indexed_tokens
from nft.models import HeldToken, LinkedAccount, TokenSearch
from nft.testing.chain import Chain
from nft.testing.fake_node import relaying_node
from nft.testing.genesis import CHAIN_ID
from profiles.store.purge import purge_unreferenced_images
from profiles.testing.jobs import queued_by_sweep
from tests.kit.hostile_server import HostileServer
from tests.kit.world import World, deploy_avatar_token, mint, person, picture, pinned_metadata

pytestmark = pytest.mark.django_db


@pytest.fixture
def contract(chain: Chain, settings: Any) -> Contract:
    deployed = deploy_avatar_token(chain)
    _configure(settings, avatar_contract=deployed.address)
    return deployed


def _configure(settings: Any, **more: Any) -> None:
    settings.NFT_CHAINS = {CHAIN_ID: settings.NFT_CHAINS[CHAIN_ID] | more}


def search(world: World, user: User, **how: Any) -> TokenSearch:
    """Run all attempts of a search, as a worker does."""
    start_searches(user, world.now, **how)
    found = TokenSearch.objects.get()
    for _ in range(20):
        if run_search(found.pk, world.now, world.clients) is None:
            break
    found.refresh_from_db()
    return found


def held(user: User) -> set[int]:
    return {row.token_id for row in HeldToken.objects.filter(account__user=user)}


def test_tokens_of_both_standards_are_found_in_the_logs(
    world: World, chain: Chain, contract: Contract, alice: User, settings: Any
) -> None:
    editions = chain.deploy("DemoEditions", pinned_metadata())
    _configure(settings, avatar_contract=contract.address, collections=[editions.address])
    mine = mint(chain, contract, chain.accounts[1], pinned_metadata())
    mint(chain, contract, chain.accounts[2], pinned_metadata())
    chain.send(editions.functions.mint(chain.accounts[1], 70, 2))
    chain.finalize()
    done = search(world, alice)
    assert (done.state, done.is_complete, done.percent) == ("done", True, 100)
    assert held(alice) == {mine, 70}
    rows = HeldToken.objects.order_by("token_id")
    assert {row.standard for row in rows} == {"erc721", "erc1155"}
    assert all(row.seen_at_block for row in rows)
    assert HeldToken.objects.get(token_id=mine).collection == "Avatars"


def test_transferred_and_burned_tokens_are_not_listed(
    world: World, chain: Chain, contract: Contract, alice: User
) -> None:
    kept, sent = (mint(chain, contract, chain.accounts[1], pinned_metadata()) for _ in range(2))
    burned = mint(chain, contract, chain.accounts[1], pinned_metadata())
    move = contract.functions.transferFrom
    chain.send(move(chain.accounts[1], chain.accounts[2], sent), sender=chain.accounts[1])
    chain.send(contract.functions.burn(burned), sender=chain.accounts[1])
    chain.finalize()
    search(world, alice)
    assert held(alice) == {kept}
    chain.send(move(chain.accounts[1], chain.accounts[2], kept), sender=chain.accounts[1])
    chain.finalize()
    world.later(minutes=1)
    search(world, alice)
    assert held(alice) == set()


def test_only_the_newest_tokens_are_kept(
    world: World, chain: Chain, contract: Contract, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holdings, "MAX_TOKENS", 2)
    first, second = (mint(chain, contract, chain.accounts[1], pinned_metadata()) for _ in range(2))
    chain.finalize()
    search(world, alice)
    assert held(alice) == {first, second}
    third = mint(chain, contract, chain.accounts[1], pinned_metadata())
    chain.finalize()
    world.later(minutes=1)
    search(world, alice)
    assert held(alice) == {second, third}


def test_unlinking_an_account_ends_its_search(world: World, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    start_searches(alice, world.now)
    searching = TokenSearch.objects.get()

    def unlinked(account: LinkedAccount, chain_id: int) -> list[FoundToken]:
        LinkedAccount.objects.filter(pk=account.pk).delete()
        return []

    monkeypatch.setattr(gallery_search, "get_recorded_tokens", unlinked)
    run_search(searching.pk, world.now, world.clients)
    assert not TokenSearch.objects.exists()
    assert not HeldToken.objects.exists()


def test_an_endless_indexer_is_left_in_time() -> None:
    class Endless:
        name = "Endless"

        def __init__(self, name: str = "", url: str = "", http: GuardedHttp | None = None) -> None:
            self.asked = 0

        def pages(self, address: bytes) -> Iterator[IndexedPage]:
            while self.asked < 1000:
                self.asked += 1
                yield IndexedPage((), {"page": str(self.asked)})

    endless, next_one = Endless(), Endless()
    listed = fetch_indexed_tokens([endless, next_one], bytes(20), seconds=0)
    assert (endless.asked, next_one.asked) == (1, 0)
    assert "Endless" in listed.trouble


def test_an_unconfirmed_token_is_listed_and_verified_later(
    world: World, chain: Chain, contract: Contract, alice: User
) -> None:
    chain.finalize()
    chain.send(contract.functions.mint(chain.accounts[1], "ipfs://x"), sender=chain.accounts[1])
    done = search(world, alice)
    row = HeldToken.objects.get()
    assert row.seen_at_block is None
    assert row.due_at is None
    assert done.due_at is not None, "the search runs again by itself"
    chain.finalize()
    world.now = done.due_at
    run_search(done.pk, world.now, world.clients)
    row.refresh_from_db()
    done.refresh_from_db()
    assert HeldToken.objects.get().seen_at_block is not None
    assert HeldToken.objects.get().due_at is not None
    assert TokenSearch.objects.get().state == "done"
    assert TokenSearch.objects.get().due_at is None


def test_contracts_of_other_claims_are_searched_too(world: World, chain: Chain, alice: User) -> None:
    foreign = deploy_avatar_token(chain)
    mine, other = (mint(chain, foreign, chain.accounts[place], pinned_metadata()) for place in (1, 2))
    search(world, alice)
    assert held(alice) == set()
    create_claim(person("bob", chain.accounts[2]), f"{foreign.address} {other}", world.now)
    TokenSearch.objects.all().delete()
    search(world, alice)
    assert held(alice) == {mine}


def test_an_outage_is_shown_and_known_tokens_stay(world: World, chain: Chain, contract: Contract, alice: User) -> None:
    mine = mint(chain, contract, chain.accounts[1], pinned_metadata())
    search(world, alice)
    world.later(minutes=1)
    with world.dead_chain():
        failed = search(world, alice)
    assert failed.state == "failed"
    assert "may hold more" in failed.trouble
    assert held(alice) == {mine}
    world.later(minutes=3)
    done = run_search(failed.pk, world.now, world.clients)
    assert done is not None
    assert done.state == "done"


def test_block_ranges_adapt_to_the_limit_of_the_node(
    world: World, chain: Chain, contract: Contract, alice: User
) -> None:
    mine = mint(chain, contract, chain.accounts[1], pinned_metadata())
    chain.mine(40)

    def too_wide(asked: Any) -> bool:
        if asked["method"] != "eth_getLogs":
            return False
        query = asked["params"][0]
        return int(query["toBlock"], 16) - int(query["fromBlock"], 16) >= 20

    with (
        relaying_node(chain, refuse=too_wide) as (url, _),
        world.other_chain(ChainClient(CHAIN_ID, [url], "finalized")),
    ):
        done = search(world, alice)
    assert done.is_complete
    assert held(alice) == {mine}


def test_a_crashed_attempt_is_retried_and_one_without_its_lease_writes_nothing(
    world: World, contract: Contract, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_searches(alice, world.now)
    TokenSearch.objects.update(attempt=uuid.uuid4(), due_at=world.later(minutes=3))
    world.now = TokenSearch.objects.get().due_at or world.now
    assert queued_by_sweep(run_search, world.now) == [TokenSearch.objects.get().pk]

    ask = verify_holdings

    def overtaken(*facts: Any) -> bool:
        TokenSearch.objects.update(attempt=uuid.uuid4())
        return ask(*facts)

    monkeypatch.setattr(gallery_search, "verify_holdings", overtaken)
    run_search(TokenSearch.objects.get().pk, world.now, world.clients)
    assert TokenSearch.objects.get().state == "running"


def test_linking_an_account_starts_one_search(alice: User, settings: Any, chain: Chain) -> None:
    from nft.accounts.linking import announce

    account = LinkedAccount.objects.get()
    for _ in range(2):
        with TestCase.captureOnCommitCallbacks(execute=True):
            announce(account, "link", alice)
    assert TokenSearch.objects.get().account == account


# --- indexers ---------------------------------------------------------------------------------------------------------
def _alchemy(*tokens: dict[str, Any], page_key: str | None = None) -> dict[str, Any]:
    return {"ownedNfts": list(tokens), "totalCount": len(tokens), "pageKey": page_key}


def _alchemy_token(contract: str, token_id: int, **more: Any) -> dict[str, Any]:
    of_contract = {"address": contract, "name": "Apes", "symbol": "APE", "tokenType": "ERC721", "isSpam": None}
    image = {"cachedUrl": "https://nft-cdn.example/x", "originalUrl": "ipfs://x"}
    token = {"tokenId": str(token_id), "tokenType": "ERC721", "name": f"Ape {token_id}", "balance": "1"}
    return token | {"contract": of_contract | more, "image": image}


class Answers:
    """A local indexer with one answer for each query parameter, and an error for any other request."""

    def __init__(self, **pages: Any) -> None:
        self.pages = pages
        self.server = HostileServer(self._behave)

    def _behave(self, connection: Any, path: str) -> None:
        key = next((name for name in self.pages if f"{name}=" in path), "first")
        body = json.dumps(self.pages.get(key)).encode()
        status = b"200 OK" if key in self.pages else b"500 Oh"
        head = b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        connection.sendall(head % (status, len(body)) + body)

    def entry(self, adapter: str) -> dict[str, Any]:
        url = self.server.url("/v3/secret-key")
        return {"adapter": f"nft.clients.indexers.{adapter}", "chain_id": CHAIN_ID, "url": url, "name": adapter}


def test_tokens_of_an_indexer_are_verified_on_chain(world: World, chain: Chain, alice: User, settings: Any) -> None:
    foreign = deploy_avatar_token(chain)
    mine = mint(chain, foreign, chain.accounts[1], pinned_metadata())
    lie = mint(chain, foreign, chain.accounts[2], pinned_metadata())
    answers = Answers(
        first=_alchemy(_alchemy_token(foreign.address, lie), {"contract": 7}, page_key="more"),
        pageKey=_alchemy(_alchemy_token(foreign.address, mine, isSpam=True)),
    )
    settings.NFT_INDEXERS = [answers.entry("Alchemy")]
    search(world, alice)
    assert not answers.server.paths, "no indexer learns the address without consent"
    world.later(minutes=1)
    done = search(world, alice, asks_indexers=True)
    assert done.trouble == ""
    row = HeldToken.objects.get()
    assert (row.token_id, row.name, row.collection, row.spam) == (mine, f"Ape {mine}", "Apes", "indexer")
    assert all(chain.accounts[1] in path for path in answers.server.paths)
    answers.server.close()


def test_the_next_indexer_is_a_fallback_and_the_tokens_of_the_first_are_kept(
    world: World, chain: Chain, alice: User, settings: Any
) -> None:
    foreign = deploy_avatar_token(chain)
    one, two = (mint(chain, foreign, chain.accounts[1], pinned_metadata()) for _ in range(2))
    breaks_off = Answers(first=_alchemy(_alchemy_token(foreign.address, one), page_key="more"))
    breaks_off.pages["pageKey"] = {"not": "a page"}
    token = {"address_hash": foreign.address, "name": "Apes", "type": "ERC-721", "reputation": "ok"}
    item = {"id": str(two), "token": token, "token_type": "ERC-721", "value": "1", "metadata": {"name": "Two"}}
    steady = Answers(first={"items": [item], "next_page_params": None})
    settings.NFT_INDEXERS = [breaks_off.entry("Alchemy"), steady.entry("Blockscout")]
    done = search(world, alice, asks_indexers=True)
    assert done.trouble == ""
    assert held(alice) == {one, two}
    settings.NFT_INDEXERS = [breaks_off.entry("Alchemy")]
    world.later(minutes=1)
    done = search(world, alice, asks_indexers=True)
    assert "Alchemy did not answer" in done.trouble
    assert "secret-key" not in done.trouble
    assert held(alice) == {one, two}
    for answers in (breaks_off, steady):
        answers.server.close()


# --- pictures ---------------------------------------------------------------------------------------------------------
def test_pictures_that_need_no_host_are_fetched_after_a_search(
    world: World, chain: Chain, contract: Contract, alice: User
) -> None:
    mint(chain, contract, chain.accounts[1], pinned_metadata("Blue hour"))
    search(world, alice)
    row = HeldToken.objects.get()
    assert row.due_at is not None
    fetch_held_picture(row.pk, world.now, world.clients)
    row.refresh_from_db()
    assert row.name == "Blue hour"
    assert row.image is not None
    world.later(days=30)
    assert purge_unreferenced_images(world.now) == 0
    row.account.delete()
    assert purge_unreferenced_images(world.now) == 1


def test_for_a_hidden_account_no_host_is_asked_until_the_person_agrees(
    world: World, chain: Chain, contract: Contract, alice: User
) -> None:
    asked = Answers()
    asked._behave = lambda connection, path: connection.sendall(  # type: ignore[method-assign]
        b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(picture()), picture())
    )
    asked.server._behave = asked._behave
    mint(chain, contract, chain.accounts[1], asked.server.url("/art.png"))
    search(world, alice)
    row = HeldToken.objects.get()
    fetch_held_picture(row.pk, world.now, world.clients)
    row.refresh_from_db()
    assert (row.image, row.last_error) == (None, NOT_ASKED)
    assert not asked.server.paths
    assert request_pictures(alice, [row.pk], world.now) == 1
    fetch_held_picture(row.pk, world.now, world.clients)
    row.refresh_from_db()
    assert row.image is not None
    assert asked.server.paths == ["/art.png"]
    asked.server.close()


def test_the_picture_of_suspected_spam_is_not_fetched(world: World, chain: Chain, alice: User, settings: Any) -> None:
    spam = chain.deploy("AvatarToken", "Claim your 5 ETH at bonus-eth.xyz", "$", "", chain.accounts[0], True, 0)
    _configure(settings, collections=[spam.address])
    mint(chain, spam, chain.accounts[1], pinned_metadata())
    search(world, alice)
    row = HeldToken.objects.get()
    assert (row.spam, row.due_at) == ("lure", None)


def test_searches_are_rate_limited(world: World, alice: User, contract: Contract) -> None:
    from profiles.limits import TooMany

    for _ in range(12):
        request_searches(alice, world.now, asks_indexers=False)
    with pytest.raises(TooMany, match="12 searches"):
        request_searches(alice, world.now, asks_indexers=False)
