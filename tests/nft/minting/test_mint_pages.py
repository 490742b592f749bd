"""The pages of a mint: who pays, the list of mints, and what is shown on failure."""

from __future__ import annotations

import io
import uuid
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image
from web3.contract import Contract

from nft.minting.requests import build_steps
from nft.minting.steps import follow_mint
from nft.models import CachedObject, HeldToken, IpfsBlock, MintRequest
from nft.testing.chain import Chain
from nft.testing.genesis import CHAIN_ID
from nft.tokens.lookalikes import record_likeness
from nft.views import minting as pages
from profiles.models import StoredImage
from profiles.store import objects
from profiles.store.errors import StorageError
from profiles.store.images import keep_image
from profiles.store.purge import purge_unreferenced_images
from profiles.testing.jobs import queued_by_sweep
from tests.kit.mints import go_on, install, ready_to_sign, sponsor
from tests.kit.world import World, picture, upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def contract(chain: Chain, settings: Any) -> Contract:
    settings.NFT_SPONSOR_CHAINS = []
    return install(chain, settings)


@pytest.fixture
def page(client: Client, alice: User, contract: Contract) -> Client:
    client.force_login(alice)
    return client


def form(user: User, **changes: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "image": SimpleUploadedFile("art.png", picture(), "image/png"),
        "name": "Dawn",
        "account": str(user.nft_linked_accounts.get().pk),
        "key": str(uuid.uuid4()),
    }
    return fields | changes


def test_who_pays_is_asked_only_if_the_site_may(page: Client, settings: Any, chain: Chain) -> None:
    assert "left today" not in page.get(reverse("nft:mint")).text
    sponsor(chain, settings)
    assert "Free (3 left today)" in page.get(reverse("nft:mint")).text


def test_the_sites_choice_needs_no_signature(
    page: Client, settings: Any, chain: Chain, alice: User, world: World
) -> None:
    sponsor(chain, settings)
    draft = page.post(reverse("nft:mint"), form(alice, payer="site"), follow=True)
    assert "This publishes the picture for ever. It cannot be undone." in draft.text
    assert "Network fee: free (3 left today)." in draft.text
    answer = page.post(reverse("nft:mint_publish", args=[MintRequest.objects.get().pk]), follow=True)
    assert "You sign nothing" in answer.text
    assert "Signed and paid by the site" in answer.text
    request = MintRequest.objects.get()
    assert request.published_at is not None
    world.now = request.published_at
    assert go_on(world, request).state == "submitted"


def test_a_used_up_quota_is_shown_at_the_choice(page: Client, settings: Any, chain: Chain, alice: User) -> None:
    sponsor(chain, settings)
    settings.NFT_SPONSOR_PER_DAY = 1
    page.post(reverse("nft:mint"), form(alice, payer="site"))
    page.post(reverse("nft:mint_publish", args=[MintRequest.objects.get().pk]))
    answer = page.post(reverse("nft:mint"), form(alice, payer="site", name="Dusk"))
    assert answer.status_code == 429
    assert "at most 1 of a person" in answer.text
    assert page.post(reverse("nft:mint"), form(alice, payer="wallet", name="Dusk")).status_code == 302


def test_a_picture_of_ones_own_is_minted_without_sending_it_again(page: Client, alice: User) -> None:
    address = f"{reverse('nft:mint')}?picture={upload(alice)}"
    assert "This picture, unless you choose another." in page.get(address).text
    fields = form(alice)
    del fields["image"]
    page.post(address, fields)
    assert MintRequest.objects.get().name == "Dawn"
    for nobodys in ("x", str(uuid.uuid4())):
        missing = page.post(f"{reverse('nft:mint')}?picture={nobodys}", fields | {"key": str(uuid.uuid4())})
        assert "This field is required." in missing.text
    assert MintRequest.objects.count() == 1


def test_of_two_drafts_only_one_gets_the_last_token_that_the_site_pays_for(
    page: Client, settings: Any, chain: Chain, alice: User
) -> None:
    sponsor(chain, settings)
    settings.NFT_SPONSOR_PER_DAY = 1
    names = ("Dawn", "Dusk")
    first, second = (page.post(reverse("nft:mint"), form(alice, payer="site", name=name))["Location"] for name in names)
    page.post(f"{first}publish/")
    refused = page.post(f"{second}publish/", follow=True).text
    assert "at most 1 of a person" in refused
    assert "Continue to payment" in refused
    assert MintRequest.objects.filter(state="draft").count() == 1
    page.post(f"{second}publish/", {"payer": "wallet"})
    published = MintRequest.objects.filter(state="storing")
    assert published.filter(sponsor=None).count() == published.exclude(sponsor=None).count() == 1


def test_a_draft_is_published_once_and_not_canceled_after(page: Client, alice: User) -> None:
    path = page.post(reverse("nft:mint"), form(alice))["Location"]
    assert "Not published yet" in page.get(reverse("nft:mint")).text
    for _ in range(2):
        assert page.post(f"{path}publish/")["Location"] == path
    request = MintRequest.objects.get()
    refused = page.post(f"{path}cancel/", follow=True)
    assert "published it already" in refused.text
    assert MintRequest.objects.get().published_at == request.published_at


def test_a_canceled_draft_leaves_nothing(page: Client, alice: User) -> None:
    path = page.post(reverse("nft:mint"), form(alice))["Location"]
    assert page.get(f"{path}picture.webp").status_code == 200
    answer = page.post(f"{path}cancel/", follow=True)
    assert "Nothing was published" in answer.text
    assert page.get(path).status_code == page.get(f"{path}picture.webp").status_code == 404
    assert not CachedObject.objects.exists()
    assert not IpfsBlock.objects.exists()
    assert purge_unreferenced_images(timezone.now() + timedelta(hours=1)) == 1
    assert not StoredImage.objects.exists()


