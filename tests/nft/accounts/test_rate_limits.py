"""Whom tries are counted for, and how many there may be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from nft.accounts.errors import RateLimited
from nft.accounts.limits import spend

NOW = datetime(2026, 11, 22, 12, 0, 20, tzinfo=UTC)


@pytest.mark.usefixtures("redis_server")
class TestSpending:
    @pytest.fixture(autouse=True)
    def twice_a_minute(self, settings: Any) -> None:
        settings.NFT_RATE_LIMITS = {"knock": (2, 60), "ring": (1, 60)}

    def test_past_the_limit_one_has_to_wait_for_the_next_window(self) -> None:
        spend("knock", "alice", NOW)
        spend("knock", "alice", NOW)
        with pytest.raises(RateLimited) as refusal:
            spend("knock", "alice", NOW)
        assert refusal.value.retry_after == 40
        assert "Wait 40 seconds" in refusal.value.sentence
        spend("knock", "alice", NOW + timedelta(seconds=40))

    def test_nobody_spends_for_another_or_for_something_else(self) -> None:
        spend("ring", "alice", NOW)
        spend("ring", "bob", NOW)
        spend("knock", "alice", NOW)
        with pytest.raises(RateLimited):
            spend("ring", "alice", NOW)
