"""The query for a picture by ENS name uses indexes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from nft.models import LinkedAccount, PrimaryName
from nft.testing.genesis import CHAIN_ID
from profiles.models import Profile
from profiles.serving.lookup import find_avatar_view
from tests.profiles.serving.test_avatar_plans import plans_of

pytestmark = pytest.mark.django_db
PEOPLE = 2_000


def test_a_name_is_found_through_indexes_only(settings: Any) -> None:
    registry = {"ens_registry": "0x" + "11" * 20}
    settings.NFT_CHAINS = {CHAIN_ID: settings.NFT_CHAINS[CHAIN_ID] | registry}
    now = timezone.now()
    users = User.objects.bulk_create([User(username=f"u{n}", password="!") for n in range(PEOPLE)], 1000)
    Profile.objects.bulk_create([Profile(user=user, handle=f"person-{n}") for n, user in enumerate(users)], 1000)
    facts = {"chain_id": CHAIN_ID, "is_public": True, "linked_at": now, "last_used_at": now}
    accounts = LinkedAccount.objects.bulk_create(
        [LinkedAccount(user=user, address=n.to_bytes(20, "big"), **facts) for n, user in enumerate(users)], 1000
    )
    PrimaryName.objects.bulk_create(
        [
            PrimaryName(account=account, name=f"n{n}.eth", checked_at=now, due_at=now)
            for n, account in enumerate(accounts)
        ],
        1000,
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    face = find_avatar_view("n1234.eth", now)
    assert face is not None
    assert face.handle == "person-1234"
    (plan,) = plans_of(lambda: find_avatar_view("n1234.eth", now))
    # The pictures' tables are empty here; tests/profiles/serving/test_avatar_plans.py looks at them.
    assert not re.search(r"(Seq Scan on|\bSCAN) (nft_|u\d|profiles_profile)", plan), plan
