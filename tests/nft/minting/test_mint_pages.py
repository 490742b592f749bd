"""The pages of a mint: who pays, the list of mints, and what is shown on failure."""

from __future__ import annotations

import io
import uuid
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image
from web3.contract import Contract

from nft.models import HeldToken, MintRequest
from nft.tokens.lookalikes import record_likeness
from nft.views import minting as pages
from profiles.store import objects
from profiles.store.images import keep_image
from tests.kit.mints import go_on, install, ready_to_sign, sponsor
from tests.kit.world import World, picture
from tests.servers.chain import CHAIN_ID, Chain

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
        "account": str(user.linked_accounts.get().pk),
        "key": str(uuid.uuid4()),
    }
    return fields | changes


def test_who_pays_is_asked_only_if_the_site_may(page: Client, settings: Any, chain: Chain) -> None:
    assert "The site pays" not in page.get(reverse("nft:mint")).text
    sponsor(chain, settings)
    assert "The site pays for 3 more tokens of yours today" in page.get(reverse("nft:mint")).text


def test_the_sites_choice_needs_no_signature(
    page: Client, settings: Any, chain: Chain, alice: User, world: World
) -> None:
    sponsor(chain, settings)
    answer = page.post(reverse("nft:mint"), form(alice, payer="site"), follow=True)
    assert "Nothing to sign" in answer.text
    assert "Signed and paid by the site" in answer.text
    request = MintRequest.objects.get()
    world.now = request.created_at
    assert go_on(world, request).state == "submitted"


def test_a_used_up_quota_is_shown_at_the_choice(page: Client, settings: Any, chain: Chain, alice: User) -> None:
    sponsor(chain, settings)
    settings.NFT_SPONSOR_PER_DAY = 1
    page.post(reverse("nft:mint"), form(alice, payer="site"))
    answer = page.post(reverse("nft:mint"), form(alice, payer="site"))
    assert answer.status_code == 422
    assert "at most 1 of a person" in answer.text
    assert page.post(reverse("nft:mint"), form(alice, payer="wallet")).status_code == 302


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


def test_a_lookalike_is_minted_only_after_a_warning(
    page: Client, alice: User, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "get", lambda _key: pytest.fail("a picture in memory was read back from the store"))
    bobs = HeldToken(chain_id=CHAIN_ID, contract=b"\7" * 20, token_id=1, name="Waves", collection="Bob's")
    record_likeness(bobs, keep_image(waves(300)).row, world.now)
    copy = {"image": SimpleUploadedFile("art.png", waves(200), "image/png")}
    told = page.post(reverse("nft:mint"), form(alice, **copy))
    assert told.status_code == 422
    assert "looks like “Waves of Bob&#x27;s”" in told.text
    assert MintRequest.objects.count() == 0
    copy = {"image": SimpleUploadedFile("art.png", waves(200), "image/png")}
    meant = page.post(reverse("nft:mint"), form(alice, despite_likeness="on", **copy))
    assert meant.status_code == 302
    assert MintRequest.objects.count() == 1


def waves(side: int) -> bytes:
    """Draw the same picture at any size."""
    tile = Image.radial_gradient("L").resize((side // 2, side // 2))
    image = Image.new("RGB", (side, side), "white")
    for place in ((0, 0), (side // 2, side // 2)):
        image.paste(tile.convert("RGB"), place)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
