"""The site sets few cookies, each with the strictest attributes."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from profiles.testing.people import a_person

pytestmark = pytest.mark.django_db


def test_a_person_at_work_carries_the_sessions_and_the_csrf_cookie_only(settings: Any) -> None:
    alice = a_person("alice", password="correct horse battery")
    client = Client()
    client.get(reverse("account_login"))
    client.post(reverse("account_login"), {"login": "alice", "password": "correct horse battery"})
    form = {"handle": alice.handle, "display_name": "Alice", "bio": ""}
    answer = client.post(reverse("profiles:edit"), form)
    assert answer.status_code == 302
    client.get(reverse("home"))
    assert set(client.cookies) == {settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME}
    for cookie in client.cookies.values():
        assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
        assert not cookie["domain"]
