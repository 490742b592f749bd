"""Verify a receipt with the script that anybody can download: `manage.py verify_receipt <url|file>`."""

from __future__ import annotations

import importlib.util
import sys
from argparse import ArgumentParser
from pathlib import Path
from types import ModuleType
from typing import Any

from django.contrib.staticfiles import finders
from django.core.management.base import BaseCommand, CommandError

SCRIPT = "verify_receipt.py"


class Command(BaseCommand):
    help = "Checks a picture's receipt against a node and gateways of your choice. Exit status as the script's."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("receipt", metavar="URL|FILE")
        parser.add_argument("--rpc", metavar="URL", help="a node of the chain")
        parser.add_argument("--gateway", metavar="URL", action="append", help="an IPFS gateway; may be repeated")
        parser.add_argument("--account", metavar="0x…", help="who held it, where the receipt keeps that to itself")
        parser.add_argument(
            "--registry", metavar="0x…", help="where delegations are asked for, if not at delegate.xyz v2"
        )
        parser.add_argument("--keys", metavar="URL|FILE", help="the issuer's keys")

    def handle(self, *_: object, **options: Any) -> None:
        named = [(f"--{name}", options[name]) for name in ("rpc", "account", "registry", "keys")]
        named += [("--gateway", url) for url in options["gateway"] or []]
        arguments = [options["receipt"], *(part for name, value in named if value for part in (name, value))]
        status = load_script().main(arguments)
        if status:
            sys.exit(status)


def load_script() -> ModuleType:
    """Import the script from the static files. It uses the standard library only, so it is no module of ours."""
    found = finders.find(SCRIPT)
    if not found:
        raise CommandError(f"{SCRIPT} is not among the static files.")
    spec = importlib.util.spec_from_file_location("verify_receipt", Path(str(found)))
    if spec is None or spec.loader is None:
        raise CommandError(f"{found} can't be loaded.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
