"""A flood of sign-ins is shed, and shuts nobody else out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from ipaddress import IPv6Address
from typing import Any

import pytest
from django.core.cache import cache

from nft.accounts import challenges, sign_in
from nft.accounts.challenges import Wanted
from nft.accounts.sign_in import Reply
from nft.accounts.tries import TRIES_PER_MINUTE, Visitor, count_challenge, count_shared_try
from nft.clients.evm.chain import ChainClient
from nft.models import SignInChallenge
from nft.testing.browser import Browser
from nft.testing.genesis import CHAIN_ID
from nft.testing.wallets import NOBODY, Wallet
from profiles.limits import WIDER, TooMany, networks_of
from users.session_store import SessionStore

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_chain")]
NOW = datetime(2026, 11, 28, 12, 0, 20, tzinfo=UTC)
EACH = TRIES_PER_MINUTE["challenge-network"]
TOGETHER = TRIES_PER_MINUTE["challenge-everyone"]


@pytest.fixture(autouse=True)
def hour_long_windows(settings: Any) -> None:
    """The tests' clock stands still, but counts leave the cache by its own clock: a slow machine takes minutes.

    Counts are in memory, as tests/profiles/test_limits.py counts in Redis: a flood would take most of its time there.
    """
    memory = "django.core.cache.backends.locmem.LocMemCache"
    settings.CACHES = {"default": {"BACKEND": memory, "LOCATION": "flood", "OPTIONS": {"MAX_ENTRIES": 10**6}}}
    cache.clear()
    settings.AVATAR_RATE_LIMITS = {what: (count, 3600) for what, count in TRIES_PER_MINUTE.items()}


def visitor(address: str) -> Visitor:
    return Visitor(SessionStore(), None, networks_of(address, "", 0))


def ask(guest: Visitor, wallet: Wallet) -> SignInChallenge:
    wanted = Wanted(wallet.address_bytes, CHAIN_ID, SignInChallenge.Purpose.SIGN_IN)
    return challenges.issue_challenge(guest, wanted, NOW)


def flood(addresses: Iterable[str], tries: int) -> int:
    """How many challenges would be issued."""
    issued = 0
    for address in addresses:
        guest = visitor(address)
        for _ in range(tries):
            try:
                count_challenge(guest, NOW)
            except TooMany:
                break
            issued += 1
    return issued


def can_sign_in(address: str) -> bool:
    guest, signer = visitor(address), Wallet.create()
    text = ask(guest, signer).text
    reply = Reply(text, signer.sign(text))
    return sign_in.finish(guest, reply, lambda chain_id: ChainClient(chain_id, [NOBODY], 0), NOW).user.pk > 0


def test_every_text_is_counted(settings: Any) -> None:
    settings.AVATAR_RATE_LIMITS = {"challenge-everyone": (3, 3600), "challenge-everyone-share": (1, 3600)}
    wallet = Wallet.create()
    for _ in range(4):
        ask(visitor("203.0.113.7"), wallet)
    with pytest.raises(TooMany):
        ask(visitor("203.0.113.7"), wallet)
    assert can_sign_in("198.51.100.1")


def test_20_addresses_use_up_their_own_and_nobody_else_s() -> None:
    addresses = [f"203.0.{number}.7" for number in range(20)]
    assert flood(addresses, EACH + 1) == TOGETHER == 20 * EACH
    assert flood(addresses, 5) == 0
    for bystander in ("198.51.100.1", "2001:db8:1::1", "203.0.3.8"):  # the last one is a neighbor of a flooder
        assert can_sign_in(bystander)


def test_2000_addresses_of_one_network_are_one_flood() -> None:
    addresses = [str(IPv6Address(0x2001_0DB8_0007 << 80 | number << 64 | 1)) for number in range(2000)]
    assert flood(addresses, 1) == EACH * WIDER
    for bystander in ("198.51.100.1", "2001:db8:8::1"):
        assert can_sign_in(bystander)


def test_2000_addresses_all_over_the_world_leave_everybody_their_share(settings: Any) -> None:
    settings.AVATAR_RATE_LIMITS = {"challenge-everyone": (100, 3600), "challenge-everyone-share": (1, 3600)}
    addresses = [str(IPv6Address(0x2001_0DB8_0000 + number << 80 | 1)) for number in range(2000)]
    flood(addresses, 1)
    assert flood(addresses[:200], 5) <= 200
    for bystander in ("198.51.100.1", "2a00:db8:8::1"):
        assert can_sign_in(bystander)


def test_wrong_signatures_for_an_account_do_not_shut_it_out() -> None:
    """For contract accounts, as each of these asks a chain."""

    def is_let_through(guest: Visitor) -> bool:
        try:
            count_shared_try(guest, "contract-signature-account", "1:aa", NOW)
        except TooMany:
            return False
        return True

    tries = 0
    for number in range(100):
        guest = visitor(f"203.0.{number}.7")
        while is_let_through(guest):
            tries += 1
    limit, share = (TRIES_PER_MINUTE[f"contract-signature-account{part}"] for part in ("", "-share"))
    assert tries == limit + 100 * share
    assert is_let_through(visitor("198.51.100.1"))


def test_behind_our_proxy_a_flooder_cannot_pose_as_others(settings: Any) -> None:
    settings.TRUSTED_PROXY_COUNT = 1
    settings.AVATAR_RATE_LIMITS = {"challenge-network": (2, 3600)}
    wallet = Wallet.create()

    def status(forwarded: str) -> int:
        browser = Browser()
        browser.client.defaults |= {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": forwarded}
        return int(browser.ask_challenge(wallet.address).status_code)

    assert [status(f"198.51.100.{number}, 203.0.113.7") for number in range(4)] == [200, 200, 429, 429]
    assert status("198.51.100.1") == 200
