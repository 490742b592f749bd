"""People who sign up by wallet choose a handle and a name, as all others do."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from nft.testing.browser import Browser
from nft.testing.wallets import Wallet
from profiles.people.profiles import profile_of

pytestmark = pytest.mark.django_db
WELCOME = "/settings/welcome/"


@pytest.fixture
def newcomer(browser: Browser, wallet: Wallet) -> User:
    assert browser.sign_in(wallet, next="/mint/").json() == {"redirect": f"{WELCOME}?next=%2Fmint%2F"}
    assert browser.user is not None
    return browser.user


def test_nobody_reads_the_neutral_handle(browser: Browser, newcomer: User) -> None:
    page = browser.client.get(f"{WELCOME}?next=/mint/").content.decode()
    assert '<input type="hidden" name="next" value="/mint/">' in page
    assert "user-" not in page.partition("<main")[2]


def test_a_chosen_handle_is_theirs_and_they_go_where_they_wanted(browser: Browser, newcomer: User) -> None:
    answer = browser.client.post(WELCOME, {"handle": " Mira ", "next": "/mint/"})
    assert answer["Location"] == "/mint/"
    newcomer.avatar_profile.refresh_from_db()
    assert newcomer.avatar_profile.handle == "mira"
    assert browser.client.get("/u/mira/").status_code == 200


@pytest.mark.parametrize(
    ("handle", "reason"),
    [
        ("", "required"),
        ("x", "A handle has 2 to 30 characters"),
        ("李雷", "A handle has 2 to 30 characters"),
        ("admin", "The handle admin is reserved"),
        ("alice", "The handle alice is taken"),
        ("a" * 61, "at most 60 characters"),
    ],
)
def test_a_handle_that_can_not_be_had_is_refused_with_the_reason(
    browser: Browser, newcomer: User, alice: User, handle: str, reason: str
) -> None:
    profile_of(alice)
    answer = browser.client.post(WELCOME, {"handle": handle, "next": "/mint/"})
    assert answer.status_code == 422
    assert reason in answer.content.decode()
    newcomer.avatar_profile.refresh_from_db()
    assert newcomer.avatar_profile.handle.startswith("user-")


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil"])
def test_it_leads_to_no_other_site(browser: Browser, newcomer: User, elsewhere: str) -> None:
    answer = browser.client.post(WELCOME, {"handle": "mira", "next": elsewhere})
    assert answer["Location"] == f"{reverse('profiles:picture')}?next=%2Fu%2Fmira%2F"


def test_guests_are_sent_to_sign_in(browser: Browser) -> None:
    assert browser.client.get(WELCOME)["Location"].startswith(reverse("account_login"))
