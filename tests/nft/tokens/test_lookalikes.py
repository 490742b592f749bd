"""People are warned of copies, uploads too, and nobody is accused of copying what is or was their own."""

from __future__ import annotations

import io

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image, ImageOps

from nft.models import ClaimCheck, HeldToken, LinkedAccount, MintRequest, ReceivedToken, TokenClaim, TokenLikeness
from nft.tokens.lookalikes import find_warning, find_warning_for_mint, find_warning_for_new, record_likeness
from profiles.models import StoredImage
from profiles.people.profiles import profile_of
from profiles.store.images import keep_image
from profiles.testing.people import an_upload
from tests.kit.world import NOW
from tests.profiles.images.test_likeness import drawing

pytestmark = pytest.mark.django_db
ADDRESS, OTHER = b"\x0a" * 20, b"\x0b" * 20
SEEN = {"chain_id": 31337, "contract": b"\7" * 20, "token_id": 1}


def content(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def kept(image: Image.Image) -> StoredImage:
    return keep_image(content(image)).row


@pytest.fixture
def alice(db: None) -> User:
    user = User.objects.create(username="alice")
    account = {"address": ADDRESS, "chain_id": 31337, "linked_at": NOW, "last_used_at": NOW}
    LinkedAccount.objects.create(user=user, **account)
    return user


@pytest.fixture
def waves(db: None) -> TokenLikeness:
    """A token that was seen here first."""
    token = HeldToken(**SEEN, name="Waves", collection="Bob's")
    row = record_likeness(token, kept(drawing(3)), NOW)
    assert row is not None
    return row


COPIES = {
    "the same": drawing(3),
    "mirrored": ImageOps.mirror(drawing(3)),
    "cropped": drawing(3).crop((18, 18, 238, 238)),
    "smaller": drawing(3).resize((90, 90)),
    "gray": drawing(3).convert("L").convert("RGB"),
}


@pytest.mark.parametrize("how", COPIES)
def test_a_copy_is_told_to_who_uploads_mints_or_shows_it(alice: User, waves: TokenLikeness, how: str) -> None:
    copy = kept(COPIES[how])
    assert "looks like “Waves of Bob's”" in find_warning_for_new(alice, copy)
    assert "looks like “Waves of Bob's”" in find_warning_for_mint(alice, copy, NOW)
    shown = HeldToken(**SEEN | {"contract": b"\x08" * 20}, name="Copy", collection="New")
    record_likeness(shown, copy, NOW)
    assert "“Waves of Bob's”, which was seen here before" in find_warning(shown, alice)


def test_another_picture_is_no_copy(alice: User, waves: TokenLikeness) -> None:
    assert find_warning_for_mint(alice, kept(drawing(7)), NOW) == ""


def test_an_upload_warns_its_person_and_is_in_use(client: Client, alice: User, waves: TokenLikeness) -> None:
    client.force_login(alice, "django.contrib.auth.backends.ModelBackend")
    file = SimpleUploadedFile("a.png", content(ImageOps.mirror(drawing(3))), "image/png")
    page = client.post(reverse("profiles:picture"), {"content": file, "alt_text": ""}, follow=True).content.decode()
    assert "Your new picture is in use." in page
    assert "looks like “Waves of Bob&#x27;s”" in page
    assert profile_of(alice).avatar is not None


def test_a_mint_of_what_somebody_else_uploaded_is_told_so(alice: User) -> None:
    picture = an_upload(profile_of(User.objects.create(username="bob")), content(drawing(5))).image
    assert "Somebody else uploaded this very picture" in find_warning_for_mint(alice, picture, NOW)
    assert find_warning_for_new(alice, picture) == "", "two people may upload one picture"


def own_by_a_claim(user: User) -> None:
    claim = TokenClaim.objects.create(user=user, **SEEN)
    ClaimCheck.objects.create(claim=claim, at=NOW, verdict="owned", reason="held", last_at=NOW)


def own_by_a_mint(user: User) -> None:
    facts = {"idempotency_key": "k", "owner": ADDRESS, "name": "Waves", "created_at": NOW, "state": "confirmed"}
    MintRequest.objects.create(user=user, **facts, **SEEN)


def own_by_sending_it(user: User) -> None:
    bob = User.objects.create(username="bob")
    facts = {"standard": "erc721", "sender": ADDRESS, "block_number": 1, "seen_at": NOW}
    ReceivedToken.objects.create(user=bob, **facts, **SEEN)


def own_by_the_gallery(user: User) -> None:
    HeldToken.objects.create(account=user.nft_linked_accounts.get(), standard="erc721", first_seen_at=NOW, **SEEN)


def own_by_an_earlier_upload(user: User) -> None:
    avatar = an_upload(profile_of(user), content(drawing(3)))
    type(avatar).objects.filter(pk=avatar.pk).update(created_at=NOW.replace(year=2020))


@pytest.mark.parametrize(
    "own", [own_by_a_claim, own_by_a_mint, own_by_sending_it, own_by_the_gallery, own_by_an_earlier_upload]
)
def test_nobody_is_accused_of_copying_their_own(alice: User, waves: TokenLikeness, own: object) -> None:
    copy = HeldToken(**SEEN | {"contract": b"\x08" * 20}, name="Copy", collection="New")
    record_likeness(copy, kept(drawing(3)), NOW)
    assert find_warning(copy, alice)
    own(alice)  # type: ignore[operator]
    assert (find_warning(copy, alice), find_warning_for_new(alice, kept(drawing(3)))) == ("", "")
    assert find_warning(copy, User.objects.create(username="charlie")), "others are still told"


def test_a_claim_that_was_never_true_makes_nothing_ones_own(alice: User, waves: TokenLikeness) -> None:
    claim = TokenClaim.objects.create(user=alice, **SEEN)
    ClaimCheck.objects.create(claim=claim, at=NOW, verdict="not_owned", reason="held_by_other", last_at=NOW)
    assert find_warning_for_new(alice, kept(drawing(3)))
