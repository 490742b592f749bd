"""The site's team looks, and removes with a reason; it sets nothing for anybody."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from profiles.models import AuditEntry, Avatar, Profile
from profiles.testing.people import an_upload
from tests.kit.token_pictures import a_token_picture

pytestmark = pytest.mark.django_db

MODELS = ["profile", "avatar", "storedimage", "auditentry"]


@pytest.fixture
def team(client: Client) -> Client:
    client.force_login(get_user_model().objects.create_superuser("root1"))
    return client


@pytest.mark.parametrize("model", MODELS)
def test_lists_and_rows_can_be_seen_but_not_written(team: Client, alice: Profile, model: str) -> None:
    an_upload(alice)
    a_token_picture(alice, timezone.now())
    listed = team.get(reverse(f"admin:profiles_{model}_changelist"), {"q": "alice"})
    assert listed.status_code == 200
    row = listed.context["cl"].model.objects.first()
    page = reverse(f"admin:profiles_{model}_change", args=[row.pk])
    assert team.get(page).status_code == 200
    assert team.post(page, {"handle": "stolen"}).status_code == 403
    assert team.get(reverse(f"admin:profiles_{model}_add")).status_code == 403
    assert team.post(reverse(f"admin:profiles_{model}_delete", args=[row.pk])).status_code == 403


def test_pictures_are_listed_with_thumbnail_source_and_state(team: Client, alice: Profile) -> None:
    a_token_picture(alice, timezone.now())
    page = team.get(reverse("admin:profiles_avatar_changelist"), {"source__exact": "nft"}).content.decode()
    rendition = Avatar.objects.get().image.renditions.get(size=64)
    assert f"/pictures/{rendition.sha256}.webp" in page
    assert "Token 1" in page
    assert "alice" in page


def queries_of(browser: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(path).status_code == 200
    return len(queries)


@pytest.mark.parametrize("model", MODELS)
def test_a_longer_list_costs_no_more_queries(team: Client, alice: Profile, bob: Profile, model: str) -> None:
    path = reverse(f"admin:profiles_{model}_changelist")
    an_upload(alice)
    team.get(path)  # the first visit also writes down its session
    before = queries_of(team, path)
    for person in (alice, bob, bob):
        an_upload(person)
    assert queries_of(team, path) == before


def remove(browser: Client, reason: str) -> None:
    chosen = [str(pk) for pk in Avatar.objects.values_list("pk", flat=True)]
    data = {"action": "remove_for_the_site", "_selected_action": chosen, "reason": reason}
    browser.post(reverse("admin:profiles_avatar_changelist"), data)


def test_removing_needs_a_reason_and_leaves_an_audit_row(team: Client, alice: Profile) -> None:
    avatar = an_upload(alice)
    remove(team, "")
    avatar.refresh_from_db()
    assert avatar.state == "active"
    remove(team, "Shows somebody else.")
    avatar.refresh_from_db()
    assert (avatar.state, avatar.is_locked, avatar.reason) == ("removed", True, "Shows somebody else.")
    entry = AuditEntry.objects.get(action="avatar.moderate")
    assert (str(entry.actor), entry.detail["reason"]) == ("root1", "Shows somebody else.")


def test_who_may_only_look_can_not_remove(client: Client, alice: Profile) -> None:
    looker = get_user_model().objects.create_user("looker", is_staff=True)
    looker.user_permissions.add(*Permission.objects.filter(codename__startswith="view_"))
    client.force_login(looker)
    avatar = an_upload(alice)
    assert client.get(reverse("admin:profiles_avatar_changelist")).status_code == 200
    remove(client, "Because I can.")
    avatar.refresh_from_db()
    assert avatar.state == "active"
