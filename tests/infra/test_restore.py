"""Restore an older dump beside a newer bucket and chain, as docs/operate/restore.md says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import Client
from django.utils import timezone
from web3.contract import Contract

from nft.core.evm.address import parse_address
from nft.minting.drafts import start_mint
from nft.minting.requests import publish_mint
from nft.minting.steps import follow_mint
from nft.models import LinkedAccount, MintRequest, SignInChallenge, SponsorAccount, SponsoredTransaction, TokenClaim
from nft.testing.browser import Browser
from nft.testing.chain import Chain
from nft.testing.genesis import CHAIN_ID
from nft.testing.wallets import Wallet
from profiles.models import ApiToken, Avatar
from profiles.people.api_tokens import TokenRequest, create_token, revoke_token
from profiles.pictures.history import remove_avatar
from profiles.scopes import READ, WRITE
from profiles.store import objects
from profiles.store.purge import purge_unreferenced_images
from profiles.testing.jobs import run
from profiles.testing.people import a_person, an_upload
from profiles.testing.stores import Bucket
from profiles.upkeep.janitor import Cleaning, clean_pictures
from tests.kit import on_s3
from tests.kit.mints import install, order, sponsor
from tests.kit.world import World, claim_of, deploy_avatar_token, make_world, mint, pinned_metadata, send, sweep
from tests.servers.places import Places, on_sqlite
from tests.servers.postgres import run_tool

pytestmark = [
    pytest.mark.long,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(on_sqlite(), reason="the procedure is PostgreSQL's"),
]


@dataclass
class Backup:
    places: Places
    file: Path

    def dump(self) -> None:
        run_tool(self.places, "pg_dump", "--format=custom", f"--file={self.file}", database=self._name)

    def restore(self) -> None:
        name = self._name
        connections.close_all()
        run_tool(
            self.places, "pg_restore", "--clean", "--if-exists", "--single-transaction", str(self.file), database=name
        )
        cache.clear()

    @property
    def _name(self) -> str:
        return str(connections["default"].settings_dict["NAME"])


@pytest.fixture
def backup(places: Places, tmp_path: Path) -> Backup:
    return Backup(places, tmp_path / "avatarsite.dump")


@pytest.fixture(autouse=True)
def surroundings(s3: Bucket, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    on_s3.use(settings, s3, monkeypatch)


def link(user: User, chain: Chain, number: int) -> None:
    now = timezone.now()
    address = parse_address(chain.accounts[number])
    LinkedAccount.objects.create(user=user, address=address, chain_id=CHAIN_ID, linked_at=now, last_used_at=now)


def claim_new(world: World, user: User, contract: Contract, chain: Chain) -> tuple[TokenClaim, Avatar]:
    claim = claim_of(world, user, contract, mint(chain, contract, chain.accounts[1], pinned_metadata()))
    assert claim.avatar is not None
    return claim, claim.avatar


def advance(mint_id: UUID) -> None:
    """Let the worker take the next steps of a mint now."""
    MintRequest.objects.filter(pk=mint_id).update(due_at=timezone.now())
    run(follow_mint, mint_id)


def objects_of(avatar: Avatar) -> set[str]:
    squares = {objects.rendition_key(each.sha256, "webp") for each in avatar.image.renditions.all()}
    return squares | {objects.master_key(avatar.image.sha256)}


def after_restore() -> str:
    said = StringIO()
    call_command("after_restore", "--no-input", stdout=said)
    return said.getvalue()


def test_who_was_signed_out_since_the_dump_stays_signed_out(backup: Backup, chain: Chain) -> None:
    alice = a_person("alice").user
    browser = Client()
    browser.force_login(alice)
    made = create_token(
        alice.avatar_profile, TokenRequest("Mine", frozenset({READ, WRITE})), now=timezone.now(), actor=alice
    )
    secret = {"authorization": f"Bearer {made.secret}"}
    session = browser.cookies["session"].value

    def visit_with_stolen_session() -> int:
        thief = Client()
        thief.cookies["session"] = session
        return thief.get("/settings/profile/").status_code

    assert visit_with_stolen_session() == 200
    backup.dump()
    browser.post("/accounts/logout/")
    revoke_token(alice.avatar_profile, made.token.pk, now=timezone.now(), actor=alice)
    assert visit_with_stolen_session() == 302
    backup.restore()
    assert visit_with_stolen_session() == 200, "the dump brings the session back"
    assert Client().get("/api/v1/me/picture", headers=secret).status_code != 401
    after_restore()
    assert visit_with_stolen_session() == 302
    assert Client().get("/api/v1/me/picture", headers=secret).json()["type"] == "/problems/token-revoked"
    assert not ApiToken.objects.filter(revoked_at=None).exists()


def test_a_signature_given_before_the_restore_signs_nobody_in(backup: Backup, chain: Chain) -> None:
    """The challenge was answered after the dump, in which it is open."""
    wallet, browser = Wallet.create(), Browser()
    text = browser.text_for(wallet.address)
    signature = wallet.sign(text)
    backup.dump()
    session = browser.client.cookies["session"].value
    assert browser.verify(text, signature).status_code == 200
    backup.restore()
    after_restore()
    browser.client.cookies["session"] = session
    assert browser.verify(text, signature).status_code >= 400
    assert not SignInChallenge.objects.exists()


def test_marks_wait_for_a_fresh_check(backup: Backup, chain: Chain) -> None:
    """The token was sold after the dump, in which its mark is minutes old."""
    world = make_world(chain)
    world.now = timezone.now()
    alice = a_person("alice").user
    link(alice, chain, 1)
    contract = deploy_avatar_token(chain)
    (_, kept), (claim, sold) = (claim_new(world, alice, contract, chain) for _ in range(2))
    backup.dump()
    send(chain, contract, claim.token_id, 1, 2)
    backup.restore()
    assert again(sold).mark_holds(timezone.now()), "this is what must not be shown"
    assert "2 marks hidden" in after_restore()
    assert not any(again(each).mark_holds(timezone.now()) for each in (kept, sold))
    world.now = timezone.now()
    sweep(world)
    assert again(kept).mark_holds(world.now)
    assert again(sold).state == Avatar.State.WITHDRAWN
    assert TokenClaim.objects.get(pk=claim.pk).state == TokenClaim.State.NOT_OWNED


def again(avatar: Avatar) -> Avatar:
    return Avatar.objects.get(pk=avatar.pk)


def test_pictures_of_after_the_dump_go_and_those_that_were_deleted_make_room(backup: Backup, s3: Bucket) -> None:
    """Rows and objects agree again, and nobody's page has a broken picture."""
    alice = a_person("alice")
    first, second = an_upload(alice), an_upload(alice)
    backup.dump()
    remove_avatar(alice, second.pk, alice.user)
    purge_unreferenced_images(timezone.now() + timedelta(minutes=11))
    an_upload(alice)
    backup.restore()
    after_restore()
    later = timezone.now() + timedelta(hours=1)
    clean_pictures(Cleaning(later))
    purge_unreferenced_images(later)
    alice.refresh_from_db()
    assert alice.avatar_id == first.pk, "the picture whose bytes are gone gives way to the earlier one"
    assert on_s3.keys_in(s3) == objects_of(first)
    assert Client().get("/avatar/alice").status_code == 200


