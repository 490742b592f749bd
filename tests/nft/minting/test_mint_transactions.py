"""The transaction of a mint is what the chain's log says, whatever the wallet reported."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from hexbytes import HexBytes
from web3.contract import Contract

from nft.clients.evm.chain import ChainClient
from nft.clients.evm.errors import ChainUnavailable
from nft.minting import onchain
from nft.minting.requests import build_mint_transaction, record_mint_sent
from nft.models import LinkedAccount, MintRequest
from nft.testing.chain import Chain
from tests.kit.mints import finish, go_on, ready_to_sign, sign
from tests.kit.world import World

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("reported", ["0x" + "5a" * 32, ""], ids=["a hash no node knows", "no hash at all"])
def test_the_transaction_of_a_mint_is_read_from_the_log_and_not_from_the_wallet(
    world: World, chain: Chain, alice: User, contract: Contract, reported: str
) -> None:
    """A Safe reports the hash that its owners sign, and another wallet may replace its transaction."""
    request = ready_to_sign(world, alice)
    sent = sign(chain, request)
    if reported:
        record_mint_sent(alice, request.pk, reported, world.now)
    assert finish(world, chain, request).state == "confirmed"
    receipt = chain.w3.eth.get_transaction_receipt(HexBytes(sent))
    assert request.tx_hash == sent
    assert request.mined_block_number == receipt["blockNumber"]


def test_two_mints_in_one_transaction_are_both_confirmed(
    world: World, chain: Chain, alice: User, contract: Contract
) -> None:
    first, second = ready_to_sign(world, alice), ready_to_sign(world, alice, key="k2")
    sent = sign(chain, second)
    MintRequest.objects.filter(pk=first.pk).update(tx_hash=sent)
    assert finish(world, chain, second).state == "confirmed"
    assert second.tx_hash == ""


def test_a_node_that_gives_few_blocks_at_once_is_asked_for_fewer(
    world: World, chain: Chain, alice: User, contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, widths = ChainClient.logs, []

    def refuse_wide(client: ChainClient, addresses: Any, events: Any, first: int, last: int, indexed: Any) -> Any:
        widths.append(last - first)
        if last - first > 3:
            raise ChainUnavailable("Too many blocks.")
        return ask(client, addresses, events, first, last, indexed)

    monkeypatch.setattr(onchain, "LOG_RANGES", ((6, 1), (3, 3)))
    monkeypatch.setattr(ChainClient, "logs", refuse_wide)
    request = ready_to_sign(world, alice)
    sent = sign(chain, request)
    assert finish(world, chain, request).tx_hash == sent
    assert widths[0] > 3 >= widths[1]


def waits(request: MintRequest) -> object:
    """Return whether the page is told that others may have to sign."""
    transaction = build_mint_transaction(request)
    return transaction and transaction.as_json()["waits"]


def test_the_owners_of_a_contract_account_have_a_day_to_sign(
    world: World, chain: Chain, alice: User, contract: Contract
) -> None:
    request = ready_to_sign(world, alice)
    assert waits(request) is False
    LinkedAccount.objects.update(is_contract_account=True)
    request.refresh_from_db()
    assert waits(request) is True
    record_mint_sent(alice, request.pk, "0x" + "5a" * 32, world.now)
    world.later(hours=23)
    assert go_on(world, request).state == "submitted"
    assert "owners of the account" in request.reason_sentence
    assert request.due_at is not None
    assert request.due_at - world.now <= timedelta(minutes=5)
    world.later(hours=2)
    assert go_on(world, request).state == "awaiting_signature"

    record_mint_sent(alice, request.pk, "0x" + "5b" * 32, world.now)
    sent = sign(chain, request)
    world.later(minutes=6)
    assert finish(world, chain, request).state == "confirmed"
    assert (request.tx_hash, request.reason_sentence) == (sent, "")
