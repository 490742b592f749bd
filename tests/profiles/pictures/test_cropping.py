"""Which part of a picture is shown, by every way an upload can come; and another part of it later."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.utils import timezone
from PIL import Image

from profiles.images.picture import MIDDLE, Crop, Edit
from profiles.images.straighten import shrinking
from profiles.models import Avatar, Profile
from profiles.pictures.changing import NoSuchAvatar
from profiles.pictures.history import crop_again, remove_avatar
from profiles.pictures.rights import moderate_avatar
from profiles.store.purge import purge_unreferenced_images
from profiles.testing.api_client import Program, a_secret, problem_of
from profiles.testing.people import an_upload
from profiles.testing.pictures import corner_colors, encoded, exif, four_corners, frames, held, opened
from profiles.testing.stores import FileStore
from tests.kit.token_pictures import a_token_picture

pytestmark = pytest.mark.django_db
PICTURE = "/settings/picture/"
CORNERS = ["red", "green", "blue", "yellow"]
#: The middle of each corner's own colour, half as wide as the shorter side.
PARTS = {"red": (0.25, 0.25), "green": (0.75, 0.25), "blue": (0.25, 0.75), "yellow": (0.75, 0.75)}
FOUR = encoded(four_corners(400, 300), "PNG")


@pytest.fixture
def her(client: Client, alice: Profile) -> Client:
    client.force_login(alice.user)
    return client


def fields_of(colour: str, size: float = 0.4) -> dict[str, str]:
    x, y = PARTS[colour]
    return {"crop_x": str(x), "crop_y": str(y), "crop_size": str(size)}


def upload(browser: Client, content: bytes, **fields: str) -> Any:
    file = SimpleUploadedFile("me.png", content, "image/png")
    return browser.post(PICTURE, {"content": file, **fields}, headers={"accept": "application/json"})


def served(handle: str) -> Image.Image:
    """What a stranger gets."""
    answer = Client().get(f"/avatar/{handle}?s=64", headers={"accept": "image/webp"})
    assert answer.status_code == 200
    return opened(answer.content)


def seen(handle: str) -> set[str]:
    return set(corner_colors(served(handle)))


# --- an upload ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("colour", PARTS)
def test_the_chosen_part_is_what_strangers_get(her: Client, alice: Profile, colour: str) -> None:
    assert upload(her, FOUR, **fields_of(colour)).status_code == 200
    assert seen("alice") == {colour}


def test_what_was_cut_off_is_kept_for_its_owner_alone(her: Client, alice: Profile, store: FileStore) -> None:
    upload(her, FOUR, **fields_of("green"))
    stored = {key: corner_colors(opened(store.path(key).read_bytes())) for key in store.object_keys()}
    [whole] = [key for key, corners in stored.items() if set(corners) != {"green"}]
    assert stored[whole] == CORNERS
    assert whole.startswith("masters/")  # of which nobody serves any
    entry = Avatar.objects.get()
    assert corner_colors(opened(her.get(f"{PICTURE}{entry.pk}/whole/").content)) == CORNERS
    her.post(f"{PICTURE}{entry.pk}/crop/", {"crop_size": "1"})
    assert corner_colors(served("alice")) == CORNERS


@pytest.mark.parametrize("fields", [fields_of("green"), {}])
def test_what_was_cut_off_is_deleted_on_request(
    her: Client, alice: Profile, store: FileStore, fields: dict[str, str]
) -> None:
    upload(her, FOUR, drops_rest="on", **fields)
    assert Avatar.objects.get().uncut is None
    for key in store.object_keys():
        kept = opened(store.path(key).read_bytes())
        assert kept.width == kept.height
        assert set(corner_colors(kept)) == ({"green"} if fields else set(CORNERS))


def test_with_the_picture_what_was_cut_off_is_erased(her: Client, alice: Profile, store: FileStore) -> None:
    upload(her, FOUR, **fields_of("green"))
    remove_avatar(alice, Avatar.objects.get().pk, alice.user)
    purge_unreferenced_images(timezone.now() + timedelta(days=2))
    assert store.object_keys() == []


def test_a_picture_uploaded_again_keeps_what_is_asked_for_last(her: Client, alice: Profile, store: FileStore) -> None:
    upload(her, FOUR, **fields_of("green"))
    upload(her, FOUR, drops_rest="on", **fields_of("green"))
    purge_unreferenced_images(timezone.now() + timedelta(days=2))
    assert alice.avatars.count() == 1
    for key in store.object_keys():
        assert set(corner_colors(opened(store.path(key).read_bytes()))) == {"green"}


def test_a_turn_is_done_before_the_part_is_chosen(her: Client, alice: Profile) -> None:
    upload(her, FOUR, crop_turn="1")
    assert corner_colors(served("alice")) == ["blue", "red", "yellow", "green"]
    upload(her, FOUR, crop_turn="1", crop_mirror="on", **fields_of("green"))
    assert seen("alice") == {"blue"}
    entry = alice.avatars.order_by("-chosen_at").first()
    assert entry is not None
    her.post(f"{PICTURE}{entry.pk}/crop/", {"crop_turn": "2"})
    assert corner_colors(served("alice")) == ["yellow", "green", "blue", "red"]
    her.post(f"{PICTURE}{entry.pk}/crop/", {"crop_angle": "-10"})
    straightened = alice.avatars.order_by("-chosen_at").first()
    assert straightened is not None
    assert straightened.image.width == int(entry.whole.width / shrinking(10))


def test_the_square_of_a_tall_photo_is_as_large_as_asked_for(alice: Profile) -> None:
    an_upload(alice, encoded(four_corners(3000, 4000), "JPEG"))
    answer = Client().get("/avatar/alice?s=1024", headers={"accept": "image/webp"})
    assert opened(answer.content).size == (1024, 1024)


@pytest.mark.parametrize("fields", [{}, {"crop_x": "", "crop_y": "", "crop_size": ""}, {"crop_x": "0.5"}])
def test_with_nothing_chosen_the_middle_is_shown_and_the_whole_picture_kept(
    her: Client, alice: Profile, fields: dict[str, str]
) -> None:
    upload(her, FOUR, **fields)
    assert corner_colors(served("alice")) == CORNERS
    image = Avatar.objects.get().image
    assert (image.width, image.height) == (400, 300)


def test_the_part_is_chosen_on_the_upright_picture(her: Client, alice: Profile) -> None:
    lying = encoded(held(four_corners(400, 300), 6), "JPEG", exif=exif(6, gps=True))
    upload(her, lying, **fields_of("blue"))
    assert seen("alice") == {"blue"}


def test_a_moving_picture_keeps_moving_in_its_part(her: Client, alice: Profile) -> None:
    first, *others = [four_corners(96, 64), *frames(3, (96, 64))]
    moving = encoded(first, "GIF", save_all=True, append_images=others, duration=90)
    upload(her, moving, **fields_of("yellow"))
    shown = served("alice")
    assert getattr(shown, "n_frames", 1) > 1  # what looks alike within the part is one frame
    shown.seek(0)
    assert set(corner_colors(shown)) == {"yellow"}


def test_the_same_picture_in_another_part_is_another_entry(her: Client, alice: Profile) -> None:
    for colour in ("red", "blue", "red"):
        upload(her, FOUR, **fields_of(colour))
    assert alice.avatars.count() == 2
    assert seen("alice") == {"red"}


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"crop_x": "1.5"}, "The part to show has its middle from 0 to 1"),
        ({"crop_size": "0"}, "size above 0"),
        ({"crop_size": "nan"}, "numbers from 0 to 1"),
        ({"crop_y": "top"}, "numbers from 0 to 1"),
        ({"crop_turn": "5"}, "turned by 0 to 3 quarters"),
    ],
)
def test_a_part_that_can_not_be_is_refused_and_nothing_stored(
    her: Client, alice: Profile, store: FileStore, fields: dict[str, str], sentence: str
) -> None:
    answer = upload(her, FOUR, **fields)
    assert answer.status_code == 422
    assert sentence in answer.json()["detail"]
    assert (store.object_keys(), alice.avatars.count()) == ([], 0)


def test_a_person_without_scripts_chooses_from_lists_and_reads_what_was_wrong(her: Client, alice: Profile) -> None:
    page = her.get(PICTURE).content.decode()
    for name in ("crop_turn", "crop_x", "crop_y", "crop_size"):
        assert f'<select name="{name}"' in page
    assert '<option value="0.5" selected>' in page
    refused = her.post(PICTURE, {"content": SimpleUploadedFile("me.png", FOUR), "crop_size": "7"})
    assert refused.status_code == 422
    assert "size above 0, up to 1" in refused.content.decode()
    assert "content" not in refused.context["form"].errors


# --- by programs --------------------------------------------------------------------------------------------------
def test_programs_name_the_part_in_the_address_or_the_form(alice: Profile) -> None:
    program = Program(a_secret(alice))
    assert program.put(FOUR, query="?crop=0.75,0.25,0.4").status_code == 200
    assert seen("alice") == {"green"}
    form = {"content": SimpleUploadedFile("me.png", FOUR, "image/png"), "crop": "0.25,0.75,0.4"}
    assert program.put(encode_multipart(BOUNDARY, form), kind=MULTIPART_CONTENT).status_code == 200
    assert seen("alice") == {"blue"}


@pytest.mark.parametrize("text", ["", "0.5", "0.5,0.5", "0.5,0.5,0", "2,0,1", "a,b,c", "0.5,0.5,1,1", "nan,0,1"])
def test_programs_learn_what_a_part_looks_like(alice: Profile, store: FileStore, text: str) -> None:
    answer = Program(a_secret(alice)).put(FOUR, query=f"?crop={text}")
    assert problem_of(answer) == (422, "bad-crop")
    assert "part to show" in answer.json()["detail"]
    assert store.object_keys() == []


# --- another part later -------------------------------------------------------------------------------------------
def test_another_part_of_a_whole_upload_becomes_a_new_entry(her: Client, alice: Profile) -> None:
    first = an_upload(alice, FOUR, alt_text="Four fields")
    answer = her.post(f"{PICTURE}{first.pk}/crop/", fields_of("yellow"))
    assert answer["Location"] == PICTURE
    assert seen("alice") == {"yellow"}
    newest = alice.avatars.order_by("-chosen_at").first()
    assert newest is not None
    assert (newest.alt_text, alice.avatars.count()) == ("Four fields", 2)
    her.post(f"{PICTURE}{first.pk}/use/")
    assert corner_colors(served("alice")) == CORNERS


def test_choosing_the_middle_again_makes_no_copy(alice: Profile) -> None:
    first, _second = an_upload(alice, FOUR), an_upload(alice)
    assert crop_again(alice, first.pk, Edit(MIDDLE), alice.user) == first
    assert alice.avatars.count() == 2
    assert corner_colors(served("alice")) == CORNERS


def test_only_ones_own_standing_uploads_can_be_cropped(alice: Profile, bob: Profile) -> None:
    hers = an_upload(alice, FOUR)
    token, removed, locked = a_token_picture(alice, timezone.now()), an_upload(alice), an_upload(alice)
    remove_avatar(alice, removed.pk, alice.user)
    moderate_avatar(locked.pk, "Not you.", bob.user)
    part = Edit(Crop(0, 0, 0.5))
    for owner, avatar_id in (
        (bob, hers.pk),
        (alice, token.pk),
        (alice, removed.pk),
        (alice, locked.pk),
        (alice, uuid4()),
    ):
        with pytest.raises(NoSuchAvatar):
            crop_again(owner, avatar_id, part, owner.user)


def test_the_whole_picture_is_for_its_owner_only(her: Client, alice: Profile, bob: Profile) -> None:
    entry = an_upload(alice, FOUR)
    address = f"{PICTURE}{entry.pk}/whole/"
    answer = her.get(address)
    assert opened(answer.content).size == (400, 300)
    assert answer["Cache-Control"].startswith("private")
    assert answer["X-Content-Type-Options"] == "nosniff"
    stranger = Client()
    assert stranger.get(address).status_code == 302
    stranger.force_login(bob.user)
    assert stranger.get(address).status_code == 404


def test_a_part_that_can_not_be_is_explained_on_the_page(her: Client, alice: Profile) -> None:
    entry = an_upload(alice, FOUR)
    answer = her.post(f"{PICTURE}{entry.pk}/crop/", {"crop_x": "9"})
    assert answer.status_code == 422
    assert "from 0 to 1" in answer.content.decode()
    assert alice.avatars.count() == 1


def test_where_the_kept_picture_can_not_be_read_the_page_says_so(her: Client, alice: Profile, store: FileStore) -> None:
    entry = an_upload(alice, FOUR)
    store.path(next(key for key in store.object_keys() if key.startswith("masters/"))).unlink()
    answer = her.post(f"{PICTURE}{entry.pk}/crop/", fields_of("red"))
    assert answer.status_code == 503
    assert "try again" in answer.content.decode()
    assert her.get(f"{PICTURE}{entry.pk}/whole/").status_code == 503
    assert alice.avatars.count() == 1
