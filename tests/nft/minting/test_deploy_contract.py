"""The command that deploys our contract: once, with a key it reads from a file."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from eth_utils.address import to_checksum_address

from nft.core.ipfs.cid import parse_cid
from nft.core.ipfs.dag import DagLimits
from nft.files.store import read_stored
from nft.testing.chain import Chain
from tests.kit.world import picture

pytestmark = pytest.mark.django_db


def deploy(record: Path, *arguments: str) -> str:
    output = io.StringIO()
    call_command("deploy_contract", "--record", str(record), *arguments, stdout=output)
    return output.getvalue()


@pytest.fixture
def key(chain: Chain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "key"
    file.write_text(chain.keys[chain.accounts[4]] + "\n")
    monkeypatch.setenv("DEPLOYER_KEY_FILE", str(file))


def read_json(uri: str) -> Any:
    return json.loads(read_stored(parse_cid(uri.removeprefix("ipfs://")), "", DagLimits()))


@pytest.mark.usefixtures("key")
def test_marketplaces_find_a_picture_a_text_and_a_link(chain: Chain, tmp_path: Path) -> None:
    image, record = tmp_path / "cover.png", tmp_path / "deployed.json"
    image.write_bytes(picture("teal"))
    deploy(record, "--image", str(image), "--description", "Faces", "--link", "https://avatars.example/about/")
    address = to_checksum_address(json.loads(record.read_text())["31337"])
    about = read_json(chain.contract("AvatarToken", address).functions.contractURI().call())
    cid = about.pop("image").removeprefix("ipfs://")
    assert about == {"name": "Avatars", "description": "Faces", "external_link": "https://avatars.example/about/"}
    assert read_stored(parse_cid(cid), "", DagLimits()).startswith(b"RIFF")  # our own encoding, never the file's bytes


@pytest.mark.usefixtures("key")
def test_a_picture_that_is_none_is_refused_before_anything_is_sent(chain: Chain, tmp_path: Path) -> None:
    image, sent = tmp_path / "cover.png", chain.w3.eth.block_number
    image.write_bytes(b"no picture")
    with pytest.raises(CommandError, match="description can't be published: "):
        deploy(tmp_path / "deployed.json", "--image", str(image))
    with pytest.raises(CommandError, match="picture can't be read: "):
        deploy(tmp_path / "deployed.json", "--image", str(tmp_path / "gone.png"))
    assert chain.w3.eth.block_number == sent


@pytest.mark.usefixtures("key")
def test_it_deploys_once_and_finds_it_again(chain: Chain, tmp_path: Path, settings: Any) -> None:
    record = tmp_path / "deployed.json"
    first = deploy(record, "--closed", "--quota", "3")
    address = json.loads(record.read_text())["31337"]
    assert address in first
    assert "avatar_contract" in first
    contract = chain.contract("AvatarToken", to_checksum_address(address))
    about = read_json(contract.functions.contractURI().call())
    assert about == {"name": "Avatars", "external_link": settings.SITE_ORIGIN}
    assert (contract.functions.openMint().call(), contract.functions.quotaPerAddress().call()) == (False, 3)
    assert f"Deployed before, at {address}." in deploy(record)


def test_without_a_key_it_says_where_to_put_one(chain: Chain, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="DEPLOYER_KEY_FILE"):
        deploy(tmp_path / "deployed.json")


def test_an_unknown_chain_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no chain 5"):
        deploy(tmp_path / "deployed.json", "--chain", "5")
