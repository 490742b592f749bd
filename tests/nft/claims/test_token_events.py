"""Programs learn that a token was lost, came back or was made, and never whose account it is in."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.utils import timezone
from web3.contract import Contract

from nft.accounts.linking import unlink_account
from nft.claims.events import OWNERSHIP_LOST, OWNERSHIP_RETURNED, TOKEN_MINTED
from nft.core.evm.address import to_checksum
from nft.minting.requests import record_mint_sent
from nft.models import LinkedAccount, TokenClaim
from nft.testing.chain import Chain
from profiles.models import WebhookDelivery, WebhookEvent
from profiles.people.profiles import profile_of
from profiles.people.webhook_endpoints import create_endpoint
from tests.kit.mints import finish, install, ready_to_sign, sign
from tests.kit.world import World, person, send, upload

pytestmark = pytest.mark.django_db
TYPES = ["ownership.lost", "ownership.returned", "token.minted"]
URL = "https://hooks.example/"


@pytest.fixture(autouse=True)
def _limits() -> None:
    cache.clear()


def listen(user: User | None, actor: User) -> None:
    profile = None if user is None else profile_of(user)
    create_endpoint(profile, URL, TYPES, now=timezone.now(), actor=actor)


def told() -> dict[str, WebhookEvent]:
    return {event.type: event for event in WebhookEvent.objects.all()}


def site_learned() -> set[str]:
    return set(WebhookDelivery.objects.filter(endpoint__profile=None).values_list("event__type", flat=True))


def keys(event: WebhookEvent) -> tuple[set[str], set[str]]:
    return set(event.data), set(event.own)


def test_a_token_that_goes_and_comes_back(
    world: World, chain: Chain, alice: User, contract: Contract, claim: TokenClaim
) -> None:
    listen(alice, alice)
    listen(None, alice)
    send(chain, contract, claim.token_id, 1, 2)
    world.verify(claim)
    lost = told()["ownership.lost"]
    token = f"eip155:31337/erc721:{contract.address}/{claim.token_id}"
    assert lost.data == {"handle": "alice", "token": token, "was_shown": True}
    assert lost.own == {"claim_id": str(claim.pk), "reason": "held_by_other"}
    assert keys(lost) == (set(OWNERSHIP_LOST.example), set(OWNERSHIP_LOST.own_example))

    send(chain, contract, claim.token_id, 2, 1)
    world.verify(claim)
    back = told()["ownership.returned"]
    assert back.data == {"handle": "alice", "token": token, "is_shown": True}
    assert keys(back) == (set(OWNERSHIP_RETURNED.example), set(OWNERSHIP_RETURNED.own_example))
    assert site_learned() == {"ownership.lost", "ownership.returned"}
    everything = "".join(str(event.data) + str(event.own) for event in WebhookEvent.objects.all()).lower()
    assert chain.accounts[1].lower() not in everything
    assert chain.accounts[2].lower() not in everything


def test_a_token_that_was_not_shown_is_lost_for_its_owner_alone(
    world: World, chain: Chain, alice: User, contract: Contract, claim: TokenClaim
) -> None:
    listen(alice, alice)
    listen(None, alice)
    upload(alice)
    send(chain, contract, claim.token_id, 1, 2)
    world.verify(claim)
    assert told()["ownership.lost"].data["was_shown"] is False
    assert site_learned() == set()


def test_an_account_that_is_unlinked_is_no_loss(alice: User, claim: TokenClaim, world: World) -> None:
    listen(alice, alice)
    account = LinkedAccount.objects.get(user=alice)
    LinkedAccount.objects.create(
        user=alice, address=b"\7" * 20, chain_id=account.chain_id, linked_at=world.now, last_used_at=world.now
    )
    unlink_account(alice, account.pk, world.now)
    world.verify(claim)
    assert claim.state == "not_owned"
    assert told() == {}


@pytest.mark.parametrize("is_public", [True, False])
def test_a_token_that_was_made_is_told_to_others_if_its_account_is_public(
    world: World, chain: Chain, settings: object, is_public: bool
) -> None:
    install(chain, settings)
    carol = person("carol", chain.accounts[1], public=is_public)
    listen(carol, carol)
    listen(None, carol)
    request = ready_to_sign(world, carol)
    record_mint_sent(carol, request.pk, sign(chain, request), world.now)
    finish(world, chain, request)
    made = told()["token.minted"]
    assert made.data["token"] == f"eip155:31337/erc721:{to_checksum(request.contract)}/{request.token_id}"
    assert (made.data["name"], made.data["transaction"]) == (request.name, request.tx_hash)
    assert keys(made) == (set(TOKEN_MINTED.example), set(TOKEN_MINTED.own_example))
    assert site_learned() == ({"token.minted"} if is_public else set())
