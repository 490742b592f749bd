"""A block hides what it covers, refuses what comes, and ending it brings back exactly what it hid."""

from __future__ import annotations

import hashlib
from datetime import datetime

import pytest
from django.contrib.auth.models import User
from django.utils import timezone, translation
from PIL import Image, ImageOps

from profiles.blocks.kinds import SHA256, SIMILAR, BlockRefused
from profiles.blocks.matching import PictureBlocked
from profiles.models import Avatar, Block, Hold, Profile, StoredImage
from profiles.moderation.blocking import add_block, apply_at_once, apply_block, end_block
from profiles.moderation.held import approve, refuse, waiting_holds
from profiles.moderation.preview import offer_blocks, preview_block
from profiles.pictures.changing import AvatarNotShowable
from profiles.pictures.history import AvatarDetails, choose_avatar, remove_avatar, restore_avatar, set_avatar
from profiles.pictures.rights import moderate_avatar
from profiles.sources import UPLOAD
from profiles.testing.people import a_person, in_use
from profiles.testing.pictures import encoded
from tests.kit.collections_of_pictures import photo

State = Avatar.State


@pytest.fixture
def staff(db: None) -> User:
    return a_person("staff").user


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def show(person: Profile, image: Image.Image, fmt: str = "PNG", **options: object) -> Avatar:
    return set_avatar(person, encoded(image, fmt, **options), UPLOAD, details=AvatarDetails(), actor=person.user)


def block(kind: str, avatar: Avatar, staff: User, now: datetime) -> Block:
    made = add_block(kind, avatar.whole.sha256, "Not a nice picture.", staff, now)
    apply_at_once(made, now)
    return made


def state_of(avatar: Avatar) -> str:
    avatar.refresh_from_db()
    return avatar.state


def test_an_exact_block_hides_the_picture_everywhere_and_its_end_brings_back_only_that(
    alice: Profile, bob: Profile, staff: User, now: datetime
) -> None:
    earlier, shown, others = show(alice, photo(1)), show(alice, photo(2)), show(bob, photo(2))
    removed = show(a_person("carol"), photo(2))
    moderate_avatar(removed.pk, "For another reason.", staff)
    version = Profile.objects.get(pk=alice.pk).avatar_version
    preview = preview_block(SHA256, shown.image.sha256)
    assert (preview.pictures, preview.people) == (2, 2)
    assert preview.sentence == "This would hide 2 pictures of 2 people."

    made = block(SHA256, shown, staff, now)

    assert {state_of(shown), state_of(others)} == {State.HELD}
    assert in_use(alice) == earlier
    assert in_use(bob) is None
    assert alice.avatar_version > version
    assert "Not a nice picture." in shown.reason
    with translation.override("de"):
        shown.refresh_from_db()
        assert "Diese Website hat dieses Bild gesperrt: Not a nice picture." in shown.reason
    with pytest.raises(PictureBlocked, match="Not a nice picture"):
        show(alice, photo(2))
    with pytest.raises(AvatarNotShowable, match="blocked"):
        choose_avatar(alice, shown.pk, alice.user)

    end_block(made.pk, "It was a mistake.", staff, now)
    apply_block(made.pk, now)

    assert {state_of(shown), state_of(others)} == {State.ACTIVE}
    assert state_of(removed) == State.REMOVED
    assert in_use(alice) == shown
    assert not Block.objects.exists()
    show(alice, photo(2))
    actions = {entry.action: entry.detail for entry in staff.avatar_profile.audit_entries.all()}
    assert actions["block.add"]["reason"] == "Not a nice picture."
    assert actions["block.end"]["why"] == "It was a mistake."


def test_a_refused_file_is_not_even_decoded_and_leaves_nothing(alice: Profile, staff: User, now: datetime) -> None:
    content = encoded(photo(3), "PNG")
    add_block(SHA256, hashlib.sha256(content).hexdigest(), "Known.", staff, now)
    with pytest.raises(PictureBlocked, match="Known"):
        set_avatar(alice, content, UPLOAD, details=AvatarDetails(), actor=alice.user)
    assert not StoredImage.objects.exists()
    assert not Avatar.objects.exists()


