"""The page on which people make and revoke tokens: plain forms."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from profiles.models import ApiToken, Profile
from profiles.people.api_tokens import MAX_LIVE, digest_of
from profiles.testing.api_client import CURRENT, Program, a_secret
from profiles.testing.people import a_person

PAGE = "/settings/api/"


@pytest.fixture
def her(client: Client, alice: Profile) -> Client:
    client.force_login(alice.user)
    return client


def text_of(answer: Any) -> str:
    return unescape(answer.content.decode())


def make(browser: Client, **fields: Any) -> Any:
    return browser.post(PAGE, {"name": "Backup", "scopes": ["read", "write"], "days": "30"} | fields)


def test_a_new_token_is_shown_once_and_works(her: Client) -> None:
    answer = make(her)
    found = re.findall(r"avs_[0-9A-Za-z]{32}", answer.content.decode())
    assert len(set(found)) == 1
    assert "no-store" in answer["Cache-Control"]
    token = ApiToken.objects.get()
    assert (token.name, token.scopes, token.digest) == ("Backup", "read write", digest_of(found[0]))
    assert token.expires_at is not None
    assert (token.expires_at - token.created_at).days in {29, 30}
    assert Program(found[0]).get(CURRENT).status_code == 200
    again = her.get(PAGE)
    assert "avs_" not in text_of(again)
    assert "Backup" in text_of(again)
    assert "See my profile" in text_of(again)


def test_a_token_may_last_until_revoked(her: Client) -> None:
    make(her, days="")
    assert ApiToken.objects.get().expires_at is None
    assert "You revoke it" in text_of(her.get(PAGE))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": ""}, "This field is required."),
        ({"scopes": []}, "Choose at least one thing"),
        ({"scopes": ["admin"]}, "admin is not one of the available choices"),
        ({"days": "100000"}, "100000 is not one of the available choices"),
        ({"name": "\u202e"}, "needs a name"),
    ],
)
def test_a_form_that_can_not_be_is_explained(her: Client, fields: dict[str, Any], sentence: str) -> None:
    answer = make(her, **fields)
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert not ApiToken.objects.exists()


def test_too_many_tokens_are_explained(her: Client, alice: Profile) -> None:
    for _ in range(MAX_LIVE):
        a_secret(alice)
    assert f"You have {MAX_LIVE} tokens in use" in text_of(make(her))


def test_revoking_ends_a_token_at_once(her: Client, alice: Profile) -> None:
    program = Program(a_secret(alice))
    path = f"{PAGE}{ApiToken.objects.get().pk}/revoke/"
    assert f'action="{path}"' in text_of(her.get(PAGE))
    assert her.get(path).status_code == 405
    assert her.post(path)["Location"] == PAGE
    assert program.get(CURRENT).status_code == 401
    assert "No tokens" in text_of(her.get(PAGE))


def test_nobody_revokes_anothers_token(client: Client, alice: Profile) -> None:
    program = Program(a_secret(alice))
    client.force_login(a_person("charlie").user)
    for token_id in (ApiToken.objects.get().pk, uuid4()):
        assert client.post(f"{PAGE}{token_id}/revoke/").status_code == 404
    assert program.get(CURRENT).status_code == 200


def test_names_are_shown_as_text(her: Client) -> None:
    assert "<script>x" not in make(her, name="<script>x").content.decode()


def test_the_page_is_for_its_owner_with_the_pages_token(alice: Profile) -> None:
    browser = Client(enforce_csrf_checks=True)
    assert browser.get(PAGE)["Location"].startswith("/accounts/login/")
    browser.force_login(alice.user)
    assert make(browser).status_code == 403
    assert not ApiToken.objects.exists()


def test_the_page_about_the_api_is_for_everybody(client: Client, alice: Profile) -> None:
    for _ in range(2):
        answer = client.get("/api/")
        assert answer.status_code == 200
        assert "PUT /api/v1/me/picture" in text_of(answer)
        assert 'curl -X PUT "http://localhost:8000/api/v1/me/picture' in text_of(answer)
        assert 'href="/problems/"' in text_of(answer)
        client.force_login(alice.user)
