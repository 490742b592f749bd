"""The look-ups behind every picture go through an index, however many people there are."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import OuterRef
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from nft.accounts.public import find_by_account
from nft.models import LinkedAccount
from profiles import sources
from profiles.models import Avatar, EmailName, Profile, Rendition, StoredImage
from profiles.pictures.pages import history_page
from profiles.serving.lookup import find_avatar_view
from profiles.serving.showing import find_profile
from profiles.store.renditions import find_public_rendition
from tests.kit.token_pictures import a_token_picture

pytestmark = pytest.mark.django_db
PEOPLE = 2_000
SQUARES = (64, 128, 256)


@pytest.fixture
def crowd(db: None) -> None:
    """PEOPLE with a picture each, and the statistics the planner goes by."""
    user_model, now = get_user_model(), timezone.now()
    users = user_model.objects.bulk_create([user_model(username=f"u{n}", password="!") for n in range(PEOPLE)], 1000)
    people = Profile.objects.bulk_create(
        [Profile(user=user, handle=f"person-{n}", is_found_by_email=True) for n, user in enumerate(users)], 1000
    )
    facts = {"mime": "image/webp", "width": 9, "height": 9, "byte_count": 9, "source_format": "png", "touched_at": now}
    images = StoredImage.objects.bulk_create([StoredImage(sha256=f"{n:064x}", **facts) for n in range(PEOPLE)], 1000)
    Rendition.objects.bulk_create(
        [
            Rendition(image=image, size=size, format="webp", sha256=f"{n:060x}{size:04x}", byte_count=9)
            for n, image in enumerate(images)
            for size in SQUARES
        ],
        1000,
    )
    Avatar.objects.bulk_create(
        [
            Avatar(profile=person, image=image, source="upload", chosen_at=now)
            for person, image in zip(people, images, strict=True)
        ],
        1000,
    )
    EmailName.objects.bulk_create(
        [EmailName(profile=person, sha256=f"{n:064x}", md5=f"{n:032x}") for n, person in enumerate(people)], 1000
    )
    facts = {"chain_id": 1, "is_public": True, "linked_at": now, "last_used_at": now}
    LinkedAccount.objects.bulk_create(
        [LinkedAccount(user=user, address=n.to_bytes(20, "big"), **facts) for n, user in enumerate(users)], 1000
    )
    Profile.objects.update(avatar=Avatar.objects.filter(profile=OuterRef("pk")).values("pk"))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def plans_of(look_up: Callable[[], Any]) -> list[str]:
    """What the database does for each query of `look_up`, in its own words."""
    with CaptureQueriesContext(connection) as captured:
        look_up()
    explain = "EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN "
    plans = []
    with connection.cursor() as cursor:
        for query in captured.captured_queries:
            if query["sql"].startswith(("SAVEPOINT", "RELEASE")):
                continue
            cursor.execute(explain + query["sql"].replace("%", "%%"))
            plans.append("\n".join(str(row[-1]) for row in cursor.fetchall()))
    return plans


def test_every_way_to_a_picture_is_right_and_uses_indexes_only(crowd: None) -> None:
    now = timezone.now()
    sources.register_identifier_resolver("account", find_by_account)  # the fixtures here begin without any
    stale = Profile.objects.get(handle="person-77")
    look_ups: list[tuple[Callable[[], Any], int]] = [
        (lambda: find_avatar_view("person-1234", now), 1),
        (lambda: find_avatar_view(f"{1234:064x}", now), 1),
        (lambda: find_avatar_view(f"{1234:032x}", now), 1),
        (lambda: find_avatar_view(f"0x{1234:040x}", now), 1),
        (lambda: find_avatar_view(f"eip155:1:0x{1234:040x}", now), 1),
        (lambda: find_avatar_view("nobody-at-all", now), 1),
        (lambda: find_profile("person-1234"), 1),
        (lambda: find_public_rendition(f"{1234:060x}{64:04x}", "webp"), 1),
        (lambda: history_page(stale, size=20), 2),
        (lambda: find_avatar_view(stale.handle, now + timedelta(days=2)), 2),
    ]
    a_token_picture(stale, now)
    for look_up, queries in look_ups:
        plans = plans_of(look_up)
        assert len(plans) == queries
        for plan in plans:
            assert not re.search(r"Seq Scan|\bSCAN (?!CONSTANT)", plan), plan
    for name in ("person-1234", f"{1234:032x}", f"{1234:064x}", f"0x{1234:040x}"):
        face = find_avatar_view(name, now)
        assert face is not None
        assert face.square is not None
        assert (face.handle, face.square.size) == ("person-1234", max(SQUARES))
