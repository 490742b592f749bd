"""Staff block from a picture's page in two clicks, see before what that hides, and decide about held pictures."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import ImageOps

from profiles.desk.audit_words import sentence_of
from profiles.models import AuditEntry, Avatar, Block, Hold, Profile
from profiles.pictures.history import AvatarDetails, set_avatar
from profiles.sources import UPLOAD
from profiles.testing.people import a_person
from profiles.testing.pictures import encoded
from tests.kit.collections_of_pictures import photo

pytestmark = pytest.mark.django_db
ADD = "/admin/profiles/block/add/"


@pytest.fixture
def staff(client: Client) -> User:
    user = User.objects.create_superuser("boss")
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return user


def show(name: str, image: Any) -> Avatar:
    person = Profile.objects.filter(handle=name).first() or a_person(name)
    return set_avatar(person, encoded(image, "PNG"), UPLOAD, details=AvatarDetails(), actor=person.user)


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def act(client: Client, model: str, action: str, rows: list[Any], reason: str = "") -> Any:
    chosen = {"action": action, "_selected_action": [row.pk for row in rows], "reason": reason}
    return client.post(reverse(f"admin:profiles_{model}_changelist"), chosen, follow=True)


def test_a_picture_is_blocked_from_its_page_and_ending_the_block_brings_it_back(client: Client, staff: User) -> None:
    avatar, same = show("alice", photo(91)), show("bob", photo(91))
    page = text_of(client.get(reverse("admin:profiles_avatar_change", args=[avatar.pk])))
    address = re.search(r'href="([^"]+\?picture=[^"]+)"[^>]*>Block this picture…', page)
    assert address, page
    form = text_of(client.get(address[1]))  # the first click
    assert form.count("This would hide 2 pictures of 2 people.") == 2, "exactly, and with similar ones"
    assert f"/avatar/{same.pk}/file/" in form, "they are shown before anything is done"
    choice = {"picture": avatar.pk, "choice": f"sha256={avatar.image.sha256}"}
    refused = client.post(address[1], choice)
    assert (refused.status_code, "Write why" in text_of(refused)) == (422, True)
    done = client.post(address[1], choice | {"reason": "It shows somebody else."}, follow=True)  # the second
    assert "Blocked. 2 pictures are hidden." in text_of(done)
    assert set(Avatar.objects.values_list("state", flat=True)) == {"held"}
    assert client.get(f"/avatar/alice?d=404&v={avatar.pk}").status_code == 404

    block = Block.objects.get()
    asked = act(client, "block", "end", [block])
    assert "Why?" in text_of(asked)
    assert f'name="_selected_action" value="{block.pk}"' in text_of(asked), "the selection is kept"
    assert "2 pictures are back." in text_of(act(client, "block", "end", [block], "A mistake."))
    assert set(Avatar.objects.values_list("state", flat=True)) == {"active"}
    said = [sentence_of(entry) for entry in AuditEntry.objects.filter(action__startswith="block.").order_by("pk")]
    assert said == [
        f"Blocked {avatar.image.sha256} (Exactly this picture): It shows somebody else.",
        f"Ended the block of {avatar.image.sha256} (Exactly this picture): A mistake.",
    ]


def test_held_pictures_are_decided_in_bulk(client: Client, staff: User) -> None:
    original = show("alice", photo(92))
    client.post(ADD, {"picture": original.pk, "choice": f"similar={original.image.sha256}", "reason": "No."})
    show("bob", ImageOps.mirror(photo(92)))
    show("carol", photo(92).resize((150, 150)))
    start = text_of(client.get(reverse("admin:index")))
    assert "Pictures held until somebody decides · 2" in start
    held = list(Hold.objects.filter(waits=True))
    listed = text_of(client.get(reverse("admin:profiles_hold_changelist") + "?waits__exact=1"))
    assert listed.count("Looks like a blocked picture: No.") == 2
    asked = text_of(act(client, "hold", "approve", held))
    assert all(f'name="_selected_action" value="{hold.pk}"' in asked for hold in held)
    assert "1 picture is shown." in text_of(act(client, "hold", "approve", held[:1], "Harmless."))
    assert "1 picture is removed." in text_of(act(client, "hold", "refuse", held[1:], "The same picture."))
    assert Avatar.objects.get(profile__handle="bob").state == "active"
    assert Avatar.objects.get(profile__handle="carol").is_locked
    assert not Hold.objects.filter(waits=True).exists()


def test_what_stands_on_no_page_is_tried_before_it_is_blocked(client: Client, staff: User) -> None:
    avatar = show("alice", photo(93))
    typed = {"kind": "sha256", "value": avatar.image.sha256, "reason": "No."}
    assert "This would hide 1 picture of 1 person." in text_of(client.post(ADD, typed | {"preview": "1"}))
    assert not Block.objects.exists()
    assert "64 digits" in text_of(client.post(ADD, typed | {"value": "12"}))
    assert "1 picture is hidden." in text_of(client.post(ADD, typed, follow=True))
    avatar.refresh_from_db()
    assert "blocked this picture: No." in avatar.reason


def test_a_list_is_taken_in_only_after_it_was_looked_at(client: Client, staff: User) -> None:
    avatar = show("alice", photo(94))
    take_in = reverse("admin:profiles_block_import")

    def post(rows: str, press: str) -> str:
        file = SimpleUploadedFile("blocks.csv", f"kind,value,reason\n{rows}".encode())
        return text_of(client.post(take_in, {"file": file, press: "1"}, follow=True))

    good = f"sha256,{avatar.image.sha256},Known"
    faulty = post(f"{good}\nsha256,12,x", "import")
    assert "Line 3: A sha256 has 64 digits" in faulty
    assert not Block.objects.exists()
    tried = post(good, "try")
    assert "1 new block." in tried
    assert "1 picture would be hidden." in tried
    assert not Block.objects.exists()
    assert "1 block was added." in post(good, "import")
    exported = b"".join(client.get(reverse("admin:profiles_block_export")))
    assert exported.decode().splitlines()[1] == f"{good},"


def test_who_may_only_look_blocks_nothing(client: Client, staff: User) -> None:
    looker = User.objects.create_user("looker", is_staff=True)
    client.force_login(looker, "django.contrib.auth.backends.ModelBackend")
    for address in (ADD, reverse("admin:profiles_block_import"), reverse("admin:profiles_block_export")):
        assert client.get(address).status_code == 403
    assert client.post(ADD, {"kind": "sha256", "value": "a" * 64, "reason": "x"}).status_code == 403
    assert not Block.objects.exists()
