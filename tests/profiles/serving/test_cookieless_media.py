"""Pictures are answered before anything that serves people: the same for everybody, and cheap."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Q
from django.db.models.sql.compiler import SQLCompiler
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pytest_django import Settings

from profiles import sources
from profiles.images.limits import RENDITION_SIZES
from profiles.models import Profile, Rendition
from profiles.serving.lookup import find_avatar_view
from profiles.store.renditions import content_url, pick_rendition
from profiles.testing.people import an_upload
from tests.kit.token_pictures import a_token_picture

pytestmark = pytest.mark.django_db
PLAIN_FILES = "django.contrib.staticfiles.storage.StaticFilesStorage"
#: Of every answer about a picture, whatever it says.
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",
    "Content-Security-Policy": "sandbox; default-src 'none'",
}


def test_pictures_are_served_without_looking_who_asks(client: Client, alice: Profile) -> None:
    an_upload(alice)
    client.force_login(alice.user)
    with CaptureQueriesContext(connection) as queries:
        response = client.get("/avatar/alice")
    assert len(queries) == 1
    assert "Cookie" not in response.get("Vary", "")
    assert not response.cookies


def test_nothing_behind_them_in_the_chain_sees_a_picture(client: Client, alice: Profile, settings: Settings) -> None:
    square = an_upload(alice).image.renditions.first()
    assert square is not None
    settings.MIDDLEWARE = ["profiles.middleware.CookielessMedia", f"{__name__}.unreachable"]
    for path in ("/avatar/alice", "/avatar/alice.json", content_url(square)):
        assert client.get(path).status_code == 200


def unreachable(get_response: object) -> object:
    def refuse(request: object) -> None:
        raise AssertionError("A picture went on to the middleware of pages.")

    return refuse


def test_every_answer_about_a_picture_has_the_headers_of_one(
    client: Client, alice: Profile, settings: Settings
) -> None:
    settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_PRELOAD = 60, False
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = False
    square = an_upload(alice).image.renditions.first()
    assert square is not None
    paths = ("/avatar/alice", "/avatar/alice.json", content_url(square), "/avatar/alice?s=0", "/avatar/nobody?d=404")
    for path in paths:
        for response in (client.get(path, secure=True), client.head(path, secure=True), client.post(path, secure=True)):
            assert HEADERS.items() <= dict(response.items()).items()
            assert response["Strict-Transport-Security"] == "max-age=60"
            assert not response.cookies
        assert client.head(path)["Content-Length"] == str(len(client.get(path).content))


def test_a_host_that_is_not_ours_gets_no_picture(client: Client, alice: Profile) -> None:
    an_upload(alice)
    assert client.get("/avatar/alice", headers={"host": "evil.example"}).status_code == 400


def test_what_is_no_pictures_address_becomes_a_page(client: Client, db: None, settings: Settings) -> None:
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": PLAIN_FILES}}
    for path in ("/avatar/", "/avatar/a/b", "/pictures/x.webp", f"/pictures/{'0' * 64}.gif"):
        response = client.get(path)
        assert (response.status_code, response["Content-Type"]) == (404, "text/html; charset=utf-8")
        assert "default-src 'none'" in response["Content-Security-Policy"]


def test_a_name_costs_no_compiling_of_the_query_once_another_was_found(
    alice: Profile, bob: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    an_upload(bob)
    now = timezone.now()
    for name in ("alice", "d" * 64, "d" * 32):
        find_avatar_view(name, now)
    monkeypatch.setattr(SQLCompiler, "as_sql", None)
    face = find_avatar_view("Bob", now)
    assert face is not None
    assert (face.handle, face.square is not None) == ("bob", True)
    assert find_avatar_view("e" * 64, now) is None
    assert find_avatar_view("e" * 32, now) is None


def test_the_compiled_query_answers_as_the_orm_would(alice: Profile, bob: Profile) -> None:
    """For each way to name somebody, in any order: no answer is another's."""
    an_upload(alice)
    now = timezone.now()
    a_token_picture(bob, now - timedelta(hours=2))
    sources.register_identifier_resolver("test", {"0xB0B": Q(user=bob.user), "0xnobody": Q(pk__in=[])}.get)
    for name, handle in [("bob", "bob"), ("0xB0B", "bob"), ("ALICE", "alice"), ("0xnobody", None), ("carol", None)] * 2:
        face = find_avatar_view(name, now)
        assert (face.handle if face else None) == handle
    expected = Profile.objects.get(handle="bob")
    assert expected.avatar is not None
    face = find_avatar_view("bob", now)
    assert face is not None
    assert expected.avatar.attested_at is not None
    assert face.valid_until == expected.avatar.attested_at + timedelta(days=1)
    assert face.square is not None
    assert face.square.sha256 in expected.avatar.image.renditions.values_list("sha256", flat=True)


@examples(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    stored=st.sets(st.tuples(st.sampled_from(RENDITION_SIZES), st.booleans())),
    size=st.integers(1, 1024),
    still=st.booleans(),
)
def test_the_database_picks_the_square_that_we_would(
    alice: Profile, stored: set[tuple[int, bool]], size: int, *, still: bool
) -> None:
    image = an_upload(alice).image
    image.renditions.all().delete()
    squares = [
        Rendition(
            image=image, size=side, is_still=is_still, format="webp", sha256=f"{side:063x}{is_still:d}", byte_count=1
        )
        for side, is_still in stored
    ]
    Rendition.objects.bulk_create(squares)
    face = find_avatar_view("alice", timezone.now(), size=size, still=still)
    expected = pick_rendition(squares, size, still=still)
    assert face is not None
    assert (face.square and face.square.sha256) == (expected and expected.sha256)
