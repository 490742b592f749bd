"""No job of any kind is endless: a row whose work fails as nobody expected ends, with a reason, and waits for staff."""

from __future__ import annotations

import sys
from datetime import timedelta
from types import FrameType
from typing import Any

import pytest

from nft.testing.wallets import NOBODY, chains_at
from profiles.jobs import Job
from profiles.leases import Attempting, Leased, fresh, get_attention
from tests.kit.any_job import KINDS, NobodyExpectedThisError, Queue, fail_after_the_lease, find_starters, make

pytestmark = pytest.mark.django_db
STEPS = 40
"""More than any kind needs: the lease of three crashes, doubled waits, and pages that are taken in halves."""


@pytest.fixture
def queue(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any, settings: Any, redis_server: object
) -> Queue:
    registry = {"ens_registry": "0x" + "01" * 20}
    settings.NFT_CHAINS = {key: {**chain, **registry} for key, chain in chains_at(NOBODY).items()}
    settings.NFT_PINNERS = [{"name": "ours", "kind": "kubo", "url": NOBODY, "token": ""}]
    settings.NFT_CHAIN_REQUESTS_PER_MINUTE = 100_000
    return Queue(monkeypatch, django_capture_on_commit_callbacks)


def fail_in_the_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the first line of the work on a row fail."""

    def enter(attempt: Attempting) -> None:
        _fail_at_next_line(sys._getframe(1))

    monkeypatch.setattr(Attempting, "__enter__", enter)


def _fail_at_next_line(frame: FrameType) -> None:
    def fail(frame: FrameType, event: str, arg: object) -> None:
        sys.settrace(before)
        raise NobodyExpectedThisError

    before = sys.gettrace()
    frame.f_trace = fail
    sys.settrace(lambda *_: None)


def work_until_it_ends(row: Leased, queue: Queue, starters: list[Job]) -> None:
    """Run the row's jobs whenever it is due."""
    for _ in range(STEPS):
        row.refresh_from_db()
        if row.gave_up_at is not None:
            return
        assert row.due_at is not None, f"it ended without waiting for staff: {row.last_error!r}"
        queue.now = max(queue.now, row.due_at) + timedelta(seconds=1)
        for starter in starters:
            queue.run(starter)
    raise AssertionError(f"{row!r} is still tried after {STEPS} runs: {row.last_error!r}, {row.crashes} crashes")


def waiting(kind: type[Leased]) -> int:
    return next(each.count for each in get_attention() if each.kind == kind._meta.label_lower)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind._meta.label_lower)
def test_a_row_whose_work_fails_unexpectedly_ends_and_waits_for_staff(kind: type[Leased], queue: Queue) -> None:
    row = make(kind, **fresh(queue.now))
    starters = find_starters(queue)[kind]
    assert starters, f"no periodic job leads to the work on {kind._meta.label}"
    for fail in (fail_in_the_attempt, fail_after_the_lease):
        kind._base_manager.filter(pk=row.pk).update(**fresh(queue.now))
        with pytest.MonkeyPatch.context() as patch:
            fail(patch)
            work_until_it_ends(row, queue, starters)
        assert "Our team must look at it" in row.last_error
        assert waiting(kind) >= 1
        assert (row.due_at is None) == kind.policy.stops
