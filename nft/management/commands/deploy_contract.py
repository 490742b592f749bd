"""Deploy our avatar contract to a chain and print its entry for NFT_CHAINS: `manage.py deploy_contract`."""

from __future__ import annotations

import json
import os
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.address import to_checksum_address
from web3 import HTTPProvider, Web3

from nft.settings.chains import chains, default_chain_id

ARTIFACT = Path(__file__).resolve().parents[3] / "contracts" / "artifacts" / "AvatarToken.json"
WAIT_SECONDS = 300.0


class Command(BaseCommand):
    help = (
        "Deploys the avatar contract. The deployer's key is read from DEPLOYER_KEY_FILE (or DEPLOYER_KEY), never from "
        "the command line. Run twice, it finds what it deployed before in the --record file."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--chain", type=int, default=default_chain_id(), help="chain id (EIP-155)")
        parser.add_argument("--name", default="Avatars", help="the collection's name")
        parser.add_argument("--symbol", default="AVATAR")
        parser.add_argument("--contract-uri", default="", help="URI of the collection's JSON (ERC-7572)")
        parser.add_argument("--admin", default="", help="who administers it; the deployer, if not given")
        parser.add_argument("--closed", action="store_true", help="only holders of MINTER_ROLE may mint")
        parser.add_argument("--quota", type=int, default=0, help="tokens an address may mint; 0 = any number")
        parser.add_argument("--record", type=Path, default=Path("deployed.json"), help="where the address is kept")

    def handle(self, *_: object, **options: Any) -> None:
        chain = chains().get(options["chain"])
        if chain is None:
            raise CommandError(f"NFT_CHAINS has no chain {options['chain']}.")
        w3 = Web3(HTTPProvider(chain.rpc_urls[0], cache_allowed_requests=True, request_kwargs={"timeout": 30}))
        if w3.eth.chain_id != options["chain"]:
            raise CommandError(f"The node serves chain {w3.eth.chain_id}, not {options['chain']}.")
        record = _read_record(options["record"])
        address = record.get(str(options["chain"]), "")
        if address and w3.eth.get_code(to_checksum_address(address)):
            self.stdout.write(f"Deployed before, at {address}.")
        else:
            deployer = _load_deployer()
            admin = to_checksum_address(options["admin"] or deployer.address)
            rules = (not options["closed"], options["quota"])
            texts = (options["name"], options["symbol"], options["contract_uri"])
            address = _deploy(w3, deployer, (*texts, admin, *rules))
            options["record"].write_text(json.dumps({**record, str(options["chain"]): address}, indent=2) + "\n")
            self.stdout.write(self.style.SUCCESS(f"Deployed at {address}."))
        self.stdout.write(f'In NFT_CHAINS, give chain {options["chain"]} "avatar_contract": "{address}".')


def _deploy(w3: Web3, deployer: LocalAccount, arguments: Sequence[str | bool | int]) -> str:
    """Send the transaction with the constructor's arguments. Return the contract's address."""
    artifact = json.loads(ARTIFACT.read_text(encoding="utf-8"))
    factory = w3.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"])
    call = factory.constructor(*arguments)
    fields = {"from": deployer.address, "nonce": w3.eth.get_transaction_count(deployer.address)}
    signed = deployer.sign_transaction(call.build_transaction(fields))
    tx_hash = w3.eth.send_raw_transaction(signed.raw_transaction)
    receipt = w3.eth.wait_for_transaction_receipt(tx_hash, timeout=WAIT_SECONDS)
    if receipt["status"] != 1 or receipt["contractAddress"] is None:
        raise CommandError(f"The deployment failed: transaction {tx_hash.to_0x_hex()}.")
    _wait_for_code(w3, receipt["contractAddress"])
    return str(receipt["contractAddress"])


def _wait_for_code(w3: Web3, address: str) -> None:
    """Wait until the node sees the contract. Behind a load balancer it may be behind the one that gave the receipt."""
    ends_at = time.monotonic() + WAIT_SECONDS
    while not w3.eth.get_code(to_checksum_address(address)):
        if time.monotonic() > ends_at:
            raise CommandError(f"No code appears at {address}.")
        time.sleep(1)


def _load_deployer() -> LocalAccount:
    path = os.environ.get("DEPLOYER_KEY_FILE", "")
    key = Path(path).read_text(encoding="utf-8").strip() if path else os.environ.get("DEPLOYER_KEY", "")
    if not key:
        raise CommandError("Set DEPLOYER_KEY_FILE to a file that holds the deployer's private key.")
    try:
        account: LocalAccount = Account.from_key(key)
    except ValueError:
        raise CommandError("The deployer's key is not a private key.") from None
    return account


def _read_record(record: Path) -> dict[str, str]:
    if not record.exists():
        return {}
    found: dict[str, str] = json.loads(record.read_text(encoding="utf-8"))
    return found
