"""Browsers upload pictures directly to the object store, and fall back if that fails."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Request, expect

from tests.browser.conftest import BUCKET
from tests.browser.people import Person, picture
from tests.browser.site import Site
from tests.servers.s3 import ObjectStore

pytestmark = pytest.mark.browser
RED, GREEN = (220, 60, 50), (60, 190, 90)


def posts_of(alice: Person) -> list[str]:
    """Return a list that collects the URLs she posts to from now on."""
    posts: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST":
            posts.append(request.url)

    alice.page.on("request", note)
    return posts


def left_in_the_store(store: ObjectStore) -> int:
    return int(store.client().list_objects_v2(Bucket=BUCKET, Prefix="avatars/incoming/")["KeyCount"])


def test_bytes_go_past_the_site_and_the_picture_is_in_use(
    site: Site, meet: Callable[..., Person], avatar_s3_server: ObjectStore
) -> None:
    wendy = meet("wendy")
    wendy.sign_in_with_wallet()
    wendy.choose_handle()
    posts = posts_of(wendy)
    wendy.upload(picture(RED))
    expect(wendy.page.get_by_text("Your new picture is in use.")).to_be_visible()
    assert site.receipt("wendy")["source"] == "upload"
    begun, sent, done = posts
    assert begun == f"{site.url}/settings/picture/direct/"
    assert sent == f"{avatar_s3_server.endpoint_url}/{BUCKET}"
    assert done.startswith(begun)
    assert left_in_the_store(avatar_s3_server) == 0


def test_where_the_store_can_not_be_reached_the_form_carries_it(site: Site, meet: Callable[..., Person]) -> None:
    xavier = meet("xavier")
    xavier.sign_in_with_wallet()
    xavier.choose_handle()
    posts = posts_of(xavier)
    xavier.page.route(f"**/{BUCKET}", lambda route: route.abort())
    xavier.upload(picture(GREEN))
    expect(xavier.page.get_by_text("Your new picture is in use.")).to_be_visible()
    assert posts[-1] == f"{site.url}/settings/picture/"


def test_a_file_that_is_no_picture_is_refused_on_this_way_too(
    site: Site, meet: Callable[..., Person], avatar_s3_server: ObjectStore
) -> None:
    yara = meet("yara")
    yara.sign_in_with_wallet()
    yara.choose_handle()
    yara.upload(picture(RED))
    before = yara.avatar()
    yara.page.goto("/settings/picture/")
    fake = {"name": "cat.png", "mimeType": "image/png", "buffer": b"<html>no cat</html>"}
    yara.page.get_by_label("Choose a picture").set_input_files(fake)  # type: ignore[arg-type]
    yara.button("Upload and use").click()
    expect(yara.page.get_by_role("alert").filter(has_text="not an image")).to_be_in_viewport()
    assert yara.avatar() == before
    assert left_in_the_store(avatar_s3_server) == 0
