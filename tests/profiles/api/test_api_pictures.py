"""How programs set a picture, and what is refused before, while and after its bytes are read."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.utils import timezone
from pytest_django import Settings

from profiles.models import ApiToken, Profile
from profiles.testing.api_client import CURRENT, Program, a_secret, address_of, problem_of
from profiles.testing.people import a_picture, in_use
from profiles.testing.stores import FileStore


# --- set --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["image/png", "image/x-whatever", "application/octet-stream", ""])
def test_a_body_becomes_the_picture(program: Program, alice: Profile, kind: str) -> None:
    answer = program.put(a_picture(), query="?alt_text=My%20face", kind=kind)
    assert answer.status_code == 200
    avatar = in_use(alice)
    assert avatar is not None
    assert (avatar.source, avatar.alt_text) == ("upload", "My face")
    said = answer.json()
    assert (said["id"], said["is_current"], said["sha256"]) == (str(avatar.pk), True, avatar.image.sha256)
    assert said["url"].startswith("http://localhost:8000/pictures/")
    assert program.client.get(said["url"].removeprefix("http://localhost:8000")).status_code == 200


def test_a_form_becomes_the_picture(program: Program, alice: Profile) -> None:
    file = SimpleUploadedFile("me.png", a_picture(size=(900, 900)), "image/png")
    body = encode_multipart(BOUNDARY, {"content": file, "alt_text": "Größe"})
    assert program.put(body, kind=MULTIPART_CONTENT).status_code == 200
    avatar = in_use(alice)
    assert avatar is not None
    assert avatar.alt_text == "Größe"


def test_the_same_bytes_again_are_the_same_picture(program: Program, alice: Profile) -> None:
    content = a_picture()
    first = program.put(content, query="?alt_text=Boat").json()
    other = program.put(a_picture()).json()
    again = program.put(content).json()
    assert again["id"] == first["id"] != other["id"]
    assert again["alt_text"] == "Boat"
    assert again["is_current"]
    assert alice.avatars.count() == 2


def test_what_is_no_picture_is_refused_with_the_decoders_reason(
    program: Program, alice: Profile, store: FileStore
) -> None:
    answer = program.put(b"just text")
    assert problem_of(answer) == (422, "not-an-image")
    assert "JPEG, PNG, GIF, WebP, AVIF, HEIC and BMP" in answer.json()["detail"]
    for nothing in ("0", ""):
        assert problem_of(put_stream(program, BytesIO(), nothing)) == (422, "empty")
    assert (in_use(alice), store.object_keys()) == (None, [])


class Unread(BytesIO):
    """A body that counts how much of it was read."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        chunk = super().read(size)
        self.taken += len(chunk)
        return chunk


def put_stream(program: Program, body: BytesIO, length: str, **wsgi: Any) -> Any:
    told = {"wsgi.input": body, "CONTENT_LENGTH": length, **wsgi}
    return program.client.generic("PUT", address_of(CURRENT), b"", "image/png", headers=program.headers, **told)


def test_a_body_over_the_limit_is_neither_kept_nor_decoded(program: Program, settings: Settings) -> None:
    settings.AVATAR_MAX_BYTES = 20_000
    body = Unread(bytes(1_000_000))
    answer = put_stream(program, body, "1000000")
    assert problem_of(answer) == (413, "too-many-bytes")
    assert "19.5" in answer.json()["detail"]
    assert body.taken <= 4 * 20_000 + 64 * 1024


def test_a_client_that_asks_first_sends_nothing_of_it(program: Program, settings: Settings) -> None:
    settings.AVATAR_MAX_BYTES = 20_000
    body = Unread(bytes(20_001))
    assert put_stream(program, body, "20001", HTTP_EXPECT="100-continue").status_code == 413
    assert body.taken == 0


