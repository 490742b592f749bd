"""A person's history in pages, and what is done there."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from profiles.models import Avatar, Profile
from profiles.testing.people import a_picture, an_upload
from tests.profiles.pictures.test_cropping import FOUR, PICTURE, upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def her(client: Client, alice: Profile) -> Client:
    client.force_login(alice.user)
    return client


def copies(profile: Profile, count: int) -> None:
    """Entries that share one stored picture: the pages under test only list them."""
    image = an_upload(profile, a_picture()).image
    Avatar.objects.bulk_create(
        Avatar(profile=profile, image=image, source="upload", reference=str(n), chosen_at=timezone.now())
        for n in range(count - 1)
    )


def listed(page: str) -> list[UUID]:
    return [UUID(part.split("/", 1)[0]) for part in page.split(f'action="{PICTURE}')[1:] if "/remove/" in part[:60]]


def test_a_long_history_comes_in_pages_that_hold_every_picture_once(her: Client, alice: Profile) -> None:
    copies(alice, 30)
    address, ids, pages = f"{PICTURE}older/", [], 0
    while address:
        page = her.get(address).content.decode()
        ids += listed(page)
        pages += 1
        _, _, rest = page.partition(f'href="{PICTURE}older/?after=')
        address = f"{PICTURE}older/?after={rest.split(chr(34))[0]}" if rest else ""
    assert pages == 3
    assert len(ids) == len(set(ids)) == 30
    assert "You have 30 pictures" in her.get(f"{PICTURE}older/").content.decode()


def test_what_is_done_on_an_older_page_returns_to_it(her: Client, alice: Profile) -> None:
    copies(alice, 14)
    page = her.get(f"{PICTURE}older/").content.decode()
    after = page.partition("older/?after=")[2].split('"')[0]
    older = f"{PICTURE}older/?after={after}"
    oldest = alice.avatars.order_by("chosen_at", "id").first()
    assert oldest is not None
    removed = her.post(f"{PICTURE}{oldest.pk}/remove/", {"after": after})
    assert removed["Location"] == older
    assert f'name="after" value="{after}"' in her.get(older).content.decode()  # of the note's Undo too
    assert her.post(f"{PICTURE}{oldest.pk}/restore/", {"after": after})["Location"] == older


@pytest.mark.parametrize("after", ["", "5", "x-y", "99999999999999999-" + "0" * 32, "https://evil.example/"])
def test_a_page_that_is_none_leads_to_the_first(her: Client, alice: Profile, after: str) -> None:
    entry = an_upload(alice)
    assert str(entry.pk) in her.get(f"{PICTURE}older/", {"after": after}).content.decode()
    assert her.post(f"{PICTURE}{entry.pk}/remove/", {"after": after})["Location"] == f"{PICTURE}older/"


def test_what_is_done_in_the_dialog_ends_on_the_page_below_it_and_can_be_undone(her: Client, alice: Profile) -> None:
    first, second = an_upload(alice), an_upload(alice, FOUR)
    here = "/u/alice/?from=chat"
    assert upload(her, a_picture(), next=here).json() == {"redirect": here}
    assert her.post(f"{PICTURE}{first.pk}/use/", {"next": here})["Location"] == here
    assert f'action="{PICTURE}' in her.get(here).content.decode()  # of the note's Undo
    assert her.post(f"{PICTURE}{second.pk}/use/", {"next": "https://evil.example/"})["Location"] == PICTURE
