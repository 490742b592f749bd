"""Pages are in the language of the person, of the browser or of the request, and caches and programs can tell."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.utils import formats, timezone, translation

from profiles.models import Notice, Profile
from profiles.notices.recording import NewNotice, record_notice
from profiles.presenters.script_words import read_words, texts_of
from profiles.testing.people import a_person, an_upload
from tests.kit.texts import SCRIPTS, marked_in_script, templates
from users.devices import device_name, shown_device
from users.mails import language_of
from users.notice_mails import send_due

pytestmark = pytest.mark.django_db
GERMAN = {"accept-language": "de-AT,de;q=0.9,en;q=0.5"}
OURS = {"origin": "http://localhost:8000"}


@pytest.fixture
def alice() -> Profile:
    return a_person("alice")


def language_and_title(client: Client, path: str = "/accounts/login/", **headers: str) -> tuple[str, bool]:
    """Return what the page says of its language, and whether its text is German."""
    answer = client.get(path, headers=headers)
    text = answer.content.decode()
    assert f'<html lang="{answer["Content-Language"]}" dir="ltr">' in text
    return answer["Content-Language"], "Anmelden" in text or "Abmelden" in text


@pytest.mark.parametrize(
    ("asked", "spoken"),
    [
        ("de", "de"),
        ("de-CH, en;q=0.4", "de"),
        ("fr, de;q=0.5", "de"),
        ("en-GB, de", "en"),
        ("fr", "en"),
        ("", "en"),
        ("x" * 900, "en"),
    ],
)
def test_a_guest_gets_the_language_that_the_browser_asks_for(client: Client, asked: str, spoken: str) -> None:
    assert language_and_title(client, **{"accept-language": asked}) == (spoken, spoken == "de")


def test_the_choice_at_the_foot_is_kept_in_the_browser(client: Client, settings: Any) -> None:
    back = client.post(
        "/language/", {"language": "de", "next": "/help/"}, headers=OURS | {"referer": f"{OURS['origin']}/help/?a=1"}
    )
    assert back["Location"] == f"{OURS['origin']}/help/?a=1"
    cookie = client.cookies[settings.LANGUAGE_COOKIE_NAME]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert language_and_title(client) == ("de", True)
    client.post("/language/", {"language": "en"}, headers=OURS)
    assert language_and_title(client, **GERMAN) == ("en", False)


def test_the_choice_of_a_person_holds_on_every_device_and_can_be_taken_back(client: Client, alice: Profile) -> None:
    client.force_login(alice.user)
    client.post("/language/", {"language": "de", "settings": "1", "next": "/settings/profile/"}, headers=OURS)
    alice.refresh_from_db()
    assert alice.language == "de"
    assert "Deine Auswahl ist gespeichert." in client.get("/settings/profile/").content.decode()
    elsewhere = Client()
    elsewhere.force_login(alice.user)
    assert language_and_title(elsewhere, "/") == ("de", True)
    elsewhere.post("/language/", {"language": "", "settings": "1"}, headers=OURS)
    assert language_and_title(elsewhere, "/") == ("en", False)
    assert language_and_title(elsewhere, "/", **GERMAN) == ("de", True)


@pytest.mark.parametrize(
    "headers", [{}, {"origin": "https://evil.example"}, {"origin": "null"}, OURS | {"sec-fetch-site": "cross-site"}]
)
def test_no_other_site_changes_it(client: Client, alice: Profile, headers: dict[str, str]) -> None:
    client.force_login(alice.user)
    assert client.post("/language/", {"language": "de"}, headers=headers).status_code == 403
    alice.refresh_from_db()
    assert alice.language == ""


def test_a_language_that_is_none_and_a_way_off_the_site_are_refused(client: Client) -> None:
    assert client.post("/language/", {"language": "xx"}, headers=OURS).status_code == 400
    away = {"language": "de", "next": "//evil.example/"}
    assert client.post("/language/", away, headers=OURS | {"referer": "https://evil.example/"})["Location"] == "/"
    assert client.get("/language/").status_code == 405


def test_a_public_page_is_kept_once_for_each_language(client: Client, alice: Profile) -> None:
    an_upload(alice)
    german, english = (Client().get("/u/alice/", headers={"accept-language": asked}) for asked in ("de", "en"))
    for answer in (german, english):
        assert answer["Cache-Control"].startswith("public, max-age=")
        assert "Accept-Language" in answer["Vary"]
        assert not answer.cookies
    assert "Dieses Bild verwenden" in german.content.decode()
    assert "Use this picture" in english.content.decode()
    assert 'id="words"' not in english.content.decode()


def test_what_programs_read_is_in_english_and_does_not_vary(client: Client, alice: Profile) -> None:
    an_upload(alice)
    for path in (
        "/api/v1/me/picture",
        "/api/v1/profiles/nobody",
        "/avatar/alice.json",
        "/avatar/alice?s=0",
        "/healthz",
    ):
        german, english = (client.get(path, headers={"accept-language": asked}) for asked in ("de", "en"))
        assert "Accept-Language" not in german.get("Vary", ""), path
        assert "Content-Language" not in german, path
        if german["Content-Type"] == "application/problem+json":
            assert german.content == english.content, path


def test_the_json_of_our_pages_is_in_the_language_of_the_page(client: Client) -> None:
    asked = {"accept": "application/json", **GERMAN}
    answer = client.get("/settings/picture/", headers=asked)
    assert answer.status_code == 401
    assert answer["Content-Language"] == "de"
    assert "Accept-Language" in answer["Vary"]


def test_nothing_of_a_request_is_left_for_the_next(client: Client) -> None:
    client.get("/help/", headers=GERMAN)
    assert translation.get_language() == "en"


def test_the_language_of_the_first_sign_in_becomes_that_of_the_mails(client: Client) -> None:
    form = {"username": "jana", "email": "jana@example.org", "password1": "correct horse battery"}
    client.post("/accounts/signup/", form, headers=GERMAN)
    assert "Bestätige deine E-Mail-Adresse" in mail.outbox[0].subject
    jana = Profile.objects.get(handle="jana")
    assert (jana.language, language_of(jana)) == ("de", "de")


def test_a_mail_about_a_sign_in_names_the_day_and_the_device_in_german(alice: Profile) -> None:
    EmailAddress.objects.create(user=alice.user, email="alice@example.org", primary=True, verified=True)
    Profile.objects.update(language="de")
    at = timezone.now()
    facts = {"device": "Firefox on Windows", "ip": "192.0.2.7"}
    record_notice(alice.pk, NewNotice(Notice.Kind.SIGN_IN, at, facts=facts))
    Notice.objects.update(due_at=at)
    assert send_due(at) == 1
    [message] = mail.outbox
    assert "Neue Anmeldung mit Firefox unter Windows" in message.subject
    with translation.override("de"):
        assert f"am {formats.date_format(at, 'DATETIME_FORMAT')} UTC" in message.body
    assert "Hallo alice," in message.body
    assert "Wenn du das nicht warst" in message.body


def test_days_numbers_and_devices_are_written_as_in_the_language() -> None:
    day = datetime(2026, 3, 5, 14, 7, tzinfo=UTC)
    for language, written in (("en", "5 Mar 2026, 14:07"), ("de", "5. März 2026, 14:07")):
        with translation.override(language):
            assert formats.date_format(day, "DATETIME_FORMAT") == written
    with translation.override("de"):
        assert formats.localize(1.5) == "1,5"
        assert shown_device(device_name("curl/8.5.0")) == "curl"
        assert shown_device(device_name("")) == "Ein Programm ohne Namen"


def test_each_text_of_a_script_is_on_the_pages_that_run_it() -> None:
    """What a page names in `script_words` is all that its scripts say, beside what `profiles` says on every page."""
    named, run = set(), set()
    for path in templates():
        source = path.read_text("utf-8")
        for tag in re.findall(r"{% script_words (.*?) %}", source):
            named |= set(re.findall(r"'([^']+)'|\"([^\"]+)\"", tag))
        run |= set(re.findall(r"{% static '([^']+/?js/[^']+)' %}", source))
    scripts = {one or other for one, other in named}
    said = {text for path in SCRIPTS for text in marked_in_script(path.read_text("utf-8"))}
    assert set().union(texts_of(), *map(texts_of, scripts)) == said
    assert said <= set(read_words("de"))
    assert {script for script in run if texts_of(script)} <= scripts | {"js/theme-early.js"}
    assert not texts_of() & texts_of("nft/js/sign-in.js")
