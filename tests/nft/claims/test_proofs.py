"""Proofs that anybody can repeat: by the page, by the script for people, and by the commands for operators."""

from __future__ import annotations

import hashlib
import random
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import requests
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from localstack.binaries import ROOT
from nft.core.ipfs.car import build_car, read_car
from nft.core.ipfs.unixfs import build_file
from nft.files.store import pin_directory, pin_file
from nft.models import ClaimPicture, OwnershipProof
from nft.testing.chain import Chain
from profiles.testing.people import a_person, an_upload
from tests.kit.world import NOW, claim_of, deploy_avatar_token, make_world, mint, person, picture, pinned_metadata
from tests.servers.helia_gateway import Gateway

SCRIPT = ROOT / "profiles" / "static" / "verify_car.py"
VECTORS = ROOT / "tests" / "kit" / "vectors"
LARGE = random.Random(7).randbytes(700_000)


# --- the script ----------------------------------------------------------------------------------------------------


def run_script(archive: Path, reference: str, *more: str) -> subprocess.CompletedProcess[str]:
    """With the standard library only, as people have it."""
    command = [sys.executable, "-I", "-S", str(SCRIPT), str(archive), reference, *more]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_script_proves_what_helia_sends(helia: Gateway, tmp_path: Path) -> None:
    archive, found = tmp_path / "a.car", tmp_path / "found"
    for options in ({}, {"cid_version": 0, "raw_leaves": "false"}):
        cid = helia.add(LARGE, **options)
        archive.write_bytes(requests.get(f"{helia.url}/ipfs/{cid}?format=car", timeout=30).content)
        done = run_script(archive, f"ipfs://{cid}", "-o", str(found))
        assert (done.returncode, done.stderr) == (0, "")
        assert hashlib.sha256(LARGE).hexdigest() in done.stdout
        assert found.read_bytes() == LARGE


@pytest.mark.parametrize(
    ("archive", "root"),
    [
        ("shard-fanout-8.car", "bafybeihurtixtkzpfct6jexnaav2kqrl3jnd53qwcpnobs6gusmvkrylue"),
        ("shard-fanout-256.car", "bafybeictegon6e5hezuv3d2lydyhf27jy6vy7g3p3akpyqr4hdpac4nzye"),
    ],
)
def test_the_script_finds_its_way_through_sharded_directories(archive: str, root: str) -> None:
    done = run_script(VECTORS / archive, f"{root}/token-31.json")
    assert hashlib.sha256(b"31").hexdigest() in done.stdout
    assert run_script(VECTORS / archive, f"{root}/token-60.json").returncode == 1


@pytest.mark.parametrize("position", [200, 100_000, -1])
def test_the_script_refuses_an_archive_with_one_byte_changed(tmp_path: Path, position: int) -> None:
    built = build_file(LARGE)
    damaged = bytearray(build_car(built.root, built.blocks))
    damaged[position] ^= 1
    (tmp_path / "a.car").write_bytes(damaged)
    done = run_script(tmp_path / "a.car", str(built.root))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("NOT PROVED: ")


def test_the_script_refuses_the_right_blocks_of_another_file(tmp_path: Path) -> None:
    built = build_file(LARGE)
    (tmp_path / "a.car").write_bytes(build_car(built.root, built.blocks))
    assert "lacks a block" in run_script(tmp_path / "a.car", str(build_file(b"other").root)).stderr
    assert "not a CID" in run_script(tmp_path / "a.car", "nonsense").stderr


# --- the commands --------------------------------------------------------------------------------------------------


def command(name: str, *arguments: object, **options: Any) -> str:
    out = StringIO()
    call_command(name, *map(str, arguments), stdout=out, no_color=True, **options)
    return out.getvalue()


@pytest.mark.django_db
def test_a_file_we_keep_is_exported_and_proved_from_its_archive(tmp_path: Path) -> None:
    inner = {"a b.png": (LARGE, "image/png"), "other.png": (b"other", "image/png")}
    folder = pin_directory(inner, NOW)
    archive = tmp_path / "proof.car"
    command("export_cid", f"{folder.uri}/a%20b.png", archive)
    _, blocks = read_car(archive.read_bytes())
    assert build_file(b"other").root not in blocks
    for source in ((), ("--car", archive)):
        said = command("verify_cid", f"{folder.cid}/a%20b.png", *source, "--output", tmp_path / "out")
        assert hashlib.sha256(LARGE).hexdigest() in said
        assert (tmp_path / "out").read_bytes() == LARGE
    command("export_cid", folder.cid, archive, "--all")
    assert build_file(b"other").root in read_car(archive.read_bytes())[1]


