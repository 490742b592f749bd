"""Every query of sweep, watcher and gauges uses an index, however many claims there are."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from nft.claims.sweeping import find_due, sweep_page
from nft.clients.bundle import get_clients
from nft.core.evm.abi.transfer_events import TRANSFER_TOPICS
from nft.models import TokenClaim
from nft.testing.genesis import CHAIN_ID
from nft.watching.gauges import get_gauges
from nft.watching.transfers_seen import queue_confirmed, record_logs, undo_transfers_after
from tests.profiles.serving.test_avatar_plans import plans_of

pytestmark = pytest.mark.django_db
CLAIMS = 4_000
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CONTRACT = b"\xc0" * 20


@pytest.fixture
def crowd(db: None) -> None:
    user = User.objects.create(username="many")
    claims = (
        TokenClaim(
            user=user,
            chain_id=CHAIN_ID,
            contract=CONTRACT,
            token_id=number,
            standard="erc721",
            state="not_owned",
            is_checked_alone=False,
            due_at=NOW + timedelta(seconds=number),
        )
        for number in range(CLAIMS)
    )
    TokenClaim.objects.bulk_create(claims, 1000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def transfer(token_id: int) -> dict[str, Any]:
    word = "0x" + (b"\xa1" * 20).rjust(32, b"\0").hex()
    return {
        "address": "0x" + CONTRACT.hex(),
        "topics": [TRANSFER_TOPICS[0], word, "0x" + (b"\xb0" * 20).rjust(32, b"\0").hex(), f"0x{token_id:064x}"],
        "data": "0x",
        "blockNumber": "0x7",
        "blockHash": "0x" + "aa" * 32,
        "transactionHash": "0x" + "bb" * 32,
        "logIndex": "0x0",
    }


def test_sweep_watcher_and_gauges_use_indexes_only(crowd: None) -> None:
    later = NOW + timedelta(seconds=3)
    look_ups: list[Callable[[], object]] = [
        lambda: find_due(later),
        lambda: sweep_page(CHAIN_ID, later - timedelta(days=1), get_clients(), alone=False),
        lambda: record_logs(CHAIN_ID, [transfer(7), transfer(9)]),
        lambda: queue_confirmed(CHAIN_ID, 7, NOW),
        lambda: undo_transfers_after(CHAIN_ID, 8, NOW),
        lambda: list(get_gauges(later)),
    ]
    for look_up in look_ups:
        for plan in plans_of(look_up):
            assert not re.search(r"Seq Scan on nft_tokenclaim|\bSCAN nft_tokenclaim(?! USING)", plan), plan
