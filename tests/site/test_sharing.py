"""What chats, search engines and phones read of the site's pages."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from html import unescape
from io import BytesIO

import pytest
from django.test import Client
from django.utils import timezone
from PIL import Image

from profiles.images.card import Card, draw_card
from profiles.models import Profile
from profiles.testing.people import a_person, a_picture, an_upload
from tests.kit.token_pictures import a_token_picture

pytestmark = pytest.mark.django_db
ORIGIN = "http://localhost:8000"


@pytest.fixture
def alice() -> Profile:
    profile = a_person("alice")
    profile.display_name = 'Al "ice" </script><b>'
    profile.save()
    return profile


def head_of(client: Client, path: str) -> dict[str, str]:
    """Return what the page's head says, by the name or property of each meta element."""
    page = client.get(path).content.decode().partition("</head>")[0]
    found = re.findall(r'<meta (?:name|property)="([^"]+)"[^>]* content="([^"]*)"', page)
    canonical = re.findall(r'<link rel="canonical" href="([^"]*)"', page)
    return {name: unescape(value) for name, value in found} | {"canonical": "".join(canonical)}


def test_a_link_to_a_person_has_their_name_words_and_card(client: Client, alice: Profile, settings: object) -> None:
    an_upload(alice)
    head = head_of(client, "/u/alice/")
    origin = head["canonical"].removesuffix("/u/alice/")
    assert head["og:title"] == alice.name
    assert head["og:description"] == head["description"] == f"{alice.name} has a profile picture on avatarsite."
    assert head["og:image"] == f"{origin}/u/alice/card.jpg"
    assert head["og:image:alt"]
    assert head["twitter:card"] == "summary_large_image"
    assert "robots" not in head


def test_the_words_are_the_persons_own_and_short(client: Client, alice: Profile) -> None:
    alice.bio = "Paints\nwith shapes. " * 13
    alice.save()
    about = head_of(client, "/u/alice/")["og:description"]
    assert about.startswith("Paints with shapes.")
    assert len(about) <= 200


def test_programs_read_the_person_whatever_their_name_holds(client: Client, alice: Profile) -> None:
    page = client.get("/u/alice/").content.decode()
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    person = json.loads(found[1])["mainEntity"]
    assert (person["name"], person["alternateName"]) == (alice.name, "alice")
    assert 'class="public h-card"' in page


@pytest.mark.parametrize("path", ["/settings/profile/", "/accounts/login/"])
def test_pages_of_one_visit_are_for_no_search_engine(client: Client, alice: Profile, path: str) -> None:
    client.force_login(alice.user)
    if path == "/accounts/login/":
        client.logout()
    assert head_of(client, path).get("robots") == "noindex"


def test_the_card_is_a_small_jpeg_that_shows_the_picture(client: Client, alice: Profile) -> None:
    an_upload(alice)
    response = client.get("/u/alice/card.jpg")
    with Image.open(BytesIO(response.content)) as card:
        assert (card.format, card.size) == ("JPEG", (1200, 630))
    assert len(response.content) < 200_000
    assert "max-age" in response["Cache-Control"]
    again = client.get("/u/alice/card.jpg", headers={"if-none-match": response["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_card_without_a_picture_has_the_initials(client: Client, alice: Profile) -> None:
    assert client.get("/u/alice/card.jpg").status_code == 200
    assert client.get("/u/nobody/card.jpg").status_code == 404


def test_a_card_is_verified_only_while_the_mark_holds_and_names_the_day(alice: Profile) -> None:
    from profiles.serving.card import card_of
    from profiles.serving.showing import shown_picture

    now = timezone.now()
    a_token_picture(alice, now)
    alice.refresh_from_db()
    day = f"{now:%-d %B %Y}"
    assert card_of(alice, shown_picture(alice, now)).card.mark == f"Verified NFT on {day}"
    assert card_of(alice, shown_picture(alice, now + timedelta(hours=2))).card.mark == ""


@pytest.mark.parametrize("name", ["Mira Sol", "山田太郎", "Wolfe" * 40, "\U0001f98a", "", "a\u202eb"])
def test_any_name_fits_the_card(name: str) -> None:
    with Image.open(BytesIO(draw_card(Card(name, "mira", "avatarsite", "Verified"), a_picture()))) as card:
        assert card.size == (1200, 630)
        margin = card.crop((1150, 0, 1200, 500)).convert("L").tobytes()
    assert min(margin) > 200, "nothing is written beyond the edge"


def test_phones_and_password_managers_find_what_they_look_for(client: Client, alice: Profile) -> None:
    manifest = client.get("/manifest.webmanifest")
    assert manifest["Content-Type"] == "application/manifest+json"
    icons = {(icon["sizes"], icon["purpose"]) for icon in manifest.json()["icons"]}
    assert ("512x512", "maskable") in icons
    for path in ("/favicon.ico", "/apple-touch-icon.png"):
        assert client.get(path).status_code == 302
    assert client.get("/.well-known/change-password")["Location"] == "/accounts/password/change/"
    robots = client.get("/robots.txt").content.decode()
    assert "Disallow: /settings/" in robots
    assert "admin" not in robots
