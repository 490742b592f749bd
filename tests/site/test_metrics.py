"""`/metrics` and `/readyz` inform operators, and nobody else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from localstack.processes import free_port
from nft.models import ClaimPicture, TokenClaim, WatchedChain
from nft.watching import gauges
from profiles.testing.people import a_person
from tests.servers.redis import RedisServer

pytestmark = pytest.mark.django_db
CHAIN_ID = 31337
CHAIN = {"chain": str(CHAIN_ID)}


@pytest.fixture
def alice() -> User:
    return a_person("alice").user


def read(client: Client) -> dict[tuple[str, ...], float]:
    """Return gauges by name and label."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    families = text_string_to_metric_families(answer.content.decode())
    samples = [sample for family in families for sample in family.samples]
    return {(sample.name.removeprefix("avatarsite_"), *sample.labels.values()): sample.value for sample in samples}


def a_claim(user: User, token_id: int, **more: Any) -> TokenClaim:
    now = timezone.now()
    values = {"due_at": now + timedelta(minutes=9), "is_checked_alone": False} | more
    return TokenClaim.objects.create(user=user, chain_id=CHAIN_ID, contract=b"\2" * 20, token_id=token_id, **values)


def verified(user: User, token_id: int, minutes: float, **more: Any) -> TokenClaim:
    at = timezone.now() - timedelta(minutes=minutes)
    due = {"due_at": at + timedelta(minutes=15)}
    return a_claim(user, token_id, state="owned", checked_at=at, checked_block_number=1, **due | more)


def test_they_say_what_waits_what_is_stale_and_what_needs_a_person(
    client: Client, alice: User, redis_server: RedisServer
) -> None:
    now = timezone.now()
    verified(alice, 1, 10)
    verified(alice, 2, 40, is_checked_alone=True)
    a_claim(alice, 3, due_at=now, asked_at=now - timedelta(seconds=90))
    a_claim(alice, 4, due_at=None, gave_up_at=now)
    ClaimPicture.objects.create(claim=verified(alice, 5, 1), due_at=now)
    WatchedChain.objects.create(
        chain_id=CHAIN_ID, next_block=8, head_block=10, head_at=now, alarm="It is stuck.", alarm_at=now
    )
    with redis_server.client() as redis:
        redis.rpush("ipfs", "one", "two")
    found = read(client)
    assert found[("part_ready", "database")] == found[("part_ready", "cache")] == 1
    assert (found[("queue_length", "ipfs")], found[("queue_length", "chain")]) == (2, 0)
    assert found[("claims_due", CHAIN["chain"])] == 2
    assert abs(found[("clock_skew_seconds",)]) < 5
    assert found[("claim_wait_seconds", CHAIN["chain"])] == pytest.approx(90, abs=60)
    assert found[("stalest_mark_seconds", CHAIN["chain"])] == pytest.approx(2400, abs=60)
    assert found[("watcher_blocks_behind", CHAIN["chain"])] == 3
    assert found[("chain_alarm_age_seconds", CHAIN["chain"])] < 60
    assert (found[("needs_attention", "nft.tokenclaim")], found[("pictures_due",)]) == (1, 1)


def test_they_cost_the_same_however_many_wait(client: Client, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gauges, "BOUND", 5)
    for token_id in range(8):
        a_claim(alice, token_id, due_at=timezone.now())
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert read(client)[("claims_due", CHAIN["chain"])] == 5, "that many or more"
    assert len(queries) <= 13


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "status"),
    [
        ("127.0.0.1", "", 0, 200),
        ("::1", "", 0, 200),
        ("203.0.113.9", "", 0, 404),
        ("", "", 0, 404),
        ("127.0.0.1", "203.0.113.9", 0, 404),
        ("127.0.0.1", "127.0.0.1", 0, 404),
        ("127.0.0.1", "203.0.113.9", 1, 404),
        ("127.0.0.1", "127.0.0.1, 203.0.113.9", 1, 404),
        ("127.0.0.1", "203.0.113.9, 127.0.0.1", 1, 200),
        ("127.0.0.1", "127.0.0.1", 2, 404),
        ("127.0.0.1", "", 1, 200),
    ],
)
def test_only_the_networks_that_were_named_are_answered(
    client: Client, settings: Any, peer: str, forwarded: str, proxies: int, status: int
) -> None:
    settings.TRUSTED_PROXY_COUNT = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    assert client.get("/metrics", REMOTE_ADDR=peer, headers=headers).status_code == status


def test_a_part_that_is_down_is_named_without_its_address(client: Client, settings: Any) -> None:
    where = f"redis://127.0.0.1:{free_port()}/0"
    settings.REDIS_URL = where
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": where}}
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "parts": {"database": True, "cache": False}}
    found = read(client)
    assert found[("part_ready", "cache")] == 0
    assert not [name for name in found if name[0] == "queue_length"]
    assert ("needs_attention", "nft.tokenclaim") in found
