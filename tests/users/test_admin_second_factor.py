"""Staff open the admin with a second factor in the same session, unless the operator asks for none."""

from __future__ import annotations

import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db
SECRET = generate_totp_secret()
NEW_APP = "mfa_activate_totp"


@pytest.fixture(autouse=True)
def _as_in_production(settings: Any) -> None:
    settings.STAFF_NEED_SECOND_FACTOR = True


@pytest.fixture
def staff(alice: User) -> User:
    alice.is_staff = alice.is_superuser = True
    alice.save()
    return alice


@pytest.fixture
def browser(client: Client, staff: User) -> Client:
    client.post(reverse("account_login"), {"login": "alice", "password": "correct horse"})
    return client


def code(secret: str = SECRET) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def admin(client: Client, page: str = "/admin/") -> tuple[int, str]:
    answer = client.get(page, follow=True)
    return answer.status_code, answer.content.decode()


def test_without_one_they_are_led_to_set_it_up_and_to_give_it(browser: Client, staff: User) -> None:
    for page in ("/admin/", reverse("admin:auth_user_changelist"), reverse("admin:auth_user_add")):
        status, text = admin(browser, page)
        assert status == 403
        assert reverse("mfa_index") in text
    assert browser.post(reverse("admin:auth_user_add"), {"username": "x"}, follow=True).status_code == 403
    browser.get(reverse(NEW_APP))
    secret = browser.session["mfa.totp.secret"]
    assert browser.post(reverse(NEW_APP), {"code": code(secret)}).status_code == 302
    assert Authenticator.objects.filter(user=staff, type="totp").exists()
    status, text = admin(browser)
    assert status == 403, "setting it up is not giving it"
    give = f"{reverse('mfa_reauthenticate')}?next=%2Fadmin%2F"
    assert give in text
    given = browser.post(give, {"code": code(secret), "next": "/admin/"})
    assert given["Location"] == "/admin/"
    status, text = admin(browser)
    assert (status, "Site administration" in text) == (200, True)


def test_who_gives_it_at_sign_in_is_asked_no_more(client: Client, staff: User) -> None:
    TOTP.activate(staff, SECRET)
    sign_in = client.post(f"{reverse('account_login')}?next=/admin/", {"login": "alice", "password": "correct horse"})
    assert sign_in["Location"].startswith(reverse("mfa_authenticate"))
    client.post(reverse("mfa_authenticate"), {"code": code()})
    assert admin(client)[0] == 200
    client.post(reverse("account_logout"))
    assert "Sign in" in admin(client)[1]


def test_a_session_from_before_it_was_asked_for_is_asked_too(client: Client, staff: User) -> None:
    client.force_login(staff, "django.contrib.auth.backends.ModelBackend")
    assert admin(client)[0] == 403


def test_an_operator_may_do_without(browser: Client, settings: Any) -> None:
    settings.STAFF_NEED_SECOND_FACTOR = False
    assert admin(browser)[0] == 200


def test_who_is_no_staff_is_told_nothing_of_it(client: Client, alice: User) -> None:
    client.post(reverse("account_login"), {"login": "alice", "password": "correct horse"})
    status, text = admin(client)
    assert status == 403
    assert "second step" not in text
