"""The pages a person uses: plain forms that work without a script."""

from __future__ import annotations

from html import unescape
from io import BytesIO
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from profiles.models import Avatar, Profile, StoredImage
from profiles.pictures.rights import withdraw_avatar
from profiles.testing.people import a_person, a_picture, an_upload
from profiles.testing.stores import FileStore
from tests.kit.token_pictures import a_token_picture

PICTURE = "/settings/picture/"


@pytest.fixture
def her(client: Client, alice: Profile) -> Client:
    """Alice's browser."""
    client.force_login(alice.user)
    return client


def upload(browser: Client, content: bytes, accept: str = "text/html", **fields: str) -> Any:
    file = SimpleUploadedFile("me.png", content, "image/png")
    return browser.post(PICTURE, {"content": file, **fields}, headers={"accept": accept})


def messages_of(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def text_of(response: Any) -> str:
    return unescape(response.content.decode())


def in_use(profile: Profile) -> Avatar | None:
    profile.refresh_from_db()
    return profile.avatar


# --- profile -----------------------------------------------------------------------------------------------------
def test_the_profile_form_stores_and_returns(her: Client, alice: Profile) -> None:
    response = her.post("/settings/profile/", {"handle": "Wonder", "display_name": "Alice L.", "bio": "Hello"})
    assert (response.status_code, response["Location"]) == (302, "/settings/profile/")
    alice.refresh_from_db()
    assert (alice.handle, alice.name) == ("wonder", "Alice L.")


@pytest.mark.parametrize(
    ("handle", "sentence"), [("bob", "bob is taken"), ("admin", "admin is reserved"), ("李雷", "2 to 30 characters")]
)
def test_a_handle_that_can_not_be_is_explained_in_the_form(
    her: Client, alice: Profile, bob: Profile, handle: str, sentence: str
) -> None:
    response = her.post("/settings/profile/", {"handle": handle, "display_name": "Kept", "bio": ""})
    assert response.status_code == 422
    assert sentence in text_of(response)
    assert 'value="Kept"' in text_of(response)
    alice.refresh_from_db()
    assert alice.handle == "alice"


def test_refusals_are_in_the_language_of_the_reader(her: Client, bob: Profile) -> None:
    german = {"accept-language": "de"}
    page = her.post("/settings/profile/", {"handle": "bob", "display_name": "", "bio": ""}, headers=german)
    assert "Der Handle bob ist vergeben." in text_of(page)
    file = SimpleUploadedFile("me.png", b"%PDF-1.7 no picture", "image/png")
    told = her.post(PICTURE, {"content": file}, headers=german | {"accept": "application/json"}).json()
    assert told["title"] == "Das Bildformat wird nicht unterstützt"
    assert told["detail"].startswith("Diese Datei ist ein PDF-Dokument. JPEG, PNG,")
    api = her.delete("/api/v1/profiles/bob", headers=german).json()  # programs get English
    assert api["title"] == "Method not allowed"


def test_anybody_reads_a_public_page(client: Client, alice: Profile) -> None:
    an_upload(alice)
    response = client.get("/u/alice/")
    assert response.status_code == 200
    assert response.context["shown"].avatar == alice.avatars.get()
    assert client.get("/u/Alice/")["Location"] == "/u/alice/"
    assert client.get("/u/nobody/").status_code == 404


# --- upload ------------------------------------------------------------------------------------------------------
def test_an_upload_ends_where_it_began_or_on_the_page_that_it_names(her: Client, alice: Profile) -> None:
    assert upload(her, a_picture())["Location"] == PICTURE
    assert upload(her, a_picture(), next="/u/alice/")["Location"] == "/u/alice/"
    assert upload(her, a_picture(), next="https://evil.example/")["Location"] == PICTURE
    assert 'name="next" value="/u/alice/"' in text_of(her.get(f"{PICTURE}?next=/u/alice/"))


def test_an_upload_becomes_the_picture(her: Client, alice: Profile) -> None:
    response = upload(her, a_picture(), alt_text="My face")
    assert response.status_code == 302
    avatar = in_use(alice)
    assert avatar is not None
    assert (avatar.source, avatar.alt_text) == ("upload", "My face")
    page = her.get(PICTURE)
    assert page.status_code == 200
    assert "Your new picture is in use." in text_of(page)
    assert [entry.pk for entry in her.get(f"{PICTURE}older/").context["page"].entries] == [avatar.pk]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"", "empty"), (b"just text", "JPEG, PNG, GIF, WebP, AVIF, HEIC and BMP"), (a_picture()[:60], "")],
    ids=["empty", "text", "cut short"],
)
def test_a_refusal_names_its_reason_in_the_page(
    her: Client, alice: Profile, store: FileStore, content: bytes, sentence: str
) -> None:
    response = upload(her, content, alt_text="kept")
    assert response.status_code == 422
    error = response.context["form"].errors["content"][0]
    assert error in text_of(response)
    assert sentence in error
    assert "kept" in text_of(response)
    assert (StoredImage.objects.count(), store.object_keys(), in_use(alice)) == (0, [], None)


def test_a_form_without_a_file_is_told_so(her: Client) -> None:
    response = her.post(PICTURE, {"alt_text": "x"})
    assert response.status_code == 422
    assert "content" in response.context["form"].errors


def test_a_script_gets_json(her: Client) -> None:
    assert upload(her, a_picture(), "application/json").json() == {"redirect": PICTURE}
    refused = upload(her, b"just text", "application/json")
    assert (refused.status_code, refused["Content-Type"]) == (422, "application/problem+json")
    assert refused.json()["type"] == "/problems/not-an-image"


