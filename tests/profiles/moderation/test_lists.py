"""Lists of blocks go out and in again, here or elsewhere, and a faulty one changes nothing."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from PIL import ImageOps

from profiles.blocks.kinds import SHA256, SIMILAR, BlockRefused
from profiles.models import Avatar, Block, Profile, StoredImage
from profiles.moderation.blocking import add_block
from profiles.moderation.lists import COLUMNS, import_list, read_list, write_list
from profiles.pictures.history import AvatarDetails, set_avatar
from profiles.sources import UPLOAD
from profiles.testing.people import a_person
from profiles.testing.pictures import encoded
from tests.kit.collections_of_pictures import photo


@pytest.fixture
def staff(db: None) -> User:
    return a_person("staff").user


def show(person: Profile, content: bytes) -> Avatar:
    return set_avatar(person, content, UPLOAD, details=AvatarDetails(), actor=person.user)


def exported() -> bytes:
    return "".join(write_list(Block.objects.order_by("pk"))).encode()


def test_a_list_finds_similar_pictures_on_a_site_that_has_none_of_them(alice: Profile, staff: User) -> None:
    avatar = show(alice, encoded(photo(21), "PNG"))
    add_block(SIMILAR, avatar.image.sha256, "=Not nice, “really”.", staff, timezone.now())
    add_block(SHA256, "a" * 64, "Known", staff, timezone.now())
    content = exported()
    assert [(line.is_known, line.fault) for line in read_list(content)] == [(True, "")] * 2
    Block.objects.all().delete()
    Avatar.objects.all().delete()
    StoredImage.objects.all().delete()

    lines = read_list(content)
    assert [(line.kind, line.is_new) for line in lines] == [(SIMILAR, True), (SHA256, True)]
    import_list(lines, staff, timezone.now())
    assert not any(line.is_new for line in read_list(content)), "the same list again changes nothing"
    assert exported() == content
    assert show(alice, encoded(ImageOps.mirror(photo(21)), "PNG")).state == Avatar.State.HELD


def test_faults_are_told_by_line(staff: User) -> None:
    rows = ["sha256,12,Why,", f"sha256,{'b' * 64},,", f"face,{'b' * 64},Why,", f"similar,{'c' * 64},Why,"]
    rows += [
        f"similar,{'c' * 64},Why,eA==",
        f"similar,{'c' * 64},Why,?",
        f"sha256,{'D' * 64},Why,",
        f"sha256,{'d' * 64},x,",
    ]
    lines = read_list("\n".join([",".join(COLUMNS), *rows]).encode())
    said = ["64 digits", "Write why", "no kind of block", "no sample", "damaged", "not base64", "", ""]
    assert [line.number for line in lines] == list(range(2, 10))
    assert all(part in line.fault for line, part in zip(lines, said, strict=True)), lines
    assert [line.is_known for line in lines[-2:]] == [False, True], "once in a list is enough"
    assert not Block.objects.exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "must name the columns"),
        (b"kind,value\nsha256,1", "must name the columns"),
        (b"\xff\xfe\x00", "not text in UTF-8"),
        (b'kind,value,reason\n"sha256,1,2', "as CSV"),
        (b"\x00" * 10, "must name the columns"),
        (b"kind,value,reason\n" + b"sha256,1,x\n" * 10_001, "up to 10,000 lines"),
    ],
)
def test_what_is_no_list_is_refused(content: bytes, said: str, db: None) -> None:
    with pytest.raises(BlockRefused, match=said):
        read_list(content)
