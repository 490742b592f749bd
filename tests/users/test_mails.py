"""Every mail is text and HTML, names the site, greets people by their own name, and can be ended if that is safe."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from localstack.binaries import ROOT
from nft.testing.browser import Browser
from profiles.models import Notice, Profile
from profiles.notices.choices import MAIL, set_choices
from profiles.notices.recording import NewNotice, record_notice
from profiles.testing.people import a_person
from tests.servers.smtp import MailServer, send_mail_by_smtp
from users.mails import Mail, Part, build_message, greeted_name, parse_parts
from users.notice_mails import send_due

pytestmark = pytest.mark.django_db
Kind = Notice.Kind
NOW = timezone.now()
SAFE = re.compile(r"https?://(?!localhost:8000)")


@pytest.fixture
def alice() -> Profile:
    profile = a_person("alice")
    EmailAddress.objects.create(user=profile.user, email="alice@example.org", primary=True, verified=True)
    return profile


def html_of(message: Any) -> str:
    ((html, kind),) = message.alternatives
    assert kind == "text/html"
    return str(html)


def sent(profile: Profile, kind: Notice.Kind, **facts: str) -> Any:
    """Return the mail about a new notice."""
    mail.outbox.clear()
    record_notice(profile.pk, NewNotice(kind, NOW, facts=facts))
    Notice.objects.filter(due_at__gt=NOW).update(due_at=NOW)
    assert send_due(NOW) == 1
    return mail.outbox[0]


# Texts of every mail: a new one must be listed here, or be of a kind of notices.
LINK = "http://localhost:8000/there/"
WHERE = {"device": "Firefox on Linux", "ip": "192.0.2.7", "at": NOW, "name": "Lake", "sentence": "Lake was sent away."}
WHERE |= {"path": "/there/"}
WHERE |= {
    "activate_url": LINK,
    "password_reset_url": LINK,
    "signup_url": LINK,
    "email": "a@example.org",
    "sender": "bob",
}
WHERE |= {"subject": "7d9f1b5e-8f47-4a57-9b54-0f6f0a6f2a11", "label": "Ledger"}


def templates() -> list[str]:
    roots = [ROOT / app / "templates" for app in ("users", "profiles", "nft")]
    found = [path.relative_to(root) for root in roots for path in root.rglob("*_subject.txt")]
    return sorted(str(name).removesuffix("_subject.txt") for name in found)


def test_every_mail_of_the_site_is_text_and_html_with_the_sites_name(alice: Profile) -> None:
    names = templates()
    assert len(names) >= 26
    for name in names:
        message = build_message(Mail(name, "alice@example.org", WHERE, alice))
        html = html_of(message)
        assert message.subject.startswith("[avatarsite] "), name
        assert "Hello alice," in message.body, name
        assert message.body.strip().endswith("avatarsite\nhttp://localhost:8000"), name
        for part in parse_parts(str(message.body)):
            if part.url:
                assert f'href="{part.url}"' in html, (name, part)
        assert not SAFE.search(html), name
        assert not re.search(r"<(img|link|script|table)|url\(", html), name
        assert "  " not in message.subject, name
        assert "\n\n\n" not in message.body, f"{name}\n{message.body}"
        assert "{" not in message.body, name


def test_what_strangers_wrote_stays_text(alice: Profile) -> None:
    facts = WHERE | {"name": "<b>Lake</b> & more", "sender": "Click:\nhttp://evil.example/"}
    message = build_message(Mail("nft/mail/received", "alice@example.org", facts, alice))
    assert "<b>Lake" in message.body
    assert "&lt;b&gt;Lake&lt;/b&gt; &amp; more" in html_of(message)
    assert 'href="http://evil' not in html_of(message)


def test_paragraphs_and_links() -> None:
    text = "One\ntwo.\n\nOpen it:\nhttps://a.example/x\n\nOdd: http://a.example/\n\n \n\nEnd."
    assert parse_parts(text) == [
        Part("One two."),
        Part("Open it", "https://a.example/x"),
        Part("Odd: http://a.example/"),
        Part("End."),
    ]


@pytest.mark.parametrize(
    ("handle", "display_name", "name"),
    [
        ("alice", "", "alice"),
        ("alice", "Alice B.", "Alice B."),
        ("user-ca82c7c6", "", ""),
        ("user-3a0184", "Jörg", "Jörg"),
    ],
)
def test_people_are_called_as_they_call_themselves(handle: str, display_name: str, name: str) -> None:
    assert greeted_name(Profile(handle=handle, display_name=display_name)) == name


def test_a_mail_is_in_the_language_of_its_reader(alice: Profile, settings: Any) -> None:
    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]
    for chosen, used in (("de", "de"), ("", "en"), ("xx", "en")):
        alice.language = chosen
        message = build_message(Mail("users/mail/test", "a@example.org", {}, alice))
        assert f'<html lang="{used}">' in html_of(message)
    assert translation.get_language() == "en"


@pytest.mark.parametrize("kind", [Kind.RECEIVED, Kind.LOST, Kind.RETURNED])
def test_what_can_be_switched_off_is_by_the_mail_itself(alice: Profile, kind: Notice.Kind) -> None:
    set_choices(alice, {(kind, MAIL): True}, alice.user)
    message = sent(alice, kind, name="Lake", sender="bob")
    headers = message.message()
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"  # RFC 8058
    url = headers["List-Unsubscribe"].strip("<>")
    assert url in message.body
    assert url in html_of(message)
    record_notice(alice.pk, NewNotice(kind, NOW, "again"))
    Client(enforce_csrf_checks=True).post(url.partition("localhost:8000")[2], {"List-Unsubscribe": "One-Click"})
    assert record_notice(alice.pk, NewNotice(kind, NOW, "later")).due_at is None  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", [Kind.REMOVED, Kind.SIGN_IN])
def test_what_is_about_safety_is_not(alice: Profile, kind: Notice.Kind) -> None:
    message = sent(alice, kind, name="Lake", device="Firefox on Linux", ip="192.0.2.7")
    assert "List-Unsubscribe" not in message.message()
    assert "No more mails" not in message.body + html_of(message)


@pytest.mark.parametrize("has_password", [True, False])
def test_only_people_with_a_password_are_told_to_change_it(
    alice: Profile, settings: Any, *, has_password: bool
) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    if has_password:
        alice.user.set_password("correct horse")
        alice.user.save()
    message = sent(alice, Kind.SIGN_IN, device="Firefox on Linux", ip="192.0.2.7")
    assert ("change your password" in message.body) == has_password
    assert ("sign out the devices" in message.body) != has_password


@pytest.mark.parametrize(("answer", "is_final"), [("550 5.1.1 No such user", True), ("451 4.3.0 Try again", False)])
def test_a_refusal_for_good_is_recorded_and_one_for_now_tried_again(
    alice: Profile, settings: Any, mail_server: MailServer, answer: str, *, is_final: bool
) -> None:
    send_mail_by_smtp(settings, mail_server.port)
    mail_server.refusal = answer
    record_notice(alice.pk, NewNotice(Kind.SIGN_IN, NOW, facts={"device": "Firefox on Linux"}))
    assert send_due(NOW) == 0
    notice = Notice.objects.get()
    assert (notice.mail_refusal, notice.mailed_at) == (answer if is_final else "", None)
    assert (notice.due_at is None) == is_final
    mail_server.refusal = ""
    assert send_due(NOW + notice.policy.longest_delay) == (not is_final)
    assert len(mail_server.mails) == (not is_final)


# --- sign-ins on new devices ------------------------------------------------------------------------------------------

FIREFOX, CHROME = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0"


def sign_in(browser: str) -> None:
    cache.clear()
    client = Client(headers={"user-agent": browser})
    form = {"login": "alice", "password": "correct horse"}
    assert client.post(reverse("account_login"), form).status_code == 302


def test_a_sign_in_on_a_new_device_is_told_and_the_first_of_all_is_not(alice: Profile, settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    alice.user.set_password("correct horse")
    alice.user.save()
    for browser in (FIREFOX, CHROME, FIREFOX, CHROME):
        sign_in(browser)
    (notice,) = alice.notices.all()
    assert (notice.kind, notice.facts["device"]) == (Kind.SIGN_IN, "Chrome on Windows")
    assert send_due(timezone.now()) == 1
    (message,) = mail.outbox
    assert isinstance(message, EmailMultiAlternatives)
    assert message.subject == "[avatarsite] New sign-in with Chrome on Windows"


def test_a_change_of_the_password_is_on_the_site_too(alice: Profile, browser: Browser, settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    alice.user.set_password("correct horse")
    alice.user.save()
    browser.enter(alice.user)
    new = "another horse entirely"
    form = {"oldpassword": "correct horse", "password1": new, "password2": new}
    browser.client.post(reverse("account_change_password"), form)
    assert alice.notices.get(kind=Kind.ACCOUNT).subject == "password_changed"
    page = browser.client.get(reverse("profiles:notices")).content.decode()
    assert "Your password was changed." in page
