"""Claims that are verified for the first time, together: what is recorded is what one by one would record."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from web3.contract import Contract

from nft.accounts.linking import unlink_account
from nft.claims import batches
from nft.claims.sweeping import Lane, check_page
from nft.clients.evm.chain import ChainClient
from nft.models import ClaimCheck, ClaimPicture, TokenClaim
from nft.testing.chain import Chain
from nft.testing.genesis import CHAIN_ID
from tests.kit.claims import COUNT, mint_tokens, verified_claims
from tests.kit.world import World

pytestmark = pytest.mark.django_db
UNLIKE = {"id", "created_at", "due_at"}


@pytest.fixture
def contract(chain: Chain) -> Contract:
    return mint_tokens(chain)


@pytest.fixture
def pending(world: World, alice: User, contract: Contract) -> list[TokenClaim]:
    """Claims that Alice just made, of tokens she holds."""
    return make_pending(world, alice, contract)


def make_pending(world: World, user: User, contract: Contract, count: int = COUNT) -> list[TokenClaim]:
    claims = verified_claims(world, user, contract, count)
    TokenClaim.objects.update(
        state="pending", standard="", account=None, checked_at=None, checked_block_number=None,
        checked_block_hash="", asked_at=world.now,
    )  # fmt: skip
    return claims


def recorded() -> list[tuple[object, ...]]:
    """Return all that is known of each claim, but for what differs each time."""
    columns = [each.attname for each in TokenClaim._meta.concrete_fields if each.attname not in UNLIKE]
    claims = list(TokenClaim.objects.order_by("token_id").values_list(*columns))
    lines = ClaimCheck.objects.order_by("claim__token_id", "pk")
    pictures = ClaimPicture.objects.order_by("claim__token_id")
    return [
        *claims,
        *lines.values_list("claim__token_id", "at", "verdict", "reason", "sentence", "block_number", "last_at"),
        *pictures.values_list("claim__token_id", "state", "step", "due_at", "tries", "attempt"),
    ]


@pytest.mark.parametrize("earlier", ["", "unknown"])
def test_together_or_one_by_one_the_same_is_recorded(
    world: World,
    alice: User,
    contract: Contract,
    monkeypatch: pytest.MonkeyPatch,
    earlier: str,
) -> None:
    def check(*, together: bool) -> list[tuple[object, ...]]:
        TokenClaim.objects.all().delete()
        claims = make_pending(world, alice, contract)
        if earlier:
            TokenClaim.objects.update(state="unknown", reason="chain_unreachable", reason_sentence="No node answers.")
            at = world.now - timedelta(minutes=1)
            ClaimCheck.objects.bulk_create(
                ClaimCheck(claim=each, at=at, verdict="unknown", reason="chain_unreachable") for each in claims
            )
        if not together:
            monkeypatch.setattr(batches, "is_first_answer", lambda claim, check: False)
        assert not check_page(CHAIN_ID, Lane.ASKED, world.now, world.clients)
        return recorded()

    together = check(together=True)
    assert len(together) == COUNT * (4 if earlier else 3)
    assert together == check(together=False)


def test_a_page_costs_as_many_statements_as_two_claims(world: World, alice: User, contract: Contract) -> None:
    def statements(count: int) -> int:
        TokenClaim.objects.all().delete()
        make_pending(world, alice, contract, count)
        with CaptureQueriesContext(connection) as caught:
            check_page(CHAIN_ID, Lane.ASKED, world.now, world.clients)
        assert TokenClaim.objects.filter(state="owned", attempt=None).count() == count
        return len(caught)

    statements(1)  # stores the contract's code for its proofs
    assert statements(COUNT) == statements(2) <= 30


def test_an_account_unlinked_meanwhile_verifies_nothing(
    world: World,
    alice: User,
    pending: list[TokenClaim],
) -> None:
    def unlinking(_: int) -> ChainClient:
        unlink_account(alice, alice.nft_linked_accounts.get().pk, world.now)
        return world.client

    with world.chain_by(unlinking):
        check_page(CHAIN_ID, Lane.ASKED, world.now, world.clients)
    assert set(TokenClaim.objects.values_list("state", "attempt")) == {("not_owned", None)}
    assert not ClaimPicture.objects.exists()


def test_a_claim_that_another_worker_took_over_stays_that_workers(world: World, pending: list[TokenClaim]) -> None:
    taken = pending[3].pk

    def taking_over(_: int) -> ChainClient:
        TokenClaim.objects.filter(pk=taken).update(attempt="00000000-0000-0000-0000-000000000001")
        return world.client

    with world.chain_by(taking_over):
        check_page(CHAIN_ID, Lane.ASKED, world.now, world.clients)
    assert list(TokenClaim.objects.filter(state="pending").values_list("pk", flat=True)) == [taken]
    assert TokenClaim.objects.filter(state="owned").count() == COUNT - 1
