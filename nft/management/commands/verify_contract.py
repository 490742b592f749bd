"""Verify the source of our avatar contract at a Sourcify server, which explorers read: `manage.py verify_contract`."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import requests
from django.core.management.base import BaseCommand, CommandError

from nft.core.errors import InvalidIdentifier
from nft.core.evm.address import parse_address, to_checksum
from nft.management.commands.deploy_contract import ARTIFACT
from nft.management.operator_account import connect, get_configured_chain
from nft.settings.chains import default_chain_id

STANDARD_INPUT = ARTIFACT.with_suffix(".input.json")
NAME = "src/AvatarToken.sol:AvatarToken"
REQUEST_SECONDS = 60.0
JOB_SECONDS = 300.0
POLL_SECONDS = 2.0


class Command(BaseCommand):
    help = (
        "Compares the code at the chain's avatar_contract with this release's, byte for byte. With --server, also "
        "sends the sources to a Sourcify server (API v2), which compiles them again; explorers read the result there. "
        "With --out, writes the compiler's standard JSON input for an explorer's own form. It needs no key."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--chain", type=int, default=default_chain_id(), help="chain id (EIP-155)")
        parser.add_argument("--address", default="", help="the contract; by default the chain's avatar_contract")
        parser.add_argument("--server", default="", help="URL of a Sourcify server, as https://sourcify.dev/server")
        parser.add_argument("--out", type=Path, help="where to write the standard JSON input")

    def handle(self, *_: object, chain: int, address: str, server: str, out: Path | None, **__: object) -> None:
        contract = _read_address(address, chain)
        artifact = json.loads(ARTIFACT.read_text(encoding="utf-8"))
        compiler = artifact["compiler"]["version"]
        _check_code(chain, contract, artifact["deployedBytecode"])
        self.stdout.write(f"The code at {contract} is this release's AvatarToken, compiled by solc {compiler}.")
        if out:
            out.write_bytes(STANDARD_INPUT.read_bytes())
            self.stdout.write(f"Wrote {out}. An explorer's form also asks for the contract's name, {NAME}.")
        if server:
            match = _verify(server.rstrip("/"), chain, contract, compiler)
            self.stdout.write(self.style.SUCCESS(f"The server compiled the sources: {match.replace('_', ' ')}."))


def _read_address(address: str, chain_id: int) -> str:
    if not address:
        configured = get_configured_chain(chain_id).avatar_contract
        if configured is None:
            raise CommandError(f"In NFT_CHAINS, chain {chain_id} has no avatar_contract. Name one with --address.")
        return to_checksum(configured)
    try:
        return to_checksum(parse_address(address))
    except InvalidIdentifier as error:
        raise CommandError(f"--address: {error}") from error


def _check_code(chain_id: int, contract: str, expected: str) -> None:
    """Raise CommandError unless the chain has exactly this code. The contract has no immutables to differ in."""
    code = connect(chain_id).eth.get_code(contract).to_0x_hex()  # type: ignore[arg-type]
    if code == "0x":
        raise CommandError(f"There is no contract at {contract} on chain {chain_id}.")
    if code != expected:
        raise CommandError(
            f"The code at {contract} is not that of this release's AvatarToken. "
            "Run this command from the release that deployed it."
        )


def _verify(server: str, chain_id: int, contract: str, compiler: str) -> str:
    """Return how well the server says that the code matches: exact_match, or match. Raise CommandError."""
    body = {
        "stdJsonInput": json.loads(STANDARD_INPUT.read_text(encoding="utf-8")),
        "compilerVersion": compiler,
        "contractIdentifier": NAME,
    }
    status, answer = _ask("POST", f"{server}/v2/verify/{chain_id}/{contract}", body)
    if answer.get("customCode") == "already_verified":
        return "verified before"
    ends_at = time.monotonic() + JOB_SECONDS
    while status < 400 and time.monotonic() < ends_at:
        status, answer = _ask("GET", f"{server}/v2/verify/{answer['verificationId']}")
        if answer.get("isJobCompleted"):
            match = (answer.get("contract") or {}).get("match")
            if match:
                return str(match)
            break
        time.sleep(POLL_SECONDS)
    reason = (answer.get("error") or answer).get("message", "it has not finished yet; run the command again later")
    raise CommandError(f"The server did not verify it: {reason}")


def _ask(method: str, url: str, body: object = None) -> tuple[int, dict[str, Any]]:
    """Return the status and the JSON of the answer. Raise CommandError if there is none."""
    try:
        response = requests.request(method, url, json=body, timeout=REQUEST_SECONDS)
        answer = response.json()
    except (requests.RequestException, ValueError) as error:
        raise CommandError(f"{url} does not answer as a Sourcify server ({type(error).__name__}).") from None
    if not isinstance(answer, dict):
        raise CommandError(f"{url} does not answer as a Sourcify server.")
    return response.status_code, answer
