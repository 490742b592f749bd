"""A picture of the web is fetched by the site, and becomes an upload like any other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client, override_settings

from profiles import sources
from profiles.errors import ExpectedError, Kind
from profiles.models import Avatar, Profile
from profiles.testing.people import a_picture

pytestmark = pytest.mark.django_db
PICTURE, FETCH = "/settings/picture/", "/settings/picture/fetch/"
PNG = a_picture("PNG")
WEB = {
    "https://pictures.example/me.png": PNG,
    "https://pictures.example/page": b"<html>no picture</html>",
}


def fetch_from_memory(address: str) -> bytes:
    """The fetcher of a host project."""
    if address not in WEB:
        raise ExpectedError("pictures.example answered with status 404.", Kind("bad-response", "Bad response", 502))
    return WEB[address]


@pytest.fixture
def her(client: Client, alice: Profile) -> Iterator[Client]:
    before = list(sources._fetchers)
    sources.register_picture_fetcher(f"{__name__}.fetch_from_memory")
    client.force_login(alice.user)
    yield client
    sources._fetchers[:] = before


def test_a_script_gets_the_bytes_of_the_picture_and_nothing_runs_in_them(her: Client) -> None:
    answer = her.post(FETCH, {"address": " https://pictures.example/me.png "})
    assert (answer.status_code, answer["Content-Type"], answer.content) == (200, "image/png", PNG)
    assert "sandbox" in answer["Content-Security-Policy"]
    assert (answer["X-Content-Type-Options"], answer["Cache-Control"]) == ("nosniff", "private, no-store")


@pytest.mark.parametrize(
    ("address", "status", "reason"),
    [
        ("https://pictures.example/page", 422, "JPEG, PNG, GIF, WebP, AVIF, HEIC and BMP"),
        ("https://pictures.example/gone", 502, "answered with status 404"),
        ("", 422, "This field is required"),
        ("x" * 3000, 422, "at most 2048 characters"),
    ],
)
def test_what_is_no_picture_is_refused_with_the_reason(her: Client, address: str, status: int, reason: str) -> None:
    answer = her.post(FETCH, {"address": address})
    assert answer.status_code == status
    assert reason in answer.json()["detail"]


def test_without_scripts_the_address_is_enough(her: Client, alice: Profile) -> None:
    assert 'name="address"' in her.get(PICTURE).content.decode()
    assert her.post(PICTURE, {"address": "https://pictures.example/me.png"})["Location"] == PICTURE
    assert Avatar.objects.get().image.source_format == "png"
    refused = her.post(PICTURE, {"address": "https://pictures.example/gone"})
    assert refused.status_code == 502
    assert "answered with status 404" in refused.context["form"].errors["address"][0]
    for nothing in ("", " \t "):
        empty = her.post(PICTURE, {"address": nothing})
        assert (empty.status_code, empty.context["form"].errors["content"]) == (422, ["Choose a picture first."])


def test_a_site_that_fetches_no_pictures_says_so_of_an_address(her: Client) -> None:
    sources._fetchers.clear()
    refused = her.post(PICTURE, {"address": "https://pictures.example/me.png"})
    assert refused.status_code == 422
    assert refused.context["form"].errors["content"][0].startswith("This site takes no pictures from web addresses.")
    assert her.post(PICTURE, {"address": " "}).context["form"].errors["content"] == ["Choose a picture first."]


def test_a_person_may_fetch_as_many_an_hour_as_they_may_upload(her: Client) -> None:
    with override_settings(AVATAR_UPLOADS_PER_HOUR=1):
        assert her.post(FETCH, {"address": "https://pictures.example/me.png"}).status_code == 200
        assert her.post(FETCH, {"address": "https://pictures.example/me.png"}).status_code == 429


def test_where_nothing_fetches_no_address_is_asked_for(her: Client) -> None:
    sources._fetchers.clear()
    assert 'name="address"' not in her.get(PICTURE).content.decode()
    assert her.post(FETCH, {"address": "https://pictures.example/me.png"}).status_code == 404


def test_strangers_fetch_nothing(client: Client, alice: Profile) -> None:
    assert client.post(FETCH, {"address": "https://pictures.example/me.png"}).status_code == 302
