"""People sign up with what they are called, sign in with it, and read no name that they did not choose."""

from __future__ import annotations

import re

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from nft.testing.browser import Browser
from nft.testing.wallets import Wallet
from profiles.models import FormerHandle
from profiles.people.profiles import ProfileText, profile_of, update_profile
from users.people_lookup import find_by_login

pytestmark = pytest.mark.django_db
PASSWORD = "a horse on a boat"
WELCOME = "/settings/welcome/"


def sign_up(name: str, **more: str) -> tuple[Client, str]:
    """Return a browser after the sign-up, and where it was led, or what the page said."""
    cache.clear()
    client = Client()
    answer = client.post(reverse("account_signup"), {"username": name, "password1": PASSWORD, **more})
    return client, answer.headers.get("Location", "") or answer.content.decode()


@pytest.mark.parametrize(
    ("typed", "handle", "shown"),
    [("lena", "lena", "lena"), ("Lena.Mueller", "lena-mueller", "Lena.Mueller"), ("Jörg", "jorg", "Jörg")],
)
def test_a_name_is_taken_as_it_is_typed(typed: str, handle: str, shown: str) -> None:
    client, target = sign_up(typed)
    assert target == WELCOME
    page = client.get(target).content.decode()
    assert f'value="{handle}"' in page
    user = User.objects.get()
    assert (user.username, profile_of(user).handle, profile_of(user).name) == (handle, handle, shown)
    for login in (typed, handle, typed.upper()):
        assert find_by_login(login, timezone.now()) == user


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("alice", "The handle alice is taken. Please choose another."),
        ("alice", "Free: alice-2"),
        ("Support", "The handle support is reserved"),
        ("李雷", "A handle has 2 to 30 characters"),
        ("lena@example.org", "A name can’t be an e-mail address"),
    ],
)
def test_a_name_that_can_not_be_had_is_refused_with_the_reason(alice: User, typed: str, reason: str) -> None:
    _, page = sign_up(typed)
    assert reason in page
    assert User.objects.count() == 1


def test_the_welcome_page_leads_on_to_where_a_newcomer_was_going() -> None:
    client, target = sign_up("lena", next="/mint/")
    assert target == f"{WELCOME}?next=%2Fmint%2F"
    assert client.post(WELCOME, {"handle": "Lena", "display_name": "L", "next": "/mint/"})["Location"] == "/mint/"
    assert client.get(reverse("account_signup"))["Location"] == "/", "who has an account is led on"


def test_a_new_handle_signs_in_and_so_does_the_former_while_it_is_kept(alice: User) -> None:
    now = timezone.now()
    update_profile(profile_of(alice), ProfileText("wonder"), actor=alice, now=now)
    alice.refresh_from_db()
    assert alice.username == "wonder"
    assert find_by_login("Wonder", now) == find_by_login("alice", now) == alice
    FormerHandle.objects.update(kept_until=now)
    assert find_by_login("alice", now) is None


def test_a_name_that_an_operator_gave_stays_and_the_handle_signs_in_too() -> None:
    boss = User.objects.create_user("The Boss")
    update_profile(profile_of(boss), ProfileText("boss"), actor=boss, now=timezone.now())
    boss.refresh_from_db()
    assert boss.username == "The Boss"
    assert find_by_login("The Boss", timezone.now()) == find_by_login("boss", timezone.now()) == boss


def test_who_came_by_wallet_reads_no_made_up_name_anywhere(browser: Browser, wallet: Wallet) -> None:
    browser.sign_in(wallet)
    user = browser.user
    assert user is not None
    EmailAddress.objects.create(user=user, email="mira@example.org", primary=True, verified=True)
    for path in ("/", WELCOME, reverse("account_set_password"), "/accounts/sessions/", "/settings/wallets/"):
        page = browser.client.get(path).content.decode().partition("<main")[2]
        assert "user-" not in re.sub(r' (?:src|srcset|href)="[^"]*"', "", page), path
    browser.client.post(reverse("account_set_password"), {"password1": PASSWORD, "password2": PASSWORD})
    browser.client.post(WELCOME, {"handle": "mira", "display_name": "Mira Sol"})
    browser.client.post("/accounts/logout/")
    assert [each.body.partition(",")[0] for each in mail.outbox] == ["Hello"] * len(mail.outbox)
    user.refresh_from_db()
    assert (user.username, str(user)) == ("mira", "mira")
    answer = browser.client.post(reverse("account_login"), {"login": "Mira", "password": PASSWORD}, follow=True)
    assert "You are signed in as mira." in answer.content.decode()


@pytest.mark.parametrize("login", ["alice", "nobody", "alice@example.org"])
def test_a_wrong_password_is_told_in_our_words(alice: User, login: str) -> None:
    cache.clear()
    page = Client().post(reverse("account_login"), {"login": login, "password": "wrong"}).content.decode()
    assert "The name or the password is wrong." in page
    assert "specified are not correct" not in page
