"""Wallets that ask in a window of their own: pages that list wallets keep their tie to it, and no other page does."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from nft.models import MintRequest
from profiles.testing.people import a_person, an_upload
from tests.kit.routes import belongings_of, routes

pytestmark = pytest.mark.django_db
OPENER = "Cross-Origin-Opener-Policy"


def test_every_page_with_wallets_keeps_the_tie_and_no_other_does() -> None:
    profile = a_person("alice")
    an_upload(profile)
    user = profile.user
    found: set[str] = set()
    for route in routes(belongings_of(user)):
        for client in (_client_of(user), Client()):
            response = client.get(route.path)
            has_wallets = b'id="chains"' in (b"" if response.streaming else response.content)
            expected = "same-origin-allow-popups" if has_wallets else "same-origin"
            assert response.get(OPENER, expected) == expected, route.name
            found |= {route.name} if has_wallets else set()
    assert {"account_login", "account_signup", "wallets", "wallet_move"} <= found


@pytest.mark.parametrize("state", [MintRequest.State.AWAITING_SIGNATURE, MintRequest.State.CONFIRMED])
def test_the_page_of_a_mint_does_while_it_asks_a_wallet(state: MintRequest.State) -> None:
    user = a_person("alice").user
    mint = MintRequest.objects.create(
        user=user,
        idempotency_key="1",
        chain_id=31337,
        contract=b"\1" * 20,
        owner=b"\2" * 20,
        name="Dawn",
        state=state,
        token_id=7,
        due_at=timezone.now(),
    )
    response = _client_of(user).get(f"/mint/{mint.pk}/")
    assert response[OPENER] == "same-origin-allow-popups"


def _client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client
