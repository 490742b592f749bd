"""Bytes straight from the browser to a real S3 server: exactly what was announced, and a picture only once accepted."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import pytest
import requests
from django.core.management import call_command
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from profiles.images.errors import ImageRefused
from profiles.models import Avatar, Profile, StoredImage, UploadTicket
from profiles.pictures.changing import AvatarError
from profiles.pictures.direct_upload import NOTHING_ARRIVED, TICKET_UNKNOWN, issue_ticket, redeem_ticket
from profiles.pictures.history import AvatarDetails
from profiles.store.objects import INCOMING, master_key
from profiles.testing.people import a_person, a_picture, an_upload
from profiles.testing.stores import Bucket, FileStore
from tests.kit.on_s3 import keys_in, use
from tests.profiles.pictures.test_any_bytes import GOOD, damaged

BEGIN = "/settings/picture/direct/"


@pytest.fixture(autouse=True)
def _on_s3(settings: Settings, s3: Bucket, monkeypatch: pytest.MonkeyPatch, store: FileStore) -> None:
    use(settings, s3, monkeypatch)


@pytest.fixture
def her_browser(client: Client, alice: Profile) -> Client:
    client.force_login(alice.user)
    return client


def begin(client: Client, byte_count: object, content_type: object = "image/png") -> Any:
    wish = {"byte_count": byte_count, "content_type": content_type}
    return client.post(BEGIN, wish, content_type="application/json")


def send(ticket: dict[str, Any], content: bytes, **changes: str) -> int:
    """What the browser does with the answer."""
    return requests.post(ticket["url"], ticket["fields"] | changes, files={"file": content}, timeout=10).status_code


def upload(client: Client, content: bytes) -> HttpResponse:
    ticket = begin(client, len(content)).json()
    assert send(ticket, content) == 204
    return client.post(ticket["done"], {"alt_text": "A cat"})  # type: ignore[return-value]


def incoming(bucket: Bucket) -> set[str]:
    return {key for key in keys_in(bucket) if key.startswith(f"{INCOMING}/")}


def test_a_picture_sent_straight_to_the_store_is_in_use(her_browser: Client, alice: Profile, s3: Bucket) -> None:
    answer = upload(her_browser, a_picture())
    assert (answer.status_code, answer.json()) == (200, {"redirect": "/settings/picture/"})  # type: ignore[attr-defined]
    alice.refresh_from_db()
    assert alice.avatar is not None
    assert (alice.avatar.source, alice.avatar.alt_text) == ("upload", "A cat")
    assert master_key(alice.avatar.image.sha256) in keys_in(s3)
    assert incoming(s3) == set()


def test_the_part_to_show_is_said_with_the_last_call(her_browser: Client, alice: Profile, s3: Bucket) -> None:
    content = a_picture(size=(400, 300))
    ticket = begin(her_browser, len(content)).json()
    assert send(ticket, content) == 204
    wrong = her_browser.post(ticket["done"], {"crop_size": "7"})
    assert (wrong.status_code, alice.avatars.count()) == (422, 0)
    assert "size above 0, up to 1" in wrong.json()["detail"]
    assert her_browser.post(ticket["done"], {"crop_x": "0", "crop_size": "0.5"}).status_code == 200  # it was not spent
    image = alice.avatars.get().image
    assert (image.width, image.height) == (150, 150)


def test_it_is_nothing_before_it_is_accepted(her_browser: Client, alice: Profile, s3: Bucket) -> None:
    before, content = an_upload(alice), a_picture()
    ticket = begin(her_browser, len(content)).json()
    assert send(ticket, content) == 204
    assert incoming(s3) == {f"{INCOMING}/{ticket['ticket']}"}
    alice.refresh_from_db()
    assert (alice.avatar, Avatar.objects.count()) == (before, 1)
    key = ticket["fields"]["key"]
    assert requests.get(f"{ticket['url']}/{key}", timeout=10).status_code == 403
    for path in (f"/pictures/{ticket['ticket']}.webp", f"/{key}", f"/pictures/{key}"):
        assert her_browser.get(path).status_code == 404


def test_the_store_takes_exactly_what_was_announced(her_browser: Client, s3: Bucket) -> None:
    content = a_picture()
    ticket = begin(her_browser, len(content)).json()
    assert send(ticket, content + b"1") in {400, 403}
    assert send(ticket, content[:-1]) in {400, 403}
    assert send(ticket, content, **{"Content-Type": "text/html"}) == 403
    assert send(ticket, content, key="avatars/masters/00/other.webp") == 403
    assert send(ticket, content, key=f"avatars/incoming/{uuid4()}") == 403
    assert send(ticket, content, acl="public-read") == 403
    assert keys_in(s3) == set()


def test_leave_to_post_ends_with_its_ten_minutes(alice: Profile, s3: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    from profiles.pictures import direct_upload

    monkeypatch.setattr(direct_upload, "LIFE", timedelta(seconds=-60))
    old = issue_ticket(alice, 3, "image/png", timezone.now())
    assert send({"url": old.form.url, "fields": old.form.fields}, b"abc") == 403
    assert keys_in(s3) == set()


def test_a_refused_file_says_why_and_is_gone(her_browser: Client, alice: Profile, s3: Bucket) -> None:
    before = an_upload(alice)
    keys = keys_in(s3)
    answer = upload(her_browser, b"<html>no picture at all</html>")
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/not-an-image"  # type: ignore[attr-defined]
    alice.refresh_from_db()
    assert (alice.avatar, keys_in(s3)) == (before, keys)


def test_a_ticket_is_used_once(her_browser: Client, s3: Bucket) -> None:
    content = a_picture()
    ticket = begin(her_browser, len(content)).json()
    send(ticket, content)
    assert her_browser.post(ticket["done"]).status_code == 200
    send(ticket, content)  # the signature lasts longer than the ticket
    again = her_browser.post(ticket["done"])
    assert (again.status_code, again.json()["type"]) == (404, "/problems/ticket-unknown")
    assert Avatar.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_redeems_it() -> None:
    alice, content = a_person(), a_picture()
    given_out = issue_ticket(alice, len(content), "image/png", timezone.now())
    send({"url": given_out.form.url, "fields": given_out.form.fields}, content)
    barrier = Barrier(6)

    def redeem(_number: int) -> bool:
        barrier.wait(10)
        try:
            redeem_ticket(alice, given_out.ticket.pk, AvatarDetails(), timezone.now())
        except AvatarError as error:
            return not error.is_a(TICKET_UNKNOWN)
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(6) as threads:
        assert sorted(threads.map(redeem, range(6))) == [False] * 5 + [True]
    assert Avatar.objects.count() == 1


def test_a_ticket_is_its_owners(her_browser: Client, bob: Profile, s3: Bucket) -> None:
    content = a_picture()
    ticket = begin(her_browser, len(content)).json()
    send(ticket, content)
    other = Client()
    other.force_login(bob.user)
    assert other.post(ticket["done"]).status_code == 404
    assert other.post(f"{BEGIN}{uuid4()}/done/").status_code == 404
    assert incoming(s3) == {f"{INCOMING}/{ticket['ticket']}"}
    assert her_browser.post(ticket["done"]).status_code == 200


def test_a_ticket_too_old_is_unknown(alice: Profile) -> None:
    now = timezone.now()
    ticket = issue_ticket(alice, 3, "image/png", now).ticket
    with pytest.raises(AvatarError) as refused:
        redeem_ticket(alice, ticket.pk, AvatarDetails(), now + timedelta(minutes=13))
    assert refused.value.is_a(TICKET_UNKNOWN)


def test_nothing_sent_is_said_and_changes_nothing(her_browser: Client, alice: Profile) -> None:
    before = an_upload(alice)
    ticket = begin(her_browser, 100).json()
    answer = her_browser.post(ticket["done"])
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/nothing-arrived")
    alice.refresh_from_db()
    assert alice.avatar == before


def test_a_store_that_took_more_than_it_was_told_is_not_believed(alice: Profile, s3: Bucket) -> None:
    content = a_picture()
    ticket = issue_ticket(alice, len(content), "image/png", timezone.now()).ticket
    s3.client.put_object(Bucket=s3.name, Key=f"avatars/{ticket.key}", Body=content + b"more")
    with pytest.raises(AvatarError) as refused:
        redeem_ticket(alice, ticket.pk, AvatarDetails(), timezone.now())
    assert refused.value.is_a(NOTHING_ARRIVED)
    assert keys_in(s3) == set()


@pytest.mark.parametrize(
    ("byte_count", "content_type", "status"),
    [
        (0, "image/png", 422),
        (-1, "image/png", 422),
        (21 * 1024 * 1024, "image/png", 422),
        (100, "image/svg+xml", 422),
        (100, "text/html", 422),
        ("100", "image/png", 400),
        (True, "image/png", 400),
        (1.5, "image/png", 400),
        (100, None, 400),
    ],
)
def test_no_ticket_for_what_would_be_refused(
    her_browser: Client, byte_count: object, content_type: object, status: int
) -> None:
    answer = begin(her_browser, byte_count, content_type)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert not UploadTicket.objects.exists()


def test_a_body_that_is_no_json_is_the_callers_fault(her_browser: Client) -> None:
    for body in (b"", b"[]", b"{", b"[" * 60_000, b"\xff"):
        answer = her_browser.generic("POST", BEGIN, body, "application/json")
        assert answer.status_code == 400


def test_tickets_are_counted_like_uploads(her_browser: Client, settings: Settings) -> None:
    settings.AVATAR_UPLOADS_PER_HOUR = 2
    assert [begin(her_browser, 100).status_code for _ in range(3)] == [201, 201, 429]


def test_guests_and_other_methods_get_no_ticket(client: Client, her_browser: Client) -> None:
    assert Client().post(BEGIN).status_code == 302
    assert her_browser.get(BEGIN).status_code == 405


def test_a_site_on_files_says_that_it_has_only_the_form(
    her_browser: Client, settings: Settings, store: FileStore
) -> None:
    files = {"BACKEND": "profiles.store.files.AtomicFileSystemStorage", "OPTIONS": {"location": store.folder}}
    settings.STORAGES = settings.STORAGES | {"avatars": files}
    answer = begin(her_browser, 100)
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/no-direct-upload")
    assert "form" in answer.json()["detail"]


def test_an_operator_may_switch_it_off(her_browser: Client, settings: Settings) -> None:
    settings.AVATAR_DIRECT_UPLOAD = False
    assert begin(her_browser, 100).status_code == 404


def test_a_browser_may_send_from_our_pages_only(her_browser: Client, s3: Bucket, settings: Settings) -> None:
    """The preflight and the answer, as a browser would ask for and read them."""
    call_command("prepare_bucket", "--apply")
    content = a_picture()
    ticket = begin(her_browser, len(content)).json()
    ours = {"Origin": settings.SITE_ORIGIN, "Access-Control-Request-Method": "POST"}
    asked = requests.options(ticket["url"], headers=ours, timeout=10)
    assert asked.headers["Access-Control-Allow-Origin"] == settings.SITE_ORIGIN
    other = requests.options(ticket["url"], headers=ours | {"Origin": "https://other.example"}, timeout=10)
    assert "Access-Control-Allow-Origin" not in other.headers


@pytest.mark.django_db
@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(content=st.binary(min_size=1, max_size=200) | st.sampled_from(GOOD) | damaged())
def test_for_any_bytes_a_picture_or_a_refusal(alice: Profile, s3: Bucket, content: bytes) -> None:
    before = (Avatar.objects.count(), StoredImage.objects.count(), keys_in(s3))
    way = issue_ticket(alice, len(content), "image/png", timezone.now())
    assert send({"url": way.form.url, "fields": way.form.fields}, content) == 204
    avatar, refusal = None, None
    try:
        avatar = redeem_ticket(alice, way.ticket.pk, AvatarDetails(), timezone.now())
    except ImageRefused as refused:
        refusal = refused.sentence
    assert incoming(s3) == set()
    if avatar is None:
        assert refusal
        assert (Avatar.objects.count(), StoredImage.objects.count(), keys_in(s3)) == before
    else:
        assert master_key(avatar.image.sha256) in keys_in(s3)


def test_ticket_ids_are_unguessable(alice: Profile) -> None:
    one, two = (issue_ticket(alice, 3, "image/png", timezone.now()).ticket.pk for _ in range(2))
    assert one != two
    assert isinstance(one, UUID)
    assert one.version == 4
