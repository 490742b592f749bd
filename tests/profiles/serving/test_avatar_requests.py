"""Stand-ins, formats and limits of `/avatar/<id>`, as Gravatar's and Libravatar's clients ask for them."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from django.db.models import Q
from django.test import Client
from PIL import Image
from pytest_django import Settings

from profiles import sources
from profiles.images.fallback import FallbackStyle, draw_fallback
from profiles.images.formats import OutputFormat
from profiles.models import Profile
from profiles.serving import content
from profiles.serving.content import Drawing
from profiles.testing.people import a_picture, an_animation, an_upload

pytestmark = pytest.mark.django_db
ADDRESS = "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045"


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "_recent", type(content._recent)(content.CACHE_BYTES))


def decoded(response: Any) -> Image.Image:
    return Image.open(BytesIO(response.content))


@pytest.mark.parametrize("path", [ADDRESS, ADDRESS.lower(), f"eip155:1:{ADDRESS}"])
@pytest.mark.parametrize("style", ["blockies", "jazzicon"])
def test_an_address_is_drawn_as_wallets_draw_it(client: Client, db: None, path: str, style: str) -> None:
    drawn = draw_fallback(ADDRESS.lower(), 64, FallbackStyle(style), OutputFormat.PNG).data
    assert client.get(f"/avatar/{path}.png?s=64&d={style}").content == drawn


def test_it_is_the_address_that_is_drawn_whoever_holds_it(client: Client, alice: Profile) -> None:
    nobodys = client.get(f"/avatar/{ADDRESS}.png?d=blockies").content
    sources.register_identifier_resolver("address", {ADDRESS: Q(pk=alice.pk)}.get)
    assert client.get(f"/avatar/{ADDRESS}.png?d=blockies").content == nobodys
    an_upload(alice)
    assert client.get(f"/avatar/{ADDRESS}.png?d=blockies").content != nobodys
    assert client.get(f"/avatar/{ADDRESS}.png?d=blockies&f=y").content == nobodys


@pytest.mark.parametrize(
    ("asked", "drawn"),
    [
        ("mm", "mp"),
        ("robohash", "retro"),
        ("pagan", "retro"),
        ("monsterid", "shapes"),
        ("wavatar", "shapes"),
        ("RETRO", "retro"),
    ],
)
def test_what_we_do_not_draw_gets_the_nearest_we_do(client: Client, db: None, asked: str, drawn: str) -> None:
    assert client.get(f"/avatar/nobody.png?d={asked}").content == client.get(f"/avatar/nobody.png?d={drawn}").content


def test_blank_lets_the_page_show_through(client: Client, db: None) -> None:
    assert decoded(client.get("/avatar/nobody.png?d=blank")).getchannel("A").getextrema() == (0, 0)
    assert decoded(client.get("/avatar/nobody.jpg?d=blank")).getextrema() == ((255, 255),) * 3


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/a.png",
        "https://pictures.example.evil.org/a.png",
        "https://pictures.example:8443/a.png",
        "https://user@pictures.example/a.png",
        "https://evil.example\\@pictures.example/a.png",
        "//pictures.example/a.png",
        "https://pictures.example/a\r\nSet-Cookie: x=y",
        "http://[pictures.example/",
        "HTTPS:pictures.example",
        "https://pictures.example/" + "a" * 1000,
    ],
)
def test_nobody_is_sent_elsewhere_unless_the_host_is_trusted(
    client: Client, db: None, settings: Settings, url: str
) -> None:
    settings.AVATAR_DEFAULT_URL_HOSTS = ["pictures.example"]
    response = client.get("/avatar/nobody", {"d": url})
    assert (response.status_code, response["Content-Type"]) == (200, "image/png")


def test_a_trusted_host_is_where_a_client_is_sent(client: Client, alice: Profile, settings: Settings) -> None:
    settings.AVATAR_DEFAULT_URL_HOSTS = ["Pictures.example", "localhost:8080"]
    for url in ("https://pictures.example/a.png?s=1&x=%20", "http://localhost:8080/b"):
        response = client.get("/avatar/nobody", {"d": url})
        assert (response.status_code, response["Location"]) == (302, url)
    an_upload(alice)
    assert client.get("/avatar/alice", {"d": "https://pictures.example/a.png"}).status_code == 200
    assert client.get("/avatar/alice", {"d": "https://pictures.example/a.png", "f": "y"}).status_code == 302


@pytest.mark.parametrize("query", ["f=y", "forcedefault=y", "forcedefault=1"])
def test_the_stand_in_can_be_forced_by_either_name(client: Client, alice: Profile, query: str) -> None:
    an_upload(alice)
    assert client.get(f"/avatar/alice.png?d=404&{query}").status_code == 404


@pytest.mark.parametrize(
    ("accept", "fmt"),
    [
        ("image/avif,image/webp,image/apng,image/*,*/*;q=0.8", "WEBP"),
        ("image/avif;q=0.9,image/webp;q=0.5,*/*;q=0.1", "AVIF"),
        ("image/avif,*/*", "AVIF"),
        ("image/png", "PNG"),
        ("image/jpeg, image/png;q=0.5", "JPEG"),
        ("image/webp;q=0.2, image/png", "PNG"),
        ("text/html", "JPEG"),
        ("image/webp;q=0", "JPEG"),
        ("", "JPEG"),
        ("image/webp;q=many,*/*;q=0.1", "WEBP"),
        (",;,q=1;;image/webp" + "x" * 5000, "JPEG"),
    ],
)
def test_the_best_liked_format_is_sent(client: Client, alice: Profile, accept: str, fmt: str) -> None:
    an_upload(alice, a_picture("JPEG"))
    response = client.get("/avatar/alice", headers={"accept": accept})
    assert decoded(response).format == fmt
    assert response["Vary"] == "Accept"


def test_what_does_not_depend_on_accept_does_not_vary(client: Client, alice: Profile) -> None:
    for path in ("/avatar/alice.png", "/avatar/alice.json"):
        assert "Vary" not in client.get(path)


def test_an_animation_stands_still_in_formats_that_do_not_move(client: Client, alice: Profile) -> None:
    an_upload(alice, an_animation())
    for accept in ("image/png", "image/avif"):
        assert getattr(decoded(client.get("/avatar/alice", headers={"accept": accept})), "n_frames", 1) == 1


def test_only_drawing_and_encoding_count_against_the_limit(client: Client, alice: Profile, settings: Settings) -> None:
    settings.AVATAR_DRAWINGS_PER_HOUR = 2
    an_upload(alice)
    etag = f'"{Drawing("nobody-3", 96, FallbackStyle.SHAPES, OutputFormat.PNG).tag}"'
    assert client.get("/avatar/nobody-1.png").status_code == 200
    assert client.get("/avatar/alice.jpg").status_code == 200
    plain = client.get("/avatar/nobody-3.png")
    assert (plain.status_code, plain["Content-Type"], plain["Cache-Control"]) == (200, "image/png", "no-store")
    assert plain.content == client.get("/avatar/nobody-4.png").content, "the same for everybody"
    assert 0 < int(plain["Retry-After"]) <= 3600
    assert plain["RateLimit-Policy"] == '"drawings";q=2;w=3600'
    assert plain["RateLimit"] == f'"drawings";r=0;t={plain["Retry-After"]}'
    for path in ("/avatar/alice.png", "/avatar/alice?s=80", "/avatar/alice?fit=contain", "/avatar/alice.avif"):
        nearest = client.get(path)
        assert (nearest.status_code, nearest["Cache-Control"]) == (200, "no-store")
        assert nearest["Content-Type"] == "image/webp", "as it is stored"
    for path in ("/avatar/nobody-1.png", "/avatar/alice.jpg", "/avatar/alice.webp", "/avatar/alice.json"):
        assert client.get(path).status_code == 200
    assert client.get("/avatar/nobody-3.png", headers={"if-none-match": etag}).status_code == 304
    assert client.get("/avatar/nobody-3.png", REMOTE_ADDR="203.0.113.7").status_code == 200


def test_an_unchanged_receipt_is_not_sent_again(client: Client, alice: Profile) -> None:
    an_upload(alice)
    etag = client.get("/avatar/alice.json")["ETag"]
    again = client.get("/avatar/alice.json", headers={"if-none-match": etag})
    assert (again.status_code, again.content) == (304, b"")
    an_upload(alice)
    assert client.get("/avatar/alice.json", headers={"if-none-match": etag}).status_code == 200


def test_a_304_says_nothing_of_a_length_it_does_not_know(client: Client, alice: Profile) -> None:
    an_upload(alice)
    etag = client.get("/avatar/alice")["ETag"]
    response = client.get("/avatar/alice", headers={"if-none-match": etag})
    assert response.status_code == 304
    assert not {"Content-Length", "Content-Type"} & set(response.headers)
