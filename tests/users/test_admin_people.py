"""Staff can't sign in as others: they set no address, password or second factor, and each change has a reason."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, reverse

from profiles.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def root() -> User:
    return User.objects.create_superuser("root", "root@example.org", "correct horse")


@pytest.fixture
def helper() -> User:
    """Create staff who may change people and are not superusers."""
    user = User.objects.create_user("helper", password="correct horse", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="change_user"))
    return user


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def change(client: Client, user: User, **said: str) -> int:
    return client.post(reverse("admin:auth_user_change", args=[user.pk]), said).status_code


def test_every_page_of_the_admin_only_looks_or_asks_for_a_reason(root: User) -> None:
    request = RequestFactory().get("/")
    request.user = root
    for model, page in admin.site._registry.items():
        assert not page.has_delete_permission(request), model
        if page.has_add_permission(request) or page.has_change_permission(request):
            assert page.get_form(request)().fields["reason"].required, model


def test_nobody_gets_an_address_or_a_password_from_staff(root: User, alice: User) -> None:
    client = signed_in(root)
    said = {"user": alice.pk, "email": "mallory@example.org", "verified": "on"}
    assert client.post(reverse("admin:account_emailaddress_add"), said).status_code == 403
    assert not EmailAddress.objects.filter(email="mallory@example.org").exists()
    with pytest.raises(NoReverseMatch):
        reverse("admin:auth_user_password_change", args=[alice.pk])
    change(client, alice, reason="x", is_active="on", username="mallory", email="mallory@example.org")
    alice.refresh_from_db()
    assert (alice.username, alice.email) == ("alice", "alice@example.org")


def test_secrets_of_code_apps_are_not_shown(root: User, alice: User) -> None:
    app = Authenticator.objects.create(user=alice, type=Authenticator.Type.TOTP, data={"secret": "JBSWY3DPEHPK3PXP"})
    page = signed_in(root).get(reverse("admin:mfa_authenticator_change", args=[app.pk]))
    assert page.status_code == 200
    assert "JBSWY3DPEHPK3PXP" not in page.content.decode()


def test_a_person_is_disabled_with_a_reason_which_the_audit_keeps(helper: User, alice: User) -> None:
    hers = signed_in(alice)
    client = signed_in(helper)
    assert change(client, alice) == 200, "asked for the reason"
    assert User.objects.filter(pk=alice.pk, is_active=True).exists()
    assert change(client, alice, reason="Sends spam.") == 302
    assert User.objects.filter(pk=alice.pk, is_active=False).exists()
    entry = AuditEntry.objects.get(action="person.change")
    assert (entry.profile.user, entry.actor) == (alice, helper)
    assert entry.detail == {"of": "alice", "changed": ["is_active"], "reason": "Sends spam."}
    assert hers.get("/settings/profile/").status_code == 302


def test_only_superusers_hand_out_powers(helper: User, root: User, alice: User) -> None:
    client = signed_in(helper)
    said = {"reason": "x", "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    for user in (alice, helper):
        change(client, user, **said)
        user.refresh_from_db()
        assert not user.is_superuser
    alice.refresh_from_db()
    assert not alice.is_staff
    assert client.get(reverse("admin:auth_user_change", args=[root.pk])).status_code == 200, "they may look"
    assert change(client, root, reason="x") == 403
    assert client.post(reverse("admin:auth_group_add"), {"name": "All", "reason": "x"}).status_code == 403
    client = signed_in(root)
    assert change(client, alice, **said) == 302
    alice.refresh_from_db()
    assert alice.is_superuser
    assert client.post(reverse("admin:auth_group_add"), {"name": "Helpers", "reason": "More hands."}).status_code == 302
    assert Group.objects.filter(name="Helpers").exists()
    assert AuditEntry.objects.get(action="group.change").detail["reason"] == "More hands."
