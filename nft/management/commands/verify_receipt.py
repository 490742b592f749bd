"""Verify a receipt with the script that anybody can download: `manage.py verify_receipt <url|file>`."""

from __future__ import annotations

import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import TypedDict, Unpack

from django.contrib.staticfiles import finders
from django.core.management.base import BaseCommand, CommandError

SCRIPT = "verify_receipt.py"
# The script's options and what they take.
OPTIONS = {
    "--rpc": ("URL", "a node of the chain"),
    "--site": ("URL", "who must have issued it, if not the site at its address"),
    "--account": ("0x…", "who held it, where the receipt keeps that to itself"),
    "--vault": ("0x…", "whose token it was, where the receipt keeps that to itself"),
    "--registry": ("0x…", "where delegations are asked for, if not at delegate.xyz v2"),
    "--ens-rpc": ("URL", "a node of the chain of ENS, if that is another one"),
    "--ens-registry": ("0x…", "where ENS names are registered, if not Ethereum's"),
    "--keys": ("URL|FILE", "the issuer's keys, if not where it publishes them"),
    "--proof": ("URL|FILE", "the ownership proof, if not where the site publishes it"),
    "--max-age": ("HOURS", "how old a mark's block may become"),
}
REPEATED = {
    "--gateway": ("URL", "an IPFS gateway; may be repeated"),
    "--allow": ("URL", "one more site to open; may be repeated"),
}


class Given(TypedDict, total=False):
    """The options as Django hands them over."""

    rpc: str | None
    site: str | None
    account: str | None
    vault: str | None
    registry: str | None
    ens_rpc: str | None
    ens_registry: str | None
    keys: str | None
    proof: str | None
    max_age: str | None
    gateway: Sequence[str] | None
    allow: Sequence[str] | None


class Command(BaseCommand):
    help = "Checks a picture's receipt against a node and gateways of your choice. Exit status as the script's."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("receipt", metavar="URL|FILE")
        for name, (metavar, text) in OPTIONS.items():
            parser.add_argument(name, metavar=metavar, help=text)
        for name, (metavar, text) in REPEATED.items():
            parser.add_argument(name, metavar=metavar, action="append", help=text)

    def handle(self, *_: object, receipt: str, **given: Unpack[Given]) -> None:
        found = finders.find(SCRIPT)
        if not found:
            raise CommandError(f"{SCRIPT} is not among the static files.")
        arguments = [f"{name}={value}" for name in (*OPTIONS, *REPEATED) for value in _values(given, name)]
        # In a process of its own, apart from the site's modules and settings.
        done = subprocess.run([sys.executable, "-I", str(found), *arguments, "--", receipt], check=False)
        if done.returncode:
            sys.exit(done.returncode)


def _values(given: Given, option: str) -> list[str]:
    value = given.get(option.removeprefix("--").replace("-", "_"))
    if not value:
        return []
    return [str(value)] if isinstance(value, str | float | int) else [str(each) for each in value]  # type: ignore[attr-defined]
