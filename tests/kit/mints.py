"""Steps of mints and transfers for tests."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from web3.contract import Contract

from nft.minting.drafts import MintOrder, start_mint
from nft.minting.requests import build_mint_transaction, publish_mint
from nft.minting.steps import follow_mint
from nft.models import MintRequest
from nft.testing.chain import Chain
from nft.testing.genesis import CHAIN_ID
from profiles.leases import fresh
from tests.kit.world import World, deploy_avatar_token, picture


def install(chain: Chain, settings: Any, **rules: Any) -> Contract:
    deployed = deploy_avatar_token(chain, **rules)
    chain.finalize()
    ours = settings.NFT_CHAINS[CHAIN_ID] | {"avatar_contract": deployed.address}
    settings.NFT_CHAINS = {CHAIN_ID: ours}
    return deployed


def sponsor(chain: Chain, settings: Any) -> None:
    """Let the site pay for mints, up to one ether a day, with the key that owns `install`'s contract."""
    settings.NFT_SPONSOR_CHAINS = [CHAIN_ID]
    settings.NFT_SPONSOR_KEYS = {CHAIN_ID: chain.keys[chain.accounts[0]]}
    settings.NFT_SPONSOR_BUDGET = 10**18


def order(user: User, **changes: Any) -> MintOrder:
    """Return an order; one with another `key` is of another token, as its name differs."""
    account_id = user.nft_linked_accounts.get().pk
    fields: dict[str, Any] = {
        "image": picture("teal"),
        "name": f"Dawn {changes['key']}" if "key" in changes else "Dawn",
        "description": "First light",
        "account_id": account_id,
        "key": "k1",
    }
    return MintOrder(**(fields | changes))


def publish(world: World, user: User, **changes: Any) -> MintRequest:
    """Start a mint and publish its draft, as the person does on two pages."""
    return publish_mint(user, start_mint(user, order(user, **changes), world.now).pk, world.now)


def as_staff_retry(world: World, request: MintRequest) -> None:
    """What staff do with a mint that crashed too often."""
    MintRequest.objects.filter(pk=request.pk, gave_up_at__isnull=False).update(**fresh(world.now))
    request.refresh_from_db()


def go_on(world: World, request: MintRequest) -> MintRequest:
    """Let the worker take the next step, as soon as it is due."""
    as_staff_retry(world, request)
    if request.due_at is not None:
        world.now = max(world.now, request.due_at)
        follow_mint(request.pk, world.now, world.clients)
        request.refresh_from_db()
    return go_on(world, request) if request.gave_up_at else request


def ready_to_sign(world: World, user: User, **changes: Any) -> MintRequest:
    request = go_on(world, publish(world, user, **changes))
    assert request.state == "awaiting_signature", request.reason_sentence
    return request


def sign(chain: Chain, request: MintRequest, **changes: Any) -> str:
    """Sign and send our transaction as the wallet does; return its hash."""
    transaction = build_mint_transaction(request)
    assert transaction is not None
    fields = {name: transaction.as_json()[name] for name in ("from", "to", "data", "value", "gas")}
    return str(chain.rpc("eth_sendTransaction", fields | changes))


def finish(world: World, chain: Chain, request: MintRequest) -> MintRequest:
    chain.finalize()
    for _ in range(3):
        go_on(world, request)
    return request
