"""Verify a file against its CID: `manage.py verify_cid <cid>[/path]`."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from nft.core.ipfs.dag import DagLimits
from nft.files.errors import ContentRefused
from nft.files.verify import parse_ipfs_reference, verify_archive, verify_from_gateways, verify_stored


class Command(BaseCommand):
    help = "Hashes every block of an IPFS file against its CID. From our own store, unless told otherwise."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("reference", metavar="cid[/path]", help="also as ipfs://… or the address of any gateway")
        source = parser.add_mutually_exclusive_group()
        source.add_argument("--car", type=Path, metavar="FILE", help="the archive that holds the blocks")
        source.add_argument("--gateway", action="append", metavar="URL", help="ask this gateway; may be repeated")
        parser.add_argument("--output", type=Path, metavar="FILE", help="write the proved file there")
        parser.add_argument("--blocks", action="store_true", help="name every block")

    def handle(self, *_: object, **options: Any) -> None:
        try:
            uri = parse_ipfs_reference(options["reference"])
            if options["car"]:
                found = verify_archive(uri, options["car"], DagLimits())
            elif options["gateway"]:
                found = verify_from_gateways(uri, options["gateway"], DagLimits())
            else:
                found = verify_stored(uri, DagLimits())
        except ContentRefused as error:
            raise CommandError(f"Not proved. {error}") from error
        if options["blocks"]:
            self.stdout.write("\n".join(map(str, found.cids)))
        if options["output"]:
            options["output"].write_bytes(found.data)
        self.stdout.write(self.style.SUCCESS(f"Proved: {len(found.cids)} blocks, {len(found.data):,} bytes."))
        self.stdout.write(f"SHA-256 {found.sha256}")
