"""Wrong passwords from one network shut nobody out who comes from another."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

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
