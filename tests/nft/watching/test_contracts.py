"""The kept list of watched contracts never misses one that a claim names, whatever happens before or at once."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone

from nft.models import TokenClaim, WatchedContract
from nft.models.chains import TOUCHED_EVERY, watched_contracts
from nft.settings.chains import chains
from nft.testing.genesis import CHAIN_ID
from nft.watching import contracts
from nft.watching.contracts import KEPT_UNUSED, remove_unused, repair_watched_contracts
from tests.nft.accounts.test_unlink_races import Aside

OTHER_CHAIN = 10
CHAINS = (CHAIN_ID, OTHER_CHAIN)
CONTRACTS = [bytes([number]) * 20 for number in range(6)]


def truth(chain_id: int) -> list[bytes]:
    """Look all claims through, as was done at each look at a chain before the list was kept."""
    named = TokenClaim.objects.filter(chain_id=chain_id).values_list("contract", flat=True)
    return list(named.order_by("contract").distinct())


def a_claim(user: User, contract: bytes, token_id: int, chain_id: int = CHAIN_ID) -> TokenClaim:
    return TokenClaim(user=user, chain_id=chain_id, contract=contract, token_id=token_id, due_at=timezone.now())


class History:
    """Random claims that come and go, and the jobs of other days between them."""

    def __init__(self, seed: int) -> None:
        self.random, self.tokens = random.Random(seed), 0
        self.people = [User.objects.create(username=f"person-{number}") for number in range(3)]

    def claims(self, count: int) -> list[TokenClaim]:
        self.tokens += count
        return [
            a_claim(
                self.random.choice(self.people),
                self.random.choice(CONTRACTS),
                self.tokens - number,
                self.random.choice(CHAINS),
            )
            for number in range(count)
        ]

    def save(self) -> None:
        self.claims(1)[0].save()

    def get_or_create(self) -> None:
        wanted = self.claims(1)[0]
        facts = {name: getattr(wanted, name) for name in ("user", "chain_id", "contract", "token_id")}
        TokenClaim.objects.get_or_create(**facts, defaults={"due_at": wanted.due_at})

    def create_of_person(self) -> None:
        wanted = self.claims(1)[0]
        wanted.user.nft_token_claims.create(
            chain_id=wanted.chain_id, contract=wanted.contract, token_id=wanted.token_id, due_at=wanted.due_at
        )

    def create_many(self) -> None:
        TokenClaim.objects.bulk_create(self.claims(4))

    def fail(self) -> None:
        """What was rolled back leaves neither claim nor a list that is wrong."""
        with transaction.atomic():
            self.save()
            transaction.set_rollback(True)

    def delete_one(self) -> None:
        TokenClaim.objects.filter(pk__in=list(TokenClaim.objects.values_list("pk", flat=True)[:1])).delete()

    def delete_contract(self) -> None:
        TokenClaim.objects.filter(contract=self.random.choice(CONTRACTS)).delete()

    def delete_person(self) -> None:
        gone = self.people.pop(0)
        gone.delete()
        self.people.append(User.objects.create(username=f"after-{gone.username}"))

    def pass_time(self) -> None:
        """Each row was touched up to two weeks earlier."""
        earlier = timedelta(days=self.random.uniform(0, 14))
        for row in WatchedContract.objects.all():
            WatchedContract.objects.filter(pk=row.pk).update(touched_at=row.touched_at - earlier)

    def remove(self) -> None:
        remove_unused(timezone.now())

    def repair(self) -> None:
        for chain_id in chains():
            repair_watched_contracts(chain_id, timezone.now(), seconds=20)

    def step(self) -> None:
        rare: list[Callable[[], None]] = [self.delete_person, self.delete_contract, self.fail, self.create_many]
        often = [self.save, self.get_or_create, self.create_of_person, self.delete_one, self.delete_one]
        times = [self.pass_time, self.remove, self.repair]
        self.random.choice([*rare, *often, *often, *times])()


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_no_contract_of_a_claim_is_missed(
    seed: int, caplog: pytest.LogCaptureFixture, settings: Any
) -> None:
    settings.NFT_CHAINS = dict.fromkeys(CHAINS, settings.NFT_CHAINS[CHAIN_ID])
    caplog.set_level(logging.ERROR)
    history = History(seed)
    for _ in range(60):
        history.step()
        for chain_id in CHAINS:
            assert set(truth(chain_id)) <= set(watched_contracts(chain_id))
    assert not caplog.records, "the repair found something to repair"
    WatchedContract.objects.update(touched_at=timezone.now() - KEPT_UNUSED - timedelta(seconds=1))
    remove_unused(timezone.now())
    assert [watched_contracts(chain_id) for chain_id in CHAINS] == [truth(chain_id) for chain_id in CHAINS]


@pytest.mark.django_db
def test_what_was_lost_is_found_in_steps_over_several_runs(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    alice = User.objects.create(username="alice")
    wanted = [number.to_bytes(20, "big") for number in range(1, 12)]
    TokenClaim.objects.bulk_create(a_claim(alice, contract, 1) for contract in wanted)
    WatchedContract.objects.filter(contract__in=wanted[3:]).delete()
    monkeypatch.setattr(contracts, "PAGE", 4)
    assert list(chains()) == [CHAIN_ID]
    cache.clear()
    sizes = []
    for _ in range(4):
        repair_watched_contracts(CHAIN_ID, timezone.now(), seconds=0)
        sizes.append(len(watched_contracts(CHAIN_ID)))
    assert sizes == [4, 8, 11, 11]
    assert watched_contracts(CHAIN_ID) == wanted
    assert "were not watched" in caplog.text


@pytest.fixture
def alice(transactional_db: None) -> User:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer at a time.")
    return User.objects.create(username="alice")


def an_unused_contract() -> None:
    before = timezone.now() - KEPT_UNUSED - TOUCHED_EVERY
    WatchedContract.objects.create(chain_id=CHAIN_ID, contract=CONTRACTS[1], touched_at=before)


def test_a_contract_that_gets_a_claim_while_it_is_removed_stays(alice: User) -> None:
    """The claim is saved and not committed yet when the removal looks for claims and sees none."""
    an_unused_contract()
    aside = Aside()
    with transaction.atomic():
        a_claim(alice, CONTRACTS[1], 1).save()
        aside.begin(lambda: remove_unused(timezone.now()))
        aside.go_as_far_as_possible()
    assert aside.end() == 0
    assert watched_contracts(CHAIN_ID) == truth(CHAIN_ID) == [CONTRACTS[1]]


def test_a_claim_that_comes_while_its_contract_is_removed_writes_it_again(alice: User) -> None:
    an_unused_contract()
    aside = Aside()
    with transaction.atomic():
        assert remove_unused(timezone.now()) == 1
        aside.begin(lambda: a_claim(alice, CONTRACTS[1], 1).save())
        aside.go_as_far_as_possible()
    aside.end()
    assert watched_contracts(CHAIN_ID) == truth(CHAIN_ID) == [CONTRACTS[1]]


def test_two_first_claims_at_once_make_one_row(alice: User) -> None:
    bob, aside, is_saved = User.objects.create(username="bob"), Aside(), Event()

    def claim_and_wait() -> None:
        with transaction.atomic():
            a_claim(bob, CONTRACTS[1], 1).save()
            is_saved.set()
            Event().wait(0.5)

    aside.begin(claim_and_wait)
    assert is_saved.wait(30)
    a_claim(alice, CONTRACTS[1], 1).save()
    aside.end()
    assert watched_contracts(CHAIN_ID) == truth(CHAIN_ID) == [CONTRACTS[1]]
    assert TokenClaim.objects.count() == 2
