"""The mark says the truth in words: which collection, on which chain, and "held by delegation" only where it is so."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.template import Context, Template
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from avatarsite import home_page
from nft.claims.provenance import describe_mark
from profiles.models import Avatar, Profile
from profiles.notices.kinds import PATIENCE
from profiles.pictures.rights import withdraw_avatar
from profiles.presenters import pictures
from profiles.serving.showing import shown_picture
from profiles.testing.people import a_person, an_upload
from tests.kit.token_pictures import ASSET, a_token_picture
from users.notice_mails import send_due

ROOT = Path(__file__).resolve().parents[2]
OF_AVATARS = "Verified NFT of “Avatars” on Local chain"
DELEGATED = f"{OF_AVATARS}, held by delegation"
STORED: dict[str, Any] = {"asset_id": ASSET, "collection": "Avatars"}
#: What is stored about the delegation, and what may be said of it.
CASES = [
    ({"by_delegation": True}, DELEGATED),
    ({"by_delegation": False}, OF_AVATARS),
    ({}, OF_AVATARS),
    ({"by_delegation": None}, OF_AVATARS),
]


def a_mark(profile: Profile, said: dict[str, Any]) -> Avatar:
    avatar = a_token_picture(profile, timezone.now())
    Avatar.objects.filter(pk=avatar.pk).update(provenance={**STORED, **said})
    return Avatar.objects.get(pk=avatar.pk)


@pytest.mark.django_db
@pytest.mark.parametrize(("said", "words"), CASES)
def test_pages_labels_and_json_say_the_same(client: Client, said: dict[str, Any], words: str) -> None:
    alice = a_person()
    a_mark(alice, said)
    client.force_login(alice.user, "django.contrib.auth.backends.ModelBackend")
    for address in ("/u/alice/", "/u/alice/receipt/", reverse("profiles:picture"), "/"):
        page = client.get(address).content.decode()
        assert re.findall(r'class="avatar-mark" role="img" aria-label="([^"]*)"\s+title="([^"]*)"', page), address
        assert set(re.findall(r'(?:aria-label|title)="(Verified[^"]*)"', page)) == {words}, address
        assert ("delegation" in page) == ("delegation" in words), address
    assert f'<span class="pill pill-good">{words}</span>' in client.get("/u/alice/").content.decode()
    assert words in client.get(reverse("profiles:picture")).content.decode()
    assert client.get("/api/v1/profiles/alice").json()["mark_text"] == words


@pytest.mark.django_db
@pytest.mark.parametrize(("said", "words"), CASES)
def test_a_mail_about_a_lost_mark_names_what_it_said(said: dict[str, Any], words: str) -> None:
    alice = a_person()
    EmailAddress.objects.create(user=alice.user, email="alice@example.org", primary=True, verified=True)
    lost_at = timezone.now() - 2 * PATIENCE
    withdraw_avatar(a_mark(alice, said).pk, "The token was transferred away.", lost_at=lost_at)
    assert send_due(timezone.now()) == 1
    assert f"Until then its mark said: {words}." in str(mail.outbox[0].body)


@pytest.mark.django_db
def test_without_a_mark_nothing_is_said(client: Client) -> None:
    alice = a_person()
    an_upload(alice)
    answer = client.get("/api/v1/profiles/alice").json()
    assert (answer["mark"], answer["mark_text"]) == (False, "")
    assert "Verified" not in client.get("/u/alice/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(("said", "words"), CASES)
def test_the_home_page_tells_its_person_who_holds_the_token(said: dict[str, Any], words: str) -> None:
    alice = a_person()
    a_mark(alice, said)
    shown = shown_picture(Profile.objects.get(pk=alice.pk), timezone.now())
    is_delegated = "delegation" in words
    assert ("a vault holds it for you" in home_page.greeting(shown)) == is_delegated
    assert ("vault" in pictures.shown_note(shown, has_chosen=True, on_loss="").text) == is_delegated


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        (None, "Verified NFT"),
        ({}, "Verified NFT"),
        ({"asset_id": "club/7"}, "Verified NFT"),
        ({"asset_id": ASSET}, "Verified NFT on Local chain"),
        ({"asset_id": ASSET.replace("31337", "424242")}, "Verified NFT on Chain 424242"),
        ({"asset_id": ASSET, "by_delegation": "no"}, "Verified NFT on Local chain"),
        ({"asset_id": ASSET, "by_delegation": True}, "Verified NFT on Local chain, held by delegation"),
        (
            {"asset_id": ASSET, "collection": "Apes” on Ethereum, held by “x"},
            "Verified NFT of “Apes' on Ethereum, held by 'x” on Local chain",
        ),
        ({"asset_id": ASSET, "collection": "Ä" * 200}, f"Verified NFT of “{'Ä' * 80}” on Local chain"),
    ],
)
def test_what_is_not_stored_is_not_said(stored: dict[str, Any] | None, words: str) -> None:
    assert describe_mark(Avatar(source="nft", provenance=stored)) == words


def test_a_name_with_markup_stays_text() -> None:
    avatar = {"mark": 'Verified NFT of “<b onclick="x">”', "url": "", "size": 96, "alt": ""}
    html = Template('{% include "profiles/components/avatar.html" %}').render(Context(avatar))
    assert "<b" not in html
    assert html.count("&lt;b onclick=&quot;x&quot;&gt;") == 2


def test_no_template_splits_prose_at_commas() -> None:
    """`yesno` and `pluralize` split their argument at every comma, so a sentence in one is torn apart."""
    splits = re.compile(r"\|(?:yesno|pluralize):\s*(\"[^\"]*\"|'[^']*')")
    torn = [
        f"{path.name}: {argument}"
        for path in [*ROOT.glob("templates/**/*.*"), *ROOT.glob("*/templates/**/*.*")]
        for argument in splits.findall(path.read_text("utf-8"))
        if any(not part.strip() or part != part.strip() for part in argument[1:-1].split(","))
    ]
    assert torn == []