def test_a_file_just_over_the_limit_names_the_limit(her: Client, settings: Settings) -> None:
    settings.AVATAR_MAX_BYTES = 20_000
    response = upload(her, b"\x89PNG" + b"x" * 20_000, "application/json")
    assert response.status_code == 422
    assert "19.5" in response.json()["detail"]


class Body(BytesIO):
    """A body that counts how much of it was read."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        chunk = super().read(size)
        self.taken += len(chunk)
        return chunk


def post_body(browser: Client, body: Body, accept: str) -> Any:
    wsgi: dict[str, Any] = {"wsgi.input": body, "CONTENT_LENGTH": str(len(body.getvalue()))}
    return browser.generic("POST", PICTURE, b"", "multipart/form-data; boundary=x", headers={"accept": accept}, **wsgi)


@pytest.mark.parametrize(("length", "most"), [(90_000, 90_000), (1_000_000, 4 * 20_000 + 64 * 1024)])
def test_a_body_far_over_the_limit_is_answered_without_being_kept_or_parsed(
    her: Client, settings: Settings, length: int, most: int
) -> None:
    settings.AVATAR_MAX_BYTES = 20_000
    body = Body(bytes(length))
    answer = post_body(her, body, accept="application/json")
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too-many-bytes")
    assert body.taken <= most
    page = post_body(her, Body(bytes(length)), accept="text/html")
    assert page.status_code == 413
    assert "Pictures may have up to 19.5" in text_of(page)


def test_uploads_are_limited_by_the_hour(her: Client, settings: Settings) -> None:
    settings.AVATAR_UPLOADS_PER_HOUR = 2
    answers = [upload(her, a_picture(), "application/json") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert "more than 2 uploads" in answers[2].json()["detail"]


def test_the_limit_is_each_persons_own(her: Client, settings: Settings) -> None:
    settings.AVATAR_UPLOADS_PER_HOUR = 1
    upload(her, a_picture())
    his = Client()
    his.force_login(a_person("bob").user)
    assert upload(his, a_picture()).status_code == 302


def test_a_store_that_is_down_keeps_the_old_picture(her: Client, alice: Profile, store: FileStore) -> None:
    store.folder.write_bytes(b"a file where the folder should be")
    response = upload(her, a_picture(), "application/json")
    assert (response.status_code, response.json()["type"]) == (503, "/problems/storage-unavailable")
    assert str(store.folder) not in response.json()["detail"]
    assert in_use(alice) is None


# --- history -----------------------------------------------------------------------------------------------------
def test_an_earlier_picture_is_used_again(her: Client, alice: Profile) -> None:
    first, _second = an_upload(alice), an_upload(alice)
    response = her.post(reverse("profiles:picture_use", args=[first.pk]))
    assert (response.status_code, response["Location"]) == (302, PICTURE)
    assert in_use(alice) == first


def test_removing_offers_its_undo(her: Client, alice: Profile) -> None:
    avatar = an_upload(alice)
    response = her.post(reverse("profiles:picture_remove", args=[avatar.pk]))
    undo = reverse("profiles:picture_restore", args=[avatar.pk])
    assert f'action="{undo}"' in messages_of(response)[0]
    assert f'<form method="post" action="{undo}"' in her.get(PICTURE).content.decode()
    assert in_use(alice) is None
    her.post(undo)
    assert in_use(alice) == avatar


def test_a_picture_that_can_not_be_used_says_why(her: Client, alice: Profile) -> None:
    avatar = a_token_picture(alice, timezone.now())
    withdraw_avatar(avatar.pk, "The token moved to another account.")
    response = her.post(reverse("profiles:picture_use", args=[avatar.pk]))
    assert messages_of(response) == ["The token moved to another account."]


def test_a_description_is_stored(her: Client, alice: Profile) -> None:
    avatar = an_upload(alice)
    path = reverse("profiles:picture_alt", args=[avatar.pk])
    her.post(path, {"alt_text": "A red boat"})
    avatar.refresh_from_db()
    assert avatar.alt_text == "A red boat"
    assert "300 characters" in messages_of(her.post(path, {"alt_text": "x" * 301}))[-1]


# --- who may ----------------------------------------------------------------------------------------------------
ACTIONS = ["use", "remove", "restore", "alt"]


@pytest.fixture(params=ACTIONS)
def action(request: pytest.FixtureRequest, alice: Profile) -> str:
    return reverse(f"profiles:picture_{request.param}", args=[an_upload(alice).pk])


def test_only_the_owner_acts_on_a_picture(client: Client, action: str) -> None:
    client.force_login(a_person("charlie").user)
    assert client.post(action).status_code == 404
    assert Avatar.objects.get().state == "active"


def test_strangers_are_sent_to_sign_in(client: Client, action: str) -> None:
    for response in (client.post(action), client.get(PICTURE), client.post(PICTURE), client.get("/settings/profile/")):
        assert response.status_code == 302
        assert response["Location"].startswith("/accounts/login/")


def test_actions_are_posts_with_the_pages_token(alice: Profile, action: str) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice.user)
    assert browser.get(action).status_code == 405
    assert browser.post(action).status_code == 403
    assert upload(browser, a_picture()).status_code == 403
    assert browser.post("/settings/profile/", {"handle": "x1"}).status_code == 403
    assert Avatar.objects.get().state == "active"