def test_a_draft_keeps_its_picture_until_it_is_published_or_a_day_is_over(
    page: Client, alice: User, world: World
) -> None:
    path = page.post(reverse("nft:mint"), form(alice))["Location"]
    now = timezone.now()
    assert purge_unreferenced_images(now + timedelta(hours=20)) == 0
    request = MintRequest.objects.get()
    follow_mint(request.pk, now, world.clients)
    assert MintRequest.objects.filter(state="draft").count() == 1, "nothing is due yet"
    assert queued_by_sweep(follow_mint, now + timedelta(days=1, hours=1)) == [request.pk]
    follow_mint(request.pk, now + timedelta(days=1, hours=1), world.clients)
    assert page.get(path).status_code == 404
    assert purge_unreferenced_images(now + timedelta(days=2)) == 1


@pytest.mark.parametrize("body", ["", "[]", "{}"])
def test_a_form_with_nothing_in_it_names_what_is_missing(page: Client, body: str) -> None:
    answer = page.post("/mint/", body, content_type="application/json")
    assert answer.status_code == 422
    assert {"image", "name", "account"} <= set(answer.context["form"].errors)


def test_a_strangers_draft_is_nobodys(page: Client, client: Client, alice: User) -> None:
    path = page.post(reverse("nft:mint"), form(alice))["Location"]
    client.force_login(User.objects.create_user("mallory"))
    assert client.get(path).status_code == client.get(f"{path}picture.webp").status_code == 404
    assert client.post(f"{path}publish/").status_code == client.post(f"{path}cancel/").status_code == 404
    assert MintRequest.objects.get().state == "draft"


def test_a_store_that_is_down_stops_nothing_for_good(
    page: Client, alice: User, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = StorageError("The object store can't be reached: X.")
    with monkeypatch.context() as patch:
        patch.setattr(objects, "put", mock.Mock(side_effect=broken))
        answer = page.post(reverse("nft:mint"), form(alice))
    assert answer.status_code == 503
    assert "object store can&#x27;t be used" in answer.text
    assert not MintRequest.objects.exists()
    path = page.post(reverse("nft:mint"), form(alice))["Location"]
    page.post(f"{path}publish/")
    request = MintRequest.objects.get()
    with monkeypatch.context() as patch:
        patch.setattr(objects, "get", mock.Mock(side_effect=broken))
        page.raise_request_exception = False
        assert page.get(f"{path}picture.webp").status_code == 503
        world.now = timezone.now()
        assert go_on(world, request).state == "storing"
    assert "We keep trying" in page.get(path).text
    assert go_on(world, request).state == "awaiting_signature"


def test_a_picture_lost_before_it_was_published_ends_the_mint(page: Client, alice: User, world: World) -> None:
    path = page.post(reverse("nft:mint"), form(alice))["Location"]
    page.post(f"{path}publish/")
    request = MintRequest.objects.get()
    assert request.picture is not None
    objects.delete(objects.master_key(request.picture.sha256))
    world.now = timezone.now()
    assert go_on(world, request).state == "failed"
    failed = page.get(path).text
    assert "was lost on our side" in failed
    assert "Start again" in failed
    assert [step["state"] for step in build_steps(request)][:2] == ["failed", "todo"]


def test_a_forged_form_does_not_make_the_site_pay(page: Client, alice: User) -> None:
    page.post(reverse("nft:mint"), form(alice, payer="site"))
    assert MintRequest.objects.get().sponsor is None


def test_mints_are_listed_page_by_page(
    page: Client, alice: User, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Nothing yet" in page.get(reverse("nft:made")).text
    monkeypatch.setattr(pages, "A_PAGE", 1)
    first, second = (ready_to_sign(world, alice, key=key, name=name) for key, name in [("a", "First"), ("b", "Second")])
    MintRequest.objects.filter(pk=second.pk).update(created_at=world.later(seconds=1))
    newest = page.get(reverse("nft:made")).text
    assert "Second" in newest
    assert "First" not in newest
    assert reverse("nft:ipfs", args=[second.metadata_cid]) in newest
    assert "First" in page.get(reverse("nft:made"), {"page": "2"}).text
    assert page.get(reverse("nft:ipfs", args=[first.metadata_cid])).status_code == 200


def test_a_lookalike_is_published_only_after_a_warning(
    page: Client, alice: User, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "get", lambda _key: pytest.fail("a picture in memory was read back from the store"))
    bobs = HeldToken(chain_id=CHAIN_ID, contract=b"\7" * 20, token_id=1, name="Waves", collection="Bob's")
    record_likeness(bobs, keep_image(waves(300)).row, world.now)
    copy = {"image": SimpleUploadedFile("art.png", waves(200), "image/png")}
    draft = page.post(reverse("nft:mint"), form(alice, **copy), follow=True)
    assert "looks like “Waves of Bob&#x27;s”" in draft.text
    request = MintRequest.objects.get()
    assert (request.state, request.image_cid) == ("draft", "")
    page.post(reverse("nft:mint_publish", args=[request.pk]))
    request.refresh_from_db()
    assert (request.state, request.reason_sentence) == ("storing", "")


def waves(side: int) -> bytes:
    """Draw the same picture at any size."""
    tile = Image.radial_gradient("L").resize((side // 2, side // 2))
    image = Image.new("RGB", (side, side), "white")
    for place in ((0, 0), (side // 2, side // 2)):
        image.paste(tile.convert("RGB"), place)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