def test_a_refused_body_is_let_in_so_that_the_answer_is_read(alice: Profile) -> None:
    program, body = Program(a_secret(alice)), Unread(bytes(300_000))
    ApiToken.objects.update(revoked_at=timezone.now())
    assert problem_of(put_stream(program, body, "300000")) == (401, "token-revoked")
    assert body.taken == 300_000


@pytest.mark.parametrize("secret", ["", "avs_" + "x" * 32])
def test_a_stranger_makes_us_read_nothing(db: None, secret: str) -> None:
    body = Unread(bytes(1000))
    assert put_stream(Program(secret), body, "1000").status_code == 401
    assert body.taken == 0


def test_a_file_over_the_limit_in_a_form_is_refused(program: Program, settings: Settings) -> None:
    settings.AVATAR_MAX_BYTES = 20_000
    body = encode_multipart(BOUNDARY, {"content": SimpleUploadedFile("me.png", bytes(20_001))})
    assert problem_of(program.put(body, kind=MULTIPART_CONTENT)) == (413, "too-many-bytes")


@pytest.mark.parametrize(
    ("length", "problem"),
    [
        ("", (411, "length-required")),
        ("many", (400, "bad-request")),
        ("-1", (400, "bad-request")),
        ("9" * 5000, (400, "bad-request")),
    ],
)
def test_a_body_must_be_announced(program: Program, length: str, problem: tuple[int, str]) -> None:
    answer = put_stream(program, BytesIO(a_picture()), length, HTTP_TRANSFER_ENCODING="chunked")
    assert problem_of(answer) == problem


def test_a_body_that_breaks_off_is_told_so(program: Program, alice: Profile) -> None:
    content = a_picture()
    answer = put_stream(program, BytesIO(content[:100]), str(len(content)))
    assert problem_of(answer) == (400, "malformed-body")
    assert in_use(alice) is None


@pytest.mark.parametrize(
    ("body", "kind", "problem"),
    [
        (b"x=1", "application/x-www-form-urlencoded", (415, "unsupported-media-type")),
        (b"{}", "application/json", (415, "unsupported-media-type")),
        (b"nothing", "multipart/form-data", (400, "malformed-body")),
        (b"nothing", "multipart/form-data; boundary=x", (422, "body-invalid")),
        (encode_multipart(BOUNDARY, {"content": "no file"}), MULTIPART_CONTENT, (422, "body-invalid")),
        (encode_multipart(BOUNDARY, {f"f{n}": "" for n in range(1001)}), MULTIPART_CONTENT, (400, "malformed-body")),
        (
            encode_multipart(BOUNDARY, {"content": SimpleUploadedFile("a", b"x"), "alt_text": "x" * 301}),
            MULTIPART_CONTENT,
            (422, "body-invalid"),
        ),
    ],
)
def test_other_bodies_are_refused(program: Program, body: bytes, kind: str, problem: tuple[int, str]) -> None:
    assert problem_of(program.put(body, kind=kind)) == problem


def test_a_description_too_long_is_refused(program: Program) -> None:
    assert problem_of(program.put(a_picture(), query=f"?alt_text={'x' * 301}")) == (400, "bad-parameter")


def test_uploads_are_limited_together_with_the_pages(program: Program, alice: Profile, settings: Settings) -> None:
    settings.AVATAR_UPLOADS_PER_HOUR = 2
    page = program.client
    page.force_login(alice.user)
    page.post("/settings/picture/", {"content": SimpleUploadedFile("me.png", a_picture())})
    assert program.put(a_picture()).status_code == 200
    answer = program.put(a_picture())
    assert problem_of(answer) == (429, "rate-limited")
    assert int(answer["Retry-After"]) > 0


def test_a_store_that_is_down_keeps_the_old_picture(program: Program, alice: Profile, store: FileStore) -> None:
    store.folder.write_bytes(b"a file where the folder should be")
    answer = program.put(a_picture())
    assert problem_of(answer) == (503, "storage-unavailable")
    assert int(answer["Retry-After"]) > 0
    assert in_use(alice) is None
