"""Notices are sent by mail: once, to a confirmed address, unless they are read or out of date, or mails are off."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from nft.claims.wording import NotOwned, loss_sentence
from nft.core.tokens.verdict import Reason
from profiles.leases import OUR_FAULT, lease_row
from profiles.models import Notice, Profile
from profiles.notices.choices import set_choices
from profiles.notices.recording import mark_read
from profiles.pictures.rights import reinstate_avatar, withdraw_avatar
from profiles.testing.people import a_person
from tests.kit.token_pictures import a_token_picture
from tests.servers.smtp import MailServer, send_mail_by_smtp
from users import mails
from users.notice_mails import GIVEN_UP, send_due

pytestmark = pytest.mark.django_db
NOW = timezone.now()
LATER = timedelta(minutes=2)


@pytest.fixture
def bob() -> Profile:
    profile = a_person("bob")
    EmailAddress.objects.create(user=profile.user, email="bob@example.org", primary=True, verified=True)
    return profile


def lose(profile: Profile, at: Any = NOW) -> Any:
    token = profile.avatars.first() or a_token_picture(profile, at)
    withdraw_avatar(token.pk, "The token was transferred away.", lost_at=at)
    return token.pk


def test_a_loss_is_told_once_with_what_to_do(bob: Profile) -> None:
    lose(bob)
    assert [send_due(NOW), send_due(NOW + LATER), send_due(NOW + LATER)] == [0, 1, 0]
    (letter,) = mail.outbox
    assert letter.to == ["bob@example.org"]
    assert letter.subject == "[avatarsite] Token 1 is no longer your verified picture"
    for word in ("Hello bob,", "transferred away", "/settings/picture/", "/settings/loss/"):
        assert word in letter.body


def test_it_is_told_in_the_language_of_its_person(bob: Profile, client: Client) -> None:
    Profile.objects.update(language="de")
    lost = loss_sentence(NotOwned(Reason.HELD_BY_OTHER, name="Punk 1", holder="carol.eth"))
    withdraw_avatar(a_token_picture(bob, NOW).pk, lost, lost_at=NOW)
    assert send_due(NOW + LATER) == 1
    assert "Punk 1 wurde an carol.eth gesendet." in mail.outbox[0].body
    client.force_login(bob.user)
    assert "Punk 1 wurde an carol.eth gesendet." in client.get(reverse("profiles:notices")).text


def test_one_that_is_back_within_a_minute_is_not(bob: Profile) -> None:
    token = lose(bob)
    reinstate_avatar(token, NOW)
    assert send_due(NOW + LATER) == 0


def test_one_that_goes_and_comes_all_day_is_told_once(bob: Profile) -> None:
    token = lose(bob)
    for hour in range(1, 5):
        assert send_due(NOW + timedelta(hours=hour)) == (1 if hour == 1 else 0)
        reinstate_avatar(token, NOW + timedelta(hours=hour, minutes=1))
        lose(bob, NOW + timedelta(hours=hour, minutes=2))
    reinstate_avatar(token, NOW + timedelta(days=2))
    lose(bob, NOW + timedelta(days=2))
    assert send_due(NOW + timedelta(days=2) + LATER) == 1


def test_nobody_gets_one_who_does_not_want_it_or_proved_no_address(bob: Profile) -> None:
    carol = a_person("carol")
    lose(carol)
    set_choices(bob, {(Notice.Kind.LOST, "mail"): False}, bob.user)
    lose(bob)
    assert send_due(NOW + LATER) == 0
    assert mail.outbox == []


def test_who_read_the_notice_knows_already(bob: Profile) -> None:
    lose(bob)
    assert mark_read(bob.pk, NOW) == 1
    assert send_due(NOW + LATER) == 0


def test_a_mail_server_that_is_down_is_tried_again_for_a_day(
    bob: Profile, settings: Settings, mail_server: MailServer
) -> None:
    lose(bob)
    send_mail_by_smtp(settings)
    assert send_due(NOW + LATER) == 0
    send_mail_by_smtp(settings, mail_server.port)
    assert send_due(NOW + 2 * LATER) == 1
    lose(a_person("dave"))
    EmailAddress.objects.create(user=Profile.objects.get(handle="dave").user, email="d@example.org", verified=True)
    assert send_due(NOW + GIVEN_UP + LATER) == 0


def test_a_mail_that_may_have_been_sent_is_not_sent_again_but_shown_to_staff(
    bob: Profile,
) -> None:
    """Its worker crashed while it spoke to the mail server."""
    lose(bob)
    notice = bob.notices.get()
    assert lease_row(Notice.objects.filter(pk=notice.pk), NOW + LATER) is not None
    assert send_due(NOW + LATER + notice.policy.lease) == 0
    assert mail.outbox == []
    assert Notice.get_attention().count == 1


def test_a_mail_that_can_not_be_written_holds_up_no_other(bob: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    lose(bob)
    carol = a_person("carol")
    EmailAddress.objects.create(user=carol.user, email="carol@example.org", primary=True, verified=True)
    lose(carol, NOW + timedelta(seconds=1))
    greet = mails.greeted_name

    def fail_for_bob(reader: Profile | None) -> str:
        if reader == bob:
            raise KeyError("bob")
        return greet(reader)

    monkeypatch.setattr(mails, "greeted_name", fail_for_bob)
    assert send_due(NOW + LATER) == 1
    assert [letter.to for letter in mail.outbox] == [["carol@example.org"]]
    assert bob.notices.get().last_error == OUR_FAULT % {"what": "KeyError"}
