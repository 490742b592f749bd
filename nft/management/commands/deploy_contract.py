"""Deploy our avatar contract to a chain and print its entry for NFT_CHAINS: `manage.py deploy_contract`."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from eth_account.signers.local import LocalAccount
from eth_utils.address import to_checksum_address
from web3 import Web3

from nft.management.operator_account import WAIT_SECONDS, build_fields, connect, load_account, send
from nft.minting.collection import publish_collection
from nft.settings.chains import default_chain_id
from profiles import settings as profiles_settings
from profiles.errors import ExpectedError

ARTIFACT = Path(__file__).resolve().parents[2] / "contracts" / "AvatarToken.json"


class Command(BaseCommand):
    help = (
        "Deploys the avatar contract. The deployer's key is read from DEPLOYER_KEY_FILE (or DEPLOYER_KEY), never from "
        "the command line. Run twice, it finds what it deployed before in the --record file."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--chain", type=int, default=default_chain_id(), help="chain id (EIP-155)")
        parser.add_argument("--name", default="Avatars", help="the collection's name")
        parser.add_argument("--symbol", default="AVATAR")
        parser.add_argument("--description", default="", help="what marketplaces say of the collection")
        parser.add_argument("--image", type=Path, help="a file: the collection's picture at marketplaces")
        parser.add_argument("--link", default=profiles_settings.current().site_origin, help="the collection's web page")
        parser.add_argument("--contract-uri", default="", help="URI of the collection's JSON (ERC-7572) elsewhere")
        parser.add_argument("--admin", default="", help="who administers it; the deployer, if not given")
        parser.add_argument("--closed", action="store_true", help="only holders of MINTER_ROLE may mint")
        parser.add_argument("--quota", type=int, default=0, help="tokens an address may mint; 0 = any number")
        parser.add_argument("--record", type=Path, default=Path("deployed.json"), help="where the address is kept")

    def handle(
        self,
        *_: object,
        chain: int,
        name: str,
        symbol: str,
        description: str,
        image: Path | None,
        link: str,
        contract_uri: str,
        admin: str,
        closed: bool,
        quota: int,
        record: Path,
        **__: object,
    ) -> None:
        w3 = connect(chain)
        deployed = _read_record(record)
        address = deployed.get(str(chain), "")
        if address and w3.eth.get_code(to_checksum_address(address)):
            self.stdout.write(f"Deployed before, at {address}.")
        else:
            deployer = load_account()
            owner = to_checksum_address(admin or deployer.address)
            about = contract_uri or _publish(name, description, image, link)
            address = _deploy(w3, deployer, (name, symbol, about, owner, not closed, quota))
            record.write_text(json.dumps({**deployed, str(chain): address}, indent=2) + "\n")
            self.stdout.write(self.style.SUCCESS(f"Deployed at {address}."))
        self.stdout.write(f'In NFT_CHAINS, give chain {chain} "avatar_contract": "{address}".')


def _publish(name: str, description: str, image: Path | None, link: str) -> str:
    """Return the URI of the collection's description, published on IPFS. Raise CommandError."""
    try:
        return publish_collection(name, description, image.read_bytes() if image else b"", link, timezone.now())
    except OSError as error:
        raise CommandError(f"The collection's picture can't be read: {error}") from error
    except ExpectedError as error:
        raise CommandError(f"The collection's description can't be published: {error.sentence}") from error


def _deploy(w3: Web3, deployer: LocalAccount, arguments: Sequence[str | bool | int]) -> str:
    """Send the transaction with the constructor's arguments. Return the contract's address."""
    artifact = json.loads(ARTIFACT.read_text(encoding="utf-8"))
    factory = w3.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"])
    call = factory.constructor(*arguments)
    address = send(w3, deployer, call.build_transaction(build_fields(w3, deployer)))["contractAddress"]
    if address is None:
        raise CommandError("The receipt names no contract.")
    _wait_for_code(w3, address)
    return str(address)


def _wait_for_code(w3: Web3, address: str) -> None:
    """Wait until the node sees the contract. Behind a load balancer it may be behind the one that gave the receipt."""
    ends_at = time.monotonic() + WAIT_SECONDS
    while not w3.eth.get_code(to_checksum_address(address)):
        if time.monotonic() > ends_at:
            raise CommandError(f"No code appears at {address}.")
        time.sleep(1)


def _read_record(record: Path) -> dict[str, str]:
    if not record.exists():
        return {}
    found: dict[str, str] = json.loads(record.read_text(encoding="utf-8"))
    return found
