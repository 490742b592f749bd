"""Sessions: a new key takes the row along, and the list of a person's sessions costs the same however long it is."""

from __future__ import annotations

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nft.testing.browser import Browser
from nft.testing.wallets import Wallet
from users.session_store import SessionStore
from users.sessions import forget_ended

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_chain")]


@pytest.fixture
def kim() -> Wallet:
    return Wallet.create()


def a_session(**content: object) -> SessionStore:
    session = SessionStore()
    session.update(content)
    session.create()
    return session


def sign_in(wallet: Wallet, device: str = "one") -> Browser:
    browser = Browser()
    browser.client.defaults["HTTP_USER_AGENT"] = device
    browser.sign_in(wallet)
    return browser


class TestANewKey:
    def test_takes_the_content_along_and_ends_the_old_one(self) -> None:
        session = a_session()
        session["colour"] = "blue"
        session.save()
        before = session.session_key
        session.cycle_key()
        session.save()
        assert session.session_key not in {None, before}
        assert SessionStore(session.session_key)["colour"] == "blue"
        assert not Session.objects.filter(pk=before).exists()
        assert Session.objects.count() == 1

    def test_is_written_with_the_content(self) -> None:
        session = SessionStore(a_session().session_key)
        session.load()
        with CaptureQueriesContext(connection) as captured:
            session.cycle_key()
            session["colour"] = "blue"
            session.save()
        assert [query["sql"].split()[0] for query in captured] == ["SELECT", "UPDATE"]

    def test_that_is_not_written_yet_is_ended_with_the_old_one(self) -> None:
        session = a_session()
        session.cycle_key()
        session.flush()
        session.save()
        assert list(Session.objects.values_list("pk", flat=True)) == [session.session_key]

    def test_is_made_for_who_had_none(self) -> None:
        session = SessionStore()
        session["colour"] = "blue"
        session.cycle_key()
        session.save()
        assert SessionStore(session.session_key)["colour"] == "blue"

    def test_is_never_one_that_a_cookie_made_up(self) -> None:
        session = SessionStore("x" * 32)
        session.cycle_key()
        assert session.session_key != "x" * 32
        assert not Session.objects.filter(pk="x" * 32).exists()

    def test_brings_nothing_of_a_session_that_has_ended_back_under_the_old_one(self) -> None:
        session = SessionStore(a_session().session_key)
        before = session.session_key
        session["colour"] = "blue"
        Session.objects.all().delete()
        session.cycle_key()
        session.save()
        assert list(Session.objects.values_list("pk", flat=True)) == [session.session_key]
        assert session.session_key != before


class TestTheList:
    def test_shows_a_sign_in_with_its_device(self, kim: Wallet) -> None:
        browser = sign_in(kim, "A browser " + "x" * 500)
        row = UserSession.objects.get()
        assert (row.user, row.session_key) == (browser.user, browser.client.session.session_key)
        assert row.user_agent.startswith("A browser")

    def test_has_one_row_for_a_browser_that_signs_in_again(self, kim: Wallet) -> None:
        browser = sign_in(kim)
        browser.sign_in(kim)
        forget_ended()
        assert UserSession.objects.get().session_key == browser.client.session.session_key

    def test_costs_a_sign_in_the_same_for_one_session_and_for_many(self, kim: Wallet) -> None:
        sign_in(kim)
        with CaptureQueriesContext(connection) as second:
            sign_in(kim)
        for _ in range(5):
            sign_in(kim)
        with CaptureQueriesContext(connection) as eighth:
            sign_in(kim)
        assert len(eighth) == len(second)
        assert UserSession.objects.count() == 8

    def test_forgets_sessions_that_ended(self, kim: Wallet) -> None:
        first, second = sign_in(kim), sign_in(kim)
        Session.objects.filter(pk=first.client.session.session_key).delete()
        forget_ended()
        assert UserSession.objects.get().session_key == second.client.session.session_key
