"""What a claim's history keeps: each change with its reason, when it was last the answer, and not for ever."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings
from web3.contract import Contract

from nft.accounts.linking import remove_account
from nft.claims import history
from nft.claims.collection_decisions import decide_collection
from nft.core.evm.address import parse_address
from nft.models import ClaimCheck, LinkedAccount, TokenClaim
from nft.testing.chain import Chain
from nft.testing.genesis import CHAIN_ID
from nft.watching.watcher import watch_chain
from profiles.models import Notice
from profiles.people.profiles import profile_of
from tests.kit.world import World, claim_of, mint, person, pinned_metadata, send, shown, sweep, upload

pytestmark = pytest.mark.django_db
ALICE, BOB = 1, 2


@pytest.fixture
def claim(world: World, alice: User, contract: Contract, chain: Chain) -> TokenClaim:
    upload(alice)
    return claim_of(world, alice, contract, mint(chain, contract, chain.accounts[ALICE], pinned_metadata()))


def lines(claim: TokenClaim) -> list[tuple[str, str]]:
    """Oldest first."""
    return [(line.verdict, line.reason) for line in claim.checks.order_by("at", "verdict")]


HELD = ("owned", "held")


def test_a_transfer_and_a_return_are_each_a_line_with_its_block(
    world: World, chain: Chain, contract: Contract, claim: TokenClaim
) -> None:
    send(chain, contract, claim.token_id, ALICE, BOB)
    world.verify(claim)
    send(chain, contract, claim.token_id, BOB, ALICE)
    world.verify(claim)
    world.verify(claim)
    assert lines(claim) == [HELD, ("not_owned", "held_by_other"), HELD]
    newest = claim.checks.first()
    assert newest is not None
    assert (newest.block_number, newest.block_hash) == (claim.checked_block_number, claim.checked_block_hash)
    assert "Blue hour was sent to 0x" in claim.checks.get(verdict="not_owned").sentence


def test_an_outage_is_one_line_however_long_and_so_is_its_end(world: World, claim: TokenClaim) -> None:
    with world.dead_chain():
        for _ in range(4):
            world.verify(claim)
    world.verify(claim)
    assert lines(claim) == [HELD, ("unknown", "chain_unreachable"), HELD]


def test_an_expired_mark_adds_one_line_and_the_outage_behind_it_no_second(
    world: World, claim: TokenClaim, settings: Settings
) -> None:
    world.later(seconds=settings.AVATAR_MARK_MAX_AGE + 60)
    newest, held = history.get_recent(claim, world.now)
    assert (newest.reason, newest.at) == ("stale", world.now - timedelta(seconds=60))
    assert (held.last_at, held.last_block_number) == (claim.checked_at, claim.checked_block_number)
    assert lines(claim) == [HELD]
    with world.dead_chain():
        for _ in range(2):
            world.verify(claim)
    assert lines(claim) == [HELD, ("unknown", "stale")]
    assert [line.reason for line in history.get_recent(claim, world.now)] == ["stale", "held"]
    world.later(minutes=30)
    world.verify(claim)
    assert lines(claim) == [HELD, ("unknown", "stale"), HELD]


@pytest.mark.parametrize("is_swept", [True, False])
def test_a_gap_in_the_checks_is_recorded_by_the_check_that_ends_it(
    world: World, claim: TokenClaim, settings: Settings, is_swept: bool
) -> None:
    checked_at, block_number = claim.checked_at, claim.checked_block_number
    assert checked_at is not None
    world.later(days=2)
    if is_swept:
        sweep(world)
    else:
        world.verify(claim)
    claim.refresh_from_db()
    first, gap, newest = claim.checks.order_by("at")
    assert (first.last_at, first.last_block_number) == (checked_at, block_number)
    assert gap.at == gap.last_at == checked_at + timedelta(seconds=settings.AVATAR_MARK_MAX_AGE)
    assert (gap.verdict, gap.reason) == ("unknown", "stale")
    assert (newest.at, newest.last_at, newest.verdict) == (claim.checked_at, None, "owned")
    assert (newest.block_number, newest.block_hash) == (claim.checked_block_number, claim.checked_block_hash)


def test_a_seen_transfer_is_a_line_before_it_is_final(
    world: World, chain: Chain, contract: Contract, claim: TokenClaim
) -> None:
    watch_chain(CHAIN_ID, world.now, world.clients)
    chain.send(
        contract.functions.transferFrom(chain.accounts[ALICE], chain.accounts[BOB], claim.token_id),
        sender=chain.accounts[ALICE],
    )
    watch_chain(CHAIN_ID, world.later(seconds=60), world.clients)
    assert ("unknown", "transfer_seen") in lines(claim)


def test_unlinking_is_recorded_with_its_own_reason(world: World, alice: User, claim: TokenClaim) -> None:
    account = LinkedAccount.objects.get(user=alice)
    remove_account(account, "unlink", actor=alice, now=world.later(minutes=1))
    assert lines(claim)[-1] == ("not_owned", "unlinked")


def test_a_refused_collection_is_recorded_with_its_own_reason_and_the_person_is_notified(
    world: World, contract: Contract, alice: User, claim: TokenClaim
) -> None:
    staff, address, later = person("staff"), parse_address(contract.address), world.later(minutes=1)
    decide_collection(CHAIN_ID, address, "denied", "They were stolen.", actor=staff, now=later)
    assert lines(claim) == [HELD, ("owned", "blocked")]
    (notice,) = profile_of(alice).notices.filter(read_at=None, kind=Notice.Kind.LOST)
    assert "They were stolen." in notice.sentence
    assert shown(alice, later).mark is False


def test_while_nothing_changes_nothing_is_written_and_the_page_names_the_last_check(
    world: World, claim: TokenClaim, settings: Settings
) -> None:
    settings.AVATAR_MARK_MAX_AGE = 3 * 86400
    for _ in range(5):
        world.later(days=1)
        sweep(world)
    claim.refresh_from_db()
    assert claim.checked_at == world.now
    assert lines(claim) == [HELD]
    (line,) = history.get_recent(claim, world.now)
    assert (line.last_at, line.last_block_number) == (world.now, claim.checked_block_number)


def test_old_lines_are_deleted_in_batches_and_the_open_one_stays(
    world: World, claim: TokenClaim, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "PAGE", 3)
    ended = world.now - history.MAX_AGE
    ClaimCheck.objects.filter(claim=claim).update(at=ended - timedelta(days=400))
    ClaimCheck.objects.bulk_create(
        ClaimCheck(claim=claim, at=ended, last_at=ended + timedelta(days=day), verdict="unknown", reason="x")
        for day in range(-8, 2)
    )
    assert history.delete_old_lines(world.now) == 8
    assert claim.checks.count() == 3
    assert claim.checks.filter(last_at=None).count() == 1
    assert history.delete_old_lines(world.now) == 0


def test_lines_are_bounded_by_number(world: World, claim: TokenClaim) -> None:
    ClaimCheck.objects.bulk_create(
        ClaimCheck(
            claim=claim,
            at=world.now - timedelta(minutes=number + 1),
            last_at=world.now - timedelta(minutes=number + 1),
            verdict="unknown",
            reason="x",
        )
        for number in range(history.MAX_LINES + 50)
    )
    with world.dead_chain():
        world.verify(claim)
    assert claim.checks.count() == history.MAX_LINES
    assert lines(claim)[-1] == ("unknown", "chain_unreachable")


def test_only_its_owner_sees_the_history(
    world: World, claim: TokenClaim, alice: User, chain: Chain, client: Client
) -> None:
    client.force_login(person("bob", chain.accounts[BOB]))
    assert client.get(f"/settings/tokens/{claim.pk}/").status_code == 404
    client.force_login(alice)
    page = client.get(f"/settings/tokens/{claim.pk}/").content.decode()
    assert "What the chain said" in page
    assert f"block {claim.checked_block_number}" in page
