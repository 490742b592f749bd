"""`/avatar/<id>`, its receipt and the immutable bytes, as other software calls them."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.db.models import Q
from django.test import Client
from django.utils import timezone
from PIL import Image
from pytest_django import DjangoAssertNumQueries, Settings

from profiles import sources
from profiles.models import Avatar, Profile, Rendition
from profiles.pictures.history import remove_avatar
from profiles.store.squares import make_squares
from profiles.testing.people import a_picture, an_animation, an_upload
from profiles.testing.stores import FileStore
from tests.kit.token_pictures import a_token_picture

pytestmark = pytest.mark.django_db

WEBP = "image/avif,image/webp,image/apng,*/*;q=0.8"


def decoded(response: Any) -> Image.Image:
    return Image.open(BytesIO(response.content))


@pytest.mark.parametrize(
    ("asked", "side"),
    [("", 96), ("?s=1", 1), ("?s=32", 32), ("?size=33", 33), ("?s=200", 200), ("?s=1024", 240), ("?s=2048", 240)],
)
def test_a_size_is_served_exactly_and_nothing_is_enlarged(
    client: Client, alice: Profile, asked: str, side: int
) -> None:
    an_upload(alice, a_picture(size=(320, 240)))
    assert decoded(client.get(f"/avatar/alice{asked}")).size == (side, side)


@pytest.mark.parametrize("size", ["0", "1025", "-1", "1.5", "80px", "9999999999999999", "٣"])
def test_a_bad_size_is_no_broken_picture(client: Client, alice: Profile, size: str) -> None:
    an_upload(alice)
    response = client.get("/avatar/alice", {"s": size})
    assert response.status_code == 200
    assert decoded(response).size[0] in {1, 80, 96, 240}


@pytest.mark.parametrize("size", [80, 100, 150, 48, 31])
@pytest.mark.parametrize("fmt", ["webp", "png", "jpg", "gif"])
def test_exact_sizes_hold_for_pictures_and_drawings_in_every_format(
    client: Client, alice: Profile, size: int, fmt: str
) -> None:
    an_upload(alice, a_picture(size=(320, 320)))
    first = client.get(f"/avatar/alice.{fmt}?s={size}")
    assert decoded(first).size == decoded(client.get(f"/avatar/nobody.{fmt}?s={size}")).size == (size, size)
    again = client.get(f"/avatar/alice.{fmt}?s={size}", headers={"if-none-match": first["ETag"]})
    assert again.status_code == 304
    assert client.get(f"/avatar/alice.{fmt}?s={size + 1}")["ETag"] != first["ETag"]


def test_fit_shows_the_whole_picture_or_its_middle(client: Client, alice: Profile) -> None:
    an_upload(alice, a_picture(size=(320, 240)))
    sizes = {fit: decoded(client.get(f"/avatar/alice.png?s=160&fit={fit}")).size for fit in ("cover", "contain", "x")}
    assert sizes == {"cover": (160, 160), "contain": (160, 120), "x": (160, 160)}
    assert decoded(client.get("/avatar/alice?s=1024&fit=contain")).size == (320, 240)
    assert decoded(client.get("/avatar/nobody?s=160&fit=contain")).size == (160, 160)
    an_upload(alice, a_picture(size=(240, 240)))
    assert decoded(client.get("/avatar/alice.webp?s=128&fit=contain")).size == (128, 128)


def test_an_animation_in_an_exact_size_still_moves(client: Client, alice: Profile) -> None:
    an_upload(alice, an_animation())
    assert getattr(decoded(client.get("/avatar/alice.webp?s=80")), "n_frames", 1) > 1
    assert decoded(client.get("/avatar/alice.webp?s=80&still=1")).size == (80, 80)


@pytest.mark.parametrize("identifier", ["a b", "<script>", "a" * 129, "..", "@", "%00", "ä"])
def test_an_identifier_that_can_be_nobodys_is_drawn_like_nobody(client: Client, db: None, identifier: str) -> None:
    assert client.get(f"/avatar/{identifier}")["Content-Type"] == "image/png"
    assert client.get(f"/avatar/{identifier}?d=404").status_code == 404
    response = client.get(f"/avatar/{identifier}.json")
    assert (response.status_code, response.json()["type"]) == (400, "/problems/bad-identifier")


@pytest.mark.parametrize(
    ("suffix", "fmt"), [(".webp", "WEBP"), (".png", "PNG"), (".jpg", "JPEG"), (".jpeg", "JPEG"), (".avif", "AVIF")]
)
def test_a_suffix_decides_the_format(client: Client, alice: Profile, suffix: str, fmt: str) -> None:
    an_upload(alice)
    response = client.get(f"/avatar/alice{suffix}?s=64")
    assert decoded(response).format == fmt
    assert "Accept" not in response.get("Vary", "")


def test_without_a_suffix_the_client_decides(client: Client, alice: Profile) -> None:
    an_upload(alice, a_picture("JPEG"))
    assert decoded(client.get("/avatar/alice", headers={"accept": WEBP})).format == "WEBP"
    assert decoded(client.get("/avatar/alice", headers={"accept": "*/*"})).format == "JPEG"
    assert decoded(client.get("/avatar/alice", headers={"accept": "image/webp;q=0, */*"})).format == "JPEG"
    assert client.get("/avatar/alice")["Vary"] == "Accept"


def test_an_animation_moves_unless_still_is_asked(client: Client, alice: Profile) -> None:
    an_upload(alice, an_animation(frames=4))
    assert decoded(client.get("/avatar/alice.webp")).n_frames == 4  # type: ignore[attr-defined]
    assert getattr(decoded(client.get("/avatar/alice.webp?still=1")), "n_frames", 1) == 1
    assert decoded(client.get("/avatar/alice.png")).format == "PNG"


def test_the_answer_can_do_no_harm_anywhere(client: Client, alice: Profile) -> None:
    an_upload(alice)
    for path in ("/avatar/alice", "/avatar/alice.json", "/avatar/nobody?d=404", "/avatar/alice?s=0"):
        response = client.get(path)
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert response["Access-Control-Allow-Origin"] == "*"
        assert not response.cookies


def test_a_change_is_seen_in_less_than_five_seconds(client: Client, alice: Profile) -> None:
    an_upload(alice)
    first = client.get("/avatar/alice")
    max_age = int(first["Cache-Control"].split("max-age=")[1].split(",")[0])
    assert max_age < 5
    an_upload(alice)
    again = client.get("/avatar/alice", headers={"if-none-match": first["ETag"]})
    assert again.status_code == 200
    assert again.content != first.content


def test_what_the_client_has_is_not_sent_again_nor_read(client: Client, alice: Profile, store: FileStore) -> None:
    avatar = an_upload(alice)
    etag = client.get("/avatar/alice?s=64")["ETag"]
    for rendition in avatar.image.renditions.all():
        store.path(f"renditions/{rendition.sha256[:2]}/{rendition.sha256}.webp").unlink()
    response = client.get("/avatar/alice?s=64", headers={"if-none-match": etag})
    assert (response.status_code, response.content, response["ETag"]) == (304, b"", etag)
    assert response["Cache-Control"] == "public, max-age=3, must-revalidate, stale-if-error=60"


def test_formats_and_sizes_have_etags_of_their_own(client: Client, alice: Profile) -> None:
    an_upload(alice)
    paths = ("/avatar/alice.webp", "/avatar/alice.png", "/avatar/alice.png?s=32")
    assert len({client.get(path)["ETag"] for path in paths}) == 3


def test_head_tells_what_get_would_send(client: Client, alice: Profile) -> None:
    an_upload(alice)
    got, head = client.get("/avatar/alice.webp"), client.head("/avatar/alice.webp")
    assert (head.status_code, head.content) == (200, b"")
    assert head["ETag"] == got["ETag"]
    assert head["Content-Length"] == str(len(got.content))


def test_only_reading_is_allowed(client: Client, alice: Profile) -> None:
    for path in ("/avatar/alice", "/avatar/alice.json", f"/pictures/{'0' * 64}.webp"):
        assert client.post(path).status_code == 405
        assert client.delete(path).status_code == 405


def test_nobody_gets_a_drawing_and_404_where_asked(client: Client, db: None) -> None:
    response = client.get("/avatar/nobody-here?s=64", headers={"accept": WEBP})
    assert (response.status_code, decoded(response).size) == (200, (64, 64))
    again = client.get("/avatar/nobody-here?s=64", headers={"accept": WEBP, "if-none-match": response["ETag"]})
    assert again.status_code == 304
    missing = client.get("/avatar/nobody-here?d=404")
    assert (missing.status_code, missing.json()["type"]) == (404, "/problems/no-picture")


def test_who_has_no_picture_is_drawn_from_their_name(client: Client, alice: Profile, bob: Profile) -> None:
    assert client.get("/avatar/alice").content != client.get("/avatar/bob").content
    assert client.get("/avatar/alice?d=404").status_code == 404


@pytest.mark.parametrize("style", ["mp", "mm", "identicon", "retro", "initials", "robohash"])
def test_the_stand_ins_of_gravatar_are_known_by_name(client: Client, db: None, style: str) -> None:
    assert client.get(f"/avatar/nobody?d={style}").status_code == 200


def test_a_stand_in_from_another_site_is_not_shown_but_the_picture_or_a_drawing_is(
    client: Client, alice: Profile
) -> None:
    evil = {"d": "https://example.org/evil.png"}
    drawn = client.get("/avatar/nobody", evil)
    assert (drawn.status_code, drawn["Content-Type"]) == (200, "image/png")
    an_upload(alice)
    assert client.get("/avatar/alice", evil).content == client.get("/avatar/alice").content


def test_the_stand_in_can_be_forced(client: Client, alice: Profile) -> None:
    drawn = client.get("/avatar/alice").content
    an_upload(alice)
    assert client.get("/avatar/alice").content != drawn
    assert client.get("/avatar/alice?f=y").content == drawn


def test_a_handle_is_found_whatever_its_case(client: Client, alice: Profile) -> None:
    an_upload(alice)
    assert client.get("/avatar/Alice").content == client.get("/avatar/alice").content


def test_other_apps_may_know_more_names(client: Client, alice: Profile) -> None:
    an_upload(alice)
    known = {"0xA11CE": Q(user=alice.user), "0xnobody": Q(pk__in=[])}
    sources.register_identifier_resolver("address", known.get)
    assert client.get("/avatar/0xA11CE").content == client.get("/avatar/alice").content
    assert client.get("/avatar/0xnobody?d=404").status_code == 404
    assert client.get("/avatar/0xA11CE.json").json()["handle"] == "alice"


def test_a_picture_costs_two_queries_at_most(
    client: Client, alice: Profile, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    an_upload(alice)
    with django_assert_max_num_queries(2):
        client.get("/avatar/alice")
    a_token_picture(alice, timezone.now() - timedelta(days=2))  # stale: the upload stands in
    with django_assert_max_num_queries(2):
        assert client.get("/avatar/alice?d=404").status_code == 200
    with django_assert_max_num_queries(1):
        client.get(f"/avatar/{'5e' * 32}")
    with django_assert_max_num_queries(2):  # the second asks whether somebody left this handle
        client.get("/avatar/nobody-here")
    with django_assert_max_num_queries(4):
        client.get("/avatar/alice.json")


def test_a_stale_token_is_not_served(client: Client, alice: Profile) -> None:
    an_upload(alice)
    upload = client.get("/avatar/alice.webp").content
    a_token_picture(alice, timezone.now() - timedelta(days=2))
    assert client.get("/avatar/alice.webp").content == upload
    receipt = client.get("/avatar/alice.json").json()
    assert (receipt["source"], receipt["mark"]) == ("upload", False)


def test_the_receipt_tells_what_is_shown(client: Client, alice: Profile, settings: Settings) -> None:
    settings.SITE_ORIGIN = "https://pictures.example"
    avatar = a_token_picture(alice, timezone.now(), content=a_picture(size=(320, 240)))
    make_squares(avatar.image_id, timezone.now())
    response = client.get("/avatar/alice.json", headers={"host": "localhost"})
    receipt = response.json()
    assert response["Content-Type"] == "application/json"
    assert (
        receipt.items()
        >= {
            "handle": "alice",
            "source": "nft",
            "mark": True,
            "sha256": avatar.image.sha256,
            "type": "image/webp",
            "width": 320,
            "height": 240,
            "alt": "Token 1",
            "provenance": avatar.provenance,
            "url": "https://pictures.example/avatar/alice",
        }.items()
    )
    assert [size["size"] for size in receipt["sizes"]] == [32, 64, 96, 128, 192, 240]


def test_the_receipt_of_who_has_no_picture_and_of_nobody(client: Client, alice: Profile) -> None:
    assert client.get("/avatar/alice.json").json()["source"] is None
    assert client.get("/avatar/nobody.json").status_code == 404


def test_each_size_of_the_receipt_is_immutable_under_its_hash(client: Client, alice: Profile) -> None:
    an_upload(alice)
    for size in client.get("/avatar/alice.json").json()["sizes"]:
        response = client.get(size["url"].removeprefix("http://localhost:8000"))
        assert hashlib.sha256(response.content).hexdigest() == size["sha256"]
        assert response["Cache-Control"] == "public, max-age=31536000, immutable"
        assert response["Content-Type"] == size["type"]


def test_a_removed_picture_has_no_address_from_then_on(client: Client, alice: Profile) -> None:
    avatar = an_upload(alice)
    rendition = avatar.image.renditions.first()
    assert isinstance(rendition, Rendition)
    path = f"/pictures/{rendition.sha256}.webp"
    assert client.get(path).status_code == 200
    remove_avatar(alice, avatar.pk, alice.user)
    assert client.get(path).status_code == 404


def test_masters_have_no_address(client: Client, alice: Profile) -> None:
    avatar = an_upload(alice)
    assert client.get(f"/pictures/{avatar.image.sha256}.webp").status_code == 404
    assert client.get(f"/pictures/{'0' * 64}.png").status_code == 404


def test_bytes_that_are_not_what_we_stored_are_not_served(client: Client, alice: Profile, store: FileStore) -> None:
    an_upload(alice)
    for key in store.object_keys():
        store.path(key).write_bytes(b"<script>alert(1)</script>")
    response = client.get("/avatar/alice?s=64")
    assert (response.status_code, response["Cache-Control"]) == (503, "no-store")
    assert response.json()["type"] == "/problems/storage-unavailable"


def test_nothing_is_written_while_serving(client: Client, alice: Profile, store: FileStore) -> None:
    an_upload(alice)
    rows, keys = (Rendition.objects.count(), Avatar.objects.count()), store.object_keys()
    for suffix in (".png", ".jpg", ".avif", "?s=500", ".json"):
        client.get(f"/avatar/alice{suffix}")
    assert (Rendition.objects.count(), Avatar.objects.count()) == rows
    assert store.object_keys() == keys
