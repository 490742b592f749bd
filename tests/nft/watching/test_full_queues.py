"""Many claims wait: the watcher looks on time, a newcomer is answered soon, and the backlog is checked in pages."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from eth_utils.address import to_checksum_address

from bench.accounting import cpu_seconds
from nft.claims.claiming import create_claim
from nft.core.evm.address import parse_address
from nft.gallery.pictures import fetch_held_picture
from nft.minting.steps import follow_mint
from nft.models import ClaimPicture, HeldToken, LinkedAccount, MintRequest, TokenClaim, WatchedChain
from nft.testing.chain import Chain
from nft.testing.genesis import CHAIN_ID
from profiles.jobs import enqueue
from profiles.row_queue import WAITING, queue_due, queue_due_rows
from tests.kit.world import person, put_multicall
from tests.servers.faults import Fault, faulty
from tests.servers.redis import RedisServer
from tests.servers.workers import Programs

pytestmark = pytest.mark.django_db(transaction=True)

#: Answers every call with its first argument, shifted by 16 bits: the token's number says who owns it.
OWNER_IN_NUMBER = "0x60043560101c60005260206000f3"
CONTRACT = to_checksum_address(bytes(19) + b"\xe1")
#: Promises of docs/operate/processes.md, in seconds.
WATCHER_AGE, ANSWER, MINT_BEGINS = 15.0, 20.0, 5.0
#: Seconds in which at least one of the waiting claims is checked, unless something hangs.
STANDSTILL = 60.0
CLAIMS_OF_ONE = 200
#: The queues that the test's worker takes, and those for rows. A row's wake-up is one of WAITING messages at most.
TAKEN = ("watch", "claims", "ipfs")


@dataclass
class Site:
    """What is seen while workers are busy."""

    redis: RedisServer
    ages: list[float] = field(default_factory=list)
    queued: list[int] = field(default_factory=list)

    def watch_until(self, holds: Callable[[], bool], seconds: float) -> float:
        """Return after how many seconds it holds."""
        began = time.monotonic()
        while not holds():
            assert time.monotonic() < began + seconds, f"it did not come to that; watcher: {self.ages[-3:]}"
            self.look()
            time.sleep(0.1)
        return time.monotonic() - began

    def look(self) -> None:
        head_at = WatchedChain.objects.values_list("head_at", flat=True).first()
        if head_at is not None:
            self.ages.append((timezone.now() - head_at).total_seconds())
        with self.redis.client() as client:
            self.queued.append(max(client.llen(queue) for queue in TAKEN))


def token_of(address: bytes, number: int) -> int:
    return int.from_bytes(address) << 16 | number


def add_waiting_claims(count: int, now: datetime) -> None:
    """Let `count` claims of people with CLAIMS_OF_ONE tokens each wait for their first check."""
    for first in range(0, count, CLAIMS_OF_ONE):
        address = (0xABCDEF + first).to_bytes(20)
        user = User.objects.create(username=f"crowd-{first}")
        LinkedAccount.objects.create(user=user, address=address, chain_id=CHAIN_ID, linked_at=now, last_used_at=now)
        TokenClaim.objects.bulk_create(
            TokenClaim(
                user=user,
                chain_id=CHAIN_ID,
                contract=parse_address(CONTRACT),
                token_id=token_of(address, number),
                due_at=now,
                asked_at=now,
            )
            for number in range(min(CLAIMS_OF_ONE, count - first))
        )


def owned() -> int:
    return TokenClaim.objects.filter(state="owned").count()


def answer_newcomer(site: Site, chain: Chain, number: int) -> float:
    """Let somebody claim a token while others wait. Return the seconds until it is owned."""
    account = chain.accounts[number]
    token = f"{CONTRACT} {token_of(parse_address(account), 1)}"
    mine = create_claim(person(f"newcomer-{number}", account), token, timezone.now())
    return site.watch_until(lambda: TokenClaim.objects.filter(pk=mine.pk, state="owned").exists(), ANSWER)


def drain(site: Site, count: int) -> None:
    """Wait until `count` claims are owned. It fails only where none is checked for STANDSTILL seconds.

    How many a second depends on the machine, and nothing promises it.
    """
    while (checked := owned()) < count:
        site.watch_until(lambda checked=checked: owned() > checked, STANDSTILL)  # type: ignore[misc]


def fill_and_drain(count: int, newcomers: int, chain: Chain, programs: Programs, redis: RedisServer) -> str:
    """Let the queues fill and drain, while somebody comes each time that another share is done. Return what was seen.

    What is promised is asserted: how soon a newcomer is answered, how often the watcher looks, that rows wait in the
    database, and that nothing crashes. How fast the claims are checked is only returned.
    """
    put_multicall(chain)
    chain.rpc("anvil_setCode", CONTRACT, OWNER_IN_NUMBER)
    chain.mine(3)
    add_waiting_claims(count, timezone.now())
    programs.settings |= {"NFT_WATCH_PERIOD": "2"}
    worker = programs.start_worker("chain", processes=3)
    programs.start_beat()
    site = Site(redis)
    site.watch_until(lambda: owned() > 0, 120)
    began, at_first, waits, left = time.monotonic(), owned(), [], []
    for number in range(newcomers):
        drain(site, count * number // newcomers)
        left.append(TokenClaim.objects.filter(state="pending").count())
        waits.append(answer_newcomer(site, chain, number))
    drain(site, count + newcomers)
    seconds, spent = time.monotonic() - began, cpu_seconds([worker.pid])
    assert all(left), "they came while others waited"
    assert max(site.ages) < WATCHER_AGE
    assert max(site.queued) <= WAITING, "the rows wait in the database"
    assert not TokenClaim.objects.exclude(crashes=0).exists()
    assert ClaimPicture.objects.filter(queued_at__isnull=False).count() <= WAITING
    return (
        f"{count:,} first checks in {seconds:.0f} s ({(count - at_first) / seconds:.0f}/s on this machine now; "
        f"{1000 * spent / count:.1f} ms of the worker's CPU each); newcomers answered after "
        f"{', '.join(f'{wait:.1f} s' for wait in waits)} with {', '.join(f'{each:,}' for each in left)} waiting; "
        f"watcher at most {max(site.ages):.1f} s old; at most {max(site.queued)} messages queued"
    )


def test_a_newcomer_is_answered_and_the_watcher_looks_while_claims_wait(
    chain: Chain, programs: Programs, redis_server: RedisServer, capsys: pytest.CaptureFixture[str]
) -> None:
    measured = fill_and_drain(1_200, 1, chain, programs, redis_server)  # more than one run takes (PAGE_ASKED)
    with capsys.disabled():
        print(f"\n{measured}")  # noqa: T201


def test_a_mint_waits_for_no_picture_of_a_gallery(
    chain: Chain, alice: User, programs: Programs, redis_server: RedisServer
) -> None:
    """The pictures need a node that hangs, and would occupy every process for minutes."""
    now, account = timezone.now(), alice.nft_linked_accounts.get()
    HeldToken.objects.bulk_create(
        HeldToken(
            account=account,
            chain_id=CHAIN_ID,
            contract=parse_address(CONTRACT),
            token_id=number,
            standard="erc721",
            first_seen_at=now,
            due_at=now,
        )
        for number in range(400)
    )
    site, at_work = Site(redis_server), HeldToken.objects.filter(attempt__isnull=False)
    with faulty(chain.url) as node:
        node.faults.append(Fault("POST", seconds=9.0))
        programs.use_chain(node.url)
        programs.start_worker("ipfs", processes=3)
        queue_due_rows(now)
        site.watch_until(lambda: at_work.count() == 2, 60)
        mint = MintRequest.objects.create(
            user=alice,
            account=account,
            idempotency_key="key",
            chain_id=CHAIN_ID,
            contract=parse_address(CONTRACT),
            owner=account.address,
            state=MintRequest.State.PINNED,
            due_at=timezone.now(),
        )
        queue_due(follow_mint)
        site.watch_until(lambda: MintRequest.objects.get(pk=mint.pk).tries > 0, MINT_BEGINS)
        assert at_work.count() == 2, "one process is left for mints"
        assert max(site.queued) <= WAITING
        programs.end()


def test_a_queue_below_its_limit_is_looked_at_again_soon(programs: Programs, redis_server: RedisServer) -> None:
    """With 3 processes it reaches its limit every second job. Kombu's own interval of 1 s made this 40 s."""
    jobs = 80
    for _ in range(jobs):
        enqueue(fetch_held_picture, uuid.uuid4())  # there is no such token, so it ends at once
    programs.start_worker("ipfs", processes=3)
    with redis_server.client() as client:
        site = Site(redis_server)
        site.watch_until(lambda: client.llen("ipfs") < jobs, 60)
        site.watch_until(lambda: client.llen("ipfs") == 0, 20)


@pytest.mark.long
def test_each_of_four_newcomers_is_answered_while_ten_thousand_claims_wait(
    chain: Chain, programs: Programs, redis_server: RedisServer, capsys: pytest.CaptureFixture[str]
) -> None:
    measured = fill_and_drain(10_000, 4, chain, programs, redis_server)
    with capsys.disabled():
        print(f"\n{measured}")  # noqa: T201