@pytest.mark.django_db
def test_a_file_is_proved_from_a_gateway_of_one_s_choice(helia: Gateway) -> None:
    cid = helia.add(LARGE)
    said = command("verify_cid", cid, "--gateway", helia.url, "--blocks")
    assert said.startswith(cid)
    assert hashlib.sha256(LARGE).hexdigest() in said


@pytest.mark.django_db
def test_a_failed_proof_is_an_error_with_its_reason(tmp_path: Path) -> None:
    pinned = pin_file(LARGE, "image/png", NOW)
    archive = tmp_path / "a.car"
    command("export_cid", pinned.cid, archive)
    damaged = bytearray(archive.read_bytes())
    damaged[-1] ^= 1
    archive.write_bytes(damaged)
    with pytest.raises(CommandError, match="do not match"):
        command("verify_cid", pinned.cid, "--car", archive)
    with pytest.raises(CommandError, match="needed and not there"):
        command("verify_cid", build_file(b"never").root)
    with pytest.raises(CommandError, match="neither a URI nor a CID"):
        command("verify_cid", "nonsense")
    with pytest.raises(CommandError, match="names no CID"):
        command("verify_cid", "https://example.com/1.png")
    with pytest.raises(CommandError, match="do not hold"):
        command("export_cid", build_file(b"never").root, archive)


# --- the page ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_page_of_a_token_names_all_that_is_needed_to_prove_it(client: Client, chain: Chain, settings: Any) -> None:
    world, alice = make_world(chain), person("alice", chain.accounts[1])
    world.now = timezone.now()  # pages go by the real clock
    contract = deploy_avatar_token(chain)
    claim = claim_of(world, alice, contract, mint(chain, contract, chain.accounts[1], pinned_metadata()))
    page = client.get("/prove/alice/").content.decode()
    assert "Fixed from end to end" in page
    for source in (claim.picture.token_uri, claim.picture.image_uri):
        cid = source.removeprefix("ipfs://")
        address = f"/ipfs/{cid}?format=car&dag-scope=entity"
        assert f'data-car="{address.replace("&", "&amp;")}"' in page
        assert f'data-root="{cid}"' in page
        assert client.get(address).status_code == 200
    assert hashlib.sha256(picture()).hexdigest() in page
    assert f"tokenURI(uint256)(string)&#x27; {claim.token_id} --rpc-url" in page
    assert "verify_car" in page
    assert "keeps the account that holds it to themselves" in page
    alice.nft_linked_accounts.update(is_public=True)
    page = client.get("/prove/alice/").content.decode()
    assert 'data-proof="/avatar/alice/proof.json"' in page
    assert "verify-ownership" in page
    OwnershipProof.objects.all().delete()
    assert "There is no proof at the moment" in client.get("/prove/alice/").content.decode()
    settings.NFT_CHAINS = {key: entry | {"proofs": "off"} for key, entry in settings.NFT_CHAINS.items()}
    assert "The header of this chain cannot be checked" in client.get("/prove/alice/").content.decode()


@pytest.mark.django_db
def test_the_page_says_which_part_of_the_way_may_change(client: Client, chain: Chain) -> None:
    world, alice = make_world(chain), person("alice", chain.accounts[1])
    world.now = timezone.now()  # pages go by the real clock
    contract, image = deploy_avatar_token(chain), pin_file(picture(), "image/png", NOW)
    metadata = f'data:application/json,{{"image":"{image.uri}"}}'
    claim_of(world, alice, contract, mint(chain, contract, chain.accounts[1], metadata))
    page = client.get("/prove/alice/").content.decode()
    assert "Written in the token" in page
    assert page.count("data-car=") == 1

    ClaimPicture.objects.filter(claim__user=alice).update(token_uri="https://example.com/1.json")
    page = client.get("/prove/alice/").content.decode()
    assert "May change: read from a place its owner controls" in page
    assert "Fixed from end to end" not in page


@pytest.mark.django_db
def test_an_upload_has_nothing_to_prove_and_the_page_says_what_is_known(client: Client) -> None:
    profile = a_person("alice")
    avatar = an_upload(profile)
    page = client.get("/prove/alice/").content.decode()
    assert "This picture is an upload" in page
    assert avatar.image.sha256 in page
    assert "data-car" not in page
    a_person("bob")
    assert "There is no picture to prove" in client.get("/prove/bob/").content.decode()
    assert client.get("/prove/nobody/").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("identifier", ["nobody", "%FF", "0x" + "0" * 40, "eip155:1:0x00", "a" * 300])
def test_a_page_to_prove_nothing_is_not_found(client: Client, identifier: str) -> None:
    assert client.get(f"/prove/{identifier}/").status_code == 404