def test_two_blocks_hide_one_picture_until_both_have_ended(alice: Profile, staff: User, now: datetime) -> None:
    avatar = show(alice, photo(4))
    first, second = block(SHA256, avatar, staff, now), block(SIMILAR, avatar, staff, now)
    end_block(first.pk, "One", staff, now)
    apply_block(first.pk, now)
    assert state_of(avatar) == State.HELD
    end_block(second.pk, "Two", staff, now)
    apply_block(second.pk, now)
    assert state_of(avatar) == State.ACTIVE


def test_similar_pictures_are_held_and_decided_once(
    alice: Profile, bob: Profile, staff: User, now: datetime, settings: object
) -> None:
    original = show(alice, photo(5))
    mirrored = show(bob, ImageOps.mirror(photo(5)), "JPEG", quality=90)
    assert preview_block(SIMILAR, original.image.sha256).pictures == 2
    block(SIMILAR, original, staff, now)
    assert {state_of(original), state_of(mirrored)} == {State.HELD}
    assert [hold.avatar for hold in waiting_holds()] == [mirrored]  # the exact one needs no decision

    smaller = show(bob, photo(5).resize((180, 180)))
    assert (smaller.state, in_use(bob)) == (State.HELD, None)
    assert "being checked" in smaller.reason
    assert show(bob, photo(6)).state == State.ACTIVE

    approve(waiting_holds().get(avatar=smaller), "Harmless.", staff, now)
    assert state_of(smaller) == State.ACTIVE
    assert show(alice, photo(5).resize((180, 180))).state == State.ACTIVE

    refuse(waiting_holds().get(avatar=mirrored), "The same.", staff, now)
    assert (state_of(mirrored), mirrored.is_locked) == (State.REMOVED, True)
    with pytest.raises(PictureBlocked):
        show(alice, ImageOps.mirror(photo(5)), "JPEG", quality=90)
    assert not waiting_holds().exists()


def test_a_site_may_refuse_similar_pictures(alice: Profile, staff: User, now: datetime, settings: object) -> None:
    block(SIMILAR, show(alice, photo(7)), staff, now)
    settings.AVATAR_BLOCKED_SIMILAR = "refuse"  # type: ignore[attr-defined]
    with pytest.raises(PictureBlocked):
        show(alice, photo(7).rotate(90))
    assert not Hold.objects.filter(waits=True).exists()


def test_undoing_a_removal_does_not_undo_a_block(alice: Profile, staff: User, now: datetime) -> None:
    avatar = show(alice, photo(8))
    remove_avatar(alice, avatar.pk, alice.user)
    block(SHA256, avatar, staff, now)
    with pytest.raises(PictureBlocked):
        restore_avatar(alice, avatar.pk, alice.user)
    assert in_use(alice) is None


def test_a_block_needs_a_reason_a_known_kind_and_a_picture_that_shows_something(
    alice: Profile, staff: User, now: datetime
) -> None:
    plain = show(alice, Image.new("RGB", (200, 200), "teal"))
    assert [offer.kind for offer in offer_blocks(plain)] == [SHA256]
    for kind, value, reason, said in (
        (SHA256, "12", "Why", "64 digits"),
        (SHA256, plain.image.sha256, " ", "Write why"),
        ("face", "x", "Why", "no kind of block"),
        (SIMILAR, "0" * 64, "Why", "no picture with this sha256"),
        (SIMILAR, plain.image.sha256, "Why", "nearly plain"),
    ):
        with pytest.raises(BlockRefused, match=said):
            add_block(kind, value, reason, staff, now)
    block(SHA256, plain, staff, now)
    with pytest.raises(BlockRefused, match="already"):
        add_block(SHA256, plain.image.sha256, "Again", staff, now)


def test_hiding_goes_on_in_pages(
    alice: Profile, bob: Profile, staff: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("profiles.moderation.blocking.PAGE", 1)
    shown = [show(alice, photo(9)), show(bob, photo(9))]
    made = add_block(SHA256, shown[0].image.sha256, "Why", staff, now)
    assert apply_block(made.pk, now) == 2
    assert {state_of(each) for each in shown} == {State.HELD}
    end_block(made.pk, "Back", staff, now)
    assert apply_block(made.pk, now) == 2
