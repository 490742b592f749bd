"""`manage.py verify_cid <cid>[/path]`: proves a file again and says what it is."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from nft.core.ipfs.dag import DagLimits
from nft.files.verify import CheckRefused, check_archive, check_gateways, check_own, parse_reference


class Command(BaseCommand):
    help = "Hashes every block of an IPFS file against its CID. From our own store, unless told otherwise."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("reference", metavar="cid[/path]", help="also as ipfs://… or the address of any gateway")
        source = parser.add_mutually_exclusive_group()
        source.add_argument("--car", type=Path, metavar="FILE", help="the archive that holds the blocks")
        source.add_argument("--gateway", action="append", metavar="URL", help="ask this gateway; may be repeated")
        parser.add_argument("--output", type=Path, metavar="FILE", help="write the proved file there")
        parser.add_argument("--blocks", action="store_true", help="name every block")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            uri = parse_reference(options["reference"])
            if options["car"]:
                checked = check_archive(uri, options["car"], DagLimits())
            elif options["gateway"]:
                checked = check_gateways(uri, options["gateway"], DagLimits())
            else:
                checked = check_own(uri, DagLimits())
        except CheckRefused as error:
            raise CommandError(f"Not proved. {error}") from error
        if options["blocks"]:
            self.stdout.write("\n".join(map(str, checked.cids)))
        if options["output"]:
            options["output"].write_bytes(checked.data)
        self.stdout.write(self.style.SUCCESS(f"Proved: {len(checked.cids)} blocks, {len(checked.data):,} bytes."))
        self.stdout.write(f"SHA-256 {checked.sha256}")
