"""Set a token as the picture of an ENS name: prepared here, signed in the wallet, and read back from the chain."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from web3.contract import Contract

from nft.claims import ens_avatar
from nft.claims.errors import NAME_NOT_YOURS, NO_RESOLVER
from nft.errors import NOT_NOW, RATE_LIMITED
from nft.models import LinkedAccount, TokenClaim
from nft.names.lookup import fetch_avatar_token
from nft.testing.chain import Chain
from nft.testing.genesis import CHAIN_ID
from tests.kit.errors import raises_kind
from tests.kit.world import World, claim_of, mint, pinned_metadata
from tests.servers.names import Names

pytestmark = pytest.mark.django_db


@pytest.fixture
def claim(alice: User, world: World, chain: Chain, contract: Contract) -> TokenClaim:
    return claim_of(world, alice, contract, mint(chain, contract, chain.accounts[1], pinned_metadata()))


@pytest.fixture
def page(claim: TokenClaim) -> str:
    return reverse("nft:ens_avatar", args=[claim.pk])


def sign(chain: Chain, transaction: dict[str, Any], **changes: str) -> str:
    fields = {name: transaction[name] for name in ("from", "to", "data", "value", "gas")}
    return str(chain.rpc("eth_sendTransaction", fields | changes))


def test_the_name_shows_the_token_once_the_wallet_signed(
    browser: Client, world: World, chain: Chain, claim: TokenClaim, page: str
) -> None:
    assert "Set as my ENS avatar" in browser.get(reverse("nft:claim_detail", args=[claim.pk])).text
    record = f"eip155:{CHAIN_ID}/erc721:{claim.contract_text}/{claim.token_id}"
    prepared: Any = browser.post(page, {"name": "Alice.eth"})
    assert record in prepared.text
    assert "Picture now" in prepared.text
    sent: Any = browser.post(
        prepared.context["sent_url"],
        {"tx_hash": sign(chain, prepared.context["transaction"])},
        content_type="application/json",
    )
    shown = browser.get(sent.json()["redirect"])
    assert "Done: alice.eth shows this NFT as its picture." in shown.text
    assert "data-status-url" not in shown.text
    assert fetch_avatar_token("alice.eth", world.clients).token_id == claim.token_id
    assert "shows this NFT already" in browser.post(page, {"name": "alice.eth"}).text


def test_the_page_follows_a_change_until_the_chain_has_it(
    browser: Client, chain: Chain, claim: TokenClaim, page: str, settings: Any
) -> None:
    transaction: Any = browser.post(page, {"name": "alice.eth"}).context["transaction"]
    status = reverse("nft:ens_avatar_status", args=[claim.pk])
    asked = {"name": "alice.eth", "tx": "0x" + "ab" * 32}
    waiting = browser.get(page, asked)
    assert "Sent. alice.eth shows this NFT as soon as the chain has the change." in waiting.text
    assert "data-status-url" in waiting.text
    assert browser.get(status, asked).json()["done"] is False
    failed = chain.rpc("eth_sendTransaction", transaction_that_fails(chain, transaction))
    ended = browser.get(status, asked | {"tx": failed}).json()
    assert (ended["done"], ended["state"]) == (True, "failed")
    assert "alice.eth is as it was" in browser.get(page, asked | {"tx": failed}).text
    settings.NFT_CHAINS = nobody_answers(settings)
    unknown = browser.get(status, asked | {"tx": failed}).json()
    assert (unknown["done"], unknown["state"]) == (False, "waiting")  # an outage is no refusal


def transaction_that_fails(chain: Chain, transaction: dict[str, Any]) -> dict[str, Any]:
    """Return the same call with so little gas that it runs out."""
    return {name: transaction[name] for name in ("to", "data")} | {"from": transaction["from"], "gas": hex(30_000)}


def test_only_the_wallet_that_manages_the_name_may_change_it(
    claim: TokenClaim, world: World, chain: Chain, site_with_names: Names
) -> None:
    site_with_names.give_whole("bob.eth", chain.accounts[2])
    with raises_kind(NAME_NOT_YOURS, match="None of your wallets may change bob.eth"):
        ens_avatar.prepare_record(claim, "bob.eth", world.clients)
    LinkedAccount.objects.create(
        user=claim.user,
        address=bytes.fromhex(chain.accounts[2][2:]),
        chain_id=CHAIN_ID,
        linked_at=world.now,
        last_used_at=world.now,
    )
    transaction = ens_avatar.prepare_record(claim, "bob.eth", world.clients).transaction
    assert transaction is not None
    assert transaction.sender.hex() == chain.accounts[2][2:].lower()


def test_a_name_without_records_says_what_to_do(claim: TokenClaim, world: World) -> None:
    with raises_kind(NO_RESOLVER, match="nobody.eth has no records yet"):
        ens_avatar.prepare_record(claim, "nobody.eth", world.clients)


def nobody_answers(settings: Any) -> dict[int, Any]:
    return {CHAIN_ID: settings.NFT_CHAINS[CHAIN_ID] | {"rpc_urls": ["http://127.0.0.1:9"]}}


def test_an_outage_is_said_and_nothing_is_offered(browser: Client, page: str, settings: Any) -> None:
    settings.NFT_CHAINS = nobody_answers(settings)
    answer: Any = browser.post(page, {"name": "alice.eth"})
    assert answer.status_code == 503
    assert "be looked up right now" in answer.text
    assert answer.context["transaction"] is None


def test_a_token_that_is_not_theirs_is_not_set(claim: TokenClaim, world: World) -> None:
    claim.state = TokenClaim.State.NOT_OWNED
    with raises_kind(NOT_NOW):
        ens_avatar.prepare_record(claim, "alice.eth", world.clients)


def test_look_ups_are_rate_limited(claim: TokenClaim, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ens_avatar, "NAMES_PER_HOUR", 1)
    ens_avatar.prepare_record(claim, "alice.eth", world.clients)
    with raises_kind(RATE_LIMITED):
        ens_avatar.prepare_record(claim, "alice.eth", world.clients)


def test_text_that_is_no_name_is_refused_beside_the_field(browser: Client, page: str) -> None:
    answer = browser.post(page, {"name": "alice..eth"})
    assert answer.status_code == 422
    assert "empty label" in answer.text


def test_without_a_registry_there_is_no_such_page(browser: Client, claim: TokenClaim, page: str, settings: Any) -> None:
    settings.NFT_CHAINS = {CHAIN_ID: settings.NFT_CHAINS[CHAIN_ID] | {"ens_registry": ""}}
    assert browser.get(page).status_code == 404
    assert "ENS avatar" not in browser.get(reverse("nft:claim_detail", args=[claim.pk])).text