def published(person: User, **changes: Any) -> MintRequest:
    """Start a mint that the site pays for and publish its draft, as the person does on two pages."""
    draft = start_mint(person, order(person, is_sponsored=True, **changes), timezone.now())
    return publish_mint(person, draft.pk, timezone.now())


def test_no_transaction_is_sent_twice_and_no_nonce_used_twice(backup: Backup, chain: Chain, settings: Any) -> None:
    """After the dump one mint of it was signed and sent, and one that it doesn't know. Both wait in the node's pool."""
    install(chain, settings)
    sponsor(chain, settings)
    alice = a_person("alice").user
    link(alice, chain, 1)
    known = published(alice, key="known")
    backup.dump()
    chain.rpc("evm_setAutomine", False)
    try:
        unknown = published(alice, key="unknown", name="Dusk")
        for each in (known, unknown):
            advance(each.pk)
        sent = {one.nonce: bytes(one.raw) for one in SponsoredTransaction.objects.all()}
        assert len(sent) == 2
        backup.restore()
        assert not SponsoredTransaction.objects.exists()
        after_restore()
        assert SponsorAccount.objects.get().next_nonce == max(sent) + 1
    finally:
        chain.rpc("evm_setAutomine", True)
        chain.mine()
    chain.finalize()
    advance(known.pk)
    advance(known.pk)
    known.refresh_from_db()
    assert known.state == MintRequest.State.CONFIRMED
    assert not SponsoredTransaction.objects.exists(), "the contract says that it is minted: nothing was signed again"


def test_without_the_chains_answer_nothing_is_changed(backup: Backup, chain: Chain, settings: Any) -> None:
    install(chain, settings)
    SponsorAccount.objects.create(chain_id=CHAIN_ID, address=b"\1" * 20)
    browser = Client()
    browser.force_login(a_person("alice").user)
    settings.NFT_CHAINS = {CHAIN_ID: settings.NFT_CHAINS[CHAIN_ID] | {"rpc_urls": ["http://127.0.0.1:9"]}}
    with pytest.raises(CommandError, match="Nothing was changed"):
        after_restore()
    assert browser.get("/settings/profile/").status_code == 200


def test_rows_get_numbers_that_no_link_of_before_names(backup: Backup) -> None:
    backup.dump()
    lost = a_person("mallory").user
    backup.restore()
    after_restore()
    assert a_person("bob").user.pk > lost.pk
