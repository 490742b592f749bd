"""The public page of an NFT that was made here, and the link to it in the token's metadata."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils.html import escape
from web3.contract import Contract

from nft.core.ipfs.cid import parse_cid
from nft.core.ipfs.dag import DagLimits
from nft.files.store import read_stored
from nft.minting.requests import record_mint_sent
from nft.models import MintRequest
from nft.testing.chain import Chain
from profiles.models import Profile, ReportCase
from profiles.reports.answering import answer_report
from profiles.reports.deciding import Decision, decide
from tests.kit.mints import finish, go_on, ready_to_sign, sign
from tests.kit.world import World, claim_of

pytestmark = pytest.mark.django_db


def metadata(mint: MintRequest) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(read_stored(parse_cid(mint.metadata_cid), "", DagLimits()))
    return document


def test_marketplaces_lead_to_the_page_of_the_picture(
    world: World, chain: Chain, alice: User, contract: Contract, client: Client, settings: Any
) -> None:
    mint = ready_to_sign(world, alice)
    link = metadata(mint)["external_url"]
    assert link == f"{settings.SITE_ORIGIN}/nft/{mint.image_cid}/"
    path = link.removeprefix(settings.SITE_ORIGIN)
    assert "The token is still being made." in client.get(path).text
    record_mint_sent(alice, mint.pk, sign(chain, mint), world.now)
    assert finish(world, chain, go_on(world, mint)).state == "confirmed"
    page = client.get(path).text
    assert "<h1>Dawn</h1>" in page
    assert f'src="/ipfs/{mint.image_cid}"' in page
    assert f'content="{settings.SITE_ORIGIN}/ipfs/{mint.image_cid}"' in page
    assert mint.contract_text in page
    assert alice.username not in page
    assert chain.accounts[1] not in page  # who holds it may be hidden here; the chain tells it


def test_the_picture_of_an_nft_is_reported_without_naming_its_maker(
    world: World, chain: Chain, alice: User, contract: Contract, client: Client
) -> None:
    mint = ready_to_sign(world, alice)
    path = f"/nft/{mint.image_cid}/"
    report = f"{path}report/"
    assert f'href="{report}"' in client.get(path).text
    assert alice.username not in client.get(report).text
    assert client.post(report, {}).status_code == 422
    said = {"reason": "spam", "words": "It is an ad.", "email": "guest@example.org"}
    answer = client.post(report, said)
    assert answer.status_code == 302
    assert answer["Location"] == path
    case = ReportCase.objects.get()
    assert (case.subject, case.reference, case.avatar) == ("token", f"ipfs://{mint.image_cid}", None)
    assert (case.profile.user, case.shown["title"]) == (alice, "Dawn")
    boss = User.objects.create_superuser("boss")
    client.force_login(boss, "django.contrib.auth.backends.ModelBackend")
    page = client.get(reverse("admin:profiles_reportcase_change", args=[case.pk])).text
    assert f'href="{path}"' in page
    block = f"{reverse('admin:profiles_block_add')}?kind=cid&value={mint.image_cid}"
    assert escape(block) in page
    assert mint.image_cid in client.get(block).text, "the form names it already"
    decide(case.pk, Decision("warn", "spam"), boss, world.now)
    answer_report(case.reports.get().pk, world.now)
    [letter] = mail.outbox
    assert "Dawn" in f"{letter.subject}{letter.body}"
    assert alice.username not in f"{letter.subject}{letter.body}"
    client.logout()
    record_mint_sent(alice, mint.pk, sign(chain, mint), world.now)
    finish(world, chain, go_on(world, mint))
    claim_of(world, alice, contract, MintRequest.objects.get().token_id or 0)
    case.delete()
    client.post(report, said)
    case = ReportCase.objects.get()
    assert case.avatar is not None, "which they use as their picture: it is the evidence, and can be removed"
    assert case.reference == f"ipfs://{mint.image_cid}"
    client.force_login(alice, "django.contrib.auth.backends.ModelBackend")
    assert "your own page" in client.post(report, said).text


def test_a_site_without_an_origin_links_nowhere(world: World, alice: User, contract: Contract, settings: Any) -> None:
    settings.SITE_ORIGIN = ""
    assert "external_url" not in metadata(ready_to_sign(world, alice))


def test_another_spelling_of_the_cid_is_redirected(
    world: World, alice: User, contract: Contract, client: Client
) -> None:
    cid = ready_to_sign(world, alice).image_cid
    answer = client.get(f"/nft/{cid.upper()}/")
    assert (answer.status_code, answer["Location"]) == (301, f"/nft/{cid}/")


def test_nobody_sees_the_page_of_a_locked_person(world: World, alice: User, contract: Contract, client: Client) -> None:
    path = f"/nft/{ready_to_sign(world, alice).image_cid}/"
    assert client.get(path).status_code == 200
    Profile.objects.filter(user=alice).update(is_hidden=True)
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("cid", ["none", "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"])
def test_what_was_not_made_here_has_no_page(client: Client, cid: str) -> None:
    assert client.get(f"/nft/{cid}/").status_code == 404
