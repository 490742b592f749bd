"""Upkeep of IPFS files: verified again, restored or marked damaged, and deleted when unused."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.test import Client

from nft.clients.bundle import Clients
from nft.clients.ipfs.blockstore import block_name
from nft.clients.ipfs.gateways import Gateways
from nft.clients.ipfs.reading import IpfsLimits
from nft.clients.web.addresses import OutboundRules
from nft.clients.web.fetch import GuardedHttp
from nft.core.ipfs.cid import Cid, parse_cid
from nft.core.ipfs.dag import DagLimits
from nft.core.ipfs.unixfs import build_file
from nft.core.tokens.uri import IpfsUri
from nft.files import publishing, store, upkeep
from nft.files.store import IpfsFile, delete_unused_blocks, fetch_ipfs, pin_file, store_file
from nft.files.upkeep import KEPT_UNUSED, delete_unused_files, rehash_due
from nft.models import CachedObject, ClaimPicture, IpfsBlock, PinnedCopy, TokenClaim
from profiles.store.errors import StorageError
from tests.kit.world import NOW, person, picture
from tests.servers.helia_gateway import Gateway

pytestmark = pytest.mark.django_db
CONTENT = random.Random(11).randbytes(600_000)
LIMITS = IpfsLimits(DagLimits(), 10)
LATER = NOW + timedelta(days=8)
NONE = Gateways([])


def clients(gateways: Gateways) -> Clients:
    def no_chain(_: int) -> Any:
        raise AssertionError

    return Clients(no_chain, gateways, GuardedHttp(OutboundRules()))


def fetched(content: bytes = CONTENT, at: datetime = NOW) -> CachedObject:
    built = build_file(content)
    return store_file(IpfsFile(built.root, "", content, built.blocks), at)


def spoil(cid: Cid) -> None:
    storages["ipfs"].delete(block_name(cid.digest))
    storages["ipfs"].save(block_name(cid.digest), ContentFile(b"rotten"))


# --- verifying again -------------------------------------------------------------------------------------------------


def test_a_whole_file_is_verified_once_a_week() -> None:
    kept = fetched()
    assert rehash_due(NOW + timedelta(days=6), NONE) == 0
    kept.refresh_from_db()
    assert kept.proved_at == NOW
    assert rehash_due(LATER, NONE) == 0
    kept.refresh_from_db()
    assert (kept.proved_at, kept.damaged_at) == (LATER, None)


def test_a_damaged_file_is_fetched_again(helia: Gateway) -> None:
    cid = parse_cid(helia.add(CONTENT))
    gateways = Gateways([helia.url])
    fetch_ipfs(IpfsUri(cid), clients(gateways), LIMITS)
    kept = CachedObject.objects.get()
    CachedObject.objects.update(proved_at=NOW, due_at=NOW)
    spoil(cid)
    assert rehash_due(LATER, gateways) == 0
    kept.refresh_from_db()
    assert (kept.proved_at, kept.damaged_at) == (LATER, None)
    assert fetch_ipfs(IpfsUri(cid), clients(NONE), LIMITS) == CONTENT


def test_damage_is_an_alarm_until_the_file_is_restored(admin_client: Client, caplog: pytest.LogCaptureFixture) -> None:
    kept = pin_file(CONTENT, "image/png", NOW)
    spoil(list(build_file(CONTENT).blocks)[1])
    assert rehash_due(LATER, NONE) == 1
    assert CachedObject.objects.get().damaged_at == LATER
    assert "is damaged" in caplog.text
    assert "IPFS files are damaged" in admin_client.get("/admin/").text
    assert rehash_due(LATER + timedelta(minutes=5), NONE) == 0  # not looked at every minute
    pin_file(CONTENT, "image/png", LATER)
    assert CachedObject.objects.get(root_cid=str(kept.cid)).damaged_at is None
    cache.clear()  # the start page is kept for some seconds
    assert "files are damaged" not in admin_client.get("/admin/").text


def test_nothing_is_marked_damaged_while_the_store_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    fetched()

    def silent(*_: Any) -> bytes:
        raise StorageError("The object store can't be read right now.")

    monkeypatch.setattr(upkeep, "read_stored", silent)
    assert rehash_due(LATER, NONE) == 0
    assert CachedObject.objects.get().damaged_at is None
    assert CachedObject.objects.get().proved_at == NOW


def test_files_are_verified_within_the_budget_and_by_one_worker_each(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        fetched(f"file {number}".encode())
    cache.clear()
    monkeypatch.setattr(upkeep, "REHASH_BATCH", 2)
    monkeypatch.setattr(upkeep, "FEWEST_PER_MINUTE", 4)
    leased = CachedObject.objects.latest("pk")
    CachedObject.objects.filter(pk=leased.pk).update(attempt=uuid4(), due_at=LATER + timedelta(minutes=4))
    for verified in (2, 4, 4):  # the budget of this minute is 4
        rehash_due(LATER, NONE)
        assert CachedObject.objects.filter(proved_at=LATER).count() == verified
    assert CachedObject.objects.exclude(proved_at=LATER).get() == leased


def test_the_budget_lets_every_file_be_verified_in_time(settings: Any) -> None:
    cache.set("ipfs:files", 2_000_000)
    assert upkeep.files_per_minute() * 60 * 24 * 7 >= 2 * 2_000_000
    settings.NFT_REHASH_DAYS = 1
    assert upkeep.files_per_minute() * 60 * 24 >= 2 * 2_000_000
    cache.clear()


def test_what_a_run_has_no_time_for_is_left_to_the_next() -> None:
    for number in range(3):
        fetched(f"file {number}".encode())
    rehash_due(LATER, NONE, seconds=-1)
    rows = CachedObject.objects.all()
    assert [(row.proved_at, row.tries, row.attempt, row.due_at) for row in rows] == [(NOW, 0, None, LATER)] * 3


def test_a_file_is_fetched_and_stored_once(helia: Gateway) -> None:
    cid = parse_cid(helia.add(CONTENT))
    gateways = Gateways([helia.url])
    for _ in range(2):
        assert fetch_ipfs(IpfsUri(cid), clients(gateways), LIMITS) == CONTENT
    assert fetch_ipfs(IpfsUri(cid), clients(NONE), LIMITS) == CONTENT  # every gateway is gone
    assert CachedObject.objects.count() == 1


# --- deleting ----------------------------------------------------------------------------------------------------


def claim_with(image_uri: str) -> TokenClaim:
    claim = TokenClaim.objects.create(user=person("alice"), chain_id=1, contract=b"\2" * 20, token_id=1, due_at=NOW)
    ClaimPicture.objects.create(claim=claim, image_uri=image_uri)
    return claim


def test_an_unused_file_of_a_stranger_is_deleted_after_a_week() -> None:
    kept = fetched()
    assert delete_unused_files(NOW + KEPT_UNUSED) == 0
    assert delete_unused_files(NOW + KEPT_UNUSED + timedelta(seconds=1)) == 1
    assert not CachedObject.objects.filter(pk=kept.pk).exists()
    assert not IpfsBlock.objects.filter(objects_using__isnull=False).exists()


def test_a_file_that_a_claim_names_is_kept() -> None:
    root, name = build_file(CONTENT), "é 1.png"
    store_file(IpfsFile(root.root, "", CONTENT, root.blocks), NOW)
    CachedObject.objects.update(uri=f"ipfs://{root.root}/{name}")
    claim = claim_with(str(IpfsUri(root.root, name)))
    assert delete_unused_files(LATER) == 0
    claim.delete()
    assert delete_unused_files(LATER) == 0  # used until then, as far as we know
    assert delete_unused_files(LATER + KEPT_UNUSED + timedelta(seconds=1)) == 1


def test_files_made_here_are_kept() -> None:
    pin_file(picture(), "image/png", NOW)
    assert delete_unused_files(NOW + timedelta(days=400)) == 0


def test_a_file_that_is_used_again_is_kept(helia: Gateway) -> None:
    kept = fetched()
    fetch_ipfs(IpfsUri(parse_cid(kept.root_cid)), clients(NONE), LIMITS)
    assert delete_unused_files(LATER) == 0


def test_any_number_of_unused_files_and_blocks_is_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "DELETE_BATCH", 2)
    monkeypatch.setattr(store, "DELETE_BATCH", 2)
    kept = pin_file(b"file 0", "image/png", NOW)
    for number in range(7):
        fetched(f"file {number}".encode())
    assert not IpfsBlock.objects.filter(touched_at__isnull=False).exists()
    gone = LATER + KEPT_UNUSED
    assert delete_unused_files(gone) == 6
    assert delete_unused_blocks(gone) == 0  # somebody may just have begun to use them
    assert delete_unused_blocks(gone + timedelta(minutes=16)) == 6
    assert IpfsBlock.objects.get().sha256 == parse_cid(str(kept.cid)).digest.hex()


def test_a_block_that_another_file_uses_is_kept_and_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = fetched()
    IpfsBlock.objects.update(touched_at=NOW)
    assert delete_unused_blocks(LATER) == 0
    assert not IpfsBlock.objects.filter(touched_at__isnull=False).exists()
    assert fetch_ipfs(IpfsUri(parse_cid(kept.root_cid)), clients(NONE), LIMITS) == CONTENT


def test_copies_at_pinners_go_on_being_asked_about_while_more_are_due(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued: list[Any] = []
    monkeypatch.setattr(publishing, "enqueue", lambda job, **_: queued.append(job))
    monkeypatch.setattr(publishing, "PAGE", 2)
    settings.NFT_PINNERS = [{"name": "ours", "kind": "kubo", "url": "http://127.0.0.1:9"}]
    rows = [fetched(f"file {number}".encode()) for number in range(3)]
    PinnedCopy.objects.bulk_create([PinnedCopy(object=row, pinner="ours", due_at=NOW) for row in rows])
    publishing.sweep_copies(NOW)
    assert queued == [publishing.sweep_copies]
    publishing.sweep_copies(NOW)
    assert len(queued) == 1
