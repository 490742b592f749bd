"""Each page takes a fixed number of queries, however many people and pictures there are."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from nft.models import HeldToken, LinkedAccount
from profiles.models import Profile
from profiles.testing.people import a_person, an_upload
from tests.kit.token_pictures import a_token_picture

pytestmark = pytest.mark.django_db
SIGNED_IN = [
    "/",
    "/settings/profile/",
    "/settings/picture/",
    "/settings/api/",
    "/settings/wallets/",
    "/u/alice/",
    "/u/bob/",
]


@pytest.fixture
def alice() -> Profile:
    profile = a_person("alice")
    for _ in range(3):
        an_upload(profile)
    a_token_picture(profile, timezone.now())
    return profile


def queries_of(client: Client, path: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        response = client.get(path)
    assert response.status_code == 200, path
    return [query["sql"] for query in captured.captured_queries]


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/accounts/signup/", "/api/", "/healthz"])
def test_without_a_session_pages_for_everybody_ask_nothing(client: Client, alice: Profile, path: str) -> None:
    assert queries_of(client, path) == []


def test_a_public_profile_takes_three_queries_at_most(client: Client, alice: Profile) -> None:
    an_upload(a_person("bob"))
    a_person("carol")
    now = timezone.now()
    for number in range(1, 4):
        LinkedAccount.objects.create(
            user=alice.user, address=bytes([number]) * 20, chain_id=1, linked_at=now, last_used_at=now, is_public=True
        )
    a_token_picture(a_person("dave"), timezone.now() - timedelta(days=2))
    for handle in ("alice", "bob", "carol", "dave"):
        assert len(queries_of(client, f"/u/{handle}/")) <= 3


@pytest.mark.parametrize("path", SIGNED_IN)
def test_a_page_for_who_is_signed_in_takes_five_queries_at_most(client: Client, alice: Profile, path: str) -> None:
    an_upload(a_person("bob"))
    client.force_login(alice.user)
    client.get("/")  # notes the session's first use, once
    asked = queries_of(client, path)
    assert len(asked) <= 5, "\n".join(asked)


@pytest.mark.parametrize(("paying", "most"), [([], 5), ([31337], 7)])
def test_minting_takes_two_more_where_the_site_pays(
    client: Client, alice: Profile, settings: Any, paying: list[int], most: int
) -> None:
    """The page reads what the site paid for this person, and for everybody today."""
    settings.NFT_SPONSOR_CHAINS = paying
    client.force_login(alice.user)
    client.get("/")
    assert len(queries_of(client, "/mint/")) <= most


def test_the_list_of_tokens_takes_four_more(client: Client, alice: Profile) -> None:
    """The page shows claims, mints, offers and accounts side by side."""
    client.force_login(alice.user)
    client.get("/")
    assert len(queries_of(client, "/settings/tokens/")) <= 9


def test_the_gallery_takes_four_more_however_many_tokens_there_are(client: Client, alice: Profile) -> None:
    now = timezone.now()
    account = LinkedAccount.objects.create(
        user=alice.user, address=b"\1" * 20, chain_id=1, linked_at=now, last_used_at=now
    )
    for number in range(30):
        HeldToken.objects.create(
            account=account, chain_id=1, contract=bytes([number]) * 20, token_id=1, standard="erc721", first_seen_at=now
        )
    client.force_login(alice.user)
    client.get("/")
    assert len(queries_of(client, "/settings/tokens/")) <= 13


def test_looking_at_pages_writes_nothing_until_the_browser_or_five_minutes_are_others(
    client: Client, alice: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(alice.user)

    def writes(**headers: str) -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            client.get("/", headers=headers)
        return [query["sql"] for query in captured.captured_queries if not query["sql"].startswith("SELECT")]

    assert writes()
    assert writes() == []
    assert writes(**{"user-agent": "Another/1.0"})
    cache.clear()
    monkeypatch.setattr("users.sessions._recorded_until", {})  # what the process remembers
    assert writes()
