"""Wrong passwords from one network shut nobody out who comes from another."""

from __future__ import annotations

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse"


def can_sign_in(address: str, password: str) -> bool:
    client = Client(REMOTE_ADDR=address)
    answer = client.post(reverse("account_login"), {"login": "alice", "password": password})
    return answer.status_code == 302 and "_auth_user_id" in client.session


def test_an_account_is_shut_for_the_network_that_guesses_and_for_no_other() -> None:
    User.objects.create_user("alice", password=PASSWORD)
    cache.clear()
    for host in range(1, 7):
        assert not can_sign_in(f"203.0.113.{host}", "wrong")
    assert not can_sign_in("203.0.113.99", PASSWORD)
    assert can_sign_in("198.51.100.1", PASSWORD)
    assert can_sign_in("2001:db8:1::1", PASSWORD)


@pytest.mark.parametrize(
    ("remote", "forwarded", "seen"),
    [
        ("::ffff:203.0.113.9", "", "203.0.113.9"),  # not ::, which all mapped addresses would share
        ("fe80::1%eth0", "", "fe80::1"),
        ("10.0.0.1", "198.51.100.1:4711, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1", "10.0.0.1"),  # too few hops: allauth's own raises for them
        ("10.0.0.1", "junk, 10.0.0.2", "10.0.0.1"),
    ],
)
def test_allauth_counts_whom_we_count(settings: Settings, remote: str, forwarded: str, seen: str) -> None:
    settings.TRUSTED_PROXY_COUNT = settings.ALLAUTH_TRUSTED_PROXY_COUNT = 2 if forwarded else 0
    client = Client(REMOTE_ADDR=remote, HTTP_X_FORWARDED_FOR=forwarded)
    form = {"username": "carol", "password1": "a horse on a boat"}
    assert client.post(reverse("account_signup"), form).status_code == 302
    assert UserSession.objects.get().ip == seen
